//! What answers at an address in place of the search API.

use std::fmt;

/// What answers, and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Address without credentials.
    pub url: String,
    /// What it is, or how it answered.
    pub what: String,
    /// What to try.
    pub cure: &'static str,
}

impl fmt::Display for Stranger {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, what, cure } = self;
        write!(out, "{url} is not Elasticsearch or OpenSearch: {what}; {cure}")
    }
}
