//! Writes the frames of a part in a thread of its own: each is compressed,
//! hashed and written while the next is gathered.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};
use zstd::zstd_safe::CParameter;

/// Flow documents repeat themselves so much that a higher level gains little.
const LEVEL: i32 = 1;

/// The file of a part, and the thread that writes it.
pub(super) struct Packer {
    frames: SyncSender<Vec<u8>>,
    /// Memory of frames that were written.
    spare: Receiver<Vec<u8>>,
    /// None once it has stopped.
    writer: Option<JoinHandle<io::Result<Packed>>>,
}

/// What was written.
pub(super) struct Packed {
    /// Bytes in the file.
    pub(super) file_bytes: u64,
    /// Their checksum, as `sha256sum` prints it.
    pub(super) sha256: String,
}

impl Packer {
    pub(super) fn new(file: File) -> Self {
        let (frames, gathered) = sync_channel(1);
        let (written, spare) = sync_channel(2);
        let writer = Some(thread::spawn(move || write(file, &gathered, &written)));
        Self { frames, spare, writer }
    }

    /// Writes a frame, and gives memory for the next.
    ///
    /// # Errors
    /// If this or an earlier frame cannot be written.
    pub(super) fn frame(&mut self, text: Vec<u8>) -> io::Result<Vec<u8>> {
        if self.frames.send(text).is_ok() {
            return Ok(self.spare.try_recv().unwrap_or_default());
        }
        Err(self.stop().err().unwrap_or_else(stopped))
    }

    /// Waits until all is written and safe.
    ///
    /// # Errors
    /// If a frame could not be written.
    pub(super) fn finish(mut self) -> io::Result<Packed> {
        // No frame comes any more.
        self.frames = sync_channel(0).0;
        self.stop()
    }

    fn stop(&mut self) -> io::Result<Packed> {
        let writer = self.writer.take().ok_or_else(stopped)?;
        writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn stopped() -> io::Error {
    io::Error::other("writing has stopped")
}

fn write(
    mut file: File,
    frames: &Receiver<Vec<u8>>,
    written: &SyncSender<Vec<u8>>,
) -> io::Result<Packed> {
    let mut zstd = zstd::bulk::Compressor::new(LEVEL)?;
    zstd.set_parameter(CParameter::ChecksumFlag(true))?;
    let (mut hash, mut file_bytes, mut packed) = (Sha256::new(), 0, Vec::new());
    for mut text in frames {
        packed.resize(zstd::zstd_safe::compress_bound(text.len()).max(packed.len()), 0);
        let length = zstd.compress_to_buffer(&text, &mut packed[..])?;
        let frame = &packed[..length];
        hash.update(frame);
        file.write_all(frame)?;
        file_bytes += length as u64;
        text.clear();
        // Nobody waits for it after the last frame.
        let _ = written.try_send(text);
    }
    file.sync_data()?;
    let mut sha256 = String::new();
    for byte in hash.finalize() {
        // Writing to text cannot fail.
        let _ = write!(sha256, "{byte:02x}");
    }
    Ok(Packed { file_bytes, sha256 })
}
