//! Reads streams in order, as pieces: blocks of text, or datagrams.

use std::fs::File;
use std::io::{self, Read};
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowkit_model::dump::PartForm;

use super::blocks::{self, BlockError, Blocks};
use super::compression::{self, Compression};
use super::datagrams::{self, Datagrams};
use super::formats::Reading;
use super::framing::Framing;
use super::piece::Piece;
use super::sniff::{self, Form};
use super::source::{Location, Source, Stream, all};
use super::{capture, parse, shape_cache};
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

impl Stream {
    /// Passes the pieces to `take`; false if that returned false.
    fn read(&self, keeps: bool, take: impl FnMut(Piece) -> bool) -> Result<bool, ReadError> {
        let (text, packed) = compression::unpack(self.open()?)
            .map_err(|source| self.failed(0, source))?
            .map_err(|refused| refused(self.name.clone()))?;
        let is_packed = packed != Compression::None;
        let (text, detected) = sniff::detect(text);
        let form = match self.reading {
            Some(Reading::Capture) => Form::Capture,
            Some(Reading::Datagrams) => Form::Datagrams,
            Some(Reading::Text(_)) => Form::Text,
            _ => detected,
        };
        let framing = match self.reading {
            Some(Reading::Text(framing)) => Some(framing),
            _ => None,
        };
        match form {
            Form::Text => self.text(text, framing, is_packed, take),
            Form::Capture => self.packets(text, PartForm::Capture, is_packed, keeps, take),
            Form::Datagrams => self.packets(text, PartForm::Datagrams, is_packed, keeps, take),
        }
    }

    fn open(&self) -> Result<Box<dyn Read + Send>, ReadError> {
        let name = || self.name.clone();
        match &self.location {
            _ if self.reading == Some(Reading::Dump) => {
                Err(ReadError::NotADumpButAFile { name: name() })
            }
            // The caller has tried to open it as our Parquet file; here it is known
            // to be unreadable.
            Location::Columns(_) => Err(ReadError::ForeignParquet { name: name() }),
            Location::Stdin if self.reading == Some(Reading::Columns) => {
                Err(ReadError::ColumnsFromPipe { name: name() })
            }
            Location::Stdin => Ok(Box::new(io::stdin())),
            Location::File(path, limit) => {
                let file = File::open(path)
                    .map_err(|source| ReadError::Open { path: path.clone(), source })?;
                Ok(Box::new(file.take(limit.unwrap_or(u64::MAX))))
            }
        }
    }

    fn failed(&self, offset: u64, source: io::Error) -> ReadError {
        ReadError::Read { name: self.name.clone(), offset, source }
    }

    fn text(
        &self,
        text: impl Read,
        framing: Option<Framing>,
        is_packed: bool,
        mut take: impl FnMut(Piece) -> bool,
    ) -> Result<bool, ReadError> {
        let mut damage = None;
        let mut blocks = Blocks::new(text, framing);
        while let Some(block) = blocks.next() {
            let block = match block {
                Ok(block) => block,
                Err(BlockError::Io(_, error)) if is_packed && blocks::is_damage(&error) => {
                    damage = Some(format!("is damaged or breaks off ({error})"));
                    blocks.take_rest()
                }
                Err(BlockError::Io(offset, source)) => return Err(self.failed(offset, source)),
                Err(BlockError::TooLong(line)) => {
                    return Err(ReadError::TooLong { name: self.name.clone(), line });
                }
                Err(BlockError::NoRows(line, why)) => {
                    return Err(ReadError::NoRows { name: self.name.clone(), line, why });
                }
            };
            if !take(Piece::Block(block)) {
                return Ok(false);
            }
        }
        Ok(take(Piece::End { damage }))
    }

    fn packets(
        &self,
        stream: Box<dyn Read + Send + '_>,
        form: PartForm,
        is_packed: bool,
        keeps: bool,
        mut take: impl FnMut(Piece) -> bool,
    ) -> Result<bool, ReadError> {
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
            _ => datagrams::read(&mut stream, hand_on).map(|()| None),
        };
        let damage = match read {
            Ok(damage) => damage,
            Err(error) if is_packed && blocks::is_damage(&error) => {
                Some(format!("is damaged or breaks off ({error})"))
            }
            Err(error) => return Err(self.failed(0, error)),
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

/// Reads bytes as a stream of unknown format, for fuzzers.
pub(crate) fn bytes(bytes: &[u8]) {
    let (dictionary, shapes) = (Arc::default(), shape_cache::Shapes::default());
    let fields = FieldSet::all();
    let Ok(Ok((text, _))) = compression::unpack(bytes) else { return };
    // Limits the output of a decompression bomb.
    let (text, form) = sniff::detect(Box::new(text.take(1 << 24)));
    let take = |datagrams: Datagrams| {
        drop(datagrams.parse(fields, &dictionary));
        true
    };
    match form {
        Form::Capture => drop(capture::read(text, take)),
        Form::Datagrams => drop(datagrams::read(text, take)),
        Form::Text => {
            for block in Blocks::new(text, None).map_while(Result::ok) {
                drop(parse::Parsed::new(&block, fields, &dictionary, &shapes));
            }
        }
    }
}
