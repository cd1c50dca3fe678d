//! Anything that is read, into a dump: documents as they stand, one a line, in
//! the parts of a dump that every command reads at the speed of its columns.
//!
//! A part holds what one source held, or the next few million documents of it;
//! only line ends inside a document become blanks. Documents of a `_bulk`
//! request become hits with the identity of their actions. A capture, a file of
//! datagrams and one of csv are kept byte for byte, each in a part of its own.
//! The dump appears whole: it is written under another name beside its place
//! and renamed last.
//!
//! Each source is read once. Threads parse its blocks side by side; in their
//! order the text goes to a part, which another thread packs, and the flows to
//! its columns.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_dump::files::{self, Unfinished};
use flowkit_dump::{DumpError, manifest};
use flowkit_model::NotAFlow;
use flowkit_model::answer::Tally;
use flowkit_model::dump::{FORMAT, Manifest, PARTS, State};

use self::columns::Columns;
use self::part::Writer;
use crate::cache::{self, CacheError};
use crate::documents::Keeping;
use crate::error::ReadError;
use crate::input::Source;
use crate::scan::options::ReadOptions;

mod columns;
mod packer;
mod part;

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
    /// It was cancelled.
    #[error("interrupted")]
    Cancelled,
    /// The columns cannot be made.
    #[error(transparent)]
    Columns(#[from] CacheError),
}

impl From<DumpError> for ImportError {
    fn from(error: DumpError) -> Self {
        match error {
            DumpError::Io { path, source, .. } => Self::Write { path, source },
            // Those are of who reads one.
            error => Self::Write { path: "the dump".into(), source: io::Error::other(error) },
        }
    }
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
    import_until(&|| false, sources, dump, started, columns, options)
}

/// The same; stops once `is_cancelled` says so.
///
/// # Errors
/// As [`import`], or with [`ImportError::Cancelled`].
pub fn import_until(
    is_cancelled: &dyn Fn() -> bool,
    sources: &[Source],
    dump: &Path,
    started: String,
    columns: bool,
    options: ReadOptions,
) -> Result<Imported, ImportError> {
    if dump.exists() {
        return Err(ImportError::Exists { path: dump.into() });
    }
    let new = Unfinished::new(dump);
    let imported = fill(is_cancelled, sources, new.path(), started, columns, options)?;
    new.finish().map_err(cannot_write(dump))?;
    Ok(imported)
}

fn fill(
    is_cancelled: &dyn Fn() -> bool,
    sources: &[Source],
    folder: &Path,
    started: String,
    columns: bool,
    options: ReadOptions,
) -> Result<Imported, ImportError> {
    files::make_folder(&folder.join(PARTS))?;
    let mut manifest = Manifest {
        flowkit_dump: FORMAT,
        written_by: concat!("flowkit ", env!("CARGO_PKG_VERSION")).into(),
        state: State::Complete,
        started,
        ..Manifest::default()
    };
    let mut tally = Tally::default();
    let this = columns::source();
    let mut under_way = Columns::new(folder, &this, columns);
    let mut keeping = Keeping::new(sources, options);
    for source in sources {
        let before = manifest.parts.len();
        let mut writer = Writer { dump: folder, name: source.name(), part: None };
        let mut failed = Ok(());
        let (fields, dictionary) = (under_way.fields(), Arc::clone(&under_way.dictionary));
        let read = keeping.next(source, fields, &dictionary, |kept| {
            failed = if is_cancelled() {
                Err(ImportError::Cancelled)
            } else {
                writer.take(kept, &mut manifest.parts, &mut under_way)
            };
            failed.is_ok()
        })?;
        failed?;
        writer.end(&mut manifest.parts, &mut under_way)?;
        remember(source, read, before, &mut manifest, &mut tally);
    }
    let missing = keeping.finish();
    manifest.add_missing(&missing);
    tally.incomplete.extend(missing);
    manifest::write(folder, &manifest)?;
    // Their memory is not needed any more.
    drop(under_way);
    if is_cancelled() {
        return Err(ImportError::Cancelled);
    }
    if columns {
        finish_columns(folder, &mut manifest)?;
    }
    Ok(Imported { manifest, tally })
}

/// Writes into the manifest what is known of a source that was read, and adds it
/// to the tally; the parts from number `first_part` on are those of the source.
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
    // What is kept byte for byte shows its damage itself.
    if is_empty || parts.iter().any(|part| part.form.is_documents()) {
        manifest.add_missing(&read.incomplete);
    }
    if is_empty && read.incomplete.is_empty() && read.notes.is_empty() {
        tally.notes.push(format!("{} holds no documents", source.name()));
    }
    tally.incomplete.extend(read.incomplete);
    tally.notes.extend(read.notes);
}

/// Builds the columns that are missing yet, and writes the times that they show
/// into the manifest.
fn finish_columns(folder: &Path, manifest: &mut Manifest) -> Result<(), ImportError> {
    match cache::make_missing(folder) {
        // The source was damaged, and that was told; the part is answered from as it is.
        Ok(_) | Err(CacheError::Damaged) => {}
        Err(error) => return Err(error.into()),
    }
    for (part, seen) in manifest.parts.iter_mut().zip(cache::seen(folder)?) {
        let ms = |ms: u64| i64::try_from(ms).ok();
        part.first_ms = seen.and_then(|seen| ms(seen.0));
        part.last_ms = seen.and_then(|seen| ms(seen.1));
    }
    Ok(manifest::write(folder, manifest)?)
}

fn cannot_write(path: &Path) -> impl Fn(io::Error) -> ImportError {
    move |source| ImportError::Write { path: path.into(), source }
}
