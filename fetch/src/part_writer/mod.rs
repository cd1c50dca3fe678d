//! Writes one part: page after page, with its state, until it is complete.
//!
//! Each page is a separate zstd frame with a checksum, so that a truncated file
//! is readable up to its last whole frame. The state has the length that is
//! synced to disk. A part gets its final name only when its count is proven: each
//! cursor returned as many documents as it counted, and each document was written
//! or is accounted for.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use flowkit_dump::place::Place;
use flowkit_dump::{DumpError, PartFile};
use flowkit_model::dump::{FORMAT, HitId, IdInPart, Order, Part, PartForm, PartState, Proof, Read};

use crate::clock::now;
use crate::error::FetchError;
use crate::page::accept::Accept;
use crate::page::check::CursorCheck;
use crate::page::hits::{has_source, hit_ms, into_lines, split_hits};

/// Maximum number of documents of one millisecond that are remembered: a part
/// that is interrupted after more starts over.
const MAX_AT_LAST: usize = 200_000;
/// Maximum length of their ids together.
const MAX_BYTES_AT_LAST: usize = 64 << 20;

/// Writes one part.
pub(crate) struct PartWriter<'a> {
    file: PartFile,
    hits: Vec<Range<usize>>,
    state: PartState,
    accept: &'a Accept,
    cursor: CursorState,
}

/// The open cursor, and where it begins in the part.
#[derive(Debug)]
struct CursorState {
    check: CursorCheck,
    /// Identities of documents that an earlier cursor returned and this one will
    /// return again, at its first time.
    to_skip: HashSet<Vec<u8>>,
    skipped: u64,
    /// Number of documents accounted for before it was opened.
    before: u64,
}

/// Documents and bytes that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) documents: u64,
    pub(crate) bytes: u64,
}

/// Bytes of what names a document.
fn length(id: &IdInPart) -> usize {
    let texts = [Some(&id.id), id.index.as_ref(), id.routing.as_ref()];
    texts.into_iter().flatten().map(String::len).sum()
}

impl CursorState {
    fn new(state: &PartState, accept: &Accept, total: u64, before: u64) -> Self {
        let any_index = state.scope.index == accept.pattern;
        let check = CursorCheck::new(&state.scope.index, any_index, state.scope.window, total);
        Self { check, to_skip: HashSet::new(), skipped: 0, before }
    }
}

impl<'a> PartWriter<'a> {
    /// Begins a part; `state` has its name and scope.
    pub(crate) fn create(
        parts: &Arc<Place>,
        state: PartState,
        accept: &'a Accept,
    ) -> Result<Self, FetchError> {
        let state = PartState { flowkit_dump: FORMAT, ..state };
        let mut writer = Self::at(parts, state, accept, true)?;
        writer.sync()?;
        Ok(writer)
    }

    /// Resumes an interrupted part, if its state and its file agree and its order
    /// allows it; the file is truncated to the state.
    pub(crate) fn resume(
        parts: &Arc<Place>,
        planned: &PartState,
        accept: &'a Accept,
    ) -> Result<Option<Self>, FetchError> {
        let Some(state) = PartFile::read_state(parts, &planned.name) else { return Ok(None) };
        let is_same = state.name == planned.name
            && state.scope == planned.scope
            && state.flowkit_dump == FORMAT;
        let can_resume = state.order == Order::Time && state.rows > 0 && !state.at_last.is_empty();
        if !is_same || !can_resume {
            return Ok(None);
        }
        let mut writer = Self::at(parts, state, accept, false)?;
        Ok(writer.file.cut_back(&writer.state)?.then_some(writer))
    }

    /// What an interrupted part has on disk that cannot be resumed, and is thrown
    /// away by [`Self::create`].
    pub(crate) fn unresumable(parts: &Arc<Place>, planned: &PartState) -> Option<Written> {
        let state = PartFile::read_state(parts, &planned.name)?;
        (state.rows > 0).then_some(Written { documents: state.rows, bytes: state.bytes })
    }

    fn at(
        parts: &Arc<Place>,
        state: PartState,
        accept: &'a Accept,
        is_new: bool,
    ) -> Result<Self, FetchError> {
        let file = PartFile::open(parts, &state.name, is_new)?;
        let cursor = CursorState::new(&state, accept, 0, 0);
        Ok(Self { file, hits: Vec::new(), state, accept, cursor })
    }

