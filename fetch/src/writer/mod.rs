//! One part on disk: page after page, with its state, until it is whole.
//!
//! Each page is a zstd frame of its own with a checksum, so a file that was cut
//! off is good up to its last frame. The state tells which frames are safe. A
//! part gets its final name only when its count is proven: each cursor brought
//! as many documents as it counted, and each document was written or is
//! accounted for.

mod file;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use flowkit_model::dump::{DocumentId, FORMAT, Order, Part, PartForm, PartState, Proof, Read};

use crate::FetchError;
use crate::choice::Choice;
use crate::identity::{Identity, Recent};
use crate::page::{Hit, cut, lines};
use file::PartFile;

pub(crate) use file::hexadecimal;

/// More documents of one millisecond than this are not remembered: a part that
/// breaks off there begins anew.
const MOST_AT_LAST: usize = 200_000;

/// Writes one part.
pub(crate) struct PartWriter<'a> {
    file: PartFile,
    hits: Vec<Range<usize>>,
    state: PartState,
    choice: &'a Choice,
    cursor: CursorCount,
    recent: Recent,
}

/// What came through the cursor that is open now.
#[derive(Debug, Default)]
struct CursorCount {
    /// Documents it counted.
    total: u64,
    /// Documents that came.
    seen: u64,
    pages: u64,
    /// Documents of an earlier cursor at the place where this one begins.
    to_skip: HashSet<DocumentId>,
    skipped: u64,
    /// Documents accounted for before it was opened.
    before: u64,
}

/// What a page held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) documents: u64,
    pub(crate) bytes: u64,
}

impl<'a> PartWriter<'a> {
    /// Begins a part. `state` names it and says what it will hold.
    pub(crate) fn create(
        folder: &Path,
        state: PartState,
        choice: &'a Choice,
    ) -> Result<Self, FetchError> {
        let state = PartState { flowkit_dump: FORMAT, ..state };
        let mut writer = Self::at(folder, state, choice, true)?;
        writer.sync()?;
        Ok(writer)
    }

    /// Goes on with a part that broke off, if its state and its file agree and
    /// its order allows it; what is behind the state is cut off.
    pub(crate) fn resume(
        folder: &Path,
        planned: &PartState,
        choice: &'a Choice,
    ) -> Result<Option<Self>, FetchError> {
        let Some(state) = PartFile::read_state(folder, &planned.name) else { return Ok(None) };
        let is_same = state.name == planned.name
            && state.index == planned.index
            && state.window == planned.window
            && state.slice == planned.slice
            && state.query == planned.query
            && state.flowkit_dump == FORMAT;
        let goes_on = state.order == Order::Time && state.rows > 0 && !state.at_last.is_empty();
        if !is_same || !goes_on {
            return Ok(None);
        }
        let mut writer = Self::at(folder, state, choice, false)?;
        Ok(writer.file.cut_back(&writer.state)?.then_some(writer))
    }

    fn at(
        folder: &Path,
        state: PartState,
        choice: &'a Choice,
        is_new: bool,
    ) -> Result<Self, FetchError> {
        Ok(Self {
            file: PartFile::open(folder, &state.name, is_new)?,
            hits: Vec::new(),
            state,
            choice,
            cursor: CursorCount::default(),
            recent: Recent::new(),
        })
    }

    /// What is known of the part so far.
    pub(crate) fn state(&self) -> &PartState {
        &self.state
    }

    /// Documents that are accounted for: written, or left out for a reason.
    fn accounted(&self) -> u64 {
        self.state.rows + self.state.left_out + self.state.known
    }

    /// The cursor that brings the rest begins.
    pub(crate) fn begin(&mut self, total: u64) {
        let before = self.accounted();
        self.cursor = CursorCount {
            total,
            before,
            to_skip: self.state.at_last.iter().cloned().collect(),
            ..CursorCount::default()
        };
        self.recent.clear();
        self.state.is_joined |= before > 0;
        self.state.expected = before + total - (self.state.at_last.len() as u64).min(total);
    }

