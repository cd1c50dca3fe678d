//! Sources and their streams: what each is called, where it is, which part of a
//! dump it is, and what is known of it before it is read.

use std::path::{Path, PathBuf};

use flowkit_model::dump::Part;
use flowkit_model::window::Span;

use super::formats::Reading;

/// Something that flows are read from.
#[derive(Debug)]
pub struct Source {
    pub(super) name: String,
    pub(super) streams: Vec<Stream>,
    pub(super) window: Option<Span>,
    pub(super) incomplete: Option<String>,
}

/// Text to be read in one go.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) name: String,
    pub(super) place: Place,
    /// Documents that must be there.
    pub(super) expected: Option<u64>,
    /// The part of a dump that it is.
    pub(super) part: Option<DumpPart>,
    /// How it is read, if that is not told by its content.
    pub(super) reading: Option<Reading>,
}

/// A part of a dump, which may have columns.
#[derive(Clone, Debug)]
pub(crate) struct DumpPart {
    /// Folder of the dump.
    pub(crate) dump: PathBuf,
    /// What the manifest says of it.
    pub(crate) part: Part,
}

impl DumpPart {
    /// Where its columns are.
    pub(crate) fn columns_path(&self) -> PathBuf {
        self.dump.join(self.part.columns_path())
    }
}

#[derive(Clone, Debug)]
pub(super) enum Place {
    Stdin,
    /// A file, or so many bytes from its start.
    File(PathBuf, Option<u64>),
    /// A file of columns.
    Columns(PathBuf),
}

impl Source {
    /// For each stream, what it is called and its file if that is one of columns.
    pub(crate) fn column_files(&self) -> impl Iterator<Item = Option<(&str, &Path)>> {
        self.streams.iter().map(|stream| match &stream.place {
            Place::Columns(path) => Some((stream.name.as_str(), path.as_path())),
            _ => None,
        })
    }

    pub(super) fn of(name: String, place: Place, reading: Option<Reading>) -> Self {
        let stream = Stream { name: name.clone(), place, expected: None, part: None, reading };
        Self { name, streams: vec![stream], window: None, incomplete: None }
    }

    /// Whether it is standard input, which can be read once.
    #[must_use]
    pub fn is_stdin(&self) -> bool {
        self.streams.iter().any(|stream| matches!(stream.place, Place::Stdin))
    }

    /// What it is called in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a file is one of those that are read, under whatever name.
    #[must_use]
    pub fn reads(&self, path: &Path) -> bool {
        let place = path.canonicalize().ok();
        let same =
            |file: &Path| file.canonicalize().is_ok_and(|file| Some(&file) == place.as_ref());
        self.streams.iter().any(|stream| match &stream.place {
            Place::Stdin => false,
            Place::File(file, _) | Place::Columns(file) => same(file),
        })
    }

    /// The window that was asked for when a dump was fetched, in milliseconds,
    /// half open; either end may be open.
    #[must_use]
    pub fn window(&self) -> Option<Span> {
        self.window
    }

    /// Why it is known not to hold all it should.
    #[must_use]
    pub fn incomplete(&self) -> Option<&str> {
        self.incomplete.as_deref()
    }

    /// Its streams: what each is called, and the part that it is.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, Option<&DumpPart>)> {
        self.streams.iter().map(|stream| (stream.name.as_str(), stream.part.as_ref()))
    }

    /// The parts before this one whose documents may be in it again.
    pub(crate) fn streams_before(&self, part: &DumpPart) -> Vec<&DumpPart> {
        self.parts()
            .filter_map(|(_, part)| part)
            .take_while(|earlier| earlier.part.name != part.part.name)
            .filter(|earlier| may_share(&earlier.part, &part.part))
            .collect()
    }

    /// What the manifest says of those.
    pub(crate) fn may_share(&self, part: &DumpPart) -> Vec<&Part> {
        self.streams_before(part).into_iter().map(|earlier| &earlier.part).collect()
    }

    /// A part that is being written, under a name: nothing is read of it.
    pub(crate) fn part_under_way(name: &str) -> Self {
        Self::of(name.to_owned(), Place::File(PathBuf::new(), Some(0)), None)
    }

    /// One of its parts as a source of its own, under another name.
    pub(crate) fn one_part(&self, part: &DumpPart, name: &str) -> Self {
        let stream = self.streams.iter().find(|stream| {
            stream.part.as_ref().is_some_and(|known| known.part.name == part.part.name)
        });
        let stream = stream.cloned().map(|stream| Stream { name: name.to_owned(), ..stream });
        Self {
            name: name.to_owned(),
            streams: stream.into_iter().collect(),
            window: None,
            incomplete: None,
        }
    }

    /// Whether a document of another source may be in this one, too: in dumps,
    /// if they overlap in index and window.
    pub(crate) fn may_overlap(&self, other: &Self) -> bool {
        self.streams.iter().any(|mine| {
            other.streams.iter().any(|theirs| match (&mine.part, &theirs.part) {
                (Some(mine), Some(theirs)) => may_share(&mine.part, &theirs.part),
                // Columns do not say which document a flow was.
                _ => ![&mine.place, &theirs.place]
                    .iter()
                    .any(|place| matches!(place, Place::Columns(_))),
            })
        })
    }
}

/// Whether two parts may hold the same document.
pub(crate) fn may_share(a: &Part, b: &Part) -> bool {
    let (a, b) = (&a.scope, &b.scope);
    let is_one = |index: &str| !index.is_empty() && !index.contains(['*', ',', '?']);
    if is_one(&a.index) && is_one(&b.index) && a.index != b.index {
        return false;
    }
    if !a.window.overlaps(b.window) {
        return false;
    }
    let disjoint_slices = a.index == b.index
        && matches!((a.slice, b.slice), (Some(a), Some(b)) if a.max == b.max && a.id != b.id);
    !disjoint_slices
}

/// A stream while it is read.
#[derive(Clone)]
pub(crate) struct Opened<'s> {
    /// What it is called in messages.
    pub(crate) name: &'s str,
    /// Documents that must be there.
    pub(crate) expected: Option<u64>,
}

/// The streams of some sources, in order.
pub(crate) fn streams(sources: &[Source]) -> Vec<Opened<'_>> {
    all(sources).map(|stream| Opened { name: &stream.name, expected: stream.expected }).collect()
}

pub(super) fn all(sources: &[Source]) -> impl Iterator<Item = &Stream> {
    sources.iter().flat_map(|source| &source.streams)
}
