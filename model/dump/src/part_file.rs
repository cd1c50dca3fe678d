//! The file of a part in work: frames of lines, and beside it the state that
//! tells which of them are safe. It gets its final name when it is whole.

use std::fs::File;
use std::io::{self, Read as _, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowkit_model::dump::{PART_END, PARTIAL_END, PartState, STATE_END};
use sha2::Digest;

use crate::checksum::{digest, hexadecimal};
use crate::error::DumpError;
use crate::frames::{FrameWriter, Written};
use crate::place::Place;
use crate::unfinished::replace;

/// At most so much work is lost to a crash; each sync costs some milliseconds.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// A file that grows frame by frame, until it gets its final name.
pub struct PartFile {
    parts: Arc<Place>,
    name: String,
    partial: PathBuf,
    frames: FrameWriter<File>,
    synced: Instant,
}

/// A state names the documents of one millisecond; one that is cut off is no state.
const MOST_STATE_BYTES: u64 = 256 << 20;

/// How far a file was, to take back what comes later.
#[derive(Clone, Debug, Default)]
pub struct Mark(Written);

impl PartFile {
    /// Opens the file of a part, and makes it if it is missing; a new one begins
    /// empty, and is none that was there.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(parts: &Arc<Place>, name: &str, is_new: bool) -> Result<Self, DumpError> {
        let file_name = format!("{name}{PARTIAL_END}");
        let partial = parts.path().join(&file_name);
        let file = match parts.write(&file_name) {
            Ok(file) if !is_new => Ok(file),
            Err(error) if !is_new && error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => parts.create_anew(&file_name),
        };
        let file = file.map_err(DumpError::io("create", &partial))?;
        let frames = FrameWriter::new(file).map_err(DumpError::io("write", &partial))?;
        let (parts, name) = (Arc::clone(parts), name.to_owned());
        Ok(Self { parts, name, partial, frames, synced: Instant::now() })
    }

    /// The state of a part that broke off, if there is one that can be read.
    #[must_use]
    pub fn read_state(parts: &Place, name: &str) -> Option<PartState> {
        let mut json = Vec::new();
        let file = parts.read(&format!("{name}{STATE_END}")).ok()?;
        file.take(MOST_STATE_BYTES).read_to_end(&mut json).ok()?;
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
        state.write(&mut json).map_err(DumpError::io("write", &self.partial))?;
        replace(&self.parts, &self.state_name(), &json)?;
        self.synced = Instant::now();
        Ok(())
    }

    /// Gives the file its final name, and returns its bytes and its checksum.
    ///
    /// # Errors
    /// If the disk takes no more, or the file cannot be renamed.
    pub fn finish(self) -> Result<(u64, String), DumpError> {
        self.frames.get_ref().sync_all().map_err(DumpError::io("write", &self.partial))?;
        let [partial, whole] = [PARTIAL_END, PART_END].map(|end| format!("{}{end}", self.name));
        self.parts.rename(&partial, &whole).map_err(DumpError::io("write", &self.partial))?;
        let state = self.state_name();
        self.parts
            .forget(&state)
            .map_err(DumpError::io("remove", &self.parts.path().join(&state)))?;
        Ok((self.frames.bytes(), self.frames.sha256()))
    }

    fn state_name(&self) -> String {
        format!("{}{STATE_END}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::checksum::sha256;

    fn open(folder: &Path, is_new: bool) -> PartFile {
        PartFile::open(&Arc::new(Place::open(folder).unwrap()), "0001-n", is_new).unwrap()
    }

    #[test]
    fn what_is_behind_the_state_is_cut_off_and_damage_is_seen() {
        let place = tempfile::tempdir().unwrap();
        let mut file = open(place.path(), true);
        let mut state = PartState { name: "0001-n".into(), ..PartState::default() };
        file.append(b"one\n").unwrap();
        file.sync(&mut state).unwrap();
        file.append(b"two\n").unwrap();
        drop(file);
        let parts = Place::open(place.path()).unwrap();
        assert_eq!(PartFile::read_state(&parts, "0001-n").as_ref(), Some(&state));
        let mut file = open(place.path(), false);
        assert!(file.cut_back(&state).unwrap());
        let mark = file.mark();
        file.append(b"not this\n").unwrap();
        file.back_to(mark).unwrap();
        file.append(b"three\n").unwrap();
        let (bytes, digest) = file.finish().unwrap();
        let path = place.path().join(format!("0001-n{PART_END}"));
        assert_eq!(sha256(&mut fs::File::open(&path).unwrap()).unwrap(), (bytes, digest));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "state and partial are gone");
        let whole = fs::read(&path).unwrap();
        assert_eq!(zstd::decode_all(&whole[..]).unwrap(), b"one\nthree\n");
        let mut damaged = whole;
        damaged[5] ^= 1;
        fs::write(place.path().join(format!("0001-n{PARTIAL_END}")), &damaged).unwrap();
        assert!(!open(place.path(), false).cut_back(&state).unwrap());
    }
}
