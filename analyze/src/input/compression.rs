//! Decompresses a stream. Its first bytes decide how; the file name does not.

use std::io::{self, BufRead, BufReader, Read};

use liblzma::stream as xz;

use super::gzip::Members;
use super::sniff::Failed;
use crate::error::ReadError;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// Not at all.
    None,
    /// gzip, one member or several.
    Gzip,
    /// Zstandard, one frame or several.
    Zstd,
    /// xz, one stream or several.
    Xz,
    /// bzip2, one stream or several.
    Bzip2,
}

/// Bytes per read; a pipe may return less.
const BUFFER_BYTES: usize = 1 << 18;

/// Makes the error for a stream of this name in an unsupported format.
pub(super) type Refused = fn(name: String) -> ReadError;

/// Magic numbers of compressed and of unsupported files.
const MAGIC: &[(&[u8], Result<Compression, Refused>)] = &[
    (&[0x1f, 0x8b], Ok(Compression::Gzip)),
    (&[0x28, 0xb5, 0x2f, 0xfd], Ok(Compression::Zstd)),
    // A skippable frame may come first.
    (&[0x50, 0x2a, 0x4d, 0x18], Ok(Compression::Zstd)),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], Ok(Compression::Xz)),
    (b"BZh", Ok(Compression::Bzip2)),
    (b"PAR1", Err(|name| ReadError::ParquetFromPipe { name })),
];

/// A decompressed stream, and how it was compressed.
pub(super) type Unpacked<'r> = (Box<dyn Read + Send + 'r>, Compression);

/// What is packed twice, as a download of a packed file may be, is unpacked twice.
const MOST_LAYERS: u32 = 3;

/// Decompresses a stream, and what is compressed in it.
///
/// # Errors
/// The outer error is I/O; the inner one says that the format is not supported,
/// and what to do.
pub(super) fn unpack<'r>(
    stream: impl Read + Send + 'r,
) -> io::Result<Result<Unpacked<'r>, Refused>> {
    let mut unpacked = match layer(stream)? {
        Ok(unpacked) if unpacked.1 != Compression::None => unpacked,
        plain => return Ok(plain),
    };
    for _ in 1..MOST_LAYERS {
        // Damage is for the reader of the content to meet.
        let (head, stream) = head_of(unpacked.0);
        let is_packed = matches!(form_of(&head), Ok(form) if form != Compression::None);
        let whole = io::Cursor::new(head).chain(stream);
        if !is_packed {
            return Ok(Ok((Box::new(whole), unpacked.1)));
        }
        unpacked = match layer(whole)? {
            Ok(unpacked) => unpacked,
            refused => return Ok(refused),
        };
    }
    Ok(Ok(unpacked))
}

/// The first bytes of a stream, and the rest; an error is left to the next read.
fn head_of<'r>(mut stream: Box<dyn Read + Send + 'r>) -> (Vec<u8>, Box<dyn Read + Send + 'r>) {
    let mut head = Vec::new();
    match stream.by_ref().take(6).read_to_end(&mut head) {
        Ok(_) => (head, stream),
        Err(error) => (head, Box::new(Failed(Some(error)))),
    }
}

fn form_of(head: &[u8]) -> Result<Compression, Refused> {
    MAGIC
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map_or(Ok(Compression::None), |row| row.1)
}

/// Memory that unpacking xz may take, as its header asks for it: `xz -9` asks for 65
/// MiB, a stranger for gigabytes. zstd's limit is its own, that of others is less.
const MOST_UNPACKING: u64 = 256 << 20;

/// Unpacking would take too much memory.
#[derive(Debug, thiserror::Error)]
#[error("it takes more than {mib} MiB to unpack; do that with `{with}` before")]
struct TooMuchMemory {
    mib: u64,
    /// What unpacks it whatever it takes.
    with: &'static str,
}

/// Recognises the refusal to take so much memory.
struct WithinMemory<R> {
    packed: R,
    form: Compression,
}

impl<R: Read> Read for WithinMemory<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.packed.read(out).map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<xz::Error>());
            match self.form {
                Compression::Xz if matches!(inner, Some(xz::Error::MemLimit)) => {
                    let mib = MOST_UNPACKING >> 20;
                    io::Error::other(TooMuchMemory { mib, with: "xz -dc" })
                }
                // libzstd's words for a larger window than it allows by itself.
                Compression::Zstd if error.to_string().contains("too much memory") => {
                    io::Error::other(TooMuchMemory { mib: 128, with: "zstd -dc --long=31" })
                }
                _ => error,
            }
        })
    }
}

