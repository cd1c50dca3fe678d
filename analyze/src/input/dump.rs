//! A dump as a source: its parts in order, and what is missing according to its
//! manifest.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;

use flowkit_dump::place::Place;
use flowkit_dump::{Finding, Folders, PartFile, manifest, other_size};
use flowkit_model::dump::{Manifest, PARTIAL_END, STATE_END, State};
use flowkit_model::harmless;
use flowkit_model::window::Span;

use super::fetched_with;
use super::source::{DumpPart, Location, Source, Stream};
use crate::error::ReadError;

/// Opens a dump.
pub(super) fn open(path: &Path) -> Result<Source, ReadError> {
    let folders = Arc::new(Folders::open(path)?);
    let manifest = folders.manifest()?;
    let mut source = Source {
        name: harmless::name(path),
        streams: Vec::new(),
        window: Some(Span::from(manifest.window.span().flow_times()))
            .filter(|window| !window.is_all()),
        incomplete: None,
        is_filtered: fetched_with::splits_engines(&manifest),
    };
    let mut contradictions = Vec::new();
    for part in &manifest.parts {
        let file = path.join(part.path());
        match folders.part(part).and_then(|file| other_size(part, &file)) {
            Err(source) => return Err(ReadError::Open { path: file, source: named(source) }),
            Ok(other) => contradictions.extend(other.map(|what| Finding::new(&*part.name, what))),
        }
        source.streams.push(Stream {
            name: harmless::name(&file),
            location: Location::Part(Arc::clone(&folders), part.file_name(), None),
            expected: Some(part.received),
            part: Some(DumpPart { folders: Arc::clone(&folders), part: part.clone() }),
            reading: None,
        });
    }
    let missing: Vec<&str> = manifest.missing().collect();
    source.incomplete = first_of(&missing, "which its manifest names")
        .map(|missing| format!("was imported from an incomplete source: {missing}"));
    if manifest.state == State::Complete {
        contradictions.extend(flowkit_dump::contradictions(&folders, &manifest)?);
        if let Some(found) = first_of(&contradictions, "which `flowkit verify` lists") {
            let said = format!("is not what its manifest says: {found}");
            source.incomplete = Some(match source.incomplete.take() {
                Some(missing) => format!("{said}; and {missing}"),
                None => said,
            });
        }
    } else {
        source.incomplete = Some("is an incomplete dump: run `flowkit fetch` to resume".into());
        source.streams.extend(parts_in_work(&folders));
    }
    Ok(source)
}

/// The first of some sentences and how many more there are; none without any.
fn first_of(all: &[impl Display], which: &str) -> Option<String> {
    let (first, others) = all.split_first()?;
    Some(match others.len() {
        0 => first.to_string(),
        n => format!("{first}; and {n} more, {which}"),
    })
}

/// Reads the manifest of a dump.
///
/// # Errors
/// If there is none, or one that is not read.
pub fn read_manifest(path: &Path) -> Result<Manifest, ReadError> {
    Ok(manifest::read(path)?)
}

/// Why a file that the manifest names cannot be read.
fn named(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::NotFound => {
            let what = "the manifest names it, but it is gone; make the dump again";
            io::Error::new(io::ErrorKind::NotFound, what)
        }
        _ => error,
    }
}

/// The readable beginnings of parts whose fetch was interrupted, by name.
fn parts_in_work(folders: &Arc<Folders>) -> Vec<Stream> {
    let Ok(Some(parts)) = folders.parts() else { return Vec::new() };
    let names = parts.names().unwrap_or_default();
    let states = names.iter().filter_map(|name| name.to_str()?.strip_suffix(STATE_END));
    states.filter_map(|name| part_in_work(folders, parts, name)).collect()
}

/// An interrupted part up to its last saved state; without a readable state, no
/// byte of it is known to be complete.
fn part_in_work(folders: &Arc<Folders>, parts: &Place, name: &str) -> Option<Stream> {
    let saved = PartFile::read_state(parts, name)?;
    let file = format!("{name}{PARTIAL_END}");
    parts.read(&file).ok()?;
    Some(Stream {
        name: harmless::name(&parts.path().join(&file)),
        location: Location::Part(Arc::clone(folders), file, Some(saved.file_bytes)),
        expected: Some(saved.rows),
        part: None,
        reading: None,
    })
}
