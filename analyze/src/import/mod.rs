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

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_model::NotAFlow;
use flowkit_model::answer::Tally;
use flowkit_model::dump::{FORMAT, MANIFEST, Manifest, PARTS, State, unfinished};

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
    let new = unfinished(dump, std::process::id());
    let filled = fill(is_cancelled, sources, &new, started, columns, options);
    let imported = filled.and_then(|imported| {
        fs::rename(&new, dump).map_err(cannot_write(dump))?;
        Ok(imported)
    });
    if imported.is_err() {
        let _ = fs::remove_dir_all(&new);
    }
    imported
}

fn fill(
    is_cancelled: &dyn Fn() -> bool,
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
    let this = columns::source();
    let mut under_way = Columns::new(folder, &this, columns);
    let mut keeping = Keeping::new(sources, options);
    for source in sources {
        let before = manifest.parts.len();
        let mut writer = Writer { folder: &parts, name: source.name(), part: None };
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
        manifest.notes.push(format!("imported from {}", source.name()));
        for skipped in read.skipped {
            if let NotAFlow::NotJson | NotAFlow::NoSource = skipped.cause {
                let (n, what, first) = (skipped.n, skipped.cause.text(), &skipped.first);
                manifest.notes.push(format!("left out {n} ({what}), the first at {first}"));
            }
            tally.skip(skipped.cause, skipped.n, skipped.first, skipped.reason);
        }
        let kept = &manifest.parts[before..];
        let is_nothing = kept.is_empty();
        // What is kept byte for byte shows its damage itself.
        if is_nothing || kept.iter().any(|part| part.form.is_documents()) {
            manifest.add_missing(&read.incomplete);
        }
        if is_nothing && read.incomplete.is_empty() && read.notes.is_empty() {
            tally.notes.push(format!("{} holds no documents", source.name()));
        }
        tally.incomplete.extend(read.incomplete);
        tally.notes.extend(read.notes);
    }
    let missing = keeping.finish();
    manifest.add_missing(&missing);
    tally.incomplete.extend(missing);
    write_manifest(folder, &manifest)?;
    // Their memory is not needed any more.
    drop(under_way);
    if is_cancelled() {
        return Err(ImportError::Cancelled);
    }
    if columns {
        match cache::make_missing(folder) {
            // It came so, and was told; it is answered from as it is.
            Ok(_) | Err(CacheError::Damaged) => {}
            Err(error) => return Err(error.into()),
        }
        for (part, seen) in manifest.parts.iter_mut().zip(cache::seen(folder)?) {
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
