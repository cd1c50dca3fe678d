//! Reads streams in order, as pieces: blocks of text, or datagrams.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowkit_model::dump::PartForm;

use super::blocks::{BlockError, Blocks};
use super::compression::{self, Compression};
use super::formats::Reading;
use super::framing::Framing;
use super::packets;
use super::piece::Piece;
use super::sniff::{self, Form};
use super::source::{Location, Source, Stream, all};
use super::{capture, parse, shape_cache, tar};
use crate::batch::FieldSet;
use crate::error::ReadError;

/// Reads all streams in order and passes their pieces to `take`, each with the
/// number of its stream, until it returns false. Streams for which `stored` is
/// true are not read and give [`Piece::Stored`].
///
/// # Errors
/// If a stream cannot be opened or read, or its format is not supported.
pub(crate) fn read(
    sources: &[Source],
    stored: impl Fn(usize) -> bool,
    take: impl FnMut(usize, Piece) -> bool,
) -> Result<(), ReadError> {
    each(all(sources), stored, false, take)
}

/// Like [`read`], for one source, with the raw bytes before each batch of
/// datagrams.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_and_keep(
    source: &Source,
    stored: impl Fn(usize) -> bool,
    take: impl FnMut(usize, Piece) -> bool,
) -> Result<(), ReadError> {
    each(source.streams.iter(), stored, true, take)
}

