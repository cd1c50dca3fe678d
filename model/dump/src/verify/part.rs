//! Whether the file of a part is undamaged, and holds the documents that came.

use std::fs::File;
use std::io;

use flowkit_model::Entry;
use flowkit_model::dump::{HitId, Order, Part, Span};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::finding::Findings;
use crate::checksum::sha256;
use crate::document_hash::DocumentHasher;
use crate::folders::Folders;
use crate::lines::each_line;

/// Checks one part.
pub(super) struct PartCheck<'a> {
    pub(super) part: &'a Part,
    pub(super) hasher: DocumentHasher,
    pub(super) findings: &'a mut Findings,
    /// A number for each document.
    pub(super) ids: &'a mut Vec<u128>,
}

/// One line of a part.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "_source")]
    source: Option<&'a RawValue>,
    #[serde(default)]
    sort: Vec<serde_json::Value>,
}

#[derive(Default)]
struct Tally {
    lines: u64,
    bytes: u64,
    not_json: u64,
    not_an_object: u64,
    not_a_document: u64,
    unsorted: u64,
    outside: u64,
    last: Option<i64>,
}

impl PartCheck<'_> {
    /// Reads the part whole.
    pub(super) fn run(&mut self, folders: &Folders) {
        self.checksum(folders.part(self.part));
        let Ok(file) = folders.part(self.part) else { return };
        if !self.part.form.is_documents() {
            return self.unpack(file);
        }
        let mut tally = Tally::default();
        let (hasher, part) = (self.hasher, self.part);
        let ids = &mut *self.ids;
        let read = each_line(file, |line| {
            tally.lines += 1;
            tally.bytes += line.len() as u64 + 1;
            look(line, part, &mut tally);
            if let Ok(hit) = HitId::read(line) {
                ids.push(hasher.hash(hit.document_id()));
            }
        });
        if let Err(error) = read {
            self.add(format!("cannot be read to its end: {error}"));
        }
        self.tell(&tally);
    }

    fn add(&mut self, what: String) {
        self.findings.add(&self.part.name, what);
    }

    /// Whether what was imported byte for byte comes out again; what stands in
    /// it is read by the questions.
    fn unpack(&mut self, file: File) {
        let unpacked = zstd::stream::read::Decoder::new(file)
            .and_then(|mut bytes| io::copy(&mut bytes, &mut io::sink()));
        match unpacked {
            Err(error) => self.add(format!("cannot be read to its end: {error}")),
            Ok(bytes) if bytes != self.part.bytes => {
                self.add(format!("{bytes} bytes are here, not {}", self.part.bytes));
            }
            Ok(_) => {}
        }
    }

    fn checksum(&mut self, file: io::Result<File>) {
        match file.and_then(|mut file| sha256(&mut file)) {
            Err(error) => self.add(format!("{}: {error}", self.part.path())),
            Ok((bytes, _)) if bytes != self.part.file_bytes => {
                self.add(format!("the file has {bytes} bytes, not {}", self.part.file_bytes));
            }
            Ok((_, digest)) if digest != self.part.sha256 => {
                self.add(format!("the checksum is {digest}, not {}", self.part.sha256));
            }
            Ok(_) => {}
        }
    }

    fn tell(&mut self, tally: &Tally) {
        let part = self.part;
        if tally.lines != part.received {
            self.add(format!("{} documents are here, {} came", tally.lines, part.received));
        }
        if tally.bytes != part.bytes {
            self.add(format!("the lines have {} bytes, not {}", tally.bytes, part.bytes));
        }
        if part.received + part.left_out + part.known != part.expected {
            self.add(format!("{} documents came, {} were counted", part.received, part.expected));
        }
        for (n, what) in [
            (tally.not_json, "lines are no hits"),
            (tally.not_an_object, "lines are no JSON objects"),
            (tally.not_a_document, "documents cannot be read"),
            (tally.unsorted, "documents are not in the order of time"),
            (tally.outside, "documents are outside of the part's time"),
        ] {
            if n > 0 {
                self.add(format!("{n} {what}"));
            }
        }
    }
}

/// Looks at one line.
fn look(line: &[u8], part: &Part, tally: &mut Tally) {
    let is_imported = part.holds_imported_documents();
    // A server sends documents as they were stored, which need not be UTF-8.
    let text = if is_imported { None } else { Some(String::from_utf8_lossy(line)) };
    let line = text.as_ref().map_or(line, |text| text.as_bytes());
    let hit = serde_json::from_slice::<Line<'_>>(line).ok();
    if is_imported && hit.as_ref().is_none_or(|hit| hit.source.is_none()) {
        // A bare document, which any object is.
        tally.not_an_object += u64::from(!is_object(line));
        return;
    }
    let has_identity = is_imported || HitId::read(line).is_ok();
    let Some(Line { sort, .. }) = hit.filter(|_| has_identity) else {
        tally.not_json += 1;
        return;
    };
    let document = match Entry::parse(line) {
        Ok(Entry::Hit(hit)) => hit.source,
        _ => None,
    };
    let Some(document) = document else {
        tally.not_a_document += 1;
        return;
    };
    let sorted = (part.order == Order::Time).then(|| sort.first()?.as_i64()).flatten();
    if let Some(value) = sorted {
        if tally.last.is_some_and(|last| value < last) {
            tally.unsorted += 1;
        }
        tally.last = Some(value);
    }
    let flow = document.into_flow().ok();
    let ms = flow.and_then(|flow| flow.timestamp_ms).and_then(|ms| i64::try_from(ms).ok());
    if let (Some(ms), false) = (ms, part.scope.without_time) {
        let Span { from_ms, to_ms } = part.scope.window;
        if from_ms.is_some_and(|from| ms < from) || to_ms.is_some_and(|to| ms >= to) {
            tally.outside += 1;
        }
    }
}

/// Whether a line is one JSON object, whatever is in it.
fn is_object(line: &[u8]) -> bool {
    let is_json = |text| serde_json::from_str::<IgnoredAny>(text).is_ok();
    line.trim_ascii_start().starts_with(b"{") && str::from_utf8(line).is_ok_and(is_json)
}
