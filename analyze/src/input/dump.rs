//! A dump as a source: its parts in order, and what is missing according to its
//! manifest.

use std::fs;
use std::path::{Path, PathBuf};

use flowkit_dump::{PartFile, manifest};
use flowkit_model::dump::{Manifest, PARTIAL_END, PARTS, STATE_END, State};
use flowkit_model::window::Span;

use super::fetched_with;
use super::source::{DumpPart, Location, Source, Stream};
use crate::error::ReadError;

/// Opens a dump.
pub(super) fn open(path: &Path) -> Result<Source, ReadError> {
    let manifest = read_manifest(path)?;
    let mut source = Source {
        name: path.display().to_string(),
        streams: Vec::new(),
        window: Some(Span::from(manifest.window.span().flow_times()))
            .filter(|window| !window.is_all()),
        incomplete: None,
        is_filtered: fetched_with::splits_engines(&manifest),
    };
    for part in &manifest.parts {
        let file = path.join(part.path());
        if !file.is_file() {
            return Err(ReadError::Open {
                path: file,
                source: std::io::Error::new(
                    std::io::ErrorKind::NotFound,
                    "the manifest names it, but it is gone; make the dump again",
                ),
            });
        }
        source.streams.push(Stream {
            name: file.display().to_string(),
            location: Location::File(file, None),
            expected: Some(part.received),
            part: Some(DumpPart { dump: path.into(), part: part.clone() }),
            reading: None,
        });
    }
    let missing: Vec<&str> = manifest.missing().collect();
    if let Some((first, others)) = missing.split_first() {
        let more = match others.len() {
            0 => String::new(),
            n => format!("; and {n} more, which its manifest names"),
        };
        source.incomplete = Some(format!("was imported from an incomplete source: {first}{more}"));
    }
    if manifest.state != State::Complete {
        source.incomplete = Some("is an incomplete dump: run `flowkit fetch` to resume".into());
        source.streams.extend(parts_in_work(path));
    }
    Ok(source)
}

/// Reads the manifest of a dump.
///
/// # Errors
/// If there is none, or one that is not read.
pub fn read_manifest(path: &Path) -> Result<Manifest, ReadError> {
    Ok(manifest::read(path)?)
}

/// The readable beginnings of parts whose fetch was interrupted, by name.
fn parts_in_work(path: &Path) -> Vec<Stream> {
    let files = fs::read_dir(path.join(PARTS)).into_iter().flatten().flatten();
    let mut states: Vec<PathBuf> = files
        .map(|file| file.path())
        .filter(|file| file.to_string_lossy().ends_with(STATE_END))
        .collect();
    states.sort_unstable();
    states.iter().filter_map(|state| part_in_work(state)).collect()
}

/// An interrupted part up to its last saved state; without a readable state, no
/// byte of it is known to be complete.
fn part_in_work(state: &Path) -> Option<Stream> {
    let name = state.file_name()?.to_str()?.strip_suffix(STATE_END)?;
    let saved = PartFile::read_state(state.parent()?, name)?;
    let file = state.with_file_name(format!("{name}{PARTIAL_END}"));
    file.is_file().then(|| Stream {
        name: file.display().to_string(),
        location: Location::File(file, Some(saved.file_bytes)),
        expected: Some(saved.rows),
        part: None,
        reading: None,
    })
}
