//! What is wrong with a window as it was typed, and what to try.

/// A window that cannot be used as typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// Not a time.
    #[error(
        "{option} {text}: not a time; try 2018-09-21, '2018-09-21 07:00', 2018-09-21T07:00:00Z, 07:00, yesterday or now-1h"
    )]
    Time {
        /// Option it was typed for.
        option: &'static str,
        /// As typed.
        text: String,
    },
    /// A word that a clock explains, where there is none.
    #[error(
        "{option} {text}: a question says its times itself, so that it means the same flows tomorrow; try 2018-09-21 or '2018-09-21 07:00'"
    )]
    NoClock {
        /// Option it was typed for.
        option: &'static str,
        /// As typed.
        text: String,
    },
    /// A minute or second that no clock shows, which would be read as another time.
    #[error("{option} {text}: minutes and seconds go from 00 to 59; write the next hour or minute")]
    Sixty {
        /// Option it was typed for.
        option: &'static str,
        /// As typed.
        text: String,
    },
    /// Not a date.
    #[error("--day {text}: not a date; try --day 2018-09-21 or --day yesterday")]
    Day {
        /// As typed.
        text: String,
    },
    /// Not a length of time.
    #[error("{option} {text}: not a length of time; try 24h, 7d, 1h30m or 30s")]
    Length {
        /// Option it was typed for.
        option: &'static str,
        /// As typed.
        text: String,
    },
    /// A window without length.
    #[error(
        "--last {text}: a window of no length is empty; try 24h, or --day DATE for a whole day"
    )]
    NoLength {
        /// As typed.
        text: String,
    },
    /// Not a time zone.
    #[error("--tz {text}: no such time zone; {hint}")]
    Zone {
        /// As typed.
        text: String,
        /// What to try.
        hint: String,
    },
    /// Options that exclude each other.
    #[error("--{first} and --{second} exclude each other; give one of them")]
    Conflict {
        /// One option.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// The ends are the wrong way round.
    #[error(
        "the window is empty: --from {from} is after --to {to}; exchange them, or for a whole day try --day DATE"
    )]
    Order {
        /// Start, RFC 3339.
        from: String,
        /// End, RFC 3339.
        to: String,
    },
    /// Nothing lies between the ends.
    #[error(
        "the window from {from} to {to} is empty: --to is not part of it; for a whole day try --day DATE"
    )]
    Empty {
        /// Start, RFC 3339.
        from: String,
        /// End, RFC 3339.
        to: String,
    },
}
