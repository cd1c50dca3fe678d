//! What a measure is compared with in a condition: a number, a share, a length of
//! time, a moment or a text, in the words that a filter has for them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::address::Address;
use crate::filter::{length_ms, not_a_length, not_a_number, number};
use crate::{Kind, Meaning, names, time, window};

/// The value of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A number: of bytes, ms, moments in ms since 1970, or shares of 1.
    Number {
        /// The whole part.
        whole: u64,
        /// The rest, in billionths.
        billionths: u32,
    },
    /// A number below 0, as changes are.
    Minus {
        /// The whole part of its absolute value.
        whole: u64,
        /// The rest, in billionths.
        billionths: u32,
    },
    /// A moment by the clock of the question's zone.
    Local(DateTime),
    /// An address; a network is compared by its first.
    Address(Address),
    /// A text, of a key that is one.
    Text(String),
}

/// One, in billionths.
const ONE: u32 = 1_000_000_000;

/// A number in plain ms since 1970 lies in 1973 or later, as in a filter.
const LEAST_MS: u64 = 100_000_000_000;

impl Limit {
    /// A whole number.
    #[must_use]
    pub fn whole(whole: u64) -> Self {
        Self::Number { whole, billionths: 0 }
    }

    /// A text, in quotes or without.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(unquoted(text).to_owned())
    }

    /// Parses what a key is compared with whose meaning is not known: a text in quotes,
    /// a number or a moment.
    ///
    /// # Errors
    /// If it is none of these; the message says what is.
    pub(super) fn of_key(text: &str) -> Result<Self, String> {
        if unquoted(text) != text {
            return Ok(Self::text(text));
        }
        if let (true, Some(address)) = (text.matches(['.', ':']).count() > 1, address(text)) {
            return Ok(Self::Address(address));
        }
        amount(text).or_else(|why| moment(text).map_err(|_| why))
    }

    /// Parses what a value of this meaning is compared with, in quotes or without.
    ///
    /// # Errors
    /// If it is none; the message says what is.
    pub(super) fn parse(text: &str, meaning: Meaning) -> Result<Self, String> {
        let text = unquoted(text);
        match meaning {
            Meaning::Share(_) | Meaning::Fraction => share(text),
            Meaning::Duration => length_ms(text).map(Self::whole).ok_or_else(|| {
                let what = "a length of time such as 500ms, 10s, 10m or 1h30m, or milliseconds";
                explained(text, what, not_a_length(text))
            }),
            Meaning::Value(kind) | Meaning::Key(kind) => of_kind(text, kind),
            Meaning::Network(_) => of_kind(text, Kind::Address),
            Meaning::Words | Meaning::Word(_) | Meaning::Class(_) => {
                Ok(Self::Text(text.to_owned()))
            }
            Meaning::Sum(_)
            | Meaning::Bytes
            | Meaning::BitRate
            | Meaning::PacketRate
            | Meaning::Count => amount(text),
        }
    }

    /// With a moment by the clock of this zone.
    #[must_use]
    pub(super) fn in_zone(self, zone: &TimeZone) -> Self {
        let Self::Local(local) = self else { return self };
        let instant = zone.to_timestamp(local).map(Timestamp::as_millisecond);
        Self::whole(instant.ok().and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0))
    }

    /// The number in billionths, those of a moment by the clock in UTC.
    pub(super) fn billionths(&self) -> Option<i128> {
        let of = |whole: u64, rest: u32| i128::from(whole) * i128::from(ONE) + i128::from(rest);
        match self {
            Self::Number { whole, billionths } => Some(of(*whole, *billionths)),
            Self::Minus { whole, billionths } => Some(-of(*whole, *billionths)),
            Self::Local(_) => self.clone().in_zone(&TimeZone::UTC).billionths(),
            Self::Text(_) | Self::Address(_) => None,
        }
    }

    /// In the syntax of [`parse`](Self::parse).
    pub(super) fn show(&self, meaning: Meaning, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { whole, .. } if is_time(meaning) => {
                out.write_str(&time::format_ms(*whole))
            }
            Self::Minus { whole, billionths } => {
                out.write_str("-")?;
                Self::Number { whole: *whole, billionths: *billionths }.show(Meaning::Count, out)
            }
            Self::Number { whole, billionths: 0 } => write!(out, "{whole}"),
            Self::Number { whole, billionths } => {
                let decimals = format!("{billionths:09}");
                write!(out, "{whole}.{}", decimals.trim_end_matches('0'))
            }
            Self::Local(local) => write!(out, "{local}"),
            Self::Address(address) => write!(out, "{address}"),
            Self::Text(text) => write!(out, "\"{text}\""),
        }
    }
}

/// A text without the quotes around it.
fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn is_time(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Value(Kind::Time) | Meaning::Key(Kind::Time))
}

