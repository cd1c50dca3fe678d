//! The Parquet cache of a dump: `columns/NAME.parquet`, one file a part.
//!
//! A part's documents are parsed once; later questions read the columns that they
//! need. A file is derived from its part and may be removed at any time. It is
//! rebuilt when it is missing, damaged, of another version, or when its part, or
//! an earlier part that may hold the same documents, has changed. A failure here
//! never prevents an answer: a part without a file is answered from its
//! documents. Other programs may read `columns/*.parquet` as one table.
//!
//! | to learn | read |
//! | --- | --- |
//! | when a file is used, made or ignored | this file |
//! | how a file is made from its part | `making` |
//! | how it appears whole or not at all | `part_writer` |
//! | how damage is found | `verify` |
//! | the format of the files | [`store`](crate::store) |

mod error;
mod making;
mod part_writer;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::error::CacheError;
use self::making::Maker;
pub(crate) use self::part_writer::PartWriter;
pub use self::verify::verify;
use crate::error::ReadError;
use crate::input::{DumpPart, Earlier, Source, may_overlap};
use crate::store::footer::Belongs;
use crate::store::{ColumnFile, StoreError, StoredPart};

/// The Parquet files of some sources.
pub(crate) struct Prepared {
    /// For each stream of the sources, in order, its Parquet file if it has one.
    pub(crate) parts: Vec<Option<StoredPart>>,
    /// Which dumps are answered from their documents, and why.
    pub(crate) notes: Vec<String>,
}

impl Prepared {
    /// Without any Parquet file, because one proved damaged while it was read.
    /// That one is removed, so that the next question rebuilds it.
    pub(crate) fn none(sources: &[Source], damage: &StoreError) -> Self {
        let parts: Vec<_> = sources.iter().flat_map(Source::parts).map(|(_, part)| part).collect();
        if let StoreError::Parquet { path, .. } | StoreError::Foreign { path, .. } = damage {
            for damaged in parts.iter().flatten().filter(|part| part.columns_path() == *path) {
                forget(damaged);
            }
        }
        let note =
            format!("answered from the documents, which takes longer: {}", with_cause(damage));
        Self { parts: parts.iter().map(|_| None).collect(), notes: vec![note] }
    }
}

/// Removes the damaged Parquet file of a part, unless the dump is another's.
fn forget(part: &DumpPart) {
    if part.folders.root().is_foreign().is_none() {
        let _ = part.folders.forget_columns_of(&part.part);
    }
}

/// Opens the Parquet files of all parts of dumps, and makes those that are
/// missing.
///
/// If sources may share documents, no file is used: only documents can be
/// deduplicated.
///
/// # Errors
/// If a source is a Parquet file that flowkit does not read.
pub(crate) fn prepare(sources: &[Source]) -> Result<Prepared, ReadError> {
    let mut prepared = Prepared { parts: Vec::new(), notes: Vec::new() };
    let overlapping = may_overlap(sources);
    for source in sources {
        let (mut refused, mut maker, mut earlier) = (None, Maker::of(source), Earlier::of(source));
        for (number, ((stream, part), parquet)) in
            source.parts().zip(source.column_files()).enumerate()
        {
            let part = part.filter(|_| !overlapping);
            prepared.parts.push(match (part, parquet) {
                (Some(part), _) => {
                    match find_or_make(&mut maker, number, part, &mut earlier, stream) {
                        Ok(stored) => Some(stored),
                        Err(error) => {
                            refused.get_or_insert(error);
                            None
                        }
                    }
                }
                (None, Some((name, path))) => Some(StoredPart::of_file(name, path)?),
                (None, None) => None,
            });
        }
        prepared.notes.extend(refused.and_then(|error| note(source, &error)));
    }
    Ok(prepared)
}

/// What is said of a dump that is answered from its documents.
fn note(source: &Source, error: &CacheError) -> Option<String> {
    let name = source.name();
    match error {
        CacheError::Store(error) => {
            let why = with_cause(error);
            Some(format!("{name} is answered from its documents, which takes longer: {why}"))
        }
        CacheError::Foreign { why } => Some(format!(
            "{name} {why}: it is read and not written to, so that queries read its documents, \
             which takes longer; copy it with `cp -r` to a folder of your own"
        )),
        // What is wrong with the part itself is reported when it is read.
        CacheError::Damaged | CacheError::Part(_) => None,
    }
}

fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", with_cause(cause)),
        None => error.to_string(),
    }
}

