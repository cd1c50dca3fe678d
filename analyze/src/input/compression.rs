//! Decompresses a stream. Its first bytes decide how; the file name does not.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

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

/// Decompresses a stream.
///
/// # Errors
/// The outer error is I/O; the inner one says that the format is not supported,
/// and what to do.
pub(super) fn unpack<'r>(
    stream: impl Read + Send + 'r,
) -> io::Result<Result<Unpacked<'r>, Refused>> {
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
    let form = MAGIC
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map_or(Ok(Compression::None), |row| row.1);
    let whole = io::Cursor::new(head).chain(stream);
    Ok(match form {
        Err(refused) => Err(refused),
        Ok(Compression::None) => Ok((Box::new(whole), Compression::None)),
        Ok(form @ Compression::Gzip) => {
            let packed = BufReader::with_capacity(BUFFER_BYTES, whole);
            Ok((Box::new(MultiGzDecoder::new(packed)), form))
        }
        Ok(form @ Compression::Zstd) => {
            Ok((Box::new(zstd::stream::read::Decoder::new(whole)?), form))
        }
        Ok(form @ Compression::Xz) => {
            Ok((Box::new(liblzma::read::XzDecoder::new_multi_decoder(whole)), form))
        }
        Ok(form @ Compression::Bzip2) => {
            Ok((Box::new(bzip2::read::MultiBzDecoder::new(whole)), form))
        }
    })
}
