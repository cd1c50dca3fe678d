//! Checks a page before any of its documents counts.
//!
//! A server, a proxy or a load balancer may lose shards, answer another request,
//! or deliver an answer twice, all with status 200. Counts prove that a part is
//! complete; these checks detect what counts alone would not show.
//!
//! | what must hold | or else | where |
//! | --- | --- | --- |
//! | the answer has the number of its request | `Mixed` | `server/client`, when it arrives |
//! | it has the id of its own cursor | `Mixed` | [`CursorNames::check`] |
//! | its head can be read, and has what the cursor needs | `BadPage` | `cursor/scroll.rs`, `cursor/pit.rs` |
//! | the search did not end early, and every shard of every cluster answered | `TimedOut`, `ShardsMissing`, `ClustersMissing` | [`Snapshot::check`] |
//! | the total is a count, and no lower bound | `BadPage` | [`Snapshot::check`] |
//! | the total equals that of page 1 | `TotalChanged` | [`Snapshot::check`] |
//! | it is valid JSON to its end | `BadPage` | [`split_hits`](super::hits::split_hits) |
//! | no more documents are received than were counted | `WrongCount` | [`CursorCheck::check_count`] |
//! | sorted by time, they follow the last page | `Unsorted` | [`CursorCheck::check_order`] |
//! | their sort values or bounds are in the window | `Unsorted` | [`CursorCheck::check_window`] |
//! | each is of the requested index or pattern, and its time in the window | `Unsorted` | [`CursorCheck::check_document`] |
//! | none was received before | `Twice` | [`CursorCheck::check_document`] |
//! | at the end, as many were received as counted | `WrongCount` | [`CursorCheck::check_end`] |

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use flowkit_model::dump::{HitId, Span};

use super::answer::Shards;
use super::document_id::RecentDocuments;
use super::head::Head;
use super::pattern::may_name;
use super::window::WindowCheck;
use crate::error::{FetchError, told};

/// Longest `_id`, `_index` or `_routing` in bytes: they are terms, and Lucene takes no
/// longer ones (`IndexWriter.MAX_TERM_LENGTH`).
const LONGEST_NAME: usize = 32_766;

/// Which cursor each id (scroll or PIT id) belongs to: a page with the id of
/// another cursor answers another request.
#[derive(Debug, Default)]
pub(crate) struct CursorNames {
    hasher: RandomState,
    /// The owner of each id, by its hash: an id may be long.
    owners: Mutex<HashMap<u64, u64>>,
}

impl CursorNames {
    /// Most ids that are remembered.
    const MOST: usize = 10_000;

    /// A number for a new cursor.
    pub(crate) fn new_owner() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether an id is this cursor's, or new.
    pub(crate) fn is_own(&self, name: &str, owner: u64) -> bool {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        if owners.len() > Self::MOST {
            owners.clear();
        }
        *owners.entry(self.hasher.hash_one(name)).or_insert(owner) == owner
    }

    /// Checks that the answer to `request` does not have the id of another
    /// cursor.
    pub(crate) fn check(
        &self,
        name: Option<&str>,
        owner: u64,
        request: String,
        url: &str,
    ) -> Result<(), FetchError> {
        if name.is_none_or(|name| name.is_empty() || self.is_own(name, owner)) {
            return Ok(());
        }
        Err(FetchError::Mixed { request, url: url.to_owned() })
    }
}

/// Facts of page 1 that every later page must agree with.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) index: String,
    /// Number of the last page, from 1.
    pub(crate) page: u64,
    pub(crate) total: u64,
    shards: Shards,
    pub(crate) is_empty: bool,
}

impl Snapshot {
    /// Before page 1.
    pub(crate) fn before_page_1(index: &str) -> Self {
        Self { index: index.to_owned(), ..Self::default() }
    }

    /// From page 1.
    pub(crate) fn new(index: &str, head: &Head) -> Self {
        Self {
            index: index.to_owned(),
            page: 1,
            total: head.total.unwrap_or(0),
            shards: head.shards.clone(),
            is_empty: head.is_empty,
        }
    }

    /// Checks that a page is complete and of this snapshot.
    pub(crate) fn check(&self, page: u64, head: &Head) -> Result<(), FetchError> {
        let index = self.index.clone();
        if head.timed_out {
            let why = "timed out; a time-out is set in search.default_search_timeout";
            return Err(FetchError::TimedOut { index, page, why });
        }
        if head.is_early && (page == 1 || head.scroll_id.is_none()) {
            let why = "was terminated early by the server";
            return Err(FetchError::TimedOut { index, page, why });
        }
        if let Some(reason) = head.missing_clusters.clone() {
            return Err(FetchError::ClustersMissing { index, reason });
        }
        let shards = &head.shards;
        // Later pages search only the shards that page 1 did not skip.
        let expected = self.shards.total;
        let not_skipped = self.shards.successful.saturating_sub(self.shards.skipped);
        let is_all = shards.total == expected || (page > 1 && shards.total == not_skipped);
        if shards.failed != 0 || shards.successful != shards.total || !is_all {
            let (successful, total, reason) = (shards.successful, expected, shards.reason.clone());
            return Err(FetchError::ShardsMissing { index, page, successful, total, reason });
        }
        if head.at_least.is_some() {
            let why = "its total is a lower bound and no count";
            return Err(self.bad_page(page)(serde::de::Error::custom(why)));
        }
        match head.total {
            Some(now) if now != self.total => {
                Err(FetchError::TotalChanged { index, page, first: self.total, now })
            }
            _ => Ok(()),
        }
    }

