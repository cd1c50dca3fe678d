//! Iterators over the pages of an index: one snapshot each, closed at the end.
//!
//! | cursor | its position is | after an uncertain request |
//! | --- | --- | --- |
//! | [`scroll`] | on the server, and moves with each request | another cursor is opened |
//! | [`pit`] | in the request: the last hit | the request is repeated |

pub(crate) mod pit;
pub(crate) mod query;
pub(crate) mod scroll;

use std::sync::Arc;

use flowkit_model::dump::Order;
use serde_json::Value;

use crate::error::FetchError;
use crate::page::check::{CursorNames, Snapshot};
use crate::server::product::PitApi;
use crate::server::refusal::{Context, Refusal};
use crate::server::{Call, Server};
use pit::Pit;
use query::Search;
use scroll::Scroll;

/// How often the page size of a part is lowered to a limit of the server.
const MOST_LOWERED: u32 = 5;

/// How a cursor is opened. Options that a server rejects are dropped or lowered
/// here, and stay so for the next cursor.
#[derive(Clone, Debug)]
pub(crate) struct CursorOptions {
    /// Documents in a page.
    pub(crate) size: u32,
    /// How often the server lowered that.
    pub(crate) lowered: u32,
    /// How long a cursor lives between two pages, such as `5m`.
    pub(crate) keep_alive: String,
    /// Whether the server knows `allow_partial_search_results` (since 6.3).
    pub(crate) forbids_partial: bool,
    /// The API of points in time, if pages come from one.
    pub(crate) pit: Option<PitApi>,
    /// The ids of all cursors of this fetch.
    pub(crate) names: Arc<CursorNames>,
}

/// The documents that a cursor is opened over.
#[derive(Clone, Debug)]
pub(crate) struct Target<'a> {
    /// One index, or a pattern if the indices could not be listed.
    pub(crate) index: &'a str,
    pub(crate) search: Search<'a>,
}

/// Any cursor.
pub(crate) enum Cursor<'a, S: Server> {
    Scroll(Scroll<'a, S>),
    Pit(Pit<'a, S>),
}

impl<'a, S: Server> Cursor<'a, S> {
    /// Opens a cursor and reads page 1 into `body`.
    pub(crate) fn open(
        server: &'a S,
        target: &Target<'a>,
        options: &mut CursorOptions,
        body: &mut Vec<u8>,
    ) -> Result<Self, FetchError> {
        Ok(match options.pit {
            Some(api) => Self::Pit(Pit::open(server, target, api, options, body)?),
            None => Self::Scroll(Scroll::open(server, target, options, body)?),
        })
    }

    /// Reads the next page into `body`. After an error that may be retried, it
    /// may be called again.
    pub(crate) fn next(&mut self, body: &mut Vec<u8>) -> Result<(), FetchError> {
        match self {
            Self::Scroll(scroll) => scroll.next(body),
            Self::Pit(pit) => pit.next(body),
        }
    }

    /// Whether a request is idempotent: repeating it returns the same page.
    pub(crate) fn may_ask_again(&self) -> bool {
        matches!(self, Self::Pit(_))
    }

    /// Number of documents that the cursor runs over.
    pub(crate) fn total(&self) -> u64 {
        self.snapshot().total
    }

    /// Whether the last page was empty.
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

/// Lowers or drops the option that the server rejected.
///
/// # Errors
/// If it refused something else.
fn adapt<S: Server>(
    server: &S,
    index: &str,
    call: &Call,
    refusal: Refusal,
    options: &mut CursorOptions,
) -> Result<(), FetchError> {
    if options.forbids_partial && refusal.is_unknown_parameter(PARTIAL) {
        options.forbids_partial = false;
        return Ok(());
    }
    // A server that goes on lowering its limit names none.
    if let Some(limit) = refusal.largest_page().filter(|limit| *limit < options.size)
        && options.lowered < MOST_LOWERED
    {
        (options.size, options.lowered) = (limit, options.lowered + 1);
        return Ok(());
    }
    Err(refused(server, index, call, refusal, options, 0))
}

fn refused<S: Server>(
    server: &S,
    index: &str,
    call: &Call,
    refusal: Refusal,
    options: &CursorOptions,
    page: u64,
) -> FetchError {
    refusal.into_error(Context {
        url: server.url(),
        request: &call.name(),
        index,
        keep_alive: &options.keep_alive,
        size: options.size,
        page,
    })
}

const PARTIAL: &str = "allow_partial_search_results";

/// The body of a search; `storage` is the sort key for storage order.
fn search_body(target: &Target<'_>, size: u32, storage: &str) -> Value {
    query::search(&target.search, size, storage)
}

/// Whether hits are sorted by time.
fn is_by_time(target: &Target<'_>) -> bool {
    target.search.order == Order::Time
}
