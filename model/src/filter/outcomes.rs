//! What a filter can come out as over many flows, of which only min/max statistics
//! are known: whether they can be pruned.

use super::{Comparison, Expression, Subject, Test};
use crate::field::{Access, FieldId};

/// Min/max statistics of a field in some flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Smallest and largest known value; `None` if none is known.
    pub known: Option<(u128, u128)>,
    /// Whether it may be unknown in some of them.
    pub unknown: bool,
}

/// What can be true of some flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// Some of them may match. Otherwise they can be pruned.
    pub may_match: bool,
    /// Some of them may fail to match. Otherwise all match, and none needs a test.
    pub may_fail: bool,
}

const EITHER: Outcomes = Outcomes { may_match: true, may_fail: true };

impl Outcomes {
    fn all(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self { may_match: true, may_fail: false }, |sum, one| Self {
            may_match: sum.may_match && one.may_match,
            may_fail: sum.may_fail || one.may_fail,
        })
    }

    fn any(any: impl Iterator<Item = Self>) -> Self {
        any.fold(Self { may_match: false, may_fail: true }, |sum, one| Self {
            may_match: sum.may_match || one.may_match,
            may_fail: sum.may_fail && one.may_fail,
        })
    }
}

impl Expression {
    /// What it can come out as, given the statistics of each field; `None` where
    /// there are none. Conservative: what it rules out does not happen.
    pub fn outcomes(&self, bounds: &dyn Fn(FieldId) -> Option<Bounds>) -> Outcomes {
        match self {
            Self::Any => Outcomes { may_match: true, may_fail: false },
            Self::Compare(comparison) => comparison.outcomes(bounds),
            Self::Not(inner) => {
                let Outcomes { may_match, may_fail } = inner.outcomes(bounds);
                Outcomes { may_match: may_fail, may_fail: may_match }
            }
            Self::And(all) => Outcomes::all(all.iter().map(|one| one.outcomes(bounds))),
            Self::Or(any) => Outcomes::any(any.iter().map(|one| one.outcomes(bounds))),
        }
    }
}

impl Comparison {
    fn outcomes(&self, bounds: &dyn Fn(FieldId) -> Option<Bounds>) -> Outcomes {
        let bounded = |field| self.bounded(field, bounds(field));
        match self.subject {
            Subject::Field(field) => bounded(field),
            Subject::Either(end) if self.differs => {
                Outcomes::all(end.fields().into_iter().map(bounded))
            }
            Subject::Either(end) => Outcomes::any(end.fields().into_iter().map(bounded)),
            Subject::Derived(_) => EITHER,
        }
    }

    fn bounded(&self, field: FieldId, bounds: Option<Bounds>) -> Outcomes {
        let Some(bounds) = bounds else { return EITHER };
        if matches!(field.field().access, Access::Text { .. }) {
            return EITHER;
        }
        let Some((least, most)) = bounds.known else {
            return Outcomes { may_match: false, may_fail: true };
        };
        let Test::In(ranges) = &self.test else { return EITHER };
        let (some_in, some_out) = (ranges.overlaps(least, most), !ranges.covers(least, most));
        let (may_match, may_fail) =
            if self.differs { (some_out, some_in) } else { (some_in, some_out) };
        Outcomes { may_match, may_fail: may_fail || bounds.unknown }
    }
}
