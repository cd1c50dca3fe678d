//! One part on disk: page after page, with its state, until it is whole.
//!
//! Each page is a zstd frame of its own with a checksum, so a file that was cut
//! off is good up to its last frame. The state tells which frames are safe. A
//! part gets its final name only when its count is proven: each cursor brought
//! as many documents as it counted, and each document was written or is
//! accounted for.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flowkit_model::dump::{
    DocumentId, FORMAT, Order, PART_END, PARTIAL_END, Part, PartForm, PartState, Proof, Read,
    STATE_END,
};
use sha2::{Digest, Sha256};
use zstd::bulk::Compressor;
use zstd::zstd_safe::{CParameter, compress_bound};

use crate::FetchError;
use crate::choice::Choice;
use crate::folder::{private, rename, replace};
use crate::identity::{Identity, Recent};
use crate::page::{Hit, cut, lines};

/// Measured over 300,000 hits (316 MB) in pages of 11 MB: level 1 leaves 22.5 MB
/// at 490 MB/s, level 2 23.4 MB at 350 MB/s, level 3 23.2 MB at 180 MB/s.
const LEVEL: i32 = 1;
/// At most so much work is lost to a crash; each sync costs some milliseconds.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// More documents of one millisecond than this are not remembered: a part that
/// breaks off there begins anew.
const MOST_AT_LAST: usize = 200_000;

