//! An answer as rows of text, as the plain computations make it.

use super::flows::{Datum, Flow};

/// What an answer says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Recomputed {
    pub(super) rows: Vec<Vec<String>>,
    /// Bytes, packets and flows of all, and of the keys without a row; number of keys.
    pub(super) ranking: Option<([u128; 3], [u128; 3], u64)>,
    pub(super) facts: Vec<(String, String)>,
}

/// Unknown is `?`, what does not apply `-`.
pub(super) fn cell(datum: &Datum) -> String {
    match datum {
        Datum::Number(number) => number.to_string(),
        Datum::Text(text) => text.clone(),
        Datum::Unknown => "?".into(),
    }
}

pub(super) fn share(part: u128, whole: u128) -> String {
    format!("{part}/{whole}")
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
