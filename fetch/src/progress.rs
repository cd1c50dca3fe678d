//! What a fetch tells while it runs. Nothing is printed here.

use std::path::Path;

use crate::error::FetchError;

/// Something happened that a person may want to see.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The dump that was there is replaced.
    Replacing {
        /// The dump.
        path: &'a Path,
        /// Whether it was complete (then it was forced).
        complete: bool,
    },
    /// An incomplete dump is resumed.
    Resuming {
        /// The dump.
        path: &'a Path,
        /// Parts that are whole.
        parts: usize,
        /// Documents in them.
        documents: u64,
    },
    /// It is known what there is to fetch.
    Planned {
        /// Indices that hold something.
        indices: usize,
        /// Parts to fetch.
        parts: usize,
        /// Parts at a time.
        jobs: usize,
        /// Documents in them, if the server would count.
        documents: Option<u64>,
        /// Whether that is everything, for want of a window.
        everything: bool,
    },
    /// No document is in the window.
    NothingMatches {
        /// Time of the first document outside it, in milliseconds since 1970.
        first_ms: Option<i64>,
        /// Time of the last one.
        last_ms: Option<i64>,
    },
    /// A part begins.
    PartStarted {
        /// Index it is read from.
        index: &'a str,
        /// Its number, from 1.
        number: usize,
        /// How many there will be.
        of: usize,
    },
    /// A part is resumed where it broke off in an earlier run.
    PartResumed {
        /// Documents of it that are here.
        documents: u64,
        /// Bytes of their lines, before compression.
        bytes: u64,
    },
    /// A request is retried, which is safe.
    Retrying {
        /// What went wrong.
        error: &'a FetchError,
        /// How often the part was tried again by now.
        tries: u32,
    },
    /// Another cursor is opened after a doubt.
    Reopening {
        /// Index it is read from.
        index: &'a str,
        /// What went wrong.
        error: &'a FetchError,
        /// How often the part was tried again by now.
        tries: u32,
        /// Documents that will be fetched again, since the part starts over.
        documents: u64,
        /// Bytes of their lines, before compression.
        bytes: u64,
    },
    /// A page was counted, checked and written.
    PageWritten {
        /// Documents in it.
        documents: u64,
        /// Bytes of its lines, before compression.
        bytes: u64,
    },
    /// Something that does not stop the fetch, but should be known.
    Note(&'a str),
}

/// Is told what happens, from more than one thread.
pub trait Observer: Sync {
    /// Takes one event. It is called between pages, so it should be quick.
    fn event(&self, event: Event<'_>);
}

/// Nobody looks.
impl Observer for () {
    fn event(&self, _event: Event<'_>) {}
}
