//! A filter as plain data: comparisons joined by and, or, not.

use std::collections::BTreeSet;

use super::{Ranges, Subject};
use crate::field::FieldId;

/// Which flows are selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Every flow.
    Any,
    /// Flows whose value passes a test.
    Compare(Comparison),
    /// Flows that the other does not match.
    Not(Box<Self>),
    /// Flows that match all of them; of an empty list, every flow.
    And(Vec<Self>),
    /// Flows that match one of them; of an empty list, no flow.
    Or(Vec<Self>),
}

/// A value and a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Whose value.
    pub subject: Subject,
    /// `!=`: the value is known and fails the test. For either end: both are
    /// known and both fail.
    pub differs: bool,
    /// The test.
    pub test: Test,
}

/// What a value must pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Lies in one of these ranges. A text that is an IPv4 address counts as
    /// that address.
    In(Ranges),
    /// Has these bits set: all of them, or any.
    Flags {
        /// The bits.
        mask: u8,
        /// All of them; else at least one.
        all: bool,
    },
    /// Is one of these texts; capitals of A to Z do not matter.
    Text(BTreeSet<String>),
}

impl Expression {
    /// The fields it reads, each once, in the order of the catalogue.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldId> {
        let mut fields = BTreeSet::new();
        self.each_comparison(&mut |comparison| fields.extend(comparison.subject.fields()));
        fields.into_iter().collect()
    }

    /// Shows every comparison to `take`.
    fn each_comparison(&self, take: &mut impl FnMut(&Comparison)) {
        match self {
            Self::Any => {}
            Self::Compare(comparison) => take(comparison),
            Self::Not(inner) => inner.each_comparison(take),
            Self::And(all) | Self::Or(all) => {
                for expression in all {
                    expression.each_comparison(take);
                }
            }
        }
    }
}
