//! Unpacks a stream, told by its first bytes; names have no say.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// How a stream is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// Not at all.
    None,
    /// gzip, one member or several.
    Gzip,
    /// Zstandard, one frame or several.
    Zstd,
}

/// Reads at a time; a pipe gives less.
const BUFFER_BYTES: usize = 1 << 18;

/// What stands at the start of packed and of foreign files.
const MAGIC: &[(&[u8], Result<Compression, &str>)] = &[
    (&[0x1f, 0x8b], Ok(Compression::Gzip)),
    (&[0x28, 0xb5, 0x2f, 0xfd], Ok(Compression::Zstd)),
    // A skippable frame may come first.
    (&[0x50, 0x2a, 0x4d, 0x18], Ok(Compression::Zstd)),
    (
        &[0xfd, b'7', b'z', b'X', b'Z', 0],
        Err("is packed with xz; unpack it and try again: `xz -dc FILE | flowkit … -`"),
    ),
    (b"BZh", Err("is packed with bzip2; unpack it and try again: `bzip2 -dc FILE | flowkit … -`")),
    (b"PK\x03\x04", Err("is a zip archive; unpack it and try again")),
    (
        &[0xff, 0xfe],
        Err(
            "is UTF-16 (as PowerShell's > writes); convert it to UTF-8 and try again: `iconv -f UTF-16 -t UTF-8 FILE | flowkit … -`",
        ),
    ),
    (
        &[0xfe, 0xff],
        Err(
            "is UTF-16; convert it to UTF-8 and try again: `iconv -f UTF-16 -t UTF-8 FILE | flowkit … -`",
        ),
    ),
    (b"PAR1", Err("is a Parquet file; flowkit reads documents of Elasticsearch")),
    (
        &[0xd4, 0xc3, 0xb2, 0xa1],
        Err("is a packet capture; flowkit reads documents of Elasticsearch"),
    ),
    (
        &[0x0a, 0x0d, 0x0d, 0x0a],
        Err("is a packet capture; flowkit reads documents of Elasticsearch"),
    ),
    (
        b"[",
        Err(
            "is one JSON array; write one document a line and try again: `jq -c '.[]' FILE | flowkit … -`",
        ),
    ),
];

/// A stream's text, and how it was packed.
pub(super) type Unpacked<'r> = (Box<dyn Read + Send + 'r>, Compression);

/// Unpacks a stream.
///
/// # Errors
/// The inner error says that the form is not read, and what to do.
pub(super) fn unpack<'r>(
    stream: impl Read + Send + 'r,
) -> io::Result<Result<Unpacked<'r>, &'static str>> {
    let mut stream = BufReader::with_capacity(BUFFER_BYTES, stream);
    // A pipe may give its first bytes one by one; a magic number needs six.
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
        Err(what) => Err(what),
        Ok(Compression::None) => Ok((Box::new(whole), Compression::None)),
        Ok(form @ Compression::Gzip) => {
            let packed = BufReader::with_capacity(BUFFER_BYTES, whole);
            Ok((Box::new(MultiGzDecoder::new(packed)), form))
        }
        Ok(form @ Compression::Zstd) => {
            Ok((Box::new(zstd::stream::read::Decoder::new(whole)?), form))
        }
    })
}
