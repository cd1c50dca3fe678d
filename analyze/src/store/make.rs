//! Columns of a dump's parts: looks for them, makes them where they are missing
//! or stale, and says which parts have none. Nothing here is fatal to an answer.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use flowkit_model::answer::Tally;
use flowkit_model::dump::Part;

use super::facts::{Belongs, THIS_FILE};
use super::{ColumnFile, StoreError, UnderWay};
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::input::{DumpPart, Source};
use crate::scan::Reading;
use crate::scan::ingest::Absorber;
use crate::scan::options::ReadOptions;

/// A part that is answered from its columns.
pub(crate) struct StoredPart {
    /// Its columns.
    pub(crate) file: ColumnFile,
    /// What was met in it.
    pub(crate) tally: Tally,
}

/// Columns of some sources: for each stream, in order, those it has.
pub(crate) struct Prepared {
    pub(crate) parts: Vec<Option<StoredPart>>,
    pub(crate) notes: Vec<String>,
}

impl Prepared {
    /// No columns, since they turned out to be damaged: those are removed, so
    /// that they are made again the next time.
    pub(crate) fn none(sources: &[Source], damage: &StoreError) -> Self {
        let parts: Vec<_> = sources.iter().flat_map(Source::parts).map(|(_, part)| part).collect();
        if let StoreError::Parquet { path, .. } | StoreError::Foreign { path, .. } = damage {
            let damaged = parts.iter().flatten().map(|part| part.columns_path());
            for path in damaged.filter(|known| known.display().to_string() == *path) {
                let _ = fs::remove_file(path);
            }
        }
        let note =
            format!("answered from the documents, which takes longer: {}", with_cause(damage));
        Self { parts: parts.iter().map(|_| None).collect(), notes: vec![note] }
    }
}

/// Finds the columns of all parts of dumps, and makes those that are missing.
///
/// Sources that may hold the same documents have none: copies can only be
/// found in the documents.
pub(crate) fn prepare(sources: &[Source]) -> Prepared {
    let mut prepared = Prepared { parts: Vec::new(), notes: Vec::new() };
    let overlapping = overlap(sources);
    for source in sources {
        let mut refused = None;
        for ((stream, part), columns) in source.parts().zip(source.column_files()) {
            let Some(part) = part.filter(|_| !overlapping) else {
                // A file that cannot be opened is refused where it is read.
                prepared.parts.push(columns.and_then(|(name, path)| of_file(name, path)));
                continue;
            };
            let earlier = source.may_share(part);
            let found = find_or_make(source, part, &earlier).and_then(|file| {
                let tally =
                    file.about().facts.tally(stream).ok_or_else(|| StoreError::Foreign {
                        path: stream.to_owned(),
                        what: "its facts are others".into(),
                    })?;
                Ok(StoredPart { file, tally })
            });
            match found {
                Ok(stored) => prepared.parts.push(Some(stored)),
                Err(error) => {
                    prepared.parts.push(None);
                    refused.get_or_insert(error);
                }
            }
        }
        // What is wrong with a part itself is said when it is read.
        let is_told =
            |error: &StoreError| matches!(error, StoreError::Part(_) | StoreError::Damaged);
        if let Some(error) = refused.filter(|error| !is_told(error)) {
            prepared.notes.push(format!(
                "{} is answered from its documents, which takes longer: {}",
                source.name(),
                with_cause(&error)
            ));
        }
    }
    prepared
}

/// A file of columns that is no part of a dump; `None` if it is not read.
pub(crate) fn of_file(name: &str, path: &Path) -> Option<StoredPart> {
    let file = ColumnFile::open(path).ok()?;
    let tally = file.about().facts.tally(name)?;
    Some(StoredPart { file, tally })
}

fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", with_cause(cause)),
        None => error.to_string(),
    }
}

/// Whether documents of one source may be in another, too.
fn overlap(sources: &[Source]) -> bool {
    sources
        .iter()
        .enumerate()
        .any(|(number, source)| sources[..number].iter().any(|earlier| source.may_overlap(earlier)))
}

/// What became of the columns of a dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Files that were there and belong to their part.
    pub found: usize,
    /// Files that were made.
    pub made: usize,
}

/// Makes the columns of all parts of a dump that have none.
///
/// # Errors
/// If the dump cannot be read or written to; it can still be asked.
pub fn make_missing(dump: &Path) -> Result<Made, StoreError> {
    let source = Source::open(dump)?;
    let mut made = Made::default();
    let mut is_damaged = false;
    for (_, part) in source.parts() {
        let Some(part) = part else { continue };
        let belongs = Belongs::of(&part.part, &source.may_share(part));
        if find(part, &belongs).is_some() {
            made.found += 1;
        } else {
            match make(&source, part, belongs) {
                // The other parts have columns all the same.
                Err(StoreError::Damaged) => is_damaged = true,
                done => {
                    done?;
                    made.made += 1;
                }
            }
        }
    }
    if is_damaged { Err(StoreError::Damaged) } else { Ok(made) }
}

/// First and last `@timestamp` of each part of a dump that has columns.
pub(crate) fn seen(dump: &Path) -> Result<Vec<Option<(u64, u64)>>, StoreError> {
    let source = Source::open(dump)?;
    let seen = |part: &DumpPart| {
        let file = find(part, &Belongs::of(&part.part, &source.may_share(part)))?;
        file.about().facts.tally("").and_then(|tally| tally.seen)
    };
    Ok(source.parts().map(|(_, part)| part.and_then(seen)).collect())
}

fn find_or_make(
    source: &Source,
    part: &DumpPart,
    earlier: &[&Part],
) -> Result<ColumnFile, StoreError> {
    // Columns say what the manifest's part holds; a damaged one is read itself.
    let file = part.dump.join(part.part.path());
    if fs::metadata(&file).is_ok_and(|found| found.len() != part.part.file_bytes) {
        return Err(StoreError::Damaged);
    }
    let belongs = Belongs::of(&part.part, earlier);
    match find(part, &belongs) {
        Some(file) => Ok(file),
        None => make(source, part, belongs),
    }
}

/// The columns of a part, if they are there and are its own.
pub(super) fn find(part: &DumpPart, belongs: &Belongs) -> Option<ColumnFile> {
    let file = ColumnFile::open(&part.columns_path()).ok()?;
    (file.about().belongs == *belongs).then_some(file)
}

/// Makes the columns of a part.
fn make(source: &Source, part: &DumpPart, belongs: Belongs) -> Result<ColumnFile, StoreError> {
    let path = part.columns_path();
    let dictionary = Arc::new(Dictionary::default());
    let mut columns = UnderWay::new(&part.dump, path.clone(), &dictionary)?;
    let alone = [source.one_part(part, THIS_FILE)];
    let mut absorber = Absorber::new(&alone, ReadOptions::default());
    for earlier in source.streams_before(part) {
        absorber.know(&source.one_part(earlier, THIS_FILE))?;
    }
    let mut failed = Ok(());
    let reading =
        Reading { sources: &alone, stored: &[], fields: FieldSet::all(), dictionary: &dictionary };
    reading.batches(&mut absorber, |batches| {
        for batch in &batches {
            if failed.is_ok() {
                failed = columns.push(batch);
            }
        }
    })?;
    failed?;
    columns.finish(belongs, absorber.finish())?;
    ColumnFile::open(&path)
}
