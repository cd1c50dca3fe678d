//! Finds what a path names: standard input, a dump, a folder of files, a file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::dump;
use super::formats::{InputForm, Reading};
use super::source::{Place, Source, Stream};
use crate::error::ReadError;

impl Source {
    /// Finds a source: `-` is standard input, a directory a dump, anything
    /// else a file.
    ///
    /// # Errors
    /// If it is not there, or is a directory without a readable manifest.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::open_as(path, None)
    }

    /// The same of a source whose form is given, not told by its content; how it
    /// is packed still is.
    ///
    /// # Errors
    /// As [`Source::open`], and if a dump is given where there is none.
    pub fn open_as(path: &Path, form: Option<&InputForm>) -> Result<Self, ReadError> {
        let name = path.display().to_string();
        let reading = form.map(|form| form.reading);
        if name == "-" {
            return Ok(Self::of("standard input".into(), Place::Stdin, reading));
        }
        let found = std::fs::metadata(path)
            .map_err(|source| ReadError::Open { path: path.into(), source })?;
        let opened = match reading {
            _ if !found.is_dir() => return Ok(Self::of(name, place(path, reading), reading)),
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

    /// All files of a folder that is no dump, in order of their names; hidden
    /// ones and folders in it have no say.
    fn folder(path: &Path, reading: Option<Reading>) -> Result<Self, ReadError> {
        let entries = std::fs::read_dir(path)
            .map_err(|source| ReadError::Open { path: path.into(), source })?;
        let is_hidden = |path: &Path| {
            path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."))
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file() && !is_hidden(path))
            .collect();
        if files.is_empty() {
            return Err(ReadError::NotADump { path: path.into() });
        }
        files.sort_unstable();
        let stream = |file: PathBuf| Stream {
            name: file.display().to_string(),
            place: place(&file, reading),
            expected: None,
            part: None,
            reading,
        };
        Ok(Self {
            name: path.display().to_string(),
            streams: files.into_iter().map(stream).collect(),
            window: None,
            incomplete: None,
        })
    }
}

/// How a file is read: one of columns here and there, not from the start to the
/// end.
fn place(path: &Path, reading: Option<Reading>) -> Place {
    let mut magic = [0; 4];
    // Only of regular files: what is taken from a pipe is gone.
    let is_regular = || std::fs::metadata(path).is_ok_and(|found| found.is_file());
    let mut has_magic = || {
        File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
            && &magic == b"PAR1"
    };
    let is_columns = match reading {
        None => is_regular() && has_magic(),
        Some(reading) => reading == Reading::Columns,
    };
    if is_columns { Place::Columns(path.into()) } else { Place::File(path.into(), None) }
}
