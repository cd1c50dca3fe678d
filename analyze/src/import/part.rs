//! The parts that a source becomes, one after the other.

use std::path::{Path, PathBuf};

use flowkit_dump::files;
use flowkit_model::dump::{DOCUMENTS_READ, Part, PartForm, part_name};

use super::columns::Columns;
use super::packer::{Packed, Packer};
use super::{ImportError, cannot_write};
use crate::documents::{AsItStands, Kept};

/// Documents of a part; columns are made of one part at a time. The lines of a
/// block stay together, so there may be some thousand more.
const PART_DOCUMENTS: u64 = 4_000_000;
/// Text of a zstd frame. A reader that loses one loses no other.
const FRAME_BYTES: usize = 1 << 20;

/// Writes what a source holds as parts.
pub(super) struct Writer<'w> {
    pub(super) dump: &'w Path,
    /// The source's.
    pub(super) name: &'w str,
    pub(super) part: Option<PartInWork>,
}

/// A part that is being written.
pub(super) struct PartInWork {
    path: PathBuf,
    packer: Packer,
    frame: Vec<u8>,
    part: Part,
}

impl Writer<'_> {
    pub(super) fn take(
        &mut self,
        kept: Kept<'_>,
        parts: &mut Vec<Part>,
        columns: &mut Columns<'_>,
    ) -> Result<(), ImportError> {
        match kept {
            Kept::Lines(lines) => {
                let part = self.part(PartForm::Documents, parts, columns)?;
                part.lines(&lines)?;
                columns.lines(&part.part, lines);
                self.end_if_full(parts, columns)
            }
            Kept::Document(document) => {
                let part = self.part(PartForm::Documents, parts, columns)?;
                part.document(document)?;
                columns.document(&part.part, document);
                self.end_if_full(parts, columns)
            }
            Kept::Bytes(form, bytes) => {
                let part = self.part(form, parts, columns)?;
                part.frame.extend_from_slice(bytes);
                part.write_if_full()
            }
            Kept::Read(n) => {
                if let Some(part) = &mut self.part {
                    part.part.received += n;
                }
                Ok(())
            }
            Kept::End if self.part.as_ref().is_none_or(|part| part.part.form.is_documents()) => {
                Ok(())
            }
            Kept::End => self.end(parts, columns),
        }
    }

    /// The part under way, if it is of this form, or a new one.
    fn part(
        &mut self,
        form: PartForm,
        parts: &mut Vec<Part>,
        columns: &mut Columns<'_>,
    ) -> Result<&mut PartInWork, ImportError> {
        if self.part.as_ref().is_some_and(|part| part.part.form != form) {
            self.end(parts, columns)?;
        }
        match &mut self.part {
            Some(part) => Ok(part),
            none => {
                Ok(none.insert(PartInWork::create(self.dump, parts.len() + 1, self.name, form)?))
            }
        }
    }

    fn end_if_full(
        &mut self,
        parts: &mut Vec<Part>,
        columns: &mut Columns<'_>,
    ) -> Result<(), ImportError> {
        match &self.part {
            Some(part) if part.part.received >= PART_DOCUMENTS => self.end(parts, columns),
            _ => Ok(()),
        }
    }

    /// Ends the part under way, if there is one.
    pub(super) fn end(
        &mut self,
        parts: &mut Vec<Part>,
        columns: &mut Columns<'_>,
    ) -> Result<(), ImportError> {
        if let Some(part) = self.part.take() {
            let part = part.finish()?;
            columns.end(&part, parts);
            parts.push(part);
        }
        Ok(())
    }
}

impl PartInWork {
    fn create(
        dump: &Path,
        number: usize,
        source: &str,
        form: PartForm,
    ) -> Result<Self, ImportError> {
        let stem = source.rsplit('/').next().unwrap_or(source);
        let part = Part { name: part_name(number, stem), form, ..Part::default() };
        let path = dump.join(part.path());
        let file = files::create(&path).map_err(cannot_write(&path))?;
        Ok(Self { path, packer: Packer::new(file), frame: Vec::new(), part })
    }

    fn lines(&mut self, lines: &AsItStands) -> Result<(), ImportError> {
        self.frame.extend_from_slice(&lines.block.text);
        if self.frame.last() != Some(&b'\n') {
            self.frame.push(b'\n');
        }
        self.part.received += lines.lines;
        self.write_if_full()
    }

    fn document(&mut self, document: &str) -> Result<(), ImportError> {
        append_line(&mut self.frame, document);
        self.part.received += 1;
        self.write_if_full()
    }

    fn write_if_full(&mut self) -> Result<(), ImportError> {
        if self.frame.len() < FRAME_BYTES { Ok(()) } else { self.write_frame() }
    }

    fn write_frame(&mut self) -> Result<(), ImportError> {
        let frame = std::mem::take(&mut self.frame);
        self.part.bytes += frame.len() as u64;
        self.frame = self.packer.frame(frame).map_err(cannot_write(&self.path))?;
        Ok(())
    }

    fn finish(mut self) -> Result<Part, ImportError> {
        if !self.frame.is_empty() {
            self.write_frame()?;
        }
        let Packed { file_bytes, sha256 } =
            self.packer.finish().map_err(cannot_write(&self.path))?;
        let mut part = self.part;
        (part.file_bytes, part.sha256) = (file_bytes, sha256);
        part.expected = part.received;
        let against = match part.form {
            PartForm::Documents => DOCUMENTS_READ,
            PartForm::Capture | PartForm::Datagrams => "the datagrams that were read",
            PartForm::Rows => "the rows that were read",
        };
        against.clone_into(&mut part.proof.against);
        Ok(part)
    }
}

/// Adds a document as a line.
pub(super) fn append_line(text: &mut Vec<u8>, document: &str) {
    let before = text.len();
    text.extend_from_slice(document.as_bytes());
    for byte in &mut text[before..] {
        // Between the members of indented text; inside strings JSON has none.
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    text.push(b'\n');
}
