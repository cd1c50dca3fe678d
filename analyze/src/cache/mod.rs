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
//! | what is read from documents because other parts are | `together` |
//! | the format of the files | [`store`](crate::store) |

mod error;
mod making;
mod part_writer;
mod together;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_model::harmless;

pub use self::error::CacheError;
use self::making::Maker;
pub(crate) use self::part_writer::PartWriter;
use self::together::leave_out_before_documents;
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
    leave_out_before_documents(sources, &mut prepared.parts);
    Ok(prepared)
}

/// What is said of a dump that is answered from its documents.
fn note(source: &Source, error: &CacheError) -> Option<String> {
    let name = source.name();
    match error {
        CacheError::Store(error) => Some(from_documents(name, &with_cause(error))),
        CacheError::Foreign { why } => Some(format!(
            "{name} {why}: it is read and not written to, so that queries read its documents, \
             which takes longer; copy it with `cp -r` to a folder of your own"
        )),
        // What is wrong with the part itself is reported when it is read.
        CacheError::Damaged | CacheError::Part(_) => None,
    }
}

fn from_documents(name: &str, why: &str) -> String {
    format!("{name} is answered from its documents, which takes longer: {why}")
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
    let mut prepared = prepare(sources)?;
    let parts: Vec<_> = sources.iter().flat_map(Source::parts).map(|(_, part)| part).collect();
    let damaged = leave_out_damaged(&parts, &mut prepared);
    if damaged.is_empty() {
        leave_out_before_documents(sources, &mut prepared.parts);
        return Ok(prepared);
    }
    drop(prepared);
    damaged.into_iter().for_each(forget);
    // What was removed is made again; where it could not be, documents are read.
    let mut prepared = prepare(sources)?;
    leave_out_damaged(&parts, &mut prepared);
    leave_out_before_documents(sources, &mut prepared.parts);
    Ok(prepared)
}

/// Leaves out the files that are not as they were written, or cannot be read now, and
/// says so once a dump; returns the parts of the former.
fn leave_out_damaged<'p>(
    parts: &[Option<&'p DumpPart>],
    prepared: &mut Prepared,
) -> Vec<&'p DumpPart> {
    let (mut damaged, mut told) = (Vec::new(), None);
    for (part, place) in parts.iter().zip(&mut prepared.parts) {
        let (Some(part), Some(stored)) = (part, &*place) else { continue };
        let why = match stored.file.is_as_written() {
            Ok(true) => continue,
            Ok(false) => {
                damaged.push(*part);
                format!("{} is damaged", harmless::path(&part.columns_path()))
            }
            Err(error) => with_cause(&error),
        };
        *place = None;
        let dump = part.folders.root().path();
        if told.replace(dump) != Some(dump) {
            prepared.notes.push(from_documents(&harmless::name(dump), &why));
        }
    }
    damaged
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
    let (mut left, mut maker, mut earlier) = (None, Maker::of(&source), Earlier::of(&source));
    for (number, (_, part)) in source.parts().enumerate() {
        let Some(part) = part else { continue };
        let belongs = Belongs::of(&part.part, earlier.next(&part.part));
        if find(part, &belongs).is_some() {
            made.found += 1;
        } else {
            match maker.make(number, part, belongs) {
                // The other parts still get their files.
                Err(
                    error @ (CacheError::Damaged | CacheError::Store(StoreError::TooLong { .. })),
                ) => left = left.or(Some(error)),
                done => {
                    done?;
                    made.made += 1;
                }
            }
        }
    }
    left.map_or(Ok(made), Err)
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

#[cfg(test)]
mod tests {
    use std::fs;

    use flowkit_dump::frames::FrameWriter;
    use flowkit_dump::{Folders, NewFolder, manifest};
    use flowkit_model::dump::{FORMAT, Manifest, Part, State, part_name};

    use super::*;

    /// A dump of a flow in a part, with its columns; its folder, and their path.
    fn dump() -> (tempfile::TempDir, Source, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let dump = folder.path().join("dump");
        let new = NewFolder::create(&dump).unwrap();
        let folders = Folders::open(new.path()).unwrap();
        let mut part = Part { name: part_name(1, "n"), ..Part::default() };
        let file = folders.make_parts().unwrap().create_new(&part.file_name()).unwrap();
        let mut frames = FrameWriter::new(file).unwrap();
        let line = b"{\"netflow\":{\"version\":5,\"in_bytes\":7}}\n";
        part.file_bytes = frames.append(line).unwrap();
        (part.sha256, part.received) = (frames.sha256(), 1);
        let columns = dump.join(part.columns_path());
        let (flowkit_dump, state) = (FORMAT, State::Complete);
        let manifest = Manifest { flowkit_dump, state, parts: vec![part], ..Manifest::default() };
        manifest::write(folders.root(), &manifest).unwrap();
        new.finish().unwrap();
        assert_eq!(make_missing(&dump).unwrap().made, 1);
        (folder, Source::open(&dump).unwrap(), columns)
    }

    /// Only what was read and is otherwise is damage; both are told.
    #[test]
    fn what_cannot_be_read_now_is_not_damaged() {
        let (_folder, source, columns) = dump();
        let sources = [source];
        let parts: Vec<_> = sources[0].parts().map(|(_, part)| part).collect();
        let look = |change: &dyn Fn()| {
            let mut prepared = prepare(&sources).unwrap();
            assert!(prepared.parts[0].is_some() && prepared.notes.is_empty());
            change();
            let damaged = leave_out_damaged(&parts, &mut prepared);
            assert_eq!(prepared.parts[0].is_none(), !prepared.notes.is_empty());
            (damaged.len(), prepared.notes.concat())
        };
        assert_eq!(look(&|| {}), (0, String::new()));
        let aside = columns.with_extension("aside");
        let (n, told) = look(&|| fs::rename(&columns, &aside).unwrap());
        assert_eq!(n, 0);
        assert!(told.contains("dump is answered from its documents, which takes"), "{told}");
        assert!(told.contains("cannot use"), "{told}");
        fs::rename(&aside, &columns).unwrap();
        let mut bytes = fs::read(&columns).unwrap();
        bytes[10] ^= 1;
        fs::write(&columns, bytes).unwrap();
        let (n, told) = look(&|| {});
        assert!(n == 1 && told.ends_with("0001-n.parquet is damaged"), "{n} {told}");
    }
}
