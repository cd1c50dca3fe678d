//! Packets as a dump on disk, as a fetch of their documents would leave it.
//!
//! Only this module of the crate writes files. Nothing in the dump depends
//! on the clock or the machine.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use flowkit_dump::frames::FrameWriter;
use flowkit_dump::place::Place;
use flowkit_dump::{Folders, NewFolder, manifest};
use flowkit_model::dump::{FORMAT, Manifest, Part, PartScope, Proof, State, part_name};

use crate::document::{Document, documents};
use crate::packet::Packet;
use crate::time::iso;

/// Documents of one part.
const PART_DOCUMENTS: u64 = 1_000_000;
/// Text of one zstd frame.
const FRAME_BYTES: usize = 4 << 20;

/// A document as a line of a dump: the hit of a search.
///
/// # Errors
/// If `out` takes no more.
pub fn write_hit(document: &Document, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        r#"{{"_index":"{}","_type":"_doc","_id":"{}","_score":1.0,"_source":{}}}"#,
        document.index, document.id, document.source
    )
}

/// Writes packets as a dump into a new folder, which has a temporary name until
/// the dump is complete.
///
/// # Errors
/// If the folder exists or cannot be written, or if `packets` yields an error.
/// Nothing is left behind.
pub fn write(
    folder: &Path,
    packets: impl Iterator<Item = io::Result<Packet>>,
    window_ms: (i64, i64),
    note: String,
) -> io::Result<Manifest> {
    if folder.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    // The folder alone: one above it that is missing may be mistyped.
    let new = NewFolder::create(folder).map_err(io::Error::other)?;
    let folders = Folders::open(new.path()).map_err(io::Error::other)?;
    let manifest = fill(&folders, packets, window_ms, note)?;
    new.finish()?;
    Ok(manifest)
}

fn fill(
    folders: &Folders,
    packets: impl Iterator<Item = io::Result<Packet>>,
    window_ms: (i64, i64),
    note: String,
) -> io::Result<Manifest> {
    let parts = folders.make_parts().map_err(io::Error::other)?;
    let mut manifest = Manifest {
        flowkit_dump: FORMAT,
        written_by: concat!("flowkit ", env!("CARGO_PKG_VERSION")).into(),
        started: iso(window_ms.0),
        index: "netflow-*".into(),
        notes: vec![note],
        ..Manifest::default()
    };
    let mut open: Option<Writer> = None;
    for packet in packets {
        for document in documents(&[packet?]) {
            if open.as_ref().is_some_and(|writer| !writer.takes(&document)) {
                manifest.parts.extend(open.take().map(Writer::finish).transpose()?);
            }
            let writer = match &mut open {
                Some(writer) => writer,
                None => open.insert(Writer::new(parts, manifest.parts.len() + 1, &document.index)?),
            };
            writer.add(&document)?;
        }
    }
    manifest.parts.extend(open.map(Writer::finish).transpose()?);
    manifest.state = State::Complete;
    manifest::write(folders.root(), &manifest).map_err(io::Error::other)?;
    Ok(manifest)
}

/// A part that is being written.
struct Writer {
    frames: FrameWriter<File>,
    text: Vec<u8>,
    part: Part,
}

impl Writer {
    fn new(parts: &Place, number: usize, index: &str) -> io::Result<Self> {
        let part = Part {
            name: part_name(number, index),
            scope: PartScope { index: index.to_owned(), ..PartScope::default() },
            proof: Proof { against: "what was made".into(), ..Proof::default() },
            ..Part::default()
        };
        let frames = FrameWriter::new(parts.create_new(&part.file_name())?)?;
        Ok(Self { frames, text: Vec::new(), part })
    }

    fn takes(&self, document: &Document) -> bool {
        self.part.received < PART_DOCUMENTS && self.part.scope.index == document.index
    }

    fn add(&mut self, document: &Document) -> io::Result<()> {
        let part = &mut self.part;
        part.received += 1;
        part.first_ms = Some(part.first_ms.unwrap_or(document.timestamp_ms));
        part.last_ms = Some(document.timestamp_ms);
        write_hit(document, &mut self.text)?;
        if self.text.len() >= FRAME_BYTES { self.frame() } else { Ok(()) }
    }

    fn frame(&mut self) -> io::Result<()> {
        self.part.bytes += self.text.len() as u64;
        self.part.file_bytes += self.frames.append(&self.text)?;
        self.text.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<Part> {
        if !self.text.is_empty() {
            self.frame()?;
        }
        self.part.expected = self.part.received;
        self.part.sha256 = self.frames.sha256();
        Ok(self.part)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Synth;

    /// A dump is there whole or not at all, and no temporary file beside it.
    #[test]
    fn nothing_is_left_of_a_dump_that_breaks_off() {
        let place = std::env::temp_dir().join(format!("flowkit-breaks-off-{}", std::process::id()));
        fs::create_dir(&place).unwrap();
        let names = || -> Vec<_> {
            fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect()
        };
        let flows = Synth { flows: 2000, seed: 1, days: 1 };
        let dump = place.join("d");
        let breaks_off = flows.packets().take(100).map(Ok).chain([Err(io::Error::other("x"))]);
        let error = write(&dump, breaks_off, flows.window_ms(), String::new()).unwrap_err();
        assert_eq!((error.to_string(), names().len()), ("x".into(), 0));
        for n_there in [0, 1] {
            let all = flows.packets().map(Ok);
            let written = write(&dump, all, flows.window_ms(), String::new());
            assert_eq!(written.is_ok(), n_there == 0);
            assert_eq!(names(), ["d"]);
        }
        assert!(dump.join("manifest.json").exists());
        fs::remove_dir_all(&place).unwrap();
    }
}
