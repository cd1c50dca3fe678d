//! Something that is wrong with a dump.

use std::fmt;

/// Something that is wrong with a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The part, or the index, or the dump as a whole if empty.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl Finding {
    /// Of a place: the part, or the index, or empty for the dump as a whole.
    #[must_use]
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            write!(out, "{}", self.what)
        } else {
            write!(out, "{}: {}", self.place, self.what)
        }
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, place: &str, what: String) {
        self.0.push(Finding::new(place, what));
    }
}
