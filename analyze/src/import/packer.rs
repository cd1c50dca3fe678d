//! Writes the frames of a part in a separate thread: each is compressed, hashed
//! and written while the next is collected.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use flowkit_dump::frames::FrameWriter;

/// The file of a part, and who writes it.
pub(super) enum Packer {
    /// Another thread.
    Thread(Thread),
    /// This one, since no other is to be had.
    Here(FrameWriter<File>),
}

/// A thread that writes the file of a part.
pub(super) struct Thread {
    frames: SyncSender<Vec<u8>>,
    /// Buffers of frames that were written, for reuse.
    unused: Receiver<Vec<u8>>,
    /// `None` once the thread has stopped.
    writer: Option<JoinHandle<io::Result<Packed>>>,
}

/// What was written.
pub(super) struct Packed {
    /// Size of the file in bytes.
    pub(super) file_bytes: u64,
    /// SHA-256 of the file, as `sha256sum` prints it.
    pub(super) sha256: String,
}

impl Packer {
    /// Begins the frames of a file.
    ///
    /// # Errors
    /// If they cannot be begun.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let (frames, received) = sync_channel(1);
        let (written, unused) = sync_channel(2);
        let (give, take) = sync_channel(1);
        let started = Builder::new().spawn(move || {
            let file = take.recv().map_err(|_| stopped())?;
            write(file, &received, &written)
        });
        let Ok(writer) = started else { return FrameWriter::new(file).map(Self::Here) };
        // The thread lives until it has got the file, so it arrives.
        let _ = give.send(file);
        Ok(Self::Thread(Thread { frames, unused, writer: Some(writer) }))
    }

    /// Writes a frame, and returns a buffer for the next.
    ///
    /// # Errors
    /// If this or an earlier frame cannot be written.
    pub(super) fn frame(&mut self, mut text: Vec<u8>) -> io::Result<Vec<u8>> {
        match self {
            Self::Thread(thread) => thread.frame(text),
            Self::Here(frames) => {
                frames.append(&text)?;
                text.clear();
                Ok(text)
            }
        }
    }

    /// Waits until all frames are written and synced to disk.
    ///
    /// # Errors
    /// If a frame could not be written.
    pub(super) fn finish(self) -> io::Result<Packed> {
        match self {
            Self::Thread(thread) => thread.finish(),
            Self::Here(frames) => packed(&frames),
        }
    }
}

impl Thread {
    fn frame(&mut self, text: Vec<u8>) -> io::Result<Vec<u8>> {
        if self.frames.send(text).is_ok() {
            return Ok(self.unused.try_recv().unwrap_or_default());
        }
        Err(self.stop().err().unwrap_or_else(stopped))
    }

    fn finish(mut self) -> io::Result<Packed> {
        // Closes the channel, so that the thread ends.
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
    let mut packing = FrameWriter::new(file)?;
    for mut text in frames {
        packing.append(&text)?;
        text.clear();
        // After the last frame nobody receives the buffer.
        let _ = written.try_send(text);
    }
    packed(&packing)
}

/// What was written, once it is on disk.
fn packed(frames: &FrameWriter<File>) -> io::Result<Packed> {
    frames.get_ref().sync_data()?;
    Ok(Packed { file_bytes: frames.bytes(), sha256: frames.sha256() })
}
