//! Whether the file of a part is undamaged, and holds the documents that came.

use std::fs::File;
use std::io::{self, Read as _};

use flowkit_model::dump::{HitId, Part, Span};
use flowkit_model::window::utc;

use super::finding::Findings;
use super::tally::Tally;
use crate::checksum::sha256;
use crate::document_hash::DocumentHasher;
use crate::folders::Folders;
use crate::lines::each_line;

/// Checks one part.
pub(super) struct PartCheck<'a> {
    pub(super) part: &'a Part,
    /// The window of the dump.
    pub(super) window: Span,
    pub(super) hasher: DocumentHasher,
    pub(super) findings: &'a mut Findings,
    /// A number for each document.
    pub(super) ids: &'a mut Vec<u128>,
}

/// How the size of a part's file differs from what the manifest says; none if it does
/// not. No byte of it is read.
///
/// # Errors
/// If the system does not tell the size.
pub fn other_size(part: &Part, file: &File) -> io::Result<Option<String>> {
    let bytes = file.metadata()?.len();
    let told = || format!("the file has {bytes} bytes, not {}", part.file_bytes);
    Ok((bytes != part.file_bytes).then(told))
}

impl PartCheck<'_> {
    /// Reads the part whole; one that is larger than it can be is not read.
    pub(super) fn run(&mut self, folders: &Folders) {
        let (hasher, part) = (self.hasher, self.part);
        let checked = folders.part(part).and_then(|file| self.checksum(file));
        let is_as_saved = match checked {
            Err(error) => return self.add(format!("{}: {error}", part.path())),
            Ok(None) => return,
            Ok(Some(is_as_saved)) => is_as_saved,
        };
        let Ok(file) = folders.part(part) else { return };
        if !part.form.is_documents() {
            return self.unpack(file);
        }
        let (mut tally, window, ids) = (Tally::default(), self.window, &mut *self.ids);
        let read = each_line(file, part, |line| {
            tally.look(line, part, window);
            if let Ok(hit) = HitId::read(line) {
                ids.push(hasher.hash(hit.document_id()));
            }
        });
        if let Err(error) = read {
            self.add(format!("cannot be read to its end: {error}"));
        }
        self.counts(&tally);
        // Dumps of earlier versions do not say how many came so.
        let (here, came) = (tally.without_source, part.without_source);
        if here < came || (here > came && !is_as_saved) {
            let are = are(here, "document is", "documents are");
            self.add(format!("{are} here without _source, {came} came so"));
        }
        self.lines(&tally);
        self.times(&tally);
    }

    fn add(&mut self, what: String) {
        self.findings.add(&self.part.name, what);
    }

    /// Whether what was imported byte for byte comes out again; what stands in
    /// it is read by the questions.
    fn unpack(&mut self, file: File) {
        let Part { bytes, file_bytes, .. } = *self.part;
        let unpacked = zstd::stream::read::Decoder::new(file.take(file_bytes))
            .and_then(|text| io::copy(&mut text.take(bytes.saturating_add(1)), &mut io::sink()));
        match unpacked {
            Err(error) => self.add(format!("cannot be read to its end: {error}")),
            Ok(found) if found > bytes => self.add(format!("more than {bytes} bytes are here")),
            Ok(found) if found < bytes => self.add(format!("{found} bytes are here, not {bytes}")),
            Ok(_) => {}
        }
    }

    /// Compares size and checksum; whether the file is as it was saved. None if it is larger
    /// than it can be, so that it is not worth reading.
    fn checksum(&mut self, file: File) -> io::Result<Option<bool>> {
        if let Some(other) = other_size(self.part, &file)? {
            self.add(other);
            let is_smaller = file.metadata()?.len() < self.part.file_bytes;
            return Ok(is_smaller.then_some(false));
        }
        let (_, digest) = sha256(&mut file.take(self.part.file_bytes))?;
        let is_as_saved = digest == self.part.sha256;
        if !is_as_saved {
            self.add(format!("the checksum is {digest}, not {}", self.part.sha256));
        }
        Ok(Some(is_as_saved))
    }

    fn counts(&mut self, tally: &Tally) {
        let part = self.part;
        if tally.lines != part.received {
            let here = are(tally.lines, "document is", "documents are");
            self.add(format!("{here} here, {} came", part.received));
        }
        if tally.bytes != part.bytes {
            self.add(format!("the lines have {} bytes, not {}", tally.bytes, part.bytes));
        }
        if part.received + part.left_out + part.known != part.expected {
            let came = are(part.received, "document", "documents");
            self.add(format!("{came} came, {} were counted", part.expected));
        }
        // Of an import, those without a time may be no flows, too.
        let undated = if part.scope.without_time { part.received } else { 0 };
        if !part.holds_imported_documents() && part.undated != undated {
            let undated = are(undated, "document has", "documents have");
            self.add(format!("{undated} no @timestamp by its query, not {}", part.undated));
        }
    }

    fn lines(&mut self, tally: &Tally) {
        for (n, one, more) in [
            (tally.not_json, "line is no hit", "lines are no hits"),
            (tally.not_an_object, "line is no JSON object", "lines are no JSON objects"),
            (
                tally.unsorted,
                "document is not in the order of time",
                "documents are not in the order of time",
            ),
            (
                tally.outside,
                "document is outside of the part's time",
                "documents are outside of the part's time",
            ),
            (
                tally.outside_of_dump,
                "document is outside of the dump's window",
                "documents are outside of the dump's window",
            ),
        ] {
            if n > 0 {
                self.add(are(n, one, more));
            }
        }
    }

    /// Compares the first and last time, where those of all documents that they were
    /// worked out from are known.
    fn times(&mut self, tally: &Tally) {
        let part = self.part;
        let is_known = tally.untimed == 0 && part.left_out == 0 && part.known == 0;
        let Some((first, last)) = tally.times.filter(|_| is_known) else { return };
        let is_whole = tally.lines == part.received && !part.scope.without_time;
        if part.holds_imported_documents() || !is_whole {
            return;
        }
        for (name, here, told) in [("first", first, part.first_ms), ("last", last, part.last_ms)] {
            if let Some(told) = told.filter(|told| *told != here) {
                self.add(format!("its {name} document is of {}, not of {}", utc(here), utc(told)));
            }
        }
    }
}

/// A number with the words for one or for more.
pub(super) fn are(n: u64, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}