/// What is said of a packed stream that cannot be read on.
pub(super) fn damage(error: &io::Error) -> String {
    if error.get_ref().is_some_and(|inner| inner.downcast_ref::<TooMuchMemory>().is_some()) {
        return format!("is not read on: {error}");
    }
    format!("is damaged or breaks off ({error})")
}

/// Decompresses a stream once.
fn layer<'r>(stream: impl Read + Send + 'r) -> io::Result<Result<Unpacked<'r>, Refused>> {
    let mut stream = BufReader::with_capacity(BUFFER_BYTES, stream);
    // A pipe may return its first bytes one by one; a magic number needs six.
    let mut head = Vec::new();
    while head.len() < 6 {
        let piece = stream.fill_buf()?;
        if piece.is_empty() {
            break;
        }
        let taken = piece.len().min(6 - head.len());
        head.extend_from_slice(&piece[..taken]);
        stream.consume(taken);
    }
    let form = form_of(&head);
    let whole = io::Cursor::new(head).chain(stream);
    Ok(match form {
        Err(refused) => Err(refused),
        Ok(Compression::None) => Ok((Box::new(whole), Compression::None)),
        Ok(form @ Compression::Gzip) => {
            let packed = BufReader::with_capacity(BUFFER_BYTES, whole);
            Ok((Box::new(Members::new(packed)), form))
        }
        Ok(form @ Compression::Zstd) => {
            let packed = zstd::stream::read::Decoder::new(whole)?;
            Ok((Box::new(WithinMemory { packed, form }), form))
        }
        Ok(form @ Compression::Xz) => {
            let limited = xz::Stream::new_stream_decoder(MOST_UNPACKING, xz::CONCATENATED)?;
            let packed = liblzma::read::XzDecoder::new_stream(whole, limited);
            Ok((Box::new(WithinMemory { packed, form }), form))
        }
        Ok(form @ Compression::Bzip2) => {
            Ok((Box::new(bzip2::read::MultiBzDecoder::new(whole)), form))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header that asks for 64 MiB, as `xz -9` does, and one that asks for four
    /// gigabytes.
    #[test]
    fn xz_takes_no_memory_that_a_header_asks_for() {
        let packed = {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
            io::Write::write_all(&mut encoder, b"{}").unwrap();
            encoder.finish().unwrap()
        };
        // Behind the header of the stream: the block's, with its length and checksum.
        let end = 12 + (usize::from(packed[12]) + 1) * 4;
        let dictionary = (12..end).find(|at| packed[*at..].starts_with(&[0x21, 1])).unwrap() + 2;
        for (size, expected) in [(28, Ok(2)), (40, Err(()))] {
            let mut asking = packed.clone();
            asking[dictionary] = size;
            let checksum = crc32fast::hash(&asking[12..end - 4]).to_le_bytes();
            asking[end - 4..end].copy_from_slice(&checksum);
            let Ok(Ok((mut stream, _))) = unpack(&asking[..]) else { panic!("it is xz") };
            let read = io::copy(&mut stream, &mut io::sink());
            if let Err(error) = &read {
                let said = "it takes more than 256 MiB to unpack; do that with `xz -dc` before";
                assert_eq!(damage(error), format!("is not read on: {said}"));
            }
            assert_eq!(read.map_err(drop), expected);
        }
    }

    /// A window of 256 MiB, as `zstd --long=28` asks for.
    #[test]
    fn a_large_window_is_no_damage() {
        let mut packed = Vec::new();
        for window in [27, 28] {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            encoder.window_log(window).unwrap();
            io::Write::write_all(&mut encoder, b"{}").unwrap();
            packed.push(encoder.finish().unwrap());
        }
        let read = |packed: &[u8]| {
            let Ok(Ok((mut stream, _))) = unpack(packed) else { panic!("it is zstd") };
            io::copy(&mut stream, &mut io::sink()).map_err(|error| damage(&error))
        };
        let said = "it takes more than 128 MiB to unpack; do that with `zstd -dc --long=31` before";
        assert_eq!(read(&packed[0]), Ok(2));
        assert_eq!(read(&packed[1]), Err(format!("is not read on: {said}")));
        assert!(read(&packed[0][..7]).unwrap_err().starts_with("is damaged or breaks off ("));
    }
}