    /// Counts a page that passed all checks.
    pub(crate) fn step(&mut self, head: &Head) {
        self.page += 1;
        self.is_empty = head.is_empty;
    }

    pub(crate) fn bad_page(&self, page: u64) -> impl FnOnce(serde_json::Error) -> FetchError {
        let index = self.index.clone();
        move |source| FetchError::BadPage { index, page, source: told(&source) }
    }
}

/// Checks the documents of one cursor, page by page.
#[derive(Debug)]
pub(crate) struct CursorCheck {
    index: String,
    /// Whether documents of any index are valid: the cursor runs over a pattern.
    any_index: bool,
    window: WindowCheck,
    /// Number of documents that the cursor counted.
    pub(crate) total: u64,
    /// Number of documents in pages that passed all checks.
    pub(crate) received: u64,
    /// Number of the current page, from 1.
    pub(crate) page: u64,
    recent: RecentDocuments,
}

impl CursorCheck {
    /// For a cursor that counted `total` documents, before page 1.
    pub(crate) fn new(index: &str, any_index: bool, window: Span, total: u64) -> Self {
        let recent = RecentDocuments::new();
        let window = WindowCheck::new(window);
        Self { index: index.to_owned(), any_index, window, total, received: 0, page: 0, recent }
    }

    /// Checks the number of documents with those of this page; returns it.
    pub(crate) fn check_count(&self, n_hits: usize) -> Result<u64, FetchError> {
        let received = self.received + n_hits as u64;
        if received > self.total {
            Err(self.wrong_count(received, self.total))
        } else {
            Ok(received)
        }
    }

    /// Checks that a page from `first` to `last` is sorted, and not before
    /// `after`, the last time of the page before. Every document has a time here.
    pub(crate) fn check_order(
        &self,
        after: Option<i64>,
        first: Option<i64>,
        last: Option<i64>,
    ) -> Result<(), FetchError> {
        let is_sorted = first.is_some() && after <= first && first <= last;
        if is_sorted { Ok(()) } else { Err(self.unsorted()) }
    }

    /// Checks that the times are in the requested window: the answer may belong
    /// to another request.
    pub(crate) fn check_window(
        &self,
        first: Option<i64>,
        last: Option<i64>,
    ) -> Result<(), FetchError> {
        let Span { from_ms, to_ms } = self.window.span();
        let is_early = first.zip(from_ms).is_some_and(|(first, from)| first < from);
        let is_late = last.zip(to_ms).is_some_and(|(last, to)| last >= to);
        if is_early || is_late { Err(self.unsorted()) } else { Ok(()) }
    }

    /// Checks that a document is of the index and of the window, and did not come
    /// before. `text` is the hit, which says when it was.
    pub(crate) fn check_document(
        &mut self,
        hit: &HitId<'_>,
        text: &[u8],
    ) -> Result<(), FetchError> {
        let is_of_index = if self.any_index {
            may_name(&self.index, &hit.index)
        } else {
            hit.index == self.index
        };
        if !is_of_index || self.window.excludes(text) {
            return Err(self.unsorted());
        }
        let names = [&hit.index, &hit.id].into_iter().chain(&hit.routing);
        if names.into_iter().any(|name| name.len() > LONGEST_NAME) {
            let why = "a document has a longer _id, _index or _routing than any can have";
            return Err(self.bad_page(&serde::de::Error::custom(why)));
        }
        if !self.recent.is_new(hit.document_id()) {
            return Err(FetchError::Twice { index: self.index.clone(), page: self.page });
        }
        Ok(())
    }

    /// Ends a page; may forget some of the documents.
    pub(crate) fn end_of_page(&mut self) {
        self.recent.end_of_page();
    }

    /// Checks that the cursor, at its end, returned as many documents as it
    /// counted.
    pub(crate) fn check_end(&self) -> Result<(), FetchError> {
        self.check_equal(self.received, self.total)
    }

    /// Checks that two counts of the documents of a part agree.
    pub(crate) fn check_equal(&self, received: u64, expected: u64) -> Result<(), FetchError> {
        if received == expected { Ok(()) } else { Err(self.wrong_count(received, expected)) }
    }

    /// The error of a page that cannot be read.
    pub(crate) fn bad_page(&self, source: &serde_json::Error) -> FetchError {
        let (index, page, source) = (self.index.clone(), self.page, told(source));
        FetchError::BadPage { index, page, source }
    }

    fn unsorted(&self) -> FetchError {
        FetchError::Unsorted { index: self.index.clone(), page: self.page }
    }

