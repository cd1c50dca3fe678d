//! Writes the frames of a part in a thread of its own: each is compressed,
//! hashed and written while the next is gathered.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use flowkit_dump::frames::FrameWriter;

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
    file: File,
    frames: &Receiver<Vec<u8>>,
    written: &SyncSender<Vec<u8>>,
) -> io::Result<Packed> {
    let mut packed = FrameWriter::new(file)?;
    for mut text in frames {
        packed.append(&text)?;
        text.clear();
        // Nobody waits for it after the last frame.
        let _ = written.try_send(text);
    }
    packed.get_ref().sync_data()?;
    Ok(Packed { file_bytes: packed.bytes(), sha256: packed.sha256() })
}