/// As [`prepare`], and what is in the files is looked at first: for those who hand flows
/// on as they come, and cannot take them back where a file proves damaged.
///
/// # Errors
/// As [`prepare`].
pub(crate) fn prepare_and_check(sources: &[Source]) -> Result<Prepared, ReadError> {
    let prepared = prepare(sources)?;
    let parts: Vec<_> = sources.iter().flat_map(Source::parts).map(|(_, part)| part).collect();
    let mut is_damaged = false;
    for (part, stored) in parts.iter().zip(&prepared.parts) {
        let (Some(part), Some(stored)) = (part, stored) else { continue };
        if !stored.file.is_as_written().unwrap_or(false) {
            forget(part);
            is_damaged = true;
        }
    }
    if !is_damaged {
        return Ok(prepared);
    }
    drop(prepared);
    // What was removed is made again; where it could not be, documents are read.
    let mut prepared = prepare(sources)?;
    for (part, stored) in parts.iter().zip(&mut prepared.parts) {
        let is_whole =
            |stored: &StoredPart| part.is_none() || stored.file.is_as_written().unwrap_or(false);
        if stored.as_ref().is_some_and(|stored| !is_whole(stored)) {
            *stored = None;
        }
    }
    Ok(prepared)
}

/// Counts of the Parquet files of a dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Files that existed and are up to date.
    pub found: usize,
    /// Files that were made.
    pub made: usize,
}

/// Makes the Parquet files that a dump lacks.
///
/// # Errors
/// If the dump cannot be read or written to; it can still be queried.
pub fn make_missing(dump: &Path) -> Result<Made, CacheError> {
    let source = Source::open(dump)?;
    let mut made = Made::default();
    let (mut is_damaged, mut maker, mut earlier) =
        (false, Maker::of(&source), Earlier::of(&source));
    for (number, (_, part)) in source.parts().enumerate() {
        let Some(part) = part else { continue };
        let belongs = Belongs::of(&part.part, earlier.next(&part.part));
        if find(part, &belongs).is_some() {
            made.found += 1;
        } else {
            match maker.make(number, part, belongs) {
                // The other parts still get their files.
                Err(CacheError::Damaged) => is_damaged = true,
                done => {
                    done?;
                    made.made += 1;
                }
            }
        }
    }
    if is_damaged { Err(CacheError::Damaged) } else { Ok(made) }
}

/// First and last `@timestamp` of each part of a dump that has a Parquet file, in
/// milliseconds since 1970-01-01 UTC.
pub(crate) fn seen(dump: &Path) -> Result<Vec<Option<(u64, u64)>>, CacheError> {
    let source = Source::open(dump)?;
    let mut earlier = Earlier::of(&source);
    let mut seen = |part: &DumpPart| {
        let file = find(part, &Belongs::of(&part.part, earlier.next(&part.part)))?;
        file.footer().tally.tally("").and_then(|tally| tally.seen)
    };
    Ok(source.parts().map(|(_, part)| part.and_then(&mut seen)).collect())
}

/// The Parquet file of a part, made if it is missing; the tally calls the part
/// `stream`, whose number among those of the source is `number`.
fn find_or_make(
    maker: &mut Maker<'_>,
    number: usize,
    part: &DumpPart,
    earlier: &mut Earlier<'_>,
    stream: &str,
) -> Result<StoredPart, CacheError> {
    let belongs = Belongs::of(&part.part, earlier.next(&part.part));
    // A Parquet file describes the part as in the manifest; a part of another
    // size is damaged and read itself.
    let documents = part.folders.part(&part.part).and_then(|file| file.metadata());
    if documents.is_ok_and(|found| found.len() != part.part.file_bytes) {
        return Err(CacheError::Damaged);
    }
    let file = match find(part, &belongs) {
        Some(file) => file,
        None => match part.folders.root().is_foreign() {
            Some(why) => return Err(CacheError::Foreign { why }),
            None => maker.make(number, part, belongs)?,
        },
    };
    let tally = file.footer().tally.tally(stream).ok_or_else(|| StoreError::Foreign {
        path: PathBuf::from(stream),
        what: "its facts are others".into(),
    })?;
    let (folders, of) = (Arc::clone(&part.folders), part.part.clone());
    Ok(StoredPart { file: file.reopened_by(move || folders.columns_of(&of))?, tally })
}

/// The Parquet file of a part, if it exists and is up to date.
fn find(part: &DumpPart, belongs: &Belongs) -> Option<ColumnFile> {
    let file = open(part).ok()?;
    file.footer().belongs.is(belongs).then_some(file)
}

fn open(part: &DumpPart) -> Result<ColumnFile, StoreError> {
    let path = part.columns_path();
    match part.folders.columns_of(&part.part) {
        Ok(file) => ColumnFile::of(file, path),
        Err(source) => Err(StoreError::Io { path, source }),
    }
}
