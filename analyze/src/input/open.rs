//! Finds what a path names: standard input, a dump, a folder of files, or a file.

use std::fs::{DirEntry, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use flowkit_dump::named::refuse_devices;
use flowkit_model::harmless;

use super::dump;
use super::formats::{InputForm, Reading};
use super::source::{Location, Source, Stream};
use crate::error::ReadError;

impl Source {
    /// Finds a source: `-` is standard input, a directory a dump or, without a
    /// manifest, the files in it, anything else a file.
    ///
    /// # Errors
    /// If it is not there, or is a directory with a manifest that cannot be read or
    /// with neither a manifest nor files.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::open_as(path, None)
    }

    /// Like [`open`](Self::open), with the format given instead of detected; the
    /// compression is still detected.
    ///
    /// # Errors
    /// As [`Source::open`], and if a dump is given where there is none.
    pub fn open_as(path: &Path, form: Option<&InputForm>) -> Result<Self, ReadError> {
        let name = harmless::name(path);
        let reading = form.map(|form| form.reading);
        if name == "-" {
            return Ok(Self::of("standard input".into(), Location::Stdin, reading));
        }
        let found = std::fs::metadata(path)
            .map_err(|source| ReadError::Open { path: path.into(), source })?;
        refuse_devices(path, &found)
            .map_err(|source| ReadError::Open { path: path.into(), source })?;
        let opened = match reading {
            _ if !found.is_dir() => return Ok(Self::of(name, location(path, reading), reading)),
            None | Some(Reading::Dump) => dump::open(path),
            Some(_) => Err(ReadError::NotADump { path: path.into() }),
        };
        match opened {
            Err(ReadError::NotADump { path }) if reading != Some(Reading::Dump) => {
                Self::folder(&path, reading)
            }
            opened => opened,
        }
    }

    /// All files of a folder that is no dump, by name; hidden files and
    /// subfolders are ignored.
    fn folder(path: &Path, reading: Option<Reading>) -> Result<Self, ReadError> {
        let entries = std::fs::read_dir(path).and_then(Iterator::collect);
        let entries: Vec<DirEntry> =
            entries.map_err(|source| ReadError::Open { path: path.into(), source })?;
        let is_hidden = |path: &Path| {
            path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."))
        };
        let mut files: Vec<PathBuf> = entries
            .into_iter()
            .map(|entry| entry.path())
            .filter(|path| path.is_file() && !is_hidden(path))
            .collect();
        if files.is_empty() {
            return Err(ReadError::NoFiles { path: path.into() });
        }
        files.sort_unstable();
        let stream = |file: PathBuf| Stream {
            name: harmless::name(&file),
            location: location(&file, reading),
            expected: None,
            part: None,
            reading,
        };
        Ok(Self {
            name: harmless::name(path),
            streams: files.into_iter().map(stream).collect(),
            window: None,
            incomplete: None,
            is_filtered: false,
        })
    }
}

/// How a file is read: Parquet by random access, everything else from start to
/// end; what is no regular file, once.
fn location(path: &Path, reading: Option<Reading>) -> Location {
    let mut magic = [0; 4];
    // Bytes that are read from a pipe are lost to the next reader.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Location::Pipe(path.into());
    }
    let mut has_magic = || {
        File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
            && &magic == b"PAR1"
    };
    let is_columns = match reading {
        None => has_magic(),
        Some(reading) => reading == Reading::Columns,
    };
    if is_columns { Location::Columns(path.into()) } else { Location::File(path.into()) }
}
