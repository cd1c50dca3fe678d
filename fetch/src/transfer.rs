//! One part from server to disk, by two threads.
//!
//! The caller's thread asks for pages and checks their heads; the other cuts,
//! compresses and writes them. Three bodies go round between them, so memory is
//! three pages whatever the size of the index.

use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

use flowkit_model::dump::{Part, PartState};

use crate::cursor::scroll::{Opening, Scroll};
use crate::progress::{Event, Observer};
use crate::server::Server;
use crate::writer::PartWriter;
use crate::{Cancel, FetchError, folder::Folder};

/// What a transfer needs beside the part itself.
pub(crate) struct Transfer<'a, S: Server> {
    pub(crate) server: &'a S,
    pub(crate) folder: &'a Folder,
    pub(crate) cancel: &'a Cancel,
    pub(crate) observer: &'a dyn Observer,
}

impl<S: Server> Transfer<'_, S> {
    /// Fetches one part. `state` names it and says what it will hold.
    ///
    /// Ends with the part in place, or with an error; the cursor is closed in
    /// either case.
    pub(crate) fn run(
        &self,
        mut state: PartState,
        opening: &mut Opening,
    ) -> Result<Part, FetchError> {
        let index = state.index.clone();
        let asked = opening.size;
        let mut body = Vec::new();
        let mut scroll = Scroll::open(self.server, &index, &state.query, opening, &mut body)?;
        if opening.size < asked {
            let note = format!("{index} allows pages of {} documents, not {asked}", opening.size);
            self.observer.event(Event::Note(&note));
        }
        state.expected = scroll.total();
        let writer = PartWriter::create(&self.folder.parts(), state)?;
        let (to_writer, pages) = sync_channel::<Vec<u8>>(1);
        let (give_back, used) = channel();
        let (read, written) = thread::scope(|scope| {
            let writing = scope.spawn(move || write_all(writer, &pages, &give_back, self.observer));
            let read = self.read_all(&mut scroll, body, &used, |page| to_writer.send(page).is_ok());
            drop(to_writer);
            // Closed while the last page is still being written.
            drop(scroll);
            (read, writing.join())
        });
        let writer = written.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // If writing failed, reading stopped because of it.
        match (read, writer) {
            (Err(interrupted @ FetchError::Interrupted), _) => Err(interrupted),
            (_, Err(error)) | (Err(error), Ok(_)) => Err(error),
            (Ok(()), Ok(writer)) => writer.finish(),
        }
    }

    /// Hands over page after page until the empty one, or until nobody takes them.
    fn read_all(
        &self,
        scroll: &mut Scroll<'_, S>,
        mut body: Vec<u8>,
        used: &Receiver<Vec<u8>>,
        hand_over: impl Fn(Vec<u8>) -> bool,
    ) -> Result<(), FetchError> {
        while !scroll.is_done() {
            if !hand_over(body) {
                return Ok(());
            }
            if self.cancel.is_set() {
                return Err(FetchError::Interrupted);
            }
            body = used.try_recv().unwrap_or_default();
            scroll.next(&mut body)?;
        }
        Ok(())
    }
}

/// Writes pages as they come. After the last one, all that came is safe on disk.
fn write_all(
    mut writer: PartWriter,
    pages: &Receiver<Vec<u8>>,
    give_back: &Sender<Vec<u8>>,
    observer: &dyn Observer,
) -> Result<PartWriter, FetchError> {
    for mut body in pages {
        let written = match writer.write(&mut body) {
            Ok(written) => written,
            Err(error) => {
                // What came before is good; a full disk may not even take this.
                let _ = writer.sync();
                return Err(error);
            }
        };
        observer.event(Event::PageWritten { documents: written.documents, bytes: written.bytes });
        let _ = give_back.send(body);
    }
    if !writer.is_whole() {
        writer.sync()?;
    }
    Ok(writer)
}
