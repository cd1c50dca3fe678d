//! The file of a part: frames of lines, each with a checksum, and beside it the
//! state that tells which of them are safe.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flowkit_model::dump::{PART_END, PARTIAL_END, PartState, STATE_END};
use sha2::{Digest, Sha256};
use zstd::bulk::Compressor;
use zstd::zstd_safe::{CParameter, compress_bound};

use super::checksum::{digest, hexadecimal};
use super::folder::{private, rename, replace};
use crate::error::FetchError;

/// Measured over 300,000 hits (316 MB) in pages of 11 MB: level 1 leaves 22.5 MB
/// at 490 MB/s, level 2 23.4 MB at 350 MB/s, level 3 23.2 MB at 180 MB/s.
const LEVEL: i32 = 1;
/// At most so much work is lost to a crash; each sync costs some milliseconds.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// A file that grows frame by frame, until it gets its final name.
pub(crate) struct PartFile {
    partial: PathBuf,
    state_path: PathBuf,
    whole: PathBuf,
    file: File,
    /// Of all frames.
    hash: Sha256,
    compressor: Compressor<'static>,
    frame: Vec<u8>,
    synced: Instant,
}

impl PartFile {
    /// Opens the file of a part, and makes it if it is missing; a new one is
    /// emptied.
    pub(crate) fn open(folder: &Path, name: &str, is_new: bool) -> Result<Self, FetchError> {
        let path = |end| folder.join(format!("{name}{end}"));
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
            synced: Instant::now(),
        })
    }

    /// The state of a part that broke off, if there is one that can be read.
    pub(crate) fn read_state(folder: &Path, name: &str) -> Option<PartState> {
        let json = fs::read(folder.join(format!("{name}{STATE_END}"))).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// Cuts the file back to the state; whether it holds what the state says.
    pub(crate) fn cut_back(&mut self, state: &PartState) -> Result<bool, FetchError> {
        let mut safe = (&self.file).take(state.file_bytes);
        let read =
            digest(&mut safe, &mut self.hash).map_err(FetchError::disk("read", &self.partial))?;
        if read != state.file_bytes || self.digest() != state.sha256 {
            return Ok(false);
        }
        self.end_at(state.file_bytes)?;
        Ok(true)
    }

    /// What [`Self::back_to`] needs to take back frames that come later.
    pub(crate) fn mark(&self) -> Sha256 {
        self.hash.clone()
    }

    /// Takes back the frames since a mark, when the file had so many bytes.
    pub(crate) fn back_to(&mut self, mark: Sha256, bytes: u64) -> Result<(), FetchError> {
        self.hash = mark;
        self.end_at(bytes)
    }

    /// Takes back all frames.
    pub(crate) fn clear(&mut self) -> Result<(), FetchError> {
        self.back_to(Sha256::new(), 0)
    }

    fn end_at(&mut self, bytes: u64) -> Result<(), FetchError> {
        let rewind = || {
            self.file.set_len(bytes)?;
            (&self.file).seek(SeekFrom::Start(bytes)).map(drop)
        };
        rewind().map_err(FetchError::disk("write", &self.partial))
    }

    /// Appends lines as one frame, and returns its bytes.
    pub(crate) fn append(&mut self, lines: &[u8]) -> Result<u64, FetchError> {
        self.frame.clear();
        self.frame.reserve(compress_bound(lines.len()));
        let mut write = || {
            self.compressor.compress_to_buffer(lines, &mut self.frame)?;
            self.hash.update(&self.frame);
            self.file.write_all(&self.frame)
        };
        write().map_err(FetchError::disk("write", &self.partial))?;
        Ok(self.frame.len() as u64)
    }

    /// Whether what was written has been at risk for long enough.
    pub(crate) fn is_sync_due(&self) -> bool {
        self.synced.elapsed() >= SYNC_EVERY
    }

    /// Makes what was written safe, and says so in the state.
    pub(crate) fn sync(&mut self, state: &mut PartState) -> Result<(), FetchError> {
        state.sha256 = self.digest();
        self.file.sync_data().map_err(FetchError::disk("write", &self.partial))?;
        let json = serde_json::to_vec(state)
            .map_err(|error| FetchError::disk("write", &self.state_path)(error.into()))?;
        replace(&self.state_path, &json)?;
        self.synced = Instant::now();
        Ok(())
    }

    /// Gives the file its final name, and returns its checksum.
    pub(crate) fn finish(self) -> Result<String, FetchError> {
        self.file.sync_all().map_err(FetchError::disk("write", &self.partial))?;
        rename(&self.partial, &self.whole)?;
        fs::remove_file(&self.state_path).map_err(FetchError::disk("remove", &self.state_path))?;
        Ok(self.digest())
    }

    fn digest(&self) -> String {
        hexadecimal(&self.hash.clone().finalize())
    }
}

fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    Ok(compressor)
}
