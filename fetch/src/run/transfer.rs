//! Transfers one part from server to disk, with two threads and all retries.
//!
//! One thread requests pages and checks their heads; the other splits, compresses
//! and writes them. They share three buffers, so that memory is three pages
//! whatever the size of the index. If the state of the cursor is uncertain, it is
//! closed, and the next one begins at the last safe position.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

use flowkit_dump::DumpFolder;
use flowkit_dump::place::Place;
use flowkit_model::dump::{FORMAT, Order, Part, PartState, Pending, Span};

use crate::cancel::Cancel;
use crate::cursor::query::{self, Members, Search};
use crate::cursor::{Cursor, CursorOptions, Target};
use crate::error::FetchError;
use crate::page::accept::Accept;
use crate::part_writer::PartWriter;
use crate::progress::{Event, Observer};
use crate::server::Server;
use crate::server::rate_limit::RateLimit;
use crate::server::retry::{RetryPolicy, Verdict, verdict};

/// A larger page makes the pages of the next cursor smaller: three of them are in
/// memory for each part that is being fetched.
const LARGE_BODY: usize = 24 << 20;

/// What all parts of a fetch share, and the transfer of one.
pub(crate) struct Transfer<'a, S: Server> {
    pub(crate) server: &'a S,
    pub(crate) folder: &'a DumpFolder,
    pub(crate) cancel: &'a Cancel,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) policy: RetryPolicy,
    pub(crate) rate_limit: RateLimit,
    pub(crate) options: CursorOptions,
    pub(crate) members: Members<'a>,
    pub(crate) everything: Accept,
    pub(crate) only_new: Accept,
    /// Page size, lowered if pages prove large.
    pub(crate) size: AtomicU32,
    /// Set when a part has failed for good.
    pub(crate) halt: AtomicBool,
}

