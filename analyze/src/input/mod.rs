//! Sources: files, dumps and standard input, read as blocks of documents.
//!
//! A form is told by its content. [`INPUTS`] lists the forms; all of them are
//! JSON values, and [`Entry`](flowkit_model::Entry) tells hit, document and
//! answer apart one by one, so a file may even mix them.

mod blocks;
mod broken_page;
mod capture;
mod compression;
pub(crate) mod datagrams;
mod dump;
mod form;
pub(crate) mod parse;
pub(crate) mod shapes;
mod values;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use self::blocks::{BlockError, Blocks};
use self::compression::Compression;
use self::datagrams::Datagrams;
use self::form::Form;
use crate::error::ReadError;
use flowkit_model::dump::Part;

pub(crate) use self::blocks::{Block, Framing, is_action};
pub use self::dump::read_manifest;

/// A form of input.
#[derive(Debug)]
pub struct InputForm {
    /// Name.
    pub name: &'static str,
    /// What it is, and who writes it.
    pub about: &'static str,
}

/// Every form that is read; the files also packed with gzip, zstd, xz or
/// bzip2.
pub const INPUTS: &[InputForm] = &[
    InputForm { name: "dump", about: "directory that `flowkit fetch` saved" },
    InputForm {
        name: "hits",
        about: "one hit a line, as elasticdump writes: _index, _id, _source",
    },
    InputForm { name: "documents", about: "one bare document a line: @timestamp, host, netflow" },
    InputForm {
        name: "answers",
        about: "answers of _search or _search/scroll, one or many a file",
    },
    InputForm { name: "array", about: "a JSON array of hits or documents" },
    InputForm { name: "bulk", about: "a _bulk request: an action and a document in turn" },
    InputForm { name: "capture", about: "pcap or pcapng with NetFlow v5 over UDP, any port" },
    InputForm { name: "datagrams", about: "NetFlow v5 packets, one after the other" },
    InputForm { name: "columns", about: "Parquet that flowkit wrote" },
];

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
        let name = path.display().to_string();
        if name == "-" {
            return Ok(Self::of("standard input".into(), Place::Stdin));
        }
        let found = std::fs::metadata(path)
            .map_err(|source| ReadError::Open { path: path.into(), source })?;
        if !found.is_dir() {
            return Ok(Self::of(name, Self::place(path)));
        }
        match dump::open(path) {
            Err(ReadError::NotADump { path }) => Self::folder(&path),
            opened => opened,
        }
    }

    /// All files of a folder that is no dump, in order of their names; hidden
    /// ones and folders in it have no say.
    fn folder(path: &Path) -> Result<Self, ReadError> {
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
            place: Self::place(&file),
            expected: None,
            part: None,
        };
        Ok(Self {
            name: path.display().to_string(),
            streams: files.into_iter().map(stream).collect(),
            window: None,
            incomplete: None,
        })
    }

    /// Whether a file is one of columns: they are read here and there, not from
    /// the start to the end.
    fn place(path: &Path) -> Place {
        let mut magic = [0; 4];
        // Only of regular files: what is taken from a pipe is gone.
        let is_regular = std::fs::metadata(path).is_ok_and(|found| found.is_file());
        let is_columns = is_regular
            && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
            && &magic == b"PAR1";
        if is_columns { Place::Columns(path.into()) } else { Place::File(path.into(), None) }
    }

    /// For each stream, what it is called and its file if that is one of columns.
    pub(crate) fn column_files(&self) -> impl Iterator<Item = Option<(&str, &Path)>> {
        self.streams.iter().map(|stream| match &stream.place {
            Place::Columns(path) => Some((stream.name.as_str(), path.as_path())),
            _ => None,
        })
    }

    fn of(name: String, place: Place) -> Self {
        let stream = Stream { name: name.clone(), place, expected: None, part: None };
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
fn may_share(a: &Part, b: &Part) -> bool {
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

/// Reads bytes as a stream of unknown form, for fuzzers.
pub(crate) fn read_bytes(bytes: &[u8]) {
    let (dictionary, shapes) = (std::sync::Arc::default(), shapes::Shapes::default());
    let fields = crate::columns::FieldSet::all();
    let Ok(Ok((text, _))) = compression::unpack(bytes) else { return };
    // A bomb is cut: what is unpacked is read in blocks of bounded size.
    let (text, form) = form::tell(Box::new(text.take(1 << 24)));
    let take = |datagrams: Datagrams| {
        drop(datagrams.parse(fields, &dictionary));
        true
    };
    match form {
        Form::Capture => drop(capture::read(text, take)),
        Form::Datagrams => drop(datagrams::read(text, take)),
        Form::Text => {
            for block in Blocks::new(text).map_while(Result::ok) {
                drop(parse::Parsed::new(&block, fields, &dictionary, &shapes));
            }
        }
    }
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
}

/// A stream while it is read.
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

/// Reads all streams in order and hands on their pieces, each with the number
/// of its stream, until `take` says false. Those that are `stored` are passed
/// over.
///
/// # Errors
/// If a stream cannot be opened or read, or its form is not read.
pub(crate) fn read(
    sources: &[Source],
    stored: impl Fn(usize) -> bool,
    mut take: impl FnMut(usize, Piece) -> bool,
) -> Result<(), ReadError> {
    for (number, stream) in all(sources).enumerate() {
        if stored(number) {
            if !take(number, Piece::Stored) {
                return Ok(());
            }
            continue;
        }
        let name = || stream.name.clone();
        let text: Box<dyn Read + Send> = match &stream.place {
            Place::Stdin => Box::new(io::stdin()),
            Place::Columns(_) => {
                let what = "is a Parquet file that this flowkit did not write, or a damaged one";
                return Err(ReadError::Form { name: name(), what });
            }
            Place::File(path, limit) => {
                let file = File::open(path)
                    .map_err(|source| ReadError::Open { path: path.clone(), source })?;
                Box::new(file.take(limit.unwrap_or(u64::MAX)))
            }
        };
        let (text, packed) = compression::unpack(text)
            .map_err(|source| ReadError::Read { name: name(), offset: 0, source })?
            .map_err(|what| ReadError::Form { name: name(), what })?;
        let failed = |source| ReadError::Read { name: name(), offset: 0, source };
        let (text, form) = form::tell(text);
        let mut damage = None;
        let mut goes_on = true;
        if form != Form::Text {
            let hand_on = |datagrams| {
                goes_on = take(number, Piece::Datagrams(datagrams));
                goes_on
            };
            let read = match form {
                Form::Capture => capture::read(text, hand_on),
                _ => datagrams::read(text, hand_on).map(|()| None),
            };
            match read {
                Ok(found) => damage = found,
                Err(error) if packed != Compression::None && blocks::is_damage(&error) => {
                    damage = Some(format!("is damaged or breaks off ({error})"));
                }
                Err(error) => return Err(failed(error)),
            }
            if !goes_on || !take(number, Piece::End { damage }) {
                return Ok(());
            }
            continue;
        }
        let mut blocks = Blocks::new(text);
        while let Some(block) = blocks.next() {
            let block = match block {
                Ok(block) => block,
                Err(BlockError::Io(_, error))
                    if packed != Compression::None && blocks::is_damage(&error) =>
                {
                    damage = Some(format!("is damaged or breaks off ({error})"));
                    blocks.take_rest()
                }
                Err(BlockError::Io(offset, source)) => {
                    return Err(ReadError::Read { name: name(), offset, source });
                }
                Err(BlockError::TooLong(line)) => {
                    return Err(ReadError::TooLong { name: name(), line });
                }
            };
            if !take(number, Piece::Block(block)) {
                return Ok(());
            }
        }
        if !take(number, Piece::End { damage }) {
            return Ok(());
        }
    }
    Ok(())
}
