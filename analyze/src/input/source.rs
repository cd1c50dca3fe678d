//! Sources and their streams: name, location, which part of a dump it is, and
//! what is known before it is read.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_dump::Folders;
use flowkit_dump::named::is_same_pipe;
use flowkit_model::dump::{Part, PartScope};
use flowkit_model::window::Span;

use super::formats::Reading;

/// Something that flows are read from.
#[derive(Debug)]
pub struct Source {
    pub(super) name: String,
    pub(super) streams: Vec<Stream>,
    pub(super) window: Option<Span>,
    pub(super) incomplete: Option<String>,
    /// It was fetched with a filter or a query on more than exporter and engine.
    pub(super) is_filtered: bool,
}

/// A file, a part of a dump, or standard input.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) name: String,
    pub(super) location: Location,
    /// Number of documents that it must hold, if known.
    pub(super) expected: Option<u64>,
    /// The part of a dump, if it is one.
    pub(super) part: Option<DumpPart>,
    /// How it is read, if that is given and not detected.
    pub(super) reading: Option<Reading>,
}

/// A part of a dump, which may have a Parquet file.
#[derive(Clone, Debug)]
pub(crate) struct DumpPart {
    /// The folders of its dump.
    pub(crate) folders: Arc<Folders>,
    /// Its entry in the manifest.
    pub(crate) part: Part,
}

impl DumpPart {
    /// Path of its Parquet file, for messages.
    pub(crate) fn columns_path(&self) -> PathBuf {
        self.folders.root().path().join(self.part.columns_path())
    }
}

#[derive(Clone, Debug)]
pub(super) enum Location {
    Stdin,
    /// A file.
    File(PathBuf),
    /// A pipe or a terminal by its name.
    Pipe(PathBuf),
    /// A file of a part of a dump, by its name, or only this many bytes from its
    /// start.
    Part(Arc<Folders>, String, Option<u64>),
    /// No bytes at all.
    Nothing,
    /// A Parquet file.
    Columns(PathBuf),
}

impl Source {
    /// For each stream, name and path if it is a Parquet file.
    pub(crate) fn column_files(&self) -> impl Iterator<Item = Option<(&str, &Path)>> {
        self.streams.iter().map(|stream| match &stream.location {
            Location::Columns(path) => Some((stream.name.as_str(), path.as_path())),
            _ => None,
        })
    }

    pub(super) fn of(name: String, location: Location, reading: Option<Reading>) -> Self {
        let stream = Stream { name: name.clone(), location, expected: None, part: None, reading };
        Self { name, streams: vec![stream], window: None, incomplete: None, is_filtered: false }
    }

    /// Whether it is standard input or a pipe by any name, which can be read only once.
    #[must_use]
    pub fn is_read_once(&self) -> bool {
        self.pipe().is_some()
    }

    /// Whether this source and a path are one pipe; `-` is standard input.
    #[must_use]
    pub fn is_pipe_of(&self, path: &Path) -> bool {
        self.pipe().is_some_and(|mine| is_same_pipe(mine, path))
    }

    /// The path of a source that can be read only once.
    #[must_use]
    pub fn pipe(&self) -> Option<&Path> {
        self.streams.iter().find_map(|stream| match &stream.location {
            Location::Stdin => Some(Path::new("-")),
            Location::Pipe(path) => Some(path.as_path()),
            _ => None,
        })
    }

    /// Where it is, if it can be read again and holds anything.
    fn place(&self) -> Option<&Path> {
        match &self.streams.first()?.location {
            Location::File(path) | Location::Columns(path) => Some(path),
            Location::Part(folders, ..) => Some(folders.root().path()),
            Location::Stdin | Location::Pipe(_) | Location::Nothing => None,
        }
    }

    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this source reads the file at `path`, links resolved, or it is
    /// another file of a dump that is read.
    #[must_use]
    pub fn reads(&self, path: &Path) -> bool {
        // A file that is not there yet is in a folder that is.
        let folder = || path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let place = || Some(folder()?.canonicalize().ok()?.join(path.file_name()?));
        let resolved = path.canonicalize().ok().or_else(place);
        let same =
            |file: &Path| file.canonicalize().is_ok_and(|file| Some(&file) == resolved.as_ref());
        let inside = |part: &DumpPart| {
            let dump = part.folders.root().path();
            let (folder, file) = (dump.canonicalize().ok(), resolved.as_ref());
            folder.zip(file).is_some_and(|(folder, file)| file.starts_with(folder))
        };
        self.streams.iter().any(|stream| match &stream.location {
            Location::Stdin | Location::Nothing => false,
            Location::Part(..) => stream.part.as_ref().is_some_and(inside),
            Location::File(file) | Location::Pipe(file) | Location::Columns(file) => same(file),
        })
    }

    /// The window that was asked for when a dump was fetched, in milliseconds,
    /// half open; either end may be open.
    #[must_use]
    pub fn window(&self) -> Option<Span> {
        self.window
    }

    /// Why the source is incomplete, if that is known.
    #[must_use]
    pub fn incomplete(&self) -> Option<&str> {
        self.incomplete.as_deref()
    }

    /// Whether it was fetched with a filter or a query that leaves out flows of an
    /// engine: what is missing cannot be told by sequence numbers.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        self.is_filtered
    }

    /// Name and part of each stream.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, Option<&DumpPart>)> {
        self.streams.iter().map(|stream| (stream.name.as_str(), stream.part.as_ref()))
    }

    /// What each part of a dump holds; its parts are its first streams.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &PartScope> {
        let parts = self.streams.iter().map_while(|stream| stream.part.as_ref());
        parts.map(|part| &part.part.scope)
    }

    /// A part that is being written; nothing is read from it.
    pub(crate) fn part_under_way(name: &str) -> Self {
        Self::of(name.to_owned(), Location::Nothing, None)
    }

    /// One of its streams as a source of its own, under another name.
    pub(crate) fn one_stream(&self, stream: usize, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            streams: vec![Stream { name: name.to_owned(), ..self.streams[stream].clone() }],
            window: None,
            incomplete: None,
            is_filtered: self.is_filtered,
        }
    }
}

/// The first source that can be read only once, if there is one.
pub(crate) fn read_once(sources: &[Source]) -> Option<&Source> {
    sources.iter().find(|source| source.is_read_once())
}

/// What to say of sources that are one file or folder, by whatever path.
pub(crate) fn named_twice(sources: &[Source]) -> Vec<String> {
    let mut known = HashSet::new();
    let is_known = |source: &&Source| {
        let place = source.place().and_then(|place| place.canonicalize().ok());
        place.is_some_and(|place| !known.insert(place))
    };
    let note = |source: &Source| format!("{} is named twice, and counts twice", source.name);
    sources.iter().filter(is_known).map(note).collect()
}

/// A stream while it is read.
#[derive(Clone)]
pub(crate) struct Opened<'s> {
    /// Its name in messages.
    pub(crate) name: &'s str,
    /// Number of documents that it must hold, if known.
    pub(crate) expected: Option<u64>,
}

/// The streams of some sources, in order.
pub(crate) fn streams(sources: &[Source]) -> Vec<Opened<'_>> {
    all(sources).map(|stream| Opened { name: &stream.name, expected: stream.expected }).collect()
}

pub(super) fn all(sources: &[Source]) -> impl Iterator<Item = &Stream> {
    sources.iter().flat_map(|source| &source.streams)
}