    /// Gives up what was written since a part in storage order cannot go on; it
    /// begins anew, in the order that can where there is a time to sort by.
    ///
    /// Returns how many documents and bytes of lines that were.
    pub(crate) fn prepare_reopening(&mut self) -> Result<Written, FetchError> {
        let lost = Written { documents: self.state.rows, bytes: self.state.bytes };
        let goes_on = self.state.order == Order::Time
            && (self.accounted() == 0 || !self.state.at_last.is_empty());
        if goes_on {
            return Ok(Written { documents: 0, bytes: 0 });
        }
        let order = if self.state.without_time { Order::Storage } else { Order::Time };
        self.state = PartState {
            flowkit_dump: FORMAT,
            name: std::mem::take(&mut self.state.name),
            index: std::mem::take(&mut self.state.index),
            query: self.state.query.take(),
            window: self.state.window,
            slice: self.state.slice,
            without_time: self.state.without_time,
            order,
            ..PartState::default()
        };
        self.file.clear()?;
        self.sync()?;
        Ok(lost)
    }

    /// Writes the hits of a page. The body is used up.
    pub(crate) fn write(&mut self, body: &mut [u8]) -> Result<Written, FetchError> {
        self.cursor.pages += 1;
        let mut hits = std::mem::take(&mut self.hits);
        let (state, mark) = (self.state.clone(), self.file.mark());
        let written = self.write_hits(body, &mut hits);
        self.hits = hits;
        if written.is_err() {
            // Half a page is none.
            self.state = state;
            self.file.back_to(mark, self.state.file_bytes)?;
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
        let times = cut(body, hits).map_err(|source| self.bad_page(source))?;
        let received = self.cursor.seen + hits.len() as u64;
        if received > self.cursor.total {
            let (index, expected) = (self.state.index.clone(), self.cursor.total);
            return Err(FetchError::WrongCount { index, received, expected });
        }
        if self.state.order == Order::Time {
            self.remember_times(body, hits)?;
        } else if self.cursor.pages == 1 {
            (self.state.first_ms, self.state.last_ms) = (times.first_ms(), times.last_ms());
            self.check_span()?;
        }
        self.choose(body, hits)?;
        self.cursor.seen = received;
        let lines = lines(body, hits);
        if !hits.is_empty() {
            self.append(&body[lines.clone()], hits.len())?;
        }
        Ok(Written { documents: hits.len() as u64, bytes: lines.len() as u64 })
    }

    /// Checks each hit, and leaves those to be written.
    fn choose(&mut self, body: &[u8], hits: &mut Vec<Range<usize>>) -> Result<(), FetchError> {
        let mut error = None;
        hits.retain(|place| {
            let hit = &body[place.clone()];
            let keep = Identity::read(hit)
                .map_err(|source| self.bad_page(source))
                .and_then(|identity| self.keep(&identity, hit));
            match keep {
                Ok(keep) => keep,
                Err(first) => {
                    error.get_or_insert(first);
                    false
                }
            }
        });
        self.recent.end_of_page();
        error.map_or(Ok(()), Err)
    }

    /// Whether a document is to be written; one that is not is counted.
    fn keep(&mut self, identity: &Identity<'_>, hit: &[u8]) -> Result<bool, FetchError> {
        let is_foreign =
            identity.index != self.state.index && self.state.index != self.choice.pattern;
        if is_foreign {
            let (index, page) = (self.state.index.clone(), self.cursor.pages);
            return Err(FetchError::Unsorted { index, page });
        }
        if !self.recent.is_new(identity) {
            let (index, page) = (self.state.index.clone(), self.cursor.pages);
            return Err(FetchError::Twice { index, page });
        }
        if !self.cursor.to_skip.is_empty() && self.cursor.to_skip.remove(&self.id_of(identity)) {
            self.cursor.skipped += 1;
            return Ok(false);
        }
        if self.choice.is_known(identity) {
            self.state.known += 1;
            return Ok(false);
        }
        if !self.choice.means(hit) {
            self.state.left_out += 1;
            return Ok(false);
        }
        Ok(true)
    }

    fn id_of(&self, identity: &Identity<'_>) -> DocumentId {
        DocumentId {
            index: (identity.index != self.state.index).then(|| identity.index.to_string()),
            id: identity.id.to_string(),
            routing: identity.routing.as_deref().map(str::to_owned),
        }
    }

    /// Appends lines as one frame.
    fn append(&mut self, lines: &[u8], n_rows: usize) -> Result<(), FetchError> {
        self.state.file_bytes += self.file.append(lines)?;
        self.state.rows += n_rows as u64;
        self.state.bytes += lines.len() as u64;
        Ok(())
    }

    /// Keeps the span of time, and the documents at its end: a later cursor
    /// that starts there would bring them again.
    fn remember_times(&mut self, body: &[u8], hits: &[Range<usize>]) -> Result<(), FetchError> {
        let (Some(first), Some(last)) = (hits.first(), hits.last()) else {
            return Ok(());
        };
        let (first_ms, last_ms) = (self.read(body, first)?.ms, self.read(body, last)?.ms);
        let is_sorted = first_ms.is_some() && self.state.last_ms <= first_ms && first_ms <= last_ms;
        if !is_sorted {
            let (index, page) = (self.state.index.clone(), self.cursor.pages);
            return Err(FetchError::Unsorted { index, page });
        }
        self.state.first_ms = self.state.first_ms.or(first_ms);
        if self.state.last_ms < last_ms {
            self.state.at_last.clear();
            self.state.last_ms = last_ms;
        }
        self.check_span()?;
        for hit in hits.iter().rev() {
            let hit = self.read(body, hit)?;
            if hit.ms != self.state.last_ms {
                break;
            }
            let identity = Identity { index: hit.index, id: hit.id, routing: hit.routing };
            let id = self.id_of(&identity);
            // One to be skipped is there already.
            if !self.cursor.to_skip.contains(&id) {
                self.state.at_last.push(id);
            }
        }
        if self.state.at_last.len() > MOST_AT_LAST {
            self.state.at_last.clear();
        }
        Ok(())
    }

    /// Whether the times are inside of what was asked for: an answer may be one
    /// to another request.
    fn check_span(&self) -> Result<(), FetchError> {
        let window = self.state.window;
        let is_early =
            self.state.first_ms.zip(window.from_ms).is_some_and(|(first, from)| first < from);
        let is_late = self.state.last_ms.zip(window.to_ms).is_some_and(|(last, to)| last >= to);
        if is_early || is_late {
            let (index, page) = (self.state.index.clone(), self.cursor.pages);
            return Err(FetchError::Unsorted { index, page });
        }
        Ok(())
    }

    fn read<'b>(&self, body: &'b [u8], hit: &Range<usize>) -> Result<Hit<'b>, FetchError> {
        Hit::read(&body[hit.clone()]).map_err(|source| self.bad_page(source))
    }

    fn bad_page(&self, source: serde_json::Error) -> FetchError {
        FetchError::BadPage { index: self.state.index.clone(), page: self.cursor.pages, source }
    }

    /// Makes what was written safe, and says so in the state.
    pub(crate) fn sync(&mut self) -> Result<(), FetchError> {
        self.file.sync(&mut self.state)
    }

    /// Whether the cursor that ended brought all it counted.
    ///
    /// # Errors
    /// If not.
    pub(crate) fn end(&mut self) -> Result<(), FetchError> {
        let CursorCount { total: expected, seen: received, before, skipped, .. } = self.cursor;
        let index = self.state.index.clone();
        if received != expected {
            return Err(FetchError::WrongCount { index, received, expected });
        }
        self.state.expected = before + expected - skipped;
        let received = self.accounted();
        if received != self.state.expected {
            let expected = self.state.expected;
            return Err(FetchError::WrongCount { index, received, expected });
        }
        Ok(())
    }

    /// Gives the part its final name. Only to be called when all came.
    pub(crate) fn finish(mut self) -> Result<Part, FetchError> {
        if self.state.rows == 0 {
            // A file without a frame is no zstd file.
            self.append(&[], 0)?;
        }
        let sha256 = self.file.finish()?;
        let state = self.state;
        let read = if state.is_joined { Read::Joined } else { Read::OneSnapshot };
        let against = match read {
            Read::OneSnapshot => "hits.total of the same snapshot",
            Read::Joined => "hits.total of the last snapshot, and what came before it",
        };
        Ok(Part {
            form: PartForm::Documents,
            name: state.name,
            index: state.index,
            window: state.window,
            slice: state.slice,
            without_time: state.without_time,
            query: state.query,
            order: state.order,
            expected: state.expected,
            received: state.rows,
            left_out: state.left_out,
            known: state.known,
            bytes: state.bytes,
            file_bytes: state.file_bytes,
            sha256,
            first_ms: state.first_ms,
            last_ms: state.last_ms,
            undated: if state.without_time { state.rows } else { 0 },
            proof: Proof { read, against: against.to_owned(), counted: crate::now() },
        })
    }
}
