//! The indices the documents lie in, and which of them an expression names.

use std::collections::BTreeMap;

use crate::document::Document;
use crate::random::fnv1a;
use crate::server::http::{Cause, Failure};
use crate::server::json::{matches, quoted};

/// An index of one shard.
#[derive(Debug)]
pub(in crate::server) struct Index {
    pub(in crate::server) name: String,
    /// 22 characters, as Elasticsearch generates them.
    pub(in crate::server) uuid: String,
    /// Time of creation: that of the first document.
    pub(in crate::server) created_ms: i64,
    /// In the order in which they were indexed.
    pub(in crate::server) documents: Vec<Document>,
}

impl Index {
    /// Bytes of all documents, as if nothing were compressed.
    pub(in crate::server) fn bytes(&self) -> usize {
        self.documents.iter().map(|document| document.source.len()).sum()
    }
}

/// All indices, by name.
#[derive(Debug)]
pub(in crate::server) struct Store {
    pub(in crate::server) indices: Vec<Index>,
}

/// What to do about names and patterns that match no index.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Expansion {
    /// A missing name is no error.
    pub(in crate::server) ignore_unavailable: bool,
    /// A pattern may match nothing.
    pub(in crate::server) allow_no_indices: bool,
    /// Whether patterns match the open indices; all indices here are open.
    pub(in crate::server) expands_open: bool,
}

impl Default for Expansion {
    fn default() -> Expansion {
        Expansion { ignore_unavailable: false, allow_no_indices: true, expands_open: true }
    }
}

impl Store {
    pub(in crate::server) fn new(documents: Vec<Document>) -> Store {
        let mut by_name: BTreeMap<String, Vec<Document>> = BTreeMap::new();
        for document in documents {
            by_name.entry(document.index.clone()).or_default().push(document);
        }
        let index = |(name, documents): (String, Vec<Document>)| Index {
            uuid: format!("{:016x}practi", fnv1a(name.as_bytes())),
            created_ms: documents.iter().map(|document| document.timestamp_ms).min().unwrap_or(0),
            name,
            documents,
        };
        Store { indices: by_name.into_iter().map(index).collect() }
    }

    /// Positions of the indices that match a comma-separated list of names and
    /// patterns, each once, by name.
    pub(in crate::server) fn resolve(
        &self,
        expression: Option<&str>,
        expansion: Expansion,
    ) -> Result<Vec<usize>, Failure> {
        let expression = expression.filter(|text| *text != "_all").unwrap_or("*");
        let mut found = vec![false; self.indices.len()];
        let mut after_pattern = false;
        for part in expression.split(',') {
            let (part, wanted) = match part.strip_prefix('-') {
                Some(excluded) if after_pattern => (excluded, false),
                _ => (part, true),
            };
            if part.starts_with('_') {
                let reason = format!("Invalid index name [{part}], must not start with '_'.");
                let extra = format!(r#","index_uuid":"_na_","index":{}"#, quoted(part));
                return Err(Cause::new("invalid_index_name_exception", reason)
                    .with(extra)
                    .refused());
            }
            let is_pattern = part.contains('*');
            let mut met = false;
            for (place, index) in self.indices.iter().enumerate() {
                if matches(part, &index.name) && (!is_pattern || expansion.expands_open) {
                    found[place] = wanted;
                    met = true;
                }
            }
            let may_be_missing =
                if is_pattern { expansion.allow_no_indices } else { expansion.ignore_unavailable };
            if !met && wanted && !may_be_missing {
                return Err(Failure::no_such_index(part));
            }
            after_pattern |= is_pattern;
        }
        let places: Vec<usize> = (0..found.len()).filter(|&place| found[place]).collect();
        if places.is_empty() && !expansion.allow_no_indices {
            return Err(Failure::no_such_index(expression));
        }
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(expression: &str, expansion: Expansion) -> Result<Vec<usize>, u16> {
        let document = |index: &str| Document {
            index: index.to_owned(),
            id: String::new(),
            timestamp_ms: 0,
            source: String::new(),
        };
        let store = Store::new(vec![document("b-2"), document("a"), document("b-1")]);
        store.resolve(Some(expression), expansion).map_err(|failure| failure.status())
    }

    #[test]
    fn names_and_patterns() {
        let usual = Expansion::default();
        assert_eq!(resolve("_all", usual), Ok(vec![0, 1, 2]));
        assert_eq!(resolve("b-*", usual), Ok(vec![1, 2]));
        assert_eq!(resolve("b-*,-b-2", usual), Ok(vec![1]));
        assert_eq!(resolve("a,a,b-1", usual), Ok(vec![0, 1]));
        assert_eq!(resolve("c", usual), Err(404));
        assert_eq!(resolve("c*", usual), Ok(vec![]));
        assert_eq!(resolve("_c", usual), Err(400));
        let strict = Expansion { allow_no_indices: false, ..usual };
        assert_eq!(resolve("c*", strict), Err(404));
        let lax = Expansion { ignore_unavailable: true, ..usual };
        assert_eq!(resolve("c,a", lax), Ok(vec![0]));
        let none = Expansion { expands_open: false, ..usual };
        assert_eq!(resolve("*", none), Ok(vec![]));
    }
}