/// Reads streams in order; with `keeps`, raw bytes come before datagrams.
fn each<'s>(
    streams: impl Iterator<Item = &'s Stream>,
    stored: impl Fn(usize) -> bool,
    keeps: bool,
    mut take: impl FnMut(usize, Piece) -> bool,
) -> Result<(), ReadError> {
    for (number, stream) in streams.enumerate() {
        let goes_on = if stored(number) {
            take(number, Piece::Stored)
        } else {
            stream.read(keeps, |piece| take(number, piece))?
        };
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// A stream that is read, or a member of it.
struct Content<'r> {
    name: String,
    stream: Box<dyn Read + Send + 'r>,
    /// Archives around it.
    depth: u32,
    /// It is compressed, or inside of something that is.
    is_packed: bool,
}

/// Archives inside of archives are read this deep.
const DEEPEST: u32 = 4;

impl Stream {
    /// Passes the pieces to `take`; false if that returned false.
    fn read(&self, keeps: bool, mut take: impl FnMut(Piece) -> bool) -> Result<bool, ReadError> {
        let (name, stream) = (self.name.clone(), self.open()?);
        self.content(Content { name, stream, depth: 0, is_packed: false }, keeps, &mut take)
    }

    fn content(
        &self,
        content: Content<'_>,
        keeps: bool,
        take: &mut dyn FnMut(Piece) -> bool,
    ) -> Result<bool, ReadError> {
        let Content { name, stream, depth, is_packed } = content;
        let (text, packed) = compression::unpack(stream)
            .map_err(|source| ReadError::Read { name: name.clone(), offset: 0, source })?
            .map_err(|refused| refused(name.clone()))?;
        let is_packed = is_packed || packed != Compression::None;
        let (stream, detected) = sniff::detect(text);
        let form = match self.reading {
            _ if detected == Form::Tar => Form::Tar,
            Some(Reading::Capture) => Form::Capture,
            Some(Reading::Datagrams) => Form::Datagrams,
            Some(Reading::Text(_)) => Form::Text,
            _ => detected,
        };
        let framing = match self.reading {
            Some(Reading::Text(framing)) => Some(framing),
            _ => None,
        };
        let content = Content { name, stream, depth, is_packed };
        match form {
            Form::Text => text_of(content, framing, take),
            Form::Capture => packets(content, PartForm::Capture, keeps, take),
            Form::Datagrams => packets(content, PartForm::Datagrams, keeps, take),
            Form::Tar if depth < DEEPEST => self.members(content, keeps, take),
            Form::Tar => Err(ReadError::OfOthers {
                name: content.name,
                what: "an archive inside of too many others",
                advice: "unpack it and name the files in it",
            }),
            Form::Other(other) => Err(ReadError::OfOthers {
                name: content.name,
                what: other.what,
                advice: other.advice,
            }),
        }
    }

    /// Reads the members of a tar archive one by one. One that is refused does not
    /// keep the others from being read.
    fn members(
        &self,
        archive: Content<'_>,
        keeps: bool,
        take: &mut dyn FnMut(Piece) -> bool,
    ) -> Result<bool, ReadError> {
        let Content { name: archive_name, mut stream, depth, is_packed } = archive;
        let damage = loop {
            let member = match tar::next(&mut stream) {
                Ok(Some(member)) => member,
                Ok(None) => break None,
                Err(error) if is_damage(&error) => {
                    break Some(compression::damage(&error));
                }
                Err(source) => {
                    return Err(ReadError::Read { name: archive_name, offset: 0, source });
                }
            };
            let mut left = stream.by_ref().take(tar::padded(member.size));
            let file_name = member.name.rsplit('/').next().unwrap_or_default();
            // Hidden files are no flows, in archives as in folders.
            if member.is_file && !file_name.starts_with('.') {
                let name = format!("{archive_name}:{}", member.name);
                let read = {
                    let stream = Box::new(left.by_ref().take(member.size));
                    let content =
                        Content { name: name.clone(), stream, depth: depth + 1, is_packed };
                    take(Piece::Member(name)) && {
                        match self.content(content, keeps, take) {
                            Ok(goes_on) => goes_on,
                            Err(error) => refuse(&error, take),
                        }
                    }
                };
                if !read {
                    return Ok(false);
                }
            }
            if let Err(error) = io::copy(&mut left, &mut io::sink()) {
                break Some(compression::damage(&error));
            }
            if left.limit() >= tar::BLOCK as u64 {
                break Some(format!("breaks off in {}", member.name));
            }
        };
        Ok(take(Piece::Member(archive_name)) && take(Piece::End { damage }))
    }

    fn open(&self) -> Result<Box<dyn Read + Send>, ReadError> {
        let name = || self.name.clone();
        match &self.location {
            _ if self.reading == Some(Reading::Dump) => {
                Err(ReadError::NotADumpButAFile { name: name() })
            }
            // The caller has tried to open it as our Parquet file; here it is known
            // to be unreadable.
            Location::Columns(_) => Err(ReadError::ForeignParquet {
                name: name(),
                what: "its columns cannot be read".into(),
            }),
            Location::Stdin | Location::Pipe(_) if self.reading == Some(Reading::Columns) => {
                Err(ReadError::ColumnsFromPipe { name: name() })
            }
            Location::Stdin => Ok(Box::new(io::stdin())),
            Location::Nothing => Ok(Box::new(io::empty())),
            Location::Part(folders, file, limit) => {
                let file = folders
                    .file_of_parts(file)
                    .map_err(|source| ReadError::Open { path: name().into(), source })?;
                Ok(Box::new(file.take(limit.unwrap_or(u64::MAX))))
            }
            Location::File(path) | Location::Pipe(path) => {
                let file = File::open(path)
                    .map_err(|source| ReadError::Open { path: path.clone(), source })?;
                Ok(Box::new(file))
            }
        }
    }
}

/// Says why a member of an archive is not read, and closes it.
fn refuse(error: &ReadError, take: &mut dyn FnMut(Piece) -> bool) -> bool {
    take(Piece::Refused(format!("is not read: {error}"))) && take(Piece::End { damage: None })
}

fn text_of(
    content: Content<'_>,
    framing: Option<Framing>,
    take: &mut dyn FnMut(Piece) -> bool,
) -> Result<bool, ReadError> {
    let Content { name, stream, is_packed, .. } = content;
    let mut damage = None;
    let mut blocks = Blocks::new(stream, framing);
    while let Some(block) = blocks.next() {
        let block = match block {
            Ok(block) => block,
            Err(BlockError::Io(_, error)) if is_packed && is_damage(&error) => {
                damage = Some(compression::damage(&error));
                blocks.take_rest()
            }
            Err(BlockError::Io(offset, source)) => {
                return Err(ReadError::Read { name, offset, source });
            }
            Err(BlockError::TooLong(line)) => return Err(ReadError::TooLong { name, line }),
            Err(BlockError::NoRows(line, why)) => {
                return Err(ReadError::NoRows { name, line, why });
            }
        };
        if !take(Piece::Block(block)) {
            return Ok(false);
        }
    }
    Ok(take(Piece::End { damage }))
}

fn packets(
    content: Content<'_>,
    form: PartForm,
    keeps: bool,
    mut take: &mut dyn FnMut(Piece) -> bool,
) -> Result<bool, ReadError> {
    let Content { name, stream, is_packed, .. } = content;
    let raw = RawBytes::default();
    let mut stream: Box<dyn Read + Send + '_> =
        if keeps { Box::new(Tee { stream, raw: raw.clone() }) } else { stream };
    let mut goes_on = true;
    let hand_on = |datagrams| {
        goes_on = raw.hand_on(form, &mut take) && take(Piece::Datagrams(datagrams));
        goes_on
    };
    let read = match form {
        PartForm::Capture => capture::read(&mut stream, hand_on),
        _ => packets::read(&mut stream, hand_on).map(|()| None),
    };
    let damage = match read {
        Ok(damage) => damage,
        Err(error) if is_packed && is_damage(&error) => Some(compression::damage(&error)),
        Err(source) => return Err(ReadError::Read { name, offset: 0, source }),
    };
    // Bytes behind damage are passed on, too.
    let mut rest = vec![0; if keeps { REST_BYTES } else { 0 }];
    while goes_on {
        goes_on = raw.hand_on(form, &mut take);
        if !matches!(stream.read(&mut rest), Ok(1..)) {
            break;
        }
    }
    Ok(goes_on && take(Piece::End { damage }))
}

/// Whether an error means that the stream is truncated or damaged, not that the
/// disk failed.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::InvalidData
            | ErrorKind::InvalidInput
            | ErrorKind::Other
    )
}

