//! The events that a fetch reports while it runs. Nothing is printed here.

use std::path::Path;

use crate::error::FetchError;

/// An event that a person may want to see.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An existing dump is replaced.
    Replacing {
        /// The dump.
        path: &'a Path,
        /// Whether it was complete (only with `--force`).
        complete: bool,
    },
    /// An incomplete dump is resumed.
    Resuming {
        /// The dump.
        path: &'a Path,
        /// Number of complete parts.
        parts: usize,
        /// Documents in them.
        documents: u64,
    },
    /// The plan is complete.
    Planned {
        /// Number of indices with documents.
        indices: usize,
        /// Number of parts to fetch.
        parts: usize,
        /// Number of parts fetched at a time.
        jobs: usize,
        /// Number of documents, if the server counts them.
        documents: Option<u64>,
        /// Whether there is no window, so that everything is fetched.
        everything: bool,
    },
    /// No document is in the window.
    NothingMatches {
        /// Time of the first document outside it, in ms since 1970-01-01 UTC.
        first_ms: Option<i64>,
        /// Time of the last one.
        last_ms: Option<i64>,
    },
    /// A part begins.
    PartStarted {
        /// Index it is read from.
        index: &'a str,
        /// Number of the part, from 1.
        number: usize,
        /// Number of parts in all.
        of: usize,
    },
    /// A part is resumed where an earlier run stopped.
    PartResumed {
        /// Documents that were fetched before.
        documents: u64,
        /// Bytes of their lines, before compression.
        bytes: u64,
    },
    /// An interrupted part starts over: in storage order a scroll has no position
    /// that could be resumed, or what is on disk is not what its state says.
    PartRestarted {
        /// Index it is read from.
        index: &'a str,
        /// Documents on disk that are thrown away and fetched again.
        documents: u64,
        /// Bytes of their lines, before compression.
        bytes: u64,
    },
    /// A request that is safe to retry is retried.
    Retrying {
        /// What went wrong.
        error: &'a FetchError,
        /// How often the part was tried again by now.
        tries: u32,
    },
    /// Another cursor is opened, because the state of the last one is uncertain.
    Reopening {
        /// Index it is read from.
        index: &'a str,
        /// What went wrong.
        error: &'a FetchError,
        /// How often the part was tried again by now.
        tries: u32,
        /// Documents that are lost and fetched again, because the part starts over.
        documents: u64,
        /// Bytes of their lines, before compression.
        bytes: u64,
    },
    /// A page was checked and written.
    PageWritten {
        /// Documents in it.
        documents: u64,
        /// Bytes of its lines, before compression.
        bytes: u64,
    },
    /// A remark that does not stop the fetch.
    Note(&'a str),
}

/// Receives events, from more than one thread.
pub trait Observer: Sync {
    /// Receives an event. It is called between pages, so that it should return
    /// quickly.
    fn event(&self, event: Event<'_>);
}

/// Ignores all events.
impl Observer for () {
    fn event(&self, _event: Event<'_>) {}
}