impl<S: Server> Transfer<'_, S> {
    /// Fetches one part. `largest_page` is the limit of its index.
    ///
    /// Ends with a complete part, or with an error, after which the part may be
    /// resumed. The cursor is closed in either case.
    pub(crate) fn run(&self, part: &Pending, largest_page: u32) -> Result<Part, FetchError> {
        let accept = if part.skips_known { &self.only_new } else { &self.everything };
        let parts = self.folder.parts()?;
        let mut writer = self.begin_part(parts, part, accept)?;
        let mut tries = 0;
        let mut options = self.options.clone();
        loop {
            options.size = self.size.load(Relaxed).min(largest_page).max(1);
            let error = match self.attempt(&mut writer, &mut options, &mut tries) {
                Ok(()) => return writer.finish(),
                Err(error) => error,
            };
            let is_final = verdict(&error) == Verdict::Stop;
            if is_final || self.is_halted() || tries >= self.policy.retries {
                // What was written is valid; on a full disk even the sync may fail.
                let _ = writer.sync();
                // A transient error after cancellation is reported as the
                // cancellation.
                let is_stopped = self.cancel.is_set() && !is_final;
                return Err(if is_stopped { FetchError::Interrupted } else { error });
            }
            tries += 1;
            self.lower_page(&error, options.size);
            let lost = writer.prepare_reopening()?;
            let (index, documents, bytes) = (&part.scope.index, lost.documents, lost.bytes);
            self.observer.event(Event::Reopening { index, error: &error, tries, documents, bytes });
            self.policy.wait(tries);
        }
    }

    /// Resumes an interrupted part where that is proven, or begins it.
    fn begin_part<'w>(
        &self,
        parts: &Arc<Place>,
        part: &Pending,
        accept: &'w Accept,
    ) -> Result<PartWriter<'w>, FetchError> {
        let planned = first_state(part);
        if let Some(writer) = PartWriter::resume(parts, &planned, accept)? {
            let (documents, bytes) = (writer.state().rows, writer.state().bytes);
            self.observer.event(Event::PartResumed { documents, bytes });
            return Ok(writer);
        }
        if let Some(lost) = PartWriter::unresumable(parts, &planned) {
            let (index, documents, bytes) = (&part.scope.index, lost.documents, lost.bytes);
            self.observer.event(Event::PartRestarted { index, documents, bytes });
        }
        PartWriter::create(parts, planned, accept)
    }

    fn is_halted(&self) -> bool {
        self.cancel.is_set() || self.halt.load(Relaxed)
    }

    /// Halves the page size if the server or this machine lacks memory for a
    /// page.
    fn lower_page(&self, error: &FetchError, size: u32) {
        if matches!(error, FetchError::OutOfMemory { .. } | FetchError::TooLarge { .. }) {
            self.size.fetch_min((size / 2).max(1), Relaxed);
        }
    }

    /// Opens a cursor at the position of the part, and transfers to its end.
    fn attempt(
        &self,
        writer: &mut PartWriter<'_>,
        options: &mut CursorOptions,
        tries: &mut u32,
    ) -> Result<(), FetchError> {
        let state = writer.state();
        let index = state.scope.index.clone();
        let query = rest_of(state);
        let search = Search {
            query: &query,
            order: state.order,
            slice: state.scope.slice,
            members: self.members,
        };
        let target = Target { index: &index, search };
        let asked = options.size;
        let mut body = Vec::new();
        let mut cursor =
            self.retry(tries, false, || Cursor::open(self.server, &target, options, &mut body))?;
        if options.size < asked {
            self.size.fetch_min(options.size, Relaxed);
            let note = format!("{index} allows pages of {} documents, not {asked}", options.size);
            self.observer.event(Event::Note(&note));
        }
        self.fit_page(body.len(), options.size);
        writer.begin_cursor(cursor.total());
        let (to_writer, pages) = sync_channel::<Vec<u8>>(1);
        let (give_back, used) = channel();
        let (read, written) = thread::scope(|scope| {
            let write = || write_all(writer, pages, &give_back, self.observer);
            let writing = match thread::Builder::new().spawn_scoped(scope, write) {
                Ok(writing) => writing,
                Err(none) => {
                    let dump = self.folder.folders().root().path();
                    return (
                        Err(FetchError::disk("start a thread to write", dump)(none)),
                        Ok(Ok(())),
                    );
                }
            };
            let size = options.size;
            let read = self.read_all(&mut cursor, body, &used, tries, size, |page| {
                to_writer.send(page).is_ok()
            });
            drop(to_writer);
            // The cursor is closed while the last page is still being written.
            drop(cursor);
            (read, writing.join())
        });
        let written = written.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // If writing failed, reading stopped because of that.
        match (read, written) {
            (Err(interrupted @ FetchError::Interrupted), _) => Err(interrupted),
            (_, Err(error)) | (Err(error), Ok(())) => Err(error),
            (Ok(()), Ok(())) => writer.end_cursor(),
        }
    }

    /// Passes pages to `hand_over` until the empty one, or until that returns
    /// false.
    fn read_all(
        &self,
        cursor: &mut Cursor<'_, S>,
        mut body: Vec<u8>,
        used: &Receiver<Vec<u8>>,
        tries: &mut u32,
        size: u32,
        hand_over: impl Fn(Vec<u8>) -> bool,
    ) -> Result<(), FetchError> {
        while !cursor.is_done() {
            if !hand_over(body) {
                return Ok(());
            }
            self.rate_limit.wait(size.into(), self.cancel);
            if self.is_halted() {
                return Err(FetchError::Interrupted);
            }
            body = used.try_recv().unwrap_or_default();
            let is_repeatable = cursor.may_ask_again();
            self.retry(tries, is_repeatable, || cursor.next(&mut body))?;
        }
        Ok(())
    }

    /// Retries a request if that is safe, as often as the policy allows.
    fn retry<T>(
        &self,
        tries: &mut u32,
        is_repeatable: bool,
        mut call: impl FnMut() -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        loop {
            let error = match call() {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let is_safe = match verdict(&error) {
                Verdict::Retry => true,
                // An expired cursor stays expired, and a smaller page needs another
                // cursor.
                Verdict::Reopen => {
                    is_repeatable
                        && !matches!(
                            error,
                            FetchError::ScrollExpired { .. }
                                | FetchError::OutOfMemory { .. }
                                | FetchError::TooLarge { .. }
                        )
                }
                Verdict::Stop => false,
            };
            if !is_safe || *tries >= self.policy.retries || self.is_halted() {
                return Err(error);
            }
            *tries += 1;
            self.observer.event(Event::Retrying { error: &error, tries: *tries });
            self.policy.wait(*tries);
        }
    }

    /// Lowers the page size if a page is too large.
    fn fit_page(&self, bytes: usize, size: u32) {
        if bytes > LARGE_BODY {
            let fits = u64::from(size) * LARGE_BODY as u64 / bytes as u64;
            self.size.fetch_min(u32::try_from(fits).unwrap_or(size).max(1), Relaxed);
        }
    }
}

/// The state of a part before its first page.
fn first_state(part: &Pending) -> PartState {
    PartState {
        flowkit_dump: FORMAT,
        name: part.name.clone(),
        scope: part.scope.clone(),
        // If known documents are left out, the times must come from the hits, which
        // have them only when sorted by time.
        order: if part.skips_known && !part.scope.without_time {
            Order::Time
        } else {
            Order::Storage
        },
        ..PartState::default()
    }
}

/// The query for the documents that are not written yet.
fn rest_of(state: &PartState) -> serde_json::Value {
    match (state.order, state.last_ms) {
        (Order::Time, Some(last)) => {
            let from = Span { from_ms: Some(last), to_ms: None };
            query::all_of([state.scope.query.clone(), query::span(from)])
        }
        _ => state.scope.query.clone(),
    }
}

/// Writes pages as they arrive, until the reader ends.
fn write_all(
    writer: &mut PartWriter<'_>,
    pages: Receiver<Vec<u8>>,
    give_back: &Sender<Vec<u8>>,
    observer: &dyn Observer,
) -> Result<(), FetchError> {
    for mut body in pages {
        let written = writer.write(&mut body)?;
        observer.event(Event::PageWritten { documents: written.documents, bytes: written.bytes });
        let _ = give_back.send(body);
    }
    Ok(())
}