/// Bytes per read behind damage.
const REST_BYTES: usize = 1 << 18;

/// Bytes that were read and not passed on yet.
#[derive(Clone, Default)]
struct RawBytes(Arc<Mutex<Vec<u8>>>);

impl RawBytes {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_on(&self, form: PartForm, hand_on: &mut impl FnMut(Piece) -> bool) -> bool {
        let bytes = take(&mut *self.bytes());
        bytes.is_empty() || hand_on(Piece::Bytes(form, bytes))
    }
}

/// Copies everything that is read.
struct Tee<R> {
    stream: R,
    raw: RawBytes,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(out)?;
        self.raw.bytes().extend_from_slice(&out[..read]);
        Ok(read)
    }
}

/// Text and datagrams that fuzzers unpack at most.
const MOST_FUZZED: usize = 1 << 24;

/// Reads bytes as a stream of a format, or of an unknown one, for fuzzers.
pub(crate) fn bytes(bytes: &[u8], reading: Option<Reading>) {
    let (dictionary, shapes) = (Arc::default(), shape_cache::Shapes::default());
    let fields = FieldSet::all();
    let location = Location::Stdin;
    let stream = Stream { name: String::new(), location, expected: None, part: None, reading };
    let content =
        Content { name: String::new(), stream: Box::new(bytes), depth: 0, is_packed: false };
    let mut n_bytes = 0;
    let mut take = |piece| {
        match piece {
            Piece::Block(block) => {
                n_bytes += block.text.len();
                drop(parse::Parsed::new(&block, fields, &dictionary, &shapes));
            }
            Piece::Bytes(_, bytes) => n_bytes += bytes.len(),
            Piece::Datagrams(datagrams) => drop(datagrams.parse(fields, &dictionary)),
            _ => {}
        }
        n_bytes < MOST_FUZZED
    };
    drop(stream.content(content, true, &mut take));
}
