//! Scrolls: which documents are still to come, under an id that looks like the real one.
//!
//! A scroll holds its own list of hits, so it is a snapshot. Its id names one
//! context per shard, as Elasticsearch counts them. A second
//! request with one id gives the next page: the position is kept here, not in the
//! request.
//!
//! A context ends exactly when its keep-alive is over; a real server looks only
//! once a minute and may answer a little longer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::page::Page;
use super::scroll_id::{decode, encode};
use crate::server::http::{Cause, Failure};

/// Most contexts open at once (`search.max_open_scroll_context`).
pub(in crate::server) const MOST_CONTEXTS: usize = 500;

/// An open scroll.
#[derive(Debug)]
pub(in crate::server) struct Scroll {
    /// One number per shard.
    contexts: Vec<u64>,
    /// All hits, and how to show a page of them.
    pub(in crate::server) page: Arc<Page>,
    /// Hits given out so far.
    pub(in crate::server) given: usize,
    keep_alive: Duration,
    deadline: Instant,
}

impl Scroll {
    /// Shards that it reads: those that were not skipped.
    pub(in crate::server) fn shards(&self) -> usize {
        self.contexts.len()
    }
}

/// All open scrolls, by their first context.
#[derive(Debug, Default)]
pub(in crate::server) struct Scrolls {
    open: BTreeMap<u64, Scroll>,
    last_context: u64,
}

impl Scrolls {
    /// Opens a scroll over `shards` shards of which the first page was already
    /// given; the id of it. The id of a scroll over no shards finds nothing.
    pub(in crate::server) fn open(
        &mut self,
        page: Arc<Page>,
        shards: usize,
        keep_alive: Duration,
        now: Instant,
    ) -> String {
        self.expire(now);
        let contexts: Vec<u64> =
            (1..=shards as u64).map(|shard| self.last_context + shard).collect();
        self.last_context += shards as u64;
        let id = encode(&contexts);
        if let Some(&first) = contexts.first() {
            let given = page.size;
            let deadline = now.checked_add(keep_alive).unwrap_or(now);
            self.open.insert(first, Scroll { contexts, page, given, keep_alive, deadline });
        }
        id
    }

    /// Whether `shards` more contexts would be too many.
    pub(in crate::server) fn is_full(&mut self, shards: usize, now: Instant) -> bool {
        self.expire(now);
        self.contexts() + shards > MOST_CONTEXTS
    }

    /// The scroll of an id, its life prolonged; without a keep-alive it lives as
    /// long as before.
    pub(in crate::server) fn find(
        &mut self,
        id: &str,
        keep_alive: Option<Duration>,
        now: Instant,
    ) -> Result<&mut Scroll, Failure> {
        self.expire(now);
        let contexts = decode(id)?;
        let Some(first) = contexts.first() else {
            return Err(Failure::Shards {
                status: 503,
                reason: "no nodes to search on",
                shards: Vec::new(),
                caused_by: None,
            });
        };
        let scroll = self.open.get_mut(first).filter(|scroll| scroll.contexts == contexts);
        let scroll = scroll.ok_or_else(|| missing(&contexts))?;
        scroll.keep_alive = keep_alive.unwrap_or(scroll.keep_alive);
        scroll.deadline = now.checked_add(scroll.keep_alive).unwrap_or(now);
        Ok(scroll)
    }

    /// Closes scrolls; how many contexts that freed.
    pub(in crate::server) fn close(
        &mut self,
        ids: &[String],
        now: Instant,
    ) -> Result<usize, Failure> {
        self.expire(now);
        let contexts: Vec<Vec<u64>> = ids.iter().map(|id| decode(id)).collect::<Result<_, _>>()?;
        let closed = contexts.iter().filter_map(|contexts| self.open.remove(contexts.first()?));
        Ok(closed.map(|scroll| scroll.contexts.len()).sum())
    }

    /// Closes every scroll; how many contexts that freed.
    pub(in crate::server) fn close_all(&mut self) -> usize {
        let freed = self.contexts();
        self.open.clear();
        freed
    }

    /// Scrolls that are open.
    pub(in crate::server) fn len(&mut self, now: Instant) -> usize {
        self.expire(now);
        self.open.len()
    }

    fn contexts(&self) -> usize {
        self.open.values().map(|scroll| scroll.contexts.len()).sum()
    }

    fn expire(&mut self, now: Instant) {
        self.open.retain(|_, scroll| now < scroll.deadline);
    }
}

fn missing(contexts: &[u64]) -> Failure {
    let cause = |context: &u64| {
        let reason = format!("No search context found for id [{context}]");
        Cause::new("search_context_missing_exception", reason)
    };
    Failure::Shards {
        status: 404,
        reason: "all shards failed",
        shards: contexts.iter().map(|context| (None, cause(context))).collect(),
        caused_by: contexts.last().map(cause),
    }
}