    /// The state of the part.
    pub(crate) fn state(&self) -> &PartState {
        &self.state
    }

    /// Number of documents that are accounted for: written, or left out for a
    /// reason.
    fn accounted(&self) -> u64 {
        self.state.rows + self.state.left_out + self.state.known
    }

    /// Begins a cursor, which counted `total` documents, for the rest of the
    /// part.
    pub(crate) fn begin_cursor(&mut self, total: u64) {
        let before = self.accounted();
        self.cursor = CursorState::new(&self.state, self.accept, total, before);
        let index = &self.state.scope.index;
        let ids = self.state.at_last.iter().map(|id| id.document_id(index));
        self.cursor.to_skip = ids.map(|id| id.key_bytes(<[u8]>::to_vec)).collect();
        self.state.is_joined |= before > 0;
        let again = (self.state.at_last.len() as u64).min(total);
        self.state.expected = before.saturating_add(total - again);
    }

    /// Prepares for another cursor. A part in storage order cannot be resumed: it
    /// is cleared and starts over, sorted by time if its documents have one.
    ///
    /// Returns how many documents and bytes of lines are lost.
    pub(crate) fn prepare_reopening(&mut self) -> Result<Written, FetchError> {
        let lost = Written { documents: self.state.rows, bytes: self.state.bytes };
        let can_resume = self.state.order == Order::Time
            && (self.accounted() == 0 || !self.state.at_last.is_empty());
        if can_resume {
            return Ok(Written { documents: 0, bytes: 0 });
        }
        let order = if self.state.scope.without_time { Order::Storage } else { Order::Time };
        self.state = PartState {
            flowkit_dump: FORMAT,
            name: std::mem::take(&mut self.state.name),
            scope: std::mem::take(&mut self.state.scope),
            order,
            ..PartState::default()
        };
        self.file.clear()?;
        self.sync()?;
        Ok(lost)
    }

    /// Writes the hits of a page. The content of `body` is overwritten.
    pub(crate) fn write(&mut self, body: &mut [u8]) -> Result<Written, FetchError> {
        self.cursor.check.page += 1;
        let mut hits = std::mem::take(&mut self.hits);
        let (state, mark) = (self.state.clone(), self.file.mark());
        let written = self.write_hits(body, &mut hits);
        self.hits = hits;
        if written.is_err() {
            // A page is written completely or not at all.
            self.state = state;
            self.file.back_to(mark)?;
        }
        let written = written?;
        if self.file.is_sync_due() {
            self.sync()?;
        }
        Ok(written)
    }

    fn write_hits(
        &mut self,
        body: &mut [u8],
        hits: &mut Vec<Range<usize>>,
    ) -> Result<Written, FetchError> {
        let check = &self.cursor.check;
        let times = split_hits(body, hits).map_err(|source| check.bad_page(&source))?;
        let received = check.check_count(hits.len())?;
        if self.state.order == Order::Time {
            self.remember_times(body, hits)?;
        } else if check.page == 1 {
            check.check_window(times.first_ms(), times.last_ms())?;
            (self.state.first_ms, self.state.last_ms) = (times.first_ms(), times.last_ms());
        }
        self.choose(body, hits)?;
        self.cursor.check.received = received;
        let lines = into_lines(body, hits);
        if !hits.is_empty() {
            self.append(&body[lines.clone()], hits.len())?;
        }
        Ok(Written { documents: hits.len() as u64, bytes: lines.len() as u64 })
    }

    /// Checks each hit, and retains those to be written.
    fn choose(&mut self, body: &[u8], hits: &mut Vec<Range<usize>>) -> Result<(), FetchError> {
        let mut error = None;
        hits.retain(|place| {
            let hit = &body[place.clone()];
            let keep = HitId::read(hit)
                .map_err(|source| self.cursor.check.bad_page(&source))
                .and_then(|id| self.keep(&id, hit));
            match keep {
                Ok(keep) => keep,
                Err(first) => {
                    error.get_or_insert(first);
                    false
                }
            }
        });
        self.cursor.check.end_of_page();
        error.map_or(Ok(()), Err)
    }

