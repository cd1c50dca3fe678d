//! What the lines of a part are: hits with a document, in order and in their window.

use flowkit_model::Entry;
use flowkit_model::dump::{HitId, Order, Part, Span};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// Longest list of sort values that is looked at: some numbers and a short text.
const LONGEST_SORT: usize = 64 * 1024;

/// Counts of the lines of a part, by what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) lines: u64,
    pub(super) bytes: u64,
    pub(super) not_json: u64,
    pub(super) not_an_object: u64,
    /// Hits without a document.
    pub(super) without_source: u64,
    pub(super) unsorted: u64,
    /// Documents outside of the part's window.
    pub(super) outside: u64,
    /// Documents outside of the dump's window.
    pub(super) outside_of_dump: u64,
    /// Hits whose time is not known.
    pub(super) untimed: u64,
    /// Smallest and largest time of the hits.
    pub(super) times: Option<(i64, i64)>,
    last: Option<i64>,
}

/// One line of a part.
#[derive(Default, Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "_source")]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    sort: Option<&'a RawValue>,
}

impl Line<'_> {
    /// The first sort value, which is the time.
    fn sorted_by(&self) -> Option<i64> {
        let text = self.sort.filter(|sort| sort.get().len() <= LONGEST_SORT)?.get();
        serde_json::from_str::<Vec<serde_json::Value>>(text).ok()?.first()?.as_i64()
    }
}

impl Tally {
    /// Looks at one line of a part of a dump with this window.
    pub(super) fn look(&mut self, line: &[u8], part: &Part, window: Span) {
        self.lines += 1;
        self.bytes += line.len() as u64 + 1;
        let is_imported = part.holds_imported_documents();
        // A server sends documents as they were stored, which need not be UTF-8.
        let text = if is_imported { None } else { Some(String::from_utf8_lossy(line)) };
        let line = text.as_ref().map_or(line, |text| text.as_bytes());
        let hit = serde_json::from_slice::<Line<'_>>(line).ok();
        if is_imported && hit.as_ref().is_none_or(|hit| hit.source.is_none()) {
            // A bare document, which any object is.
            self.not_an_object += u64::from(!is_object(line));
            return;
        }
        let has_identity = is_imported || HitId::read(line).is_ok();
        // A member that is there twice does not make it less of one.
        let hit = hit.or_else(|| is_object(line).then(Line::default));
        let Some(hit) = hit.filter(|_| has_identity) else {
            self.not_json += 1;
            return;
        };
        if part.order == Order::Time {
            let sorted = hit.sorted_by();
            self.unsorted += u64::from(sorted.is_some() && sorted < self.last);
            self.last = sorted.or(self.last);
        }
        let document = Entry::document(line);
        self.without_source += u64::from(document.is_none());
        let flow = document.and_then(|document| document.into_flow().ok());
        match flow.and_then(|flow| i64::try_from(flow.timestamp_ms?).ok()) {
            Some(ms) => self.time(ms, part, window),
            None => self.untimed += 1,
        }
    }

    fn time(&mut self, ms: i64, part: &Part, window: Span) {
        let (first, last) = self.times.unwrap_or((ms, ms));
        self.times = Some((first.min(ms), last.max(ms)));
        if !part.scope.without_time {
            let is_outside = |span: Span| u64::from(!span.contains(ms));
            self.outside += is_outside(part.scope.window);
            self.outside_of_dump += is_outside(window);
        }
    }
}

/// Whether a line is one JSON object, whatever is in it.
fn is_object(line: &[u8]) -> bool {
    let is_json = |text| serde_json::from_str::<IgnoredAny>(text).is_ok();
    line.trim_ascii_start().starts_with(b"{") && str::from_utf8(line).is_ok_and(is_json)
}
