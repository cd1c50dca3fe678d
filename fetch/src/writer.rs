//! One part on disk: page after page, with its state, until it is whole.
//!
//! Each page is a zstd frame of its own with a checksum, so a file that was cut
//! off is good up to its last frame. The state tells which frames are safe. A
//! part gets its final name only when its count is proven.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flowkit_model::dump::{
    DocumentId, FORMAT, Mark, PART_END, PARTIAL_END, Part, PartState, Proof, Read, STATE_END,
};
use sha2::{Digest, Sha256};
use zstd::bulk::Compressor;
use zstd::zstd_safe::{CParameter, compress_bound};

use crate::FetchError;
use crate::folder::{private, rename, replace};
use crate::page::{Hit, cut, lines};

/// Flow documents repeat themselves so much that level 1 leaves a few percent
/// more than level 3, in two thirds of its time.
const LEVEL: i32 = 1;
/// At most so much work is lost to a crash; each sync costs some milliseconds.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Writes one part.
pub(crate) struct PartWriter {
    partial: PathBuf,
    state_path: PathBuf,
    whole: PathBuf,
    file: File,
    hash: Sha256,
    compressor: Compressor<'static>,
    frame: Vec<u8>,
    hits: Vec<Range<usize>>,
    state: PartState,
    undated: u64,
    pages: u64,
    synced: Instant,
}

/// What a page held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) documents: u64,
    pub(crate) bytes: u64,
}

impl PartWriter {
    /// Begins a part. `state` names it and says what it will hold.
    pub(crate) fn create(folder: &Path, state: PartState) -> Result<Self, FetchError> {
        let path = |end| folder.join(format!("{}{end}", state.name));
        let (partial, state_path, whole) = (path(PARTIAL_END), path(STATE_END), path(PART_END));
        let file = private(OpenOptions::new().create(true).truncate(true).write(true))
            .open(&partial)
            .map_err(FetchError::disk("create", &partial))?;
        let compressor = compressor().map_err(FetchError::disk("write", &partial))?;
        let mut writer = Self {
            partial,
            state_path,
            whole,
            file,
            hash: Sha256::new(),
            compressor,
            frame: Vec::new(),
            hits: Vec::new(),
            state: PartState { flowkit_dump: FORMAT, ..state },
            undated: 0,
            pages: 0,
            synced: Instant::now(),
        };
        writer.sync()?;
        Ok(writer)
    }

    /// Whether all that was counted is written.
    pub(crate) fn is_whole(&self) -> bool {
        self.state.rows == self.state.expected
    }

    /// Writes the hits of a page. The body is used up.
    pub(crate) fn write(&mut self, body: &mut [u8]) -> Result<Written, FetchError> {
        self.pages += 1;
        let mut hits = std::mem::take(&mut self.hits);
        let before = self.state.clone();
        let written = self.write_hits(body, &mut hits);
        self.hits = hits;
        if written.is_err() {
            // Half a page is none.
            self.state = before;
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
        cut(body, hits).map_err(|source| self.bad_page(source))?;
        let lines = lines(body, hits);
        let expected = self.state.expected;
        let received = self.state.rows + hits.len() as u64;
        if received > expected {
            let index = self.state.index.clone();
            return Err(FetchError::WrongCount { index, received, expected });
        }
        // Sorted by time, and those without one last.
        let mut n_dated = 0;
        let mut n_left = hits.len();
        while n_left > 0 {
            let half = n_left / 2;
            if self.read(body, &hits[n_dated + half])?.ms.is_some() {
                n_dated += half + 1;
                n_left -= half + 1;
            } else {
                n_left = half;
            }
        }
        let (dated, undated) = hits.split_at(n_dated);
        let border = dated.last().map_or(lines.start, |hit| hit.end + 1);
        if !dated.is_empty() {
            self.append(&body[lines.start..border], dated.len())?;
            self.remember_times(body, dated)?;
        }
        if !undated.is_empty() {
            self.state.undated.get_or_insert(Mark {
                rows: self.state.rows,
                bytes: self.state.bytes,
                file_bytes: self.state.file_bytes,
            });
            self.append(&body[border..lines.end], undated.len())?;
            self.undated += undated.len() as u64;
        }
        Ok(Written { documents: hits.len() as u64, bytes: lines.len() as u64 })
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
    fn remember_times(&mut self, body: &[u8], dated: &[Range<usize>]) -> Result<(), FetchError> {
        let (Some(first), Some(last)) = (dated.first(), dated.last()) else {
            return Ok(());
        };
        let first_ms = self.read(body, first)?.ms;
        let last_ms = self.read(body, last)?.ms;
        self.state.first_ms = match (self.state.first_ms, first_ms) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
        if self.state.last_ms < last_ms {
            self.state.at_last.clear();
            self.state.last_ms = last_ms;
        }
        for hit in dated.iter().rev() {
            let hit = self.read(body, hit)?;
            if hit.ms != self.state.last_ms {
                break;
            }
            let index = (hit.index != self.state.index).then(|| hit.index.into_owned());
            let (id, routing) = (hit.id.into_owned(), hit.routing.map(Into::into));
            self.state.at_last.push(DocumentId { index, id, routing });
        }
        Ok(())
    }

    fn read<'a>(&self, body: &'a [u8], hit: &Range<usize>) -> Result<Hit<'a>, FetchError> {
        Hit::read(&body[hit.clone()]).map_err(|source| self.bad_page(source))
    }

    fn bad_page(&self, source: serde_json::Error) -> FetchError {
        FetchError::BadPage { index: self.state.index.clone(), page: self.pages, source }
    }

