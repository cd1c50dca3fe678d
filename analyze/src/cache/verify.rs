//! Verifies that the Parquet files of a dump are as they were written, and hold
//! what was counted when their part was read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use flowkit_model::answer::Tally;

use super::{CacheError, find};
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::input::{Earlier, Source};
use crate::scan::batch_tally::BatchTally;
use crate::store::footer::Belongs;
use crate::store::{Buffers, ColumnFile, Request, StoreError};

/// The damaged Parquet files of a dump: path in the dump, and what is wrong.
/// Missing and stale files are no damage: the next question rebuilds them.
///
/// # Errors
/// If there is no dump.
pub fn verify(dump: &Path) -> Result<Vec<(String, String)>, CacheError> {
    let source = Source::open(dump)?;
    let (mut findings, mut earlier) = (Vec::new(), Earlier::of(&source));
    for (_, part) in source.parts() {
        let Some(part) = part else { continue };
        let file = find(part, &Belongs::of(&part.part, earlier.next(&part.part)));
        if let Some(what) = file.and_then(|file| damage(&file)) {
            findings.push((part.part.columns_path(), what));
        }
    }
    Ok(findings)
}

/// What is wrong with a file, if it is damaged.
fn damage(file: &ColumnFile) -> Option<String> {
    let what = match file.is_as_written() {
        Err(error) => error.to_string(),
        Ok(false) => "its bytes are not those that were written".into(),
        Ok(true) => match counted(file) {
            Err(error) => error.to_string(),
            Ok(counted) => {
                let stored = file.footer().tally.tally("")?;
                let differ = counted.total != stored.total
                    || unknown(&counted) != unknown(&stored)
                    || counted.seen != stored.seen
                    || counted.sampling != stored.sampling;
                differ.then(|| String::from("it holds other flows than its part"))?
            }
        },
    };
    Some(format!("the columns are damaged: {what}; remove the file, a question makes it again"))
}

/// Flows in which a field is unknown, by field.
fn unknown(tally: &Tally) -> BTreeMap<&'static str, u64> {
    tally.unknown.iter().map(|(field, n)| (field.field().name, *n)).collect()
}

/// Reads all columns and counts what is in them.
fn counted(file: &ColumnFile) -> Result<Tally, StoreError> {
    let (mut measures, mut tally) = (BatchTally::default(), Tally::default());
    let (dictionary, mut buffers) = (Arc::new(Dictionary::default()), Buffers::default());
    let request =
        Request { columns: FieldSet::all(), coded: None, filter: None, dictionary: &dictionary };
    for group in 0..file.groups() {
        file.read(group, &request, &mut buffers, |batch| measures.add(batch))?;
    }
    measures.finish(&mut tally, FieldSet::all(), &dictionary.codebook());
    Ok(tally)
}