/// `TEXT: not WHAT; HINT`.
fn explained(text: &str, what: &str, hint: Option<String>) -> String {
    let joined = if text.contains(" or ") {
        Some("conditions are joined by and alone".into())
    } else {
        hint
    };
    let hint = joined.map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("{text}: not {what}{hint}")
}

/// `1500`, `10k`, `1.5M`, `99.5`, and below 0.
fn amount(text: &str) -> Result<Limit, String> {
    let above = |text: &str| number(text).map(Limit::whole).or_else(|| decimal(text));
    let below = |text: &str| match above(text.strip_prefix('-')?)? {
        Limit::Number { whole, billionths } => Some(Limit::Minus { whole, billionths }),
        other => Some(other),
    };
    above(text).or_else(|| below(text)).ok_or_else(|| {
        let hint = not_a_number(text);
        let what = if hint.is_some() { "an amount" } else { "a number; try 1500, 10k or 1.5M" };
        explained(text, what, hint)
    })
}

/// `0.125`, `12.5 %`.
fn share(text: &str) -> Result<Limit, String> {
    let wrong = |()| {
        let percent = text.parse::<f64>().is_ok_and(|number| number > 1.0);
        let hint = percent.then(|| format!("did you mean {text} %?"));
        explained(text, "a share, which is a fraction of 1 such as 0.125, or 12.5 %", hint)
    };
    let (number, parts) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 100),
        None => (text, 1),
    };
    let limit = decimal(number).ok_or(()).map_err(wrong)?;
    let billionths = limit.billionths().unwrap_or(0);
    if billionths > i128::from(ONE) * parts {
        return Err(wrong(()));
    }
    let billionths = u64::try_from(billionths / parts).unwrap_or(0);
    let rest = u32::try_from(billionths % u64::from(ONE)).unwrap_or(0);
    Ok(Limit::Number { whole: billionths / u64::from(ONE), billionths: rest })
}

/// Digits, and up to nine decimals.
fn decimal(text: &str) -> Option<Limit> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 9 {
        return None;
    }
    Some(Limit::Number {
        whole: whole.parse().ok()?,
        billionths: format!("{decimals:0<9}").parse().ok()?,
    })
}

/// A value of a field.
fn of_kind(text: &str, kind: Kind) -> Result<Limit, String> {
    let plain = || text.parse::<u64>().ok();
    let found = match kind {
        Kind::Text => return Ok(Limit::Text(text.to_owned())),
        Kind::Time => return moment(text),
        Kind::Address => {
            if let Some(address) = address(text) {
                return Ok(Limit::Address(address));
            }
            plain()
        }
        Kind::Family => plain().or_else(|| names::family_number(text)),
        Kind::Direction => plain().or_else(|| names::direction_number(text)),
        Kind::Mac => names::parse_mac(text).or_else(plain),
        Kind::Port => plain().or_else(|| names::service_port(text, None).map(u64::from)),
        Kind::Protocol => plain().or_else(|| names::protocol_number(text).map(u64::from)),
        Kind::Flags => plain().or_else(|| names::parse_tcp_flags(text).map(u64::from)),
        Kind::Count => number(text),
        Kind::Version | Kind::Adaptation | Kind::Code => plain(),
    };
    found.map(Limit::whole).ok_or_else(|| {
        let what = match kind {
            Kind::Address => "an address",
            Kind::Family => "ipv4 or ipv6",
            Kind::Direction => "ingress or egress",
            Kind::Mac => "an Ethernet address such as 00:00:5e:00:53:01",
            Kind::Port => "a port such as 443, or the name of a service",
            Kind::Protocol => "a protocol such as tcp or 6",
            Kind::Flags => "flags such as SA, or a number",
            _ => "a number",
        };
        explained(text, what, None)
    })
}

/// An address, or the first of a network.
fn address(text: &str) -> Option<Address> {
    text.split('/').next()?.parse().ok()
}

/// A moment: `2018-09-21`, `'2018-09-21 07:00'`, `2018-09-21T07:00:00Z`, or ms.
fn moment(text: &str) -> Result<Limit, String> {
    if let Some(ms) = text.parse().ok().filter(|ms| *ms >= LEAST_MS) {
        return Ok(Limit::whole(ms));
    }
    let read = |zone: &TimeZone| window::time_ms("", text, zone).ok();
    let wrong = || explained(text, "a time such as 2018-09-21 or 2018-09-21T07:00", None);
    let utc = read(&TimeZone::UTC).ok_or_else(wrong)?;
    let hour_ahead = TimeZone::fixed(jiff::tz::Offset::constant(1));
    // Only a time without a zone of its own depends on the zone that it is read in.
    if read(&hour_ahead) == Some(utc) {
        return u64::try_from(utc).map(Limit::whole).map_err(|_| wrong());
    }
    let instant = Timestamp::from_millisecond(utc).map_err(|_| wrong())?;
    Ok(Limit::Local(TimeZone::UTC.to_datetime(instant)))
}
