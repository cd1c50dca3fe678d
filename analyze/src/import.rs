//! Anything that is read, into a dump: documents as they stand, one a line, in
//! the parts of a dump that every command reads at the speed of its columns.
//!
//! A part holds what one source held, or the next few million documents of it;
//! only line ends inside a document become blanks. Documents of a `_bulk`
//! request become hits with the identity of their actions. A capture, a file of
//! datagrams and one of csv are kept byte for byte, each in a part of its own.
//! The dump appears whole: it is written under another name beside its place
//! and renamed last.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use flowkit_model::dump::{
    FORMAT, MANIFEST, Manifest, NEW_END, PARTS, Part, PartForm, State, part_name,
};
use sha2::{Digest, Sha256};
use zstd::zstd_safe::CParameter;

use crate::documents::{self, Kept};
use crate::error::ReadError;
use crate::input::Source;
use crate::scan::ReadOptions;
use crate::store::{self, StoreError};
use crate::tally::Tally;

/// Documents of a part; columns are made of one part at a time.
const PART_DOCUMENTS: u64 = 4_000_000;
/// Text of a zstd frame. A reader that loses one loses no other.
const FRAME_BYTES: usize = 8 << 20;
/// Flow documents repeat themselves so much that a higher level gains little.
const LEVEL: i32 = 1;

/// An import stopped. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// There is something already.
    #[error("{} is there already; name another with -o, or remove it first", path.display())]
    Exists {
        /// Where the dump should be.
        path: PathBuf,
    },
    /// The dump cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A source cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The columns cannot be made.
    #[error(transparent)]
    Columns(#[from] StoreError),
}

/// What was imported.
#[derive(Debug)]
pub struct Imported {
    /// What the dump says of itself.
    pub manifest: Manifest,
    /// What was skipped, and what is missing.
    pub tally: Tally,
}

/// Reads sources and saves what they hold as a dump.
///
/// # Errors
/// If a source cannot be read or the dump cannot be written.
pub fn import(
    sources: &[Source],
    dump: &Path,
    started: String,
    columns: bool,
    options: ReadOptions,
) -> Result<Imported, ImportError> {
    if dump.exists() {
        return Err(ImportError::Exists { path: dump.into() });
    }
    let new = PathBuf::from(format!("{}.{}{NEW_END}", dump.display(), std::process::id()));
    let imported = fill(sources, &new, started, columns, options).and_then(|imported| {
        fs::rename(&new, dump).map_err(cannot_write(dump))?;
        Ok(imported)
    });
    if imported.is_err() {
        let _ = fs::remove_dir_all(&new);
    }
    imported
}

fn fill(
    sources: &[Source],
    folder: &Path,
    started: String,
    columns: bool,
    options: ReadOptions,
) -> Result<Imported, ImportError> {
    let parts = folder.join(PARTS);
    DirBuilder::new().mode(0o700).recursive(true).create(&parts).map_err(cannot_write(&parts))?;
    let mut manifest = Manifest {
        flowkit_dump: FORMAT,
        written_by: concat!("flowkit ", env!("CARGO_PKG_VERSION")).into(),
        state: State::Complete,
        started,
        ..Manifest::default()
    };
    let mut tally = Tally::default();
    for source in sources {
        let mut writer = Writer { folder: &parts, name: source.name(), part: None };
        let mut failed = Ok(());
        let read = documents::each_kept(source, options, |kept| {
            failed = writer.take(kept, &mut manifest.parts);
            failed.is_ok()
        })?;
        failed?;
        writer.end(&mut manifest.parts)?;
        manifest.notes.push(format!("imported from {}", source.name()));
        for skipped in read.skipped {
            tally.skip(skipped.cause, skipped.n, skipped.first, skipped.reason);
        }
        tally.incomplete.extend(read.incomplete);
        tally.notes.extend(read.notes);
    }
    manifest.notes.extend(tally.incomplete.iter().map(|missing| format!("incomplete: {missing}")));
    write_manifest(folder, &manifest)?;
    if columns {
        match store::make_missing(folder) {
            // It came so, and was told; it is answered from as it is.
            Ok(_) | Err(StoreError::Damaged) => {}
            Err(error) => return Err(error.into()),
        }
        for (part, seen) in manifest.parts.iter_mut().zip(store::seen(folder)?) {
            let ms = |ms: u64| i64::try_from(ms).ok();
            part.first_ms = seen.and_then(|seen| ms(seen.0));
            part.last_ms = seen.and_then(|seen| ms(seen.1));
        }
        write_manifest(folder, &manifest)?;
    }
    Ok(Imported { manifest, tally })
}

fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), ImportError> {
    let path = folder.join(MANIFEST);
    let json = serde_json::to_vec_pretty(manifest)
        .map_err(|error| ImportError::Write { path: path.clone(), source: error.into() })?;
    let mut file = private(&path).map_err(cannot_write(&path))?;
    file.write_all(&json).and_then(|()| file.sync_data()).map_err(cannot_write(&path))
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn cannot_write(path: &Path) -> impl Fn(io::Error) -> ImportError {
    move |source| ImportError::Write { path: path.into(), source }
}

/// Writes the documents of a source as parts.
struct Writer<'w> {
    folder: &'w Path,
    name: &'w str,
    part: Option<PartFile>,
}

/// A part under way.
struct PartFile {
    path: PathBuf,
    file: File,
    hash: Sha256,
    frame: Vec<u8>,
    part: Part,
}

impl Writer<'_> {
    fn take(&mut self, kept: Kept<'_>, parts: &mut Vec<Part>) -> Result<(), ImportError> {
        match kept {
            Kept::Document(found) => {
                let part = self.part(PartForm::Documents, parts)?;
                part.line(found.whole)?;
                if part.part.received == PART_DOCUMENTS { self.end(parts) } else { Ok(()) }
            }
            Kept::Bytes(form, bytes) => self.part(form, parts)?.bytes(bytes),
            Kept::Read(n) => {
                if let Some(part) = &mut self.part {
                    part.part.received += n;
                }
                Ok(())
            }
            Kept::End if self.part.as_ref().is_none_or(|part| part.part.form.is_documents()) => {
                Ok(())
            }
            Kept::End => self.end(parts),
        }
    }

    /// The part under way, if it is of this form, or a new one.
    fn part(
        &mut self,
        form: PartForm,
        parts: &mut Vec<Part>,
    ) -> Result<&mut PartFile, ImportError> {
        if self.part.as_ref().is_some_and(|part| part.part.form != form) {
            self.end(parts)?;
        }
        match &mut self.part {
            Some(part) => Ok(part),
            none => {
                Ok(none.insert(PartFile::create(self.folder, parts.len() + 1, self.name, form)?))
            }
        }
    }

    fn end(&mut self, parts: &mut Vec<Part>) -> Result<(), ImportError> {
        if let Some(part) = self.part.take() {
            parts.push(part.finish()?);
        }
        Ok(())
    }
}

impl PartFile {
    fn create(
        folder: &Path,
        number: usize,
        source: &str,
        form: PartForm,
    ) -> Result<Self, ImportError> {
        let stem = source.rsplit('/').next().unwrap_or(source);
        let part = Part { name: part_name(number, stem), form, ..Part::default() };
        let path = folder.join(part.path().rsplit('/').next().unwrap_or_default());
        let file = private(&path).map_err(cannot_write(&path))?;
        Ok(Self { path, file, hash: Sha256::new(), frame: Vec::new(), part })
    }

    fn line(&mut self, document: &str) -> Result<(), ImportError> {
        let before = self.frame.len();
        self.frame.extend_from_slice(document.as_bytes());
        for byte in &mut self.frame[before..] {
            // Between the members of indented text; inside strings JSON has none.
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        self.frame.push(b'\n');
        self.part.received += 1;
        if self.frame.len() >= FRAME_BYTES { self.write_frame() } else { Ok(()) }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        self.frame.extend_from_slice(bytes);
        if self.frame.len() >= FRAME_BYTES { self.write_frame() } else { Ok(()) }
    }

    fn write_frame(&mut self) -> Result<(), ImportError> {
        let mut packed = zstd::bulk::Compressor::new(LEVEL).map_err(cannot_write(&self.path))?;
        let packed = packed
            .set_parameter(CParameter::ChecksumFlag(true))
            .and_then(|()| packed.compress(&self.frame))
            .map_err(cannot_write(&self.path))?;
        self.part.bytes += self.frame.len() as u64;
        self.part.file_bytes += packed.len() as u64;
        self.hash.update(&packed);
        self.frame.clear();
        self.file.write_all(&packed).map_err(cannot_write(&self.path))
    }

    fn finish(mut self) -> Result<Part, ImportError> {
        if !self.frame.is_empty() {
            self.write_frame()?;
        }
        self.file.sync_data().map_err(cannot_write(&self.path))?;
        self.part.expected = self.part.received;
        for byte in self.hash.finalize() {
            // Writing to text cannot fail.
            let _ = write!(self.part.sha256, "{byte:02x}");
        }
        let against = match self.part.form {
            PartForm::Documents => "the documents that were read",
            PartForm::Capture | PartForm::Datagrams => "the datagrams that were read",
            PartForm::Rows => "the rows that were read",
        };
        against.clone_into(&mut self.part.proof.against);
        Ok(self.part)
    }
}
