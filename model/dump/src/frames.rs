//! Text as zstd frames, each with a checksum of its content: a file that was cut
//! off is good up to its last frame.

use std::io::{self, Write};

use sha2::{Digest, Sha256};
use zstd::bulk::Compressor;
use zstd::zstd_safe::{CParameter, compress_bound};

use crate::checksum::hexadecimal;

/// Measured over 300,000 hits (316 MB) in pages of 11 MB: level 1 leaves 22.5 MB
/// at 490 MB/s, level 2 23.4 MB at 350 MB/s, level 3 23.2 MB at 180 MB/s.
const LEVEL: i32 = 1;

/// Writes frames, and keeps the checksum of all of them.
pub struct FrameWriter<W> {
    out: W,
    written: Written,
    compressor: Compressor<'static>,
    frame: Vec<u8>,
}

/// What was written so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) hash: Sha256,
}

impl<W: Write> FrameWriter<W> {
    /// Frames go to `out`, which is empty.
    ///
    /// # Errors
    /// If there is no memory to compress with.
    pub fn new(out: W) -> io::Result<Self> {
        let mut compressor = Compressor::new(LEVEL)?;
        compressor.set_parameter(CParameter::ChecksumFlag(true))?;
        Ok(Self { out, written: Written::default(), compressor, frame: Vec::new() })
    }

    /// Appends text as one frame, and returns the bytes of the frame.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn append(&mut self, text: &[u8]) -> io::Result<u64> {
        self.frame.clear();
        self.frame.reserve(compress_bound(text.len()));
        self.compressor.compress_to_buffer(text, &mut self.frame)?;
        self.out.write_all(&self.frame)?;
        let bytes = self.frame.len() as u64;
        self.written.hash.update(&self.frame);
        self.written.bytes += bytes;
        Ok(bytes)
    }

    /// Bytes of all frames.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.written.bytes
    }

    /// SHA-256 of all frames, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        hexadecimal(&self.written.hash.clone().finalize())
    }

    /// Where the frames go.
    #[must_use]
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// What was written so far.
    pub(crate) fn written(&self) -> &Written {
        &self.written
    }

    /// Takes note that `out` holds this and no more.
    pub(crate) fn set_written(&mut self, written: Written) {
        self.written = written;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_good_up_to_the_last_and_their_checksums_are_looked_at() {
        let mut frames = FrameWriter::new(Vec::new()).unwrap();
        let first = usize::try_from(frames.append(b"one\n").unwrap()).unwrap();
        frames.append(b"two\n").unwrap();
        let file = frames.get_ref().clone();
        assert_eq!(zstd::decode_all(&file[..]).unwrap(), b"one\ntwo\n");
        assert_eq!(zstd::decode_all(&file[..first]).unwrap(), b"one\n");
        assert_eq!(frames.bytes(), file.len() as u64);
        assert_eq!(frames.sha256(), hexadecimal(&Sha256::digest(&file)));
        let mut damaged = file;
        damaged[first - 6] ^= 1;
        assert!(zstd::decode_all(&damaged[..]).is_err());
    }
}