    fn wrong_count(&self, received: u64, expected: u64) -> FetchError {
        FetchError::WrongCount { index: self.index.clone(), received, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(shards: [u64; 4], total: Option<u64>, timed_out: bool) -> Head {
        let [total_shards, successful, skipped, failed] = shards;
        let shards =
            Shards { total: total_shards, successful, skipped, failed, reason: String::new() };
        Head {
            scroll_id: None,
            pit_id: None,
            timed_out,
            is_early: false,
            missing_clusters: None,
            shards,
            total,
            at_least: None,
            is_empty: false,
        }
    }

    #[test]
    fn a_page_is_of_its_snapshot_or_an_error_says_why_not() {
        let snapshot = Snapshot::new("n", &head([6, 6, 4, 0], Some(9), false));
        let check = |page, head: Head| match snapshot.check(page, &head) {
            Ok(()) => "good",
            Err(FetchError::TimedOut { .. }) => "timed out",
            Err(FetchError::ShardsMissing { .. }) => "shards",
            Err(FetchError::TotalChanged { .. }) => "total",
            Err(_) => "another",
        };
        let cases = [
            (1, head([6, 6, 4, 0], Some(9), false), "good"),
            (2, head([6, 6, 0, 0], Some(9), false), "good"),
            // Later pages search only the shards that page 1 did not skip.
            (2, head([2, 2, 0, 0], Some(9), false), "good"),
            (1, head([2, 2, 0, 0], Some(9), false), "shards"),
            (2, head([6, 5, 0, 1], Some(9), false), "shards"),
            (2, head([6, 5, 0, 0], Some(9), false), "shards"),
            (2, head([3, 3, 0, 0], Some(9), false), "shards"),
            (2, head([6, 6, 0, 0], Some(8), false), "total"),
            // A page that was not asked for its total.
            (2, head([6, 6, 0, 0], None, false), "good"),
            (2, head([6, 6, 0, 0], Some(9), true), "timed out"),
        ];
        for (page, head, expected) in cases {
            assert_eq!(check(page, head.clone()), expected, "{page} {head:?}");
        }
        let whole = || head([6, 6, 0, 0], Some(9), false);
        let early = |scroll_id: Option<&str>| Head {
            is_early: true,
            scroll_id: scroll_id.map(str::to_owned),
            ..whole()
        };
        assert_eq!(
            check(1, Head { shards: snapshot.shards.clone(), ..early(Some("c")) }),
            "timed out"
        );
        assert_eq!(check(2, early(None)), "timed out");
        // Of a scroll in storage order Elasticsearch 6.8 and 7.17 say so of each later page.
        assert_eq!(check(2, early(Some("c"))), "good");
        assert_eq!(check(1, Head { at_least: Some(6), ..whole() }), "another");
        let skipped = Head { missing_clusters: Some("1 skipped".to_owned()), ..whole() };
        assert_eq!(check(2, skipped), "another");
    }

    #[test]
    fn a_cursor_brings_what_it_counted_in_order_and_of_its_index() {
        let window = Span { from_ms: Some(5), to_ms: Some(9) };
        let mut check = CursorCheck::new("n", false, window, 3);
        assert!(check.check_count(3).is_ok() && check.check_count(4).is_err());
        check.received = 2;
        assert!(check.check_count(2).is_err() && check.check_end().is_err());
        check.received = 3;
        assert!(check.check_end().is_ok());
        let in_order = |after, first, last| check.check_order(after, first, last).is_ok();
        assert!(in_order(None, Some(5), Some(5)) && in_order(Some(5), Some(5), Some(6)));
        assert!(!in_order(Some(6), Some(5), Some(7)) && !in_order(None, Some(6), Some(5)));
        assert!(!in_order(None, None, None), "each has a time");
        let in_window = |first, last| check.check_window(Some(first), Some(last)).is_ok();
        assert!(in_window(5, 8) && !in_window(4, 8) && !in_window(5, 9));
        let hit =
            |index: &'static str| HitId { index: index.into(), id: "a".into(), ..HitId::default() };
        assert!(check.check_document(&hit("m"), b"{}").is_err(), "of another index");
        assert!(check.check_document(&hit("n"), b"{}").is_ok());
        assert!(check.check_document(&hit("n"), b"{}").is_err(), "it came before");
        let late = br#"{"_source":{"@timestamp":"2018-09-21T07:00:00.000Z"}}"#;
        assert!(check.check_document(&hit("n"), late).is_err(), "outside of the window");
        let mut any = CursorCheck::new("n*", true, Span::default(), 3);
        assert!(any.check_document(&hit("n1"), late).is_ok());
        assert!(any.check_document(&hit("m"), late).is_err(), "of no index of the pattern");
    }

    #[test]
    fn a_name_belongs_to_the_cursor_that_bore_it_first() {
        let names = CursorNames::default();
        let check = |name, owner| names.check(name, owner, "POST /x".to_owned(), "http://h");
        assert!(check(Some("c1"), 1).is_ok() && check(Some("c1"), 1).is_ok());
        assert!(matches!(check(Some("c1"), 2), Err(FetchError::Mixed { .. })));
        assert!(check(None, 2).is_ok() && check(Some(""), 2).is_ok(), "it bears none");
    }
}
