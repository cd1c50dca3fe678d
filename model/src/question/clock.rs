//! Which time of a flow counts: for a window, and for a key of time.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Key, Report};
use crate::FieldId;
use crate::filter::{Comparison, Expression, Ranges, Subject, Test};
use crate::window::Span;

/// The time of a flow that a window and a key of time use. A flow of which that time is
/// unknown is in no window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Its export, `@timestamp`, as in Elasticsearch and Kibana.
    #[default]
    Export,
    /// Its first packet, `first_switched`.
    First,
    /// Its last packet, `last_switched`.
    Last,
    /// All the time from its first packet to its last: it is in a window that it
    /// overlaps. A flow whose last packet is before its first has to have both inside.
    Active,
}

/// A key of time has one bin for each flow, and a flow is active in several.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{key} as a key: a flow is active in several bins of time; take --time first or last, or `flowkit timeline --bin {key}`, which spreads flows over bins"
)]
pub struct ActiveKey {
    /// The key.
    key: String,
}

impl Clock {
    /// Name on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::First => "first",
            Self::Last => "last",
            Self::Active => "active",
        }
    }

    /// The time as a sentence has it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Export => "time of the export (@timestamp)",
            Self::First => "time of the first packet (first_switched)",
            Self::Last => "time of the last packet (last_switched)",
            Self::Active => "time between the first and the last packet",
        }
    }

    /// Whether it is the clock of questions that name none.
    #[must_use]
    pub fn is_export(&self) -> bool {
        *self == Self::Export
    }

    /// The field of it, if it is a moment.
    #[must_use]
    pub fn field(self) -> Option<FieldId> {
        match self {
            Self::Export => Some(FieldId::Timestamp),
            Self::First => Some(FieldId::FirstSwitched),
            Self::Last => Some(FieldId::LastSwitched),
            Self::Active => None,
        }
    }

    /// The flows of a window.
    #[must_use]
    pub fn in_window(self, window: Span) -> Expression {
        match self.field() {
            Some(field) => of_time(field, window),
            None => Expression::And(vec![
                of_time(FieldId::FirstSwitched, Span { from_ms: None, ..window }),
                of_time(FieldId::LastSwitched, Span { to_ms: None, ..window }),
            ]),
        }
    }

    /// The flows that are not in a window by this clock, and reach into it all the same,
    /// if they were exported at most `later_ms` after it; `None` if there are none.
    #[must_use]
    pub fn reaching_into(self, window: Span, later_ms: u64) -> Option<Expression> {
        let (from, to) = window.flow_times();
        Some(match self {
            Self::Export => {
                let later = Span::from((Some(to?), Some(to?.saturating_add(later_ms))));
                Expression::And(vec![
                    of_time(FieldId::Timestamp, later),
                    of_time(FieldId::FirstSwitched, Span::from((None, to))),
                ])
            }
            Self::First => Expression::And(vec![
                of_time(FieldId::FirstSwitched, Span::from((None, Some(from?)))),
                of_time(FieldId::LastSwitched, Span::from((from, None))),
            ]),
            Self::Last => Expression::And(vec![
                of_time(FieldId::FirstSwitched, Span::from((None, Some(to?)))),
                of_time(FieldId::LastSwitched, Span::from((to, None))),
            ]),
            Self::Active => return None,
        })
    }
}

impl Report {
    /// The report with its keys of time read by a clock.
    ///
    /// # Errors
    /// If it has such a key, and flows are in a window all the time that they are
    /// active.
    pub fn by_clock(&self, clock: Clock) -> Result<Cow<'_, Self>, ActiveKey> {
        let mut report = self.clone();
        let keys = match &mut report {
            Self::Top(top) => &mut top.by,
            Self::Timeline(timeline) => &mut timeline.by,
            Self::Diff(diff) => &mut diff.by,
            _ => return Ok(Cow::Borrowed(self)),
        };
        for key in keys {
            if let Key::Bin { name, time, .. } = key {
                let key = || ActiveKey { key: name.clone() };
                *time = clock.field().ok_or_else(key)?;
            }
        }
        Ok(Cow::Owned(report))
    }
}

/// The comparison of a time with a span.
fn of_time(field: FieldId, span: Span) -> Expression {
    Expression::Compare(Comparison {
        subject: Subject::Field(field),
        differs: false,
        test: Test::In(Ranges::new(span.first_and_last())),
    })
}
