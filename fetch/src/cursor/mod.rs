//! Iterators over the pages of an index: one snapshot each, closed at the end.
//!
//! | cursor | its position is | after a doubt |
//! | --- | --- | --- |
//! | [`scroll`] | on the server, and moves with each request | it is given up |
//! | [`pit`] | in the request: the last hit that came | the same request again |

pub(crate) mod pit;
pub(crate) mod scroll;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use flowkit_model::dump::Order;
use serde_json::Value;

use crate::FetchError;
use crate::page::{Head, Shards};
use crate::query::Search;
use crate::refusal::{Context, Refusal};
use crate::server::{Ask, Server};
use pit::Pit;
use scroll::Scroll;

/// How a cursor is opened. What a server turns out not to take is dropped or
/// lowered here, and stays so for the next cursor.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// Documents in a page.
    pub(crate) size: u32,
    /// How long a cursor lives between two pages, such as `5m`.
    pub(crate) keep_alive: String,
    /// Whether the server knows `allow_partial_search_results` (since 6.3).
    pub(crate) forbids_partial: bool,
    /// Whether pages come from a point in time, and whose.
    pub(crate) pit: Option<pit::Dialect>,
    /// The cursors of this fetch.
    pub(crate) names: Arc<Names>,
}

/// Whose each cursor's name is: a page that bears the name of another cursor is
/// an answer to another request.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<HashMap<String, u64>>);

impl Names {
    /// Names that are remembered.
    const MOST: usize = 10_000;

    /// A number for a new cursor.
    fn new_owner() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a name is this cursor's, or nobody's so far.
    fn is_own(&self, name: &str, owner: u64) -> bool {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() > Self::MOST {
            names.clear();
        }
        *names.entry(name.to_owned()).or_insert(owner) == owner
    }
}

/// What a cursor is opened over.
#[derive(Clone, Debug)]
pub(crate) struct Target<'a> {
    /// One index, or a pattern where none could be named.
    pub(crate) index: &'a str,
    pub(crate) search: Search<'a>,
}

/// Any cursor.
pub(crate) enum Cursor<'a, S: Server> {
    Scroll(Scroll<'a, S>),
    Pit(Pit<'a, S>),
}

impl<'a, S: Server> Cursor<'a, S> {
    /// Opens a cursor and puts page 1 into `body`.
    pub(crate) fn open(
        server: &'a S,
        target: &Target<'a>,
        opening: &mut Opening,
        body: &mut Vec<u8>,
    ) -> Result<Self, FetchError> {
        Ok(match opening.pit {
            Some(dialect) => Self::Pit(Pit::open(server, target, dialect, opening, body)?),
            None => Self::Scroll(Scroll::open(server, target, opening, body)?),
        })
    }

    /// Puts the next page into `body`. After an error that may be sent again,
    /// it may be called again.
    pub(crate) fn next(&mut self, body: &mut Vec<u8>) -> Result<(), FetchError> {
        match self {
            Self::Scroll(scroll) => scroll.next(body),
            Self::Pit(pit) => pit.next(body),
        }
    }

    /// Whether the same request gives the same page however often it is sent.
    pub(crate) fn may_ask_again(&self) -> bool {
        matches!(self, Self::Pit(_))
    }

    /// Documents the cursor runs over.
    pub(crate) fn total(&self) -> u64 {
        self.snapshot().total
    }

    /// Whether the page that came last was the empty one.
    pub(crate) fn is_done(&self) -> bool {
        self.snapshot().is_empty
    }

    fn snapshot(&self) -> &Snapshot {
        match self {
            Self::Scroll(scroll) => &scroll.snapshot,
            Self::Pit(pit) => &pit.snapshot,
        }
    }
}

/// Checks that a page bears a name of its own cursor.
fn check_name<S: Server>(
    server: &S,
    opening: &Opening,
    owner: u64,
    name: Option<&str>,
    ask: &Ask,
) -> Result<(), FetchError> {
    if name.is_none_or(|name| name.is_empty() || opening.names.is_own(name, owner)) {
        return Ok(());
    }
    Err(FetchError::Mixed { request: ask.name(), url: server.url().to_owned() })
}

/// What page 1 said, which every later page must agree with.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) index: String,
    /// Number of the page that came last, from 1.
    pub(crate) page: u64,
    pub(crate) total: u64,
    shards: Shards,
    pub(crate) is_empty: bool,
}

impl Snapshot {
    fn new(index: &str, head: &Head) -> Self {
        Self {
            index: index.to_owned(),
            page: 1,
            total: head.total.unwrap_or(0),
            shards: head.shards.clone(),
            is_empty: head.is_empty,
        }
    }

    /// Whether all of a page is there, and of this snapshot.
    fn check(&self, page: u64, head: &Head) -> Result<(), FetchError> {
        let index = self.index.clone();
        if head.timed_out {
            return Err(FetchError::TimedOut { index, page });
        }
        let shards = &head.shards;
        // Later pages ask only the shards that page 1 did not skip.
        let expected = self.shards.total;
        let kept = self.shards.successful.saturating_sub(self.shards.skipped);
        let is_all = shards.total == expected || (page > 1 && shards.total == kept);
        if shards.failed != 0 || shards.successful != shards.total || !is_all {
            let reason = shards.reasons.first().map(|failure| failure.reason.clone());
            let (successful, total) = (shards.successful, expected);
            let reason = reason.unwrap_or_default();
            return Err(FetchError::ShardsMissing { index, page, successful, total, reason });
        }
        match head.total {
            Some(now) if now != self.total => {
                Err(FetchError::TotalChanged { index, page, first: self.total, now })
            }
            _ => Ok(()),
        }
    }

    /// Counts a page that passed.
    fn step(&mut self, head: &Head) {
        self.page += 1;
        self.is_empty = head.is_empty;
    }

    fn bad_page(&self, page: u64) -> impl FnOnce(serde_json::Error) -> FetchError {
        let index = self.index.clone();
        move |source| FetchError::BadPage { index, page, source }
    }
}

/// What becomes of a refused opening.
enum Second {
    /// The opening was changed, so that it may be taken now.
    Try,
    Fail(FetchError),
}

/// Lowers or drops what the server said it does not take.
fn adapt<S: Server>(
    server: &S,
    index: &str,
    ask: &Ask,
    refusal: Refusal,
    opening: &mut Opening,
) -> Second {
    if opening.forbids_partial && refusal.is_unknown_parameter(PARTIAL) {
        opening.forbids_partial = false;
        return Second::Try;
    }
    if let Some(limit) = refusal.largest_page().filter(|limit| *limit < opening.size) {
        opening.size = limit;
        return Second::Try;
    }
    Second::Fail(refused(server, index, ask, refusal, opening, 0))
}

fn refused<S: Server>(
    server: &S,
    index: &str,
    ask: &Ask,
    refusal: Refusal,
    opening: &Opening,
    page: u64,
) -> FetchError {
    refusal.into_error(Context {
        url: server.url(),
        request: &ask.name(),
        index,
        keep_alive: &opening.keep_alive,
        size: opening.size,
        page,
    })
}

const PARTIAL: &str = "allow_partial_search_results";

/// The body of a search, with the server's word for storage order.
fn search_body(target: &Target<'_>, size: u32, storage: &str) -> Value {
    crate::query::search(&target.search, size, storage)
}

/// Whether hits are sorted by time.
fn is_by_time(target: &Target<'_>) -> bool {
    target.search.order == Order::Time
}
