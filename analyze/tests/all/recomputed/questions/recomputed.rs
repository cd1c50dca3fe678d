//! An answer as rows of text, as the plain computations make it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::recomputed::flows::{Datum, Flow, kind_of};

/// What an answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Recomputed {
    pub(super) rows: Vec<Vec<String>>,
    /// Bytes, packets and flows of all, and of the keys without a row; number of keys.
    pub(super) ranking: Option<([u128; 3], [u128; 3], u64)>,
    pub(super) facts: Vec<(String, String)>,
    pub(super) read: Read,
}

/// What was read, as every answer says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) total: [u128; 3],
    pub(super) skipped: BTreeMap<String, u64>,
    pub(super) copies: [u64; 2],
    /// First and last export, in ms.
    pub(super) seen: Option<(u64, u64)>,
}

/// A cell that plain rules do not tell.
pub(super) const UNJUDGED: &str = "*";

impl Recomputed {
    /// The same, with what cannot be judged as in another answer.
    pub(super) fn judged(mut self, found: &Self) -> Self {
        for (row, found) in self.rows.iter_mut().zip(&found.rows) {
            for (cell, found) in row.iter_mut().zip(found) {
                if cell == UNJUDGED {
                    cell.clone_from(found);
                }
            }
        }
        self
    }
}

/// A cell whose value is unknown, which no text is.
pub(super) const UNKNOWN: &str = "(unknown)";

/// What does not apply is `-`.
pub(super) fn cell(datum: &Datum) -> String {
    match datum {
        Datum::Number(number) => number.to_string(),
        Datum::Text(text) => text.clone(),
        Datum::Unknown => UNKNOWN.into(),
    }
}

pub(super) fn share(part: u128, whole: u128) -> String {
    format!("{part}/{whole}")
}

/// The texts of a list.
pub(super) fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Bytes, packets and flows.
pub(super) fn sums_of<'f>(flows: impl IntoIterator<Item = &'f Flow>) -> [u128; 3] {
    let mut sums = [0; 3];
    for flow in flows {
        sums[0] += flow.counter("bytes");
        sums[1] += flow.counter("packets");
        sums[2] += 1;
    }
    sums
}

/// Whether a key is a port that flows of some protocols do not have.
pub(super) fn is_port(key: &str) -> bool {
    ["port", "src_port", "dst_port"].contains(&key)
}

/// What a port is, by the protocols of its flows.
pub(super) fn port_kind<'f>(flows: impl Iterator<Item = &'f Flow>) -> String {
    let kinds: BTreeSet<&str> =
        flows.filter_map(|flow| flow.number("protocol")).map(kind_of).collect();
    match kinds.into_iter().collect::<Vec<_>>()[..] {
        [] => UNKNOWN.into(),
        [kind] => kind.into(),
        _ => "mixed".into(),
    }
}
