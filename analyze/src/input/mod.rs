//! Sources: files, dumps and standard input, read as blocks of documents.
//!
//! A form is told by its content, or given. [`INPUTS`] lists the forms; of those
//! that are JSON values [`Entry`](flowkit_model::Entry) tells hit, document and
//! answer apart one by one, so a file may even mix them.

mod blocks;
mod buffer;
mod bulk;
mod capture;
mod compression;
mod csv;
pub(crate) mod datagrams;
mod dump;
mod formats;
mod framing;
mod json_values;
mod lines;
pub(crate) mod parse;
mod read;
pub(crate) mod shape_cache;
mod sniff;
mod truncated_page;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flowkit_model::dump::{Part, PartForm};

pub(crate) use self::blocks::Block;
pub(crate) use self::bulk::{BulkAction, is_action};
pub(crate) use self::csv::Row as TextRow;
use self::datagrams::Datagrams;
pub use self::dump::read_manifest;
use self::formats::Reading;
pub use self::formats::{INPUTS, InputForm};
pub(crate) use self::framing::{Framing, framing};
pub(crate) use self::json_values::several;
pub(crate) use self::read::{bytes as read_bytes, read, read_and_keep};
pub(crate) use self::truncated_page::hits_before_the_end;
use crate::error::ReadError;

/// Something that flows are read from.
#[derive(Debug)]
pub struct Source {
    name: String,
    streams: Vec<Stream>,
    window: Option<(Option<u64>, Option<u64>)>,
    incomplete: Option<String>,
}

/// Text to be read in one go.
#[derive(Clone, Debug)]
struct Stream {
    name: String,
    place: Place,
    /// Documents that must be there.
    expected: Option<u64>,
    /// The part of a dump that it is.
    part: Option<DumpPart>,
    /// How it is read, if that is not told by its content.
    reading: Option<Reading>,
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
enum Place {
    Stdin,
    /// A file, or so many bytes from its start.
    File(PathBuf, Option<u64>),
    /// A file of columns.
    Columns(PathBuf),
}

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

    /// For each stream, what it is called and its file if that is one of columns.
    pub(crate) fn column_files(&self) -> impl Iterator<Item = Option<(&str, &Path)>> {
        self.streams.iter().map(|stream| match &stream.place {
            Place::Columns(path) => Some((stream.name.as_str(), path.as_path())),
            _ => None,
        })
    }

    fn of(name: String, place: Place, reading: Option<Reading>) -> Self {
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
    pub fn window(&self) -> Option<(Option<u64>, Option<u64>)> {
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

/// Whether two parts may hold the same document.
pub(crate) fn may_share(a: &Part, b: &Part) -> bool {
    let is_one = |index: &str| !index.is_empty() && !index.contains(['*', ',', '?']);
    if is_one(&a.index) && is_one(&b.index) && a.index != b.index {
        return false;
    }
    let before = |end: Option<i64>, start: Option<i64>| matches!((end, start), (Some(end), Some(start)) if end <= start);
    if before(a.window.to_ms, b.window.from_ms) || before(b.window.to_ms, a.window.from_ms) {
        return false;
    }
    let disjoint_slices = a.index == b.index
        && matches!((a.slice, b.slice), (Some(a), Some(b)) if a.max == b.max && a.id != b.id);
    !disjoint_slices
}

/// What comes out of a stream.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Documents.
    Block(Block),
    /// The end: a damaged stream says how.
    End { damage: Option<String> },
    /// Nothing: the stream has columns.
    Stored,
    /// NetFlow itself.
    Datagrams(Datagrams),
    /// The bytes that the next datagrams were found in, as they came, where they
    /// are to be kept.
    Bytes(PartForm, Vec<u8>),
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

fn all(sources: &[Source]) -> impl Iterator<Item = &Stream> {
    sources.iter().flat_map(|source| &source.streams)
}