    /// Makes what was written safe, and says so in the state.
    pub(crate) fn sync(&mut self) -> Result<(), FetchError> {
        self.file.sync_data().map_err(FetchError::disk("write", &self.partial))?;
        let json = serde_json::to_vec(&self.state)
            .map_err(|error| FetchError::disk("write", &self.state_path)(error.into()))?;
        replace(&self.state_path, &json)?;
        self.synced = Instant::now();
        Ok(())
    }

    /// Gives the part its final name, if it holds what was counted.
    pub(crate) fn finish(mut self) -> Result<Part, FetchError> {
        let PartState { expected, rows: received, .. } = self.state;
        if received != expected {
            self.sync()?;
            let index = self.state.index;
            return Err(FetchError::WrongCount { index, received, expected });
        }
        if received == 0 {
            // A file without a frame is no zstd file.
            self.append(&[], 0)?;
        }
        self.file.sync_all().map_err(FetchError::disk("write", &self.partial))?;
        rename(&self.partial, &self.whole)?;
        fs::remove_file(&self.state_path).map_err(FetchError::disk("remove", &self.state_path))?;
        let state = self.state;
        let sha256 = hexadecimal(&self.hash.finalize());
        Ok(Part {
            name: state.name,
            index: state.index,
            window: state.window,
            slice: state.slice,
            expected,
            received,
            bytes: state.bytes,
            file_bytes: state.file_bytes,
            sha256,
            first_ms: state.first_ms,
            last_ms: state.last_ms,
            undated: self.undated,
            proof: Proof {
                read: Read::OneSnapshot,
                against: "hits.total of the same scroll".to_owned(),
                counted: crate::now(),
            },
        })
    }
}

fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    Ok(compressor)
}

fn hexadecimal(bytes: &[u8]) -> String {
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

    const UNDATED: &str = "9223372036854775807";

    fn writer(folder: &Path, expected: u64) -> PartWriter {
        let state = PartState {
            name: "0001-n".into(),
            index: "n".into(),
            expected,
            ..PartState::default()
        };
        PartWriter::create(folder, state).unwrap()
    }

    fn state(folder: &Path) -> PartState {
        serde_json::from_slice(&fs::read(folder.join("0001-n.state")).unwrap()).unwrap()
    }

    #[test]
    fn a_whole_part_holds_each_hit_on_a_line_and_its_checksum() {
        let place = tempfile::tempdir().unwrap();
        let mut writer = writer(place.path(), 3);
        writer.write(&mut page(&[("a", "1000"), ("b", "2000")])).unwrap();
        let written = writer.write(&mut page(&[("c", "3000")])).unwrap();
        assert_eq!(written.documents, 1);
        let part = writer.finish().unwrap();
        let names: Vec<_> =
            fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["0001-n.ndjson.zst"]);
        let file = fs::read(place.path().join("0001-n.ndjson.zst")).unwrap();
        let text = String::from_utf8(zstd::decode_all(&file[..]).unwrap()).unwrap();
        let ids: Vec<_> =
            text.lines().map(|line| Hit::read(line.as_bytes()).unwrap().id.into_owned()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert_eq!((part.bytes, part.file_bytes), (text.len() as u64, file.len() as u64));
        assert_eq!((part.first_ms, part.last_ms, part.undated), (Some(1_000), Some(3_000), 0));
        let digest = hexadecimal(&Sha256::digest(&file));
        assert_eq!(part.sha256, digest);
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
    fn documents_without_a_time_begin_a_frame_of_their_own() {
        let place = tempfile::tempdir().unwrap();
        let mut writer = writer(place.path(), 5);
        writer
            .write(&mut page(&[("a", "1000"), ("b", "1000"), ("c", "1000"), ("d", UNDATED)]))
            .unwrap();
        writer.write(&mut page(&[("e", UNDATED)])).unwrap();
        writer.sync().unwrap();
        let mark = state(place.path()).undated.unwrap();
        assert_eq!(mark.rows, 3);
        let file = fs::read(place.path().join("0001-n.partial")).unwrap();
        let before = zstd::decode_all(&file[..usize::try_from(mark.file_bytes).unwrap()]).unwrap();
        assert_eq!(before.split(|byte| *byte == b'\n').count(), 4);
        let part = writer.finish().unwrap();
        assert_eq!((part.undated, part.received, part.last_ms), (2, 5, Some(1_000)));
    }

    #[test]
    fn a_wrong_count_never_becomes_a_part() {
        let place = tempfile::tempdir().unwrap();
        let mut few = writer(place.path(), 2);
        few.write(&mut page(&[("a", "1000")])).unwrap();
        let error = few.finish().unwrap_err();
        assert!(
            matches!(error, FetchError::WrongCount { received: 1, expected: 2, .. }),
            "{error}"
        );
        assert!(!place.path().join("0001-n.ndjson.zst").exists());
        let mut many = writer(place.path(), 1);
        let error = many.write(&mut page(&[("a", "1000"), ("b", "1000")])).unwrap_err();
        assert!(
            matches!(error, FetchError::WrongCount { received: 2, expected: 1, .. }),
            "{error}"
        );
    }

    #[test]
    fn half_a_page_is_not_in_the_state() {
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
        let whole = &file[..usize::try_from(state.file_bytes).unwrap()];
        assert_eq!(zstd::decode_all(whole).unwrap().len() as u64, state.bytes);
    }

    #[test]
    fn a_part_of_nothing_is_a_zstd_file_of_nothing() {
        let place = tempfile::tempdir().unwrap();
        let part = writer(place.path(), 0).finish().unwrap();
        let file = fs::read(place.path().join("0001-n.ndjson.zst")).unwrap();
        assert_eq!((part.received, zstd::decode_all(&file[..]).unwrap().len()), (0, 0));
    }
}