    /// Whether a document is to be written; counts those that are not.
    fn keep(&mut self, id: &HitId<'_>, hit: &[u8]) -> Result<bool, FetchError> {
        let CursorState { check, to_skip, skipped, .. } = &mut self.cursor;
        check.check_document(id, hit)?;
        let document = id.document_id();
        if !to_skip.is_empty() && document.key_bytes(|key| to_skip.remove(key)) {
            *skipped += 1;
            return Ok(false);
        }
        if self.accept.is_known(document) {
            self.state.known += 1;
            return Ok(false);
        }
        if !self.accept.matches(hit) {
            self.state.left_out += 1;
            return Ok(false);
        }
        self.state.without_source += u64::from(!has_source(hit));
        Ok(true)
    }

    /// Appends lines as one frame.
    fn append(&mut self, lines: &[u8], n_rows: usize) -> Result<(), DumpError> {
        self.file.append(lines)?;
        self.state.rows += n_rows as u64;
        self.state.bytes += lines.len() as u64;
        Ok(())
    }

    /// Records the time span, and the documents at its end: a later cursor that
    /// starts there would return them again.
    fn remember_times(&mut self, body: &[u8], hits: &[Range<usize>]) -> Result<(), FetchError> {
        let (Some(first), Some(last)) = (hits.first(), hits.last()) else {
            return Ok(());
        };
        let ms = |hit: &Range<usize>| hit_ms(&body[hit.clone()]);
        let bad_page = |source| self.cursor.check.bad_page(&source);
        let (first_ms, last_ms) = (ms(first).map_err(bad_page)?, ms(last).map_err(bad_page)?);
        let check = &self.cursor.check;
        check.check_order(self.state.last_ms, first_ms, last_ms)?;
        check.check_window(first_ms, last_ms)?;
        self.state.first_ms = self.state.first_ms.or(first_ms);
        if self.state.last_ms < last_ms {
            self.state.at_last.clear();
            self.state.last_ms = last_ms;
        }
        for hit in hits.iter().rev() {
            if ms(hit).map_err(bad_page)? != self.state.last_ms {
                break;
            }
            let id = HitId::read(&body[hit.clone()]).map_err(bad_page)?;
            // A document to be skipped is recorded already.
            let to_skip = &self.cursor.to_skip;
            if !id.document_id().key_bytes(|key| to_skip.contains(key)) {
                self.state.at_last.push(IdInPart::new(&id, &self.state.scope.index));
            }
        }
        let bytes: usize = self.state.at_last.iter().map(length).sum();
        if self.state.at_last.len() > MAX_AT_LAST || bytes > MAX_BYTES_AT_LAST {
            self.state.at_last.clear();
        }
        Ok(())
    }

    /// Syncs the file to disk, then the state.
    pub(crate) fn sync(&mut self) -> Result<(), FetchError> {
        Ok(self.file.sync(&mut self.state)?)
    }

    /// Checks that the cursor, at its end, returned all that it counted.
    ///
    /// # Errors
    /// If not.
    pub(crate) fn end_cursor(&mut self) -> Result<(), FetchError> {
        let CursorState { check, before, skipped, .. } = &self.cursor;
        check.check_end()?;
        self.state.expected = before + check.total - skipped;
        check.check_equal(self.accounted(), self.state.expected)
    }

    /// Gives the part its final name. Only to be called when it is complete.
    pub(crate) fn finish(mut self) -> Result<Part, FetchError> {
        if self.state.rows == 0 {
            // A file without a frame is not valid zstd.
            self.append(&[], 0)?;
        }
        let (file_bytes, sha256) = self.file.finish()?;
        let state = self.state;
        let read = if state.is_joined { Read::Joined } else { Read::OneSnapshot };
        let against = match read {
            Read::OneSnapshot => "hits.total of the same snapshot",
            Read::Joined => "hits.total of the last snapshot, and what came before it",
        };
        Ok(Part {
            form: PartForm::Documents,
            name: state.name,
            order: state.order,
            expected: state.expected,
            received: state.rows,
            left_out: state.left_out,
            known: state.known,
            without_source: state.without_source,
            bytes: state.bytes,
            file_bytes,
            sha256,
            first_ms: state.first_ms,
            last_ms: state.last_ms,
            undated: if state.scope.without_time { state.rows } else { 0 },
            scope: state.scope,
            proof: Proof { read, against: against.to_owned(), counted: now() },
        })
    }
}
