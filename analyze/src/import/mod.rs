//! Imports any source into a dump: documents unchanged, one per line, with a
//! Parquet cache, so that every command reads them at full speed.
//!
//! A part holds the documents of one source, or the next few million of them;
//! only line ends inside a document become blanks. Documents of a `_bulk` request
//! become hits with the identity of their actions. A capture, a file of datagrams
//! and a csv file are kept byte for byte, each in a part of its own. The dump
//! appears whole: it is written to a temporary name beside its destination and
//! renamed last.
//!
//! Each source is read once. Threads parse its blocks in parallel; in the order
//! of the source the text goes to a part, which another thread compresses, and
//! the flows to its Parquet file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_dump::files::make_folder;
use flowkit_dump::{DumpError, Folders, NewFolder, manifest};
use flowkit_model::NotAFlow;
use flowkit_model::answer::Tally;
use flowkit_model::dump::{FORMAT, Manifest, State};
use flowkit_model::harmless;

use self::columns::Columns;
use self::part::Writer;
use crate::cache::{self, CacheError};
use crate::documents::Keeping;
use crate::error::ReadError;
use crate::input::Source;
use crate::scan::options::ReadOptions;
use crate::store::StoreError;

mod columns;
mod packer;
mod part;

/// An import stopped. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The destination exists.
    #[error("{} is there already; name another with -o, or remove it first", harmless::path(path))]
    Exists {
        /// Destination of the dump.
        path: PathBuf,
    },
    /// The dump cannot be written.
    #[error("cannot write {}", harmless::path(path))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A source cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The Parquet cache cannot be made.
    #[error(transparent)]
    Columns(#[from] CacheError),
}

impl From<DumpError> for ImportError {
    fn from(error: DumpError) -> Self {
        match error {
            DumpError::Io { path, source, .. } => Self::Write { path, source },
            // The other errors occur only while a dump is read.
            error => Self::Write { path: "the dump".into(), source: io::Error::other(error) },
        }
    }
}

/// What was imported.
#[derive(Debug)]
pub struct Imported {
    /// The manifest of the dump.
    pub manifest: Manifest,
    /// Counts of what was skipped, and what is missing.
    pub tally: Tally,
}

/// Reads sources and saves their content as a dump.
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
    let above = dump.parent().filter(|above| !above.as_os_str().is_empty());
    // If the import fails, those that it made go again.
    let _made = above.map(make_folder).transpose()?;
    let new = NewFolder::create(dump)?;
    let folders = Folders::open(new.path())?;
    let imported = fill(sources, &folders, started, columns, options)?;
    new.finish().map_err(cannot_write(dump))?;
    Ok(imported)
}

fn fill(
    sources: &[Source],
    folders: &Folders,
    started: String,
    columns: bool,
    options: ReadOptions,
) -> Result<Imported, ImportError> {
    let parts = folders.make_parts()?;
    let mut manifest = Manifest {
        flowkit_dump: FORMAT,
        written_by: concat!("flowkit ", env!("CARGO_PKG_VERSION")).into(),
        state: State::Complete,
        started,
        ..Manifest::default()
    };
    let mut tally = Tally::default();
    let source_of_parts = columns::source();
    let mut cache_writer = Columns::new(folders, &source_of_parts, columns);
    let mut keeping = Keeping::new(sources, options);
    for source in sources {
        let before = manifest.parts.len();
        let mut writer = Writer { parts, name: source.name(), part: None };
        let mut failed = Ok(());
        let (fields, dictionary) = (cache_writer.fields(), Arc::clone(&cache_writer.dictionary));
        let read = keeping.next(source, fields, &dictionary, |kept| {
            failed = writer.take(kept, &mut manifest.parts, &mut cache_writer);
            failed.is_ok()
        })?;
        failed?;
        writer.end(&mut manifest.parts, &mut cache_writer)?;
        remember(source, read, before, &mut manifest, &mut tally);
    }
    let missing = keeping.finish();
    manifest.add_missing(&missing);
    tally.incomplete.extend(missing);
    manifest::write(folders.root(), &manifest)?;
    // Frees memory before the missing files are made.
    drop(cache_writer);
    if columns {
        finish_columns(folders, &mut manifest, &mut tally)?;
    }
    Ok(Imported { manifest, tally })
}

/// Records in manifest and tally what was skipped and is missing of a source; its
/// parts are those from number `first_part` on.
fn remember(
    source: &Source,
    read: Tally,
    first_part: usize,
    manifest: &mut Manifest,
    tally: &mut Tally,
) {
    manifest.notes.push(format!("imported from {}", source.name()));
    for skipped in read.skipped {
        if let NotAFlow::NotJson | NotAFlow::NoSource = skipped.cause {
            let (n, what, first) = (skipped.n, skipped.cause.text(), &skipped.first);
            manifest.notes.push(format!("left out {n} ({what}), the first at {first}"));
        }
        tally.skip(skipped.cause, skipped.n, skipped.first, skipped.reason);
    }
    let parts = &manifest.parts[first_part..];
    let is_empty = parts.is_empty();
    // Raw bytes show their damage when they are read.
    if is_empty || parts.iter().any(|part| part.form.is_documents()) {
        manifest.add_missing(&read.incomplete);
    }
    if is_empty && read.incomplete.is_empty() && read.notes.is_empty() {
        tally.notes.push(format!("{} holds no documents", source.name()));
    }
    tally.incomplete.extend(read.incomplete);
    tally.notes.extend(read.notes);
}

/// Makes the Parquet files that are missing, and writes their first and last
/// times into the manifest.
fn finish_columns(
    folders: &Folders,
    manifest: &mut Manifest,
    tally: &mut Tally,
) -> Result<(), ImportError> {
    match cache::make_missing(folders.root().path()) {
        // The source was damaged, which is reported already; questions read the part
        // as it is.
        Ok(_) | Err(CacheError::Damaged) => {}
        Err(CacheError::Store(StoreError::TooLong { what, .. })) => tally.notes.push(format!(
            "columns cannot hold all of these flows, so that queries read documents of the dump, which takes longer: {what}"
        )),
        Err(error) => return Err(error.into()),
    }
    for (part, seen) in manifest.parts.iter_mut().zip(cache::seen(folders.root().path())?) {
        let ms = |ms: u64| i64::try_from(ms).ok();
        part.first_ms = seen.and_then(|seen| ms(seen.0));
        part.last_ms = seen.and_then(|seen| ms(seen.1));
    }
    Ok(manifest::write(folders.root(), manifest)?)
}

fn cannot_write(path: &Path) -> impl Fn(io::Error) -> ImportError {
    move |source| ImportError::Write { path: path.into(), source }
}