/// Writes one part.
pub(crate) struct PartWriter<'a> {
    partial: PathBuf,
    state_path: PathBuf,
    whole: PathBuf,
    file: File,
    hash: Sha256,
    compressor: Compressor<'static>,
    frame: Vec<u8>,
    hits: Vec<Range<usize>>,
    state: PartState,
    choice: &'a Choice,
    cursor: CursorCount,
    recent: Recent,
    synced: Instant,
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
        let path = folder.join(format!("{}{STATE_END}", planned.name));
        let Ok(json) = fs::read(path) else { return Ok(None) };
        let Ok(state) = serde_json::from_slice::<PartState>(&json) else { return Ok(None) };
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
        Ok(writer.cut_back()?.then_some(writer))
    }

    fn at(
        folder: &Path,
        state: PartState,
        choice: &'a Choice,
        is_new: bool,
    ) -> Result<Self, FetchError> {
        let path = |end| folder.join(format!("{}{end}", state.name));
        let (partial, state_path, whole) = (path(PARTIAL_END), path(STATE_END), path(PART_END));
        let mut options = OpenOptions::new();
        options.create(true).truncate(is_new).read(true).write(true);
        let file =
            private(&mut options).open(&partial).map_err(FetchError::disk("create", &partial))?;
        let compressor = compressor().map_err(FetchError::disk("write", &partial))?;
        Ok(Self {
            partial,
            state_path,
            whole,
            file,
            hash: Sha256::new(),
            compressor,
            frame: Vec::new(),
            hits: Vec::new(),
            state,
            choice,
            cursor: CursorCount::default(),
            recent: Recent::new(),
            synced: Instant::now(),
        })
    }

    /// Cuts the file back to the state; whether it holds what the state says.
    fn cut_back(&mut self) -> Result<bool, FetchError> {
        let mut safe = (&self.file).take(self.state.file_bytes);
        let read = crate::verify::digest(&mut safe, &mut self.hash)
            .map_err(FetchError::disk("read", &self.partial))?;
        if read != self.state.file_bytes || self.digest() != self.state.sha256 {
            return Ok(false);
        }
        self.rewind_file()?;
        Ok(true)
    }

    /// Puts the end of the file where the state says.
    fn rewind_file(&mut self) -> Result<(), FetchError> {
        let end = self.state.file_bytes;
        let rewind = || {
            self.file.set_len(end)?;
            (&self.file).seek(SeekFrom::Start(end)).map(drop)
        };
        rewind().map_err(FetchError::disk("write", &self.partial))
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
        self.hash = Sha256::new();
        self.rewind_file()?;
        self.sync()?;
        Ok(lost)
    }

    /// Writes the hits of a page. The body is used up.
    pub(crate) fn write(&mut self, body: &mut [u8]) -> Result<Written, FetchError> {
        self.cursor.pages += 1;
        let mut hits = std::mem::take(&mut self.hits);
        let before = (self.state.clone(), self.hash.clone());
        let written = self.write_hits(body, &mut hits);
        self.hits = hits;
        if written.is_err() {
            // Half a page is none.
            (self.state, self.hash) = before;
            self.rewind_file()?;
        }
        let written = written?;
        if self.synced.elapsed() >= SYNC_EVERY {
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
        self.frame.clear();
        self.frame.reserve(compress_bound(lines.len()));
        let mut write = || {
            self.compressor.compress_to_buffer(lines, &mut self.frame)?;
            self.hash.update(&self.frame);
            self.file.write_all(&self.frame)
        };
        write().map_err(FetchError::disk("write", &self.partial))?;
        self.state.rows += n_rows as u64;
        self.state.bytes += lines.len() as u64;
        self.state.file_bytes += self.frame.len() as u64;
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

    fn digest(&self) -> String {
        hexadecimal(&self.hash.clone().finalize())
    }

    /// Makes what was written safe, and says so in the state.
    pub(crate) fn sync(&mut self) -> Result<(), FetchError> {
        self.state.sha256 = self.digest();
        self.file.sync_data().map_err(FetchError::disk("write", &self.partial))?;
        let json = serde_json::to_vec(&self.state)
            .map_err(|error| FetchError::disk("write", &self.state_path)(error.into()))?;
        replace(&self.state_path, &json)?;
        self.synced = Instant::now();
        Ok(())
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
        self.file.sync_all().map_err(FetchError::disk("write", &self.partial))?;
        rename(&self.partial, &self.whole)?;
        fs::remove_file(&self.state_path).map_err(FetchError::disk("remove", &self.state_path))?;
        let sha256 = self.digest();
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

fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    Ok(compressor)
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of hits given as (id, sort value).
    fn page(hits: &[(&str, &str)]) -> Vec<u8> {
        let hits: Vec<_> = hits
            .iter()
            .map(|(id, sort)| {
                format!(r#"{{"_index":"n","_id":"{id}","_source":{{}},"sort":[{sort}]}}"#)
            })
            .collect();
        format!(
            r#"{{"timed_out":false,"_shards":{{"total":1,"successful":1,"failed":0}},"hits":{{"total":9,"hits":[{}]}}}}"#,
            hits.join(",")
        )
        .into_bytes()
    }

    static ALL: std::sync::LazyLock<Choice> = std::sync::LazyLock::new(Choice::default);

    fn planned(order: Order) -> PartState {
        let (name, index) = ("0001-n".into(), "n".into());
        PartState { flowkit_dump: FORMAT, name, index, order, ..PartState::default() }
    }

    /// A writer by time, of a cursor that counted so many.
    fn writer(folder: &Path, total: u64) -> PartWriter<'static> {
        let mut writer = PartWriter::create(folder, planned(Order::Time), &ALL).unwrap();
        writer.begin(total);
        writer
    }

    fn state(folder: &Path) -> PartState {
        serde_json::from_slice(&fs::read(folder.join("0001-n.state")).unwrap()).unwrap()
    }

    fn ids(folder: &Path) -> Vec<String> {
        let file = fs::read(folder.join("0001-n.ndjson.zst")).unwrap();
        let text = String::from_utf8(zstd::decode_all(&file[..]).unwrap()).unwrap();
        text.lines().map(|line| Hit::read(line.as_bytes()).unwrap().id.into_owned()).collect()
    }

    #[test]
    fn a_whole_part_holds_each_hit_on_a_line_and_its_checksum() {
        let place = tempfile::tempdir().unwrap();
        let mut writer = writer(place.path(), 3);
        writer.write(&mut page(&[("a", "1000"), ("b", "2000")])).unwrap();
        let written = writer.write(&mut page(&[("c", "3000")])).unwrap();
        assert_eq!(written.documents, 1);
        writer.end().unwrap();
        let part = writer.finish().unwrap();
        let names: Vec<_> =
            fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["0001-n.ndjson.zst"]);
        assert_eq!(ids(place.path()), ["a", "b", "c"]);
        let file = fs::read(place.path().join("0001-n.ndjson.zst")).unwrap();
        assert_eq!(part.file_bytes, file.len() as u64);
        assert_eq!((part.first_ms, part.last_ms), (Some(1_000), Some(3_000)));
        assert_eq!((part.expected, part.proof.read), (3, Read::OneSnapshot));
        assert_eq!(part.sha256, hexadecimal(&Sha256::digest(&file)));
        // The checksum of a frame is there and is looked at.
        let mut damaged = file.clone();
        let middle = damaged.len() / 3;
        damaged[middle] ^= 1;
        assert!(zstd::decode_all(&damaged[..]).is_err());
    }

    #[test]
    fn the_state_tells_what_is_safe_and_what_stands_at_the_end() {
        let place = tempfile::tempdir().unwrap();
        let mut writer = writer(place.path(), 9);
        writer.write(&mut page(&[("a", "1000"), ("b", "2000")])).unwrap();
        writer.write(&mut page(&[("c", "2000")])).unwrap();
        assert_eq!(state(place.path()).rows, 0, "not synced yet");
        writer.sync().unwrap();
        let state = state(place.path());
        assert_eq!((state.rows, state.expected, state.last_ms), (3, 9, Some(2_000)));
        let ids: Vec<_> = state.at_last.iter().map(|document| document.id.as_str()).collect();
        assert_eq!(ids, ["b", "c"]);
        let file = fs::read(place.path().join("0001-n.partial")).unwrap();
        assert_eq!(file.len() as u64, state.file_bytes);
    }

    #[test]
    fn a_part_by_time_goes_on_at_its_last_time_without_those_it_has() {
        let place = tempfile::tempdir().unwrap();
        let mut first = writer(place.path(), 6);
        first.write(&mut page(&[("a", "1000"), ("b", "2000"), ("c", "2000")])).unwrap();
        first.sync().unwrap();
        // A page that the state does not know of, as after a crash.
        first.write(&mut page(&[("d", "3000")])).unwrap();
        drop(first);
        let mut second = PartWriter::resume(place.path(), &planned(Order::Storage), &ALL)
            .unwrap()
            .expect("its file is as its state says");
        assert_eq!((second.state().rows, second.state().last_ms), (3, Some(2_000)));
        // The server has b and c again, and one that came late.
        second.begin(5);
        second.write(&mut page(&[("c", "2000"), ("late", "2000")])).unwrap();
        second.write(&mut page(&[("b", "2000"), ("d", "3000"), ("e", "4000")])).unwrap();
        second.end().unwrap();
        let part = second.finish().unwrap();
        assert_eq!(ids(place.path()), ["a", "b", "c", "late", "d", "e"]);
        assert_eq!((part.expected, part.received, part.proof.read), (6, 6, Read::Joined));
    }

    #[test]
    fn what_cannot_go_on_begins_anew() {
        let place = tempfile::tempdir().unwrap();
        let mut first = writer(place.path(), 9);
        first.write(&mut page(&[("a", "1000"), ("b", "2000")])).unwrap();
        first.sync().unwrap();
        let resume = |planned: PartState| {
            PartWriter::resume(place.path(), &planned, &ALL).unwrap().is_some()
        };
        assert!(resume(planned(Order::Storage)));
        let other = PartState { query: serde_json::json!({"x": 1}), ..planned(Order::Storage) };
        assert!(!resume(other), "another query");
        let path = place.path().join("0001-n.partial");
        let mut bytes = fs::read(&path).unwrap();
        bytes[9] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(!resume(planned(Order::Storage)), "a damaged file");
        fs::write(&path, &bytes[..9]).unwrap();
        assert!(!resume(planned(Order::Storage)), "a short file");
        fs::write(place.path().join("0001-n.state"), "{").unwrap();
        assert!(!resume(planned(Order::Storage)), "a broken state");
    }

    #[test]
    fn storage_order_begins_anew_by_time_after_a_doubt() {
        let place = tempfile::tempdir().unwrap();
        let mut writer = PartWriter::create(place.path(), planned(Order::Storage), &ALL).unwrap();
        writer.begin(3);
        let times = r#","aggregations":{"first":{"value":1000},"last":{"value":3000}}}"#;
        let mut first = page(&[("c", "0"), ("a", "1")]);
        first.pop();
        first.extend_from_slice(times.as_bytes());
        writer.write(&mut first).unwrap();
        assert_eq!((writer.state().first_ms, writer.state().last_ms), (Some(1_000), Some(3_000)));
        let lost = writer.prepare_reopening().unwrap();
        assert_eq!((lost.documents, writer.state().order), (2, Order::Time));
        writer.begin(3);
        writer.write(&mut page(&[("a", "1000"), ("b", "2000"), ("c", "3000")])).unwrap();
        assert_eq!(writer.prepare_reopening().unwrap().documents, 0, "now it can go on");
        writer.begin(1);
        writer.write(&mut page(&[("c", "3000")])).unwrap();
        writer.end().unwrap();
        assert_eq!(writer.finish().unwrap().expected, 3);
        assert_eq!(ids(place.path()), ["a", "b", "c"]);
    }

    #[test]
    fn an_answer_that_comes_twice_or_out_of_order_is_never_written() {
        let place = tempfile::tempdir().unwrap();
        let mut writer = writer(place.path(), 9);
        let pages = [("a", "1000"), ("b", "1000")];
        writer.write(&mut page(&pages)).unwrap();
        let twice = writer.write(&mut page(&pages));
        assert!(matches!(twice, Err(FetchError::Twice { page: 2, .. })), "{twice:?}");
        let early = writer.write(&mut page(&[("c", "999")]));
        assert!(matches!(early, Err(FetchError::Unsorted { .. })), "{early:?}");
        let undated = writer.write(&mut page(&[("d", "9223372036854775807")]));
        assert!(matches!(undated, Err(FetchError::Unsorted { .. })), "{undated:?}");
        let other = String::from_utf8(page(&[("e", "1500")])).unwrap();
        let mut other = other.replace(r#""_index":"n""#, r#""_index":"m""#).into_bytes();
        assert!(matches!(writer.write(&mut other), Err(FetchError::Unsorted { .. })));
        assert_eq!(writer.state().rows, 2);
        writer.state.window.to_ms = Some(2_000);
        let outside = writer.write(&mut page(&[("e", "2000")]));
        assert!(matches!(outside, Err(FetchError::Unsorted { .. })), "{outside:?}");
    }

    #[test]
    fn a_wrong_count_never_becomes_a_part() {
        let place = tempfile::tempdir().unwrap();
        let mut few = writer(place.path(), 2);
        few.write(&mut page(&[("a", "1000")])).unwrap();
        let error = few.end().unwrap_err();
        assert!(
            matches!(error, FetchError::WrongCount { received: 1, expected: 2, .. }),
            "{error}"
        );
        let mut many = writer(place.path(), 1);
        let error = many.write(&mut page(&[("a", "1000"), ("b", "1000")])).unwrap_err();
        assert!(
            matches!(error, FetchError::WrongCount { received: 2, expected: 1, .. }),
            "{error}"
        );
    }

    #[test]
    fn half_a_page_is_neither_in_the_state_nor_in_the_file() {
        let place = tempfile::tempdir().unwrap();
        let mut writer = writer(place.path(), 9);
        writer.write(&mut page(&[("a", "1000")])).unwrap();
        let text = String::from_utf8(page(&[("b", "2000"), ("c", "2000"), ("d", "2000")])).unwrap();
        let mut bad = text.replace(r#""_id":"b","#, "").into_bytes();
        assert!(matches!(writer.write(&mut bad), Err(FetchError::BadPage { page: 2, .. })));
        writer.sync().unwrap();
        let state = state(place.path());
        assert_eq!((state.rows, state.last_ms, state.at_last.len()), (1, Some(1_000), 1));
        let file = fs::read(place.path().join("0001-n.partial")).unwrap();
        assert_eq!(file.len() as u64, state.file_bytes);
        assert_eq!(zstd::decode_all(&file[..]).unwrap().len() as u64, state.bytes);
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let place = tempfile::tempdir().unwrap();
        let mut known = crate::identity::Known::new();
        known.add(&Identity { index: "n".into(), id: "b".into(), routing: None });
        let filter = flowkit_model::filter::Expression::parse("bytes > 0").unwrap();
        let choice =
            Choice { filter: Some(filter.into()), known: Some(known.into()), ..Choice::default() };
        let mut writer = PartWriter::create(place.path(), planned(Order::Time), &choice).unwrap();
        writer.begin(3);
        let text = String::from_utf8(page(&[("a", "1"), ("b", "1"), ("c", "1")])).unwrap();
        let flow = r#""_id":"c","_source":{"netflow":{"version":5,"bytes":7}}"#;
        let mut page = text.replace(r#""_id":"c","_source":{}"#, flow).into_bytes();
        assert_eq!(writer.write(&mut page).unwrap().documents, 1);
        writer.end().unwrap();
        let part = writer.finish().unwrap();
        assert_eq!((part.received, part.left_out, part.known, part.expected), (1, 1, 1, 3));
        assert_eq!(ids(place.path()), ["c"]);
    }

    #[test]
    fn a_part_of_nothing_is_a_zstd_file_of_nothing() {
        let place = tempfile::tempdir().unwrap();
        let mut writer = writer(place.path(), 0);
        writer.end().unwrap();
        let part = writer.finish().unwrap();
        let file = fs::read(place.path().join("0001-n.ndjson.zst")).unwrap();
        assert_eq!((part.received, zstd::decode_all(&file[..]).unwrap().len()), (0, 0));
    }
}
