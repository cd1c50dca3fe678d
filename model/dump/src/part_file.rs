//! The file of a part in work: frames of lines, and beside it the state that
//! tells which of them are safe. It gets its final name when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flowkit_model::dump::{PART_END, PARTIAL_END, PartState, STATE_END};
use sha2::Digest;

use crate::checksum::{digest, hexadecimal};
use crate::error::DumpError;
use crate::files::{private, rename, replace};
use crate::frames::{FrameWriter, Written};

/// At most so much work is lost to a crash; each sync costs some milliseconds.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// A file that grows frame by frame, until it gets its final name.
pub struct PartFile {
    partial: PathBuf,
    state_path: PathBuf,
    whole: PathBuf,
    frames: FrameWriter<File>,
    synced: Instant,
}

/// How far a file was, to take back what comes later.
#[derive(Clone, Debug, Default)]
pub struct Mark(Written);

impl PartFile {
    /// Opens the file of a part, and makes it if it is missing; a new one is
    /// emptied.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(folder: &Path, name: &str, is_new: bool) -> Result<Self, DumpError> {
        let path = |end| folder.join(format!("{name}{end}"));
        let (partial, state_path, whole) = (path(PARTIAL_END), path(STATE_END), path(PART_END));
        let mut options = OpenOptions::new();
        options.create(true).truncate(is_new).read(true).write(true);
        let file =
            private(&mut options).open(&partial).map_err(DumpError::io("create", &partial))?;
        let frames = FrameWriter::new(file).map_err(DumpError::io("write", &partial))?;
        Ok(Self { partial, state_path, whole, frames, synced: Instant::now() })
    }

    /// The state of a part that broke off, if there is one that can be read.
    #[must_use]
    pub fn read_state(folder: &Path, name: &str) -> Option<PartState> {
        let json = fs::read(folder.join(format!("{name}{STATE_END}"))).ok()?;
        PartState::from_json(&json).ok()
    }

    /// Cuts the file back to the state; whether it holds what the state says.
    ///
    /// # Errors
    /// If it cannot be read or cut.
    pub fn cut_back(&mut self, state: &PartState) -> Result<bool, DumpError> {
        let mut written = Written::default();
        let mut safe = self.frames.get_ref().take(state.file_bytes);
        written.bytes =
            digest(&mut safe, &mut written.hash).map_err(DumpError::io("read", &self.partial))?;
        let sha256 = hexadecimal(&written.hash.clone().finalize());
        if written.bytes != state.file_bytes || sha256 != state.sha256 {
            return Ok(false);
        }
        self.back_to(Mark(written))?;
        Ok(true)
    }

    /// What [`Self::back_to`] needs to take back frames that come later.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.frames.written().clone())
    }

    /// Takes back the frames since a mark.
    ///
    /// # Errors
    /// If the file cannot be cut.
    pub fn back_to(&mut self, Mark(written): Mark) -> Result<(), DumpError> {
        let mut file = self.frames.get_ref();
        file.set_len(written.bytes)
            .and_then(|()| file.seek(SeekFrom::Start(written.bytes)))
            .map_err(DumpError::io("write", &self.partial))?;
        self.frames.set_written(written);
        Ok(())
    }

    /// Takes back all frames.
    ///
    /// # Errors
    /// If the file cannot be cut.
    pub fn clear(&mut self) -> Result<(), DumpError> {
        self.back_to(Mark::default())
    }

    /// Appends lines as one frame.
    ///
    /// # Errors
    /// If the disk takes no more.
    pub fn append(&mut self, lines: &[u8]) -> Result<(), DumpError> {
        self.frames.append(lines).map(drop).map_err(DumpError::io("write", &self.partial))
    }

    /// Whether what was written has been at risk for long enough.
    #[must_use]
    pub fn is_sync_due(&self) -> bool {
        self.synced.elapsed() >= SYNC_EVERY
    }

    /// Makes what was written safe, and says so in the state, whose bytes and
    /// checksum of the file are filled in.
    ///
    /// # Errors
    /// If the disk takes no more.
    pub fn sync(&mut self, state: &mut PartState) -> Result<(), DumpError> {
        (state.file_bytes, state.sha256) = (self.frames.bytes(), self.frames.sha256());
        self.frames.get_ref().sync_data().map_err(DumpError::io("write", &self.partial))?;
        let mut json = Vec::new();
        state.write(&mut json).map_err(DumpError::io("write", &self.state_path))?;
        replace(&self.state_path, &json)?;
        self.synced = Instant::now();
        Ok(())
    }

    /// Gives the file its final name, and returns its bytes and its checksum.
    ///
    /// # Errors
    /// If the disk takes no more, or the file cannot be renamed.
    pub fn finish(self) -> Result<(u64, String), DumpError> {
        self.frames.get_ref().sync_all().map_err(DumpError::io("write", &self.partial))?;
        rename(&self.partial, &self.whole)?;
        fs::remove_file(&self.state_path).map_err(DumpError::io("remove", &self.state_path))?;
        Ok((self.frames.bytes(), self.frames.sha256()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::sha256;

    fn open(folder: &Path, is_new: bool) -> PartFile {
        PartFile::open(folder, "0001-n", is_new).unwrap()
    }

    #[test]
    fn what_is_behind_the_state_is_cut_off_and_damage_is_seen() {
        let place = tempfile::tempdir().unwrap();
        let (mut file, mut state) = (open(place.path(), true), PartState::default());
        file.append(b"one\n").unwrap();
        file.sync(&mut state).unwrap();
        file.append(b"two\n").unwrap();
        drop(file);
        assert_eq!(PartFile::read_state(place.path(), "0001-n").as_ref(), Some(&state));
        let mut file = open(place.path(), false);
        assert!(file.cut_back(&state).unwrap());
        let mark = file.mark();
        file.append(b"not this\n").unwrap();
        file.back_to(mark).unwrap();
        file.append(b"three\n").unwrap();
        let (bytes, digest) = file.finish().unwrap();
        let path = place.path().join(format!("0001-n{PART_END}"));
        assert_eq!(sha256(&path).unwrap(), (bytes, digest));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "state and partial are gone");
        let whole = fs::read(&path).unwrap();
        assert_eq!(zstd::decode_all(&whole[..]).unwrap(), b"one\nthree\n");
        let mut damaged = whole;
        damaged[5] ^= 1;
        fs::write(place.path().join(format!("0001-n{PARTIAL_END}")), &damaged).unwrap();
        assert!(!open(place.path(), false).cut_back(&state).unwrap());
    }
}
