//! Writes a source as the parts of a dump, one after the other.

use std::path::PathBuf;

use flowkit_dump::place::Place;
use flowkit_model::dump::{DOCUMENTS_READ, Part, PartForm, part_name};

use super::columns::Columns;
use super::packer::{Packed, Packer};
use super::{ImportError, cannot_write};
use crate::documents::{AsItStands, Kept};

/// Documents per part; the Parquet cache is made part by part. The lines of a
/// block stay together, so that a part may have some thousand more.
const PART_DOCUMENTS: u64 = 4_000_000;
/// Text per zstd frame. A damaged frame does not affect the others.
const FRAME_BYTES: usize = 1 << 20;

/// Writes the content of a source as parts.
pub(super) struct Writer<'w> {
    pub(super) parts: &'w Place,
    /// Name of the source.
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

    /// The current part, if it has this form, or a new one.
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
                Ok(none.insert(PartInWork::create(self.parts, parts.len() + 1, self.name, form)?))
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

    /// Finishes the current part, if there is one.
    pub(super) fn end(
        &mut self,
        parts: &mut Vec<Part>,
        columns: &mut Columns<'_>,
    ) -> Result<(), ImportError> {
        if let Some(part) = self.part.take() {
            let part = part.finish()?;
            columns.end(&part);
            parts.push(part);
        }
        Ok(())
    }
}

impl PartInWork {
    fn create(
        folder: &Place,
        number: usize,
        source: &str,
        form: PartForm,
    ) -> Result<Self, ImportError> {
        let stem = source.rsplit('/').next().unwrap_or(source);
        let part = Part { name: part_name(number, stem), form, ..Part::default() };
        let path = folder.path().join(part.file_name());
        let file = folder.create_new(&part.file_name()).map_err(cannot_write(&path))?;
        let packer = Packer::new(file).map_err(cannot_write(&path))?;
        Ok(Self { path, packer, frame: Vec::new(), part })
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

/// Appends a document as one line.
pub(super) fn append_line(text: &mut Vec<u8>, document: &str) {
    let before = text.len();
    text.extend_from_slice(document.as_bytes());
    for byte in &mut text[before..] {
        // Line ends occur between the tokens of indented JSON; inside strings they
        // are escaped.
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    text.push(b'\n');
}
