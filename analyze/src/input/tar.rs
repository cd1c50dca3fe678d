//! Members of a tar archive, one after the other: ustar, pax, and GNU's long names.

use std::io::{self, Read};

/// Bytes of a header; contents are padded to a multiple of it.
pub(super) const BLOCK: usize = 512;
/// Longer names and pax records are damage.
const LONGEST_NAME: u64 = 1 << 16;

/// Whether these are the first bytes of a tar archive: a header with its checksum.
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(is_header)
}

fn is_header(block: &[u8; BLOCK]) -> bool {
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
        .sum();
    block[0] != 0 && number(&block[148..156]) == Some(sum)
}

/// A number in octal digits, or in binary behind a set bit.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let bytes = field.iter().skip(1).rev().take(8).rev();
        return Some(bytes.fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    }
    let digits: Vec<u8> = field.iter().copied().filter(|byte| !matches!(byte, b' ' | 0)).collect();
    u64::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()
}

/// A file of an archive.
pub(super) struct Member {
    pub(super) name: String,
    /// Its length in bytes.
    pub(super) size: u64,
    /// It is a file, neither a folder nor a link.
    pub(super) is_file: bool,
}

/// Names and sizes that stand before the header they belong to.
#[derive(Default)]
struct Before {
    name: Option<String>,
    size: Option<u64>,
}

/// The next member, whose content comes next in the stream; `None` at the end.
///
/// # Errors
/// If the stream fails, ends within a header, or goes on with something else.
pub(super) fn next(stream: &mut dyn Read) -> io::Result<Option<Member>> {
    let mut before = Before::default();
    loop {
        let Some(header) = header(stream)? else { return Ok(None) };
        let damage = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        let size =
            number(&header[124..136]).ok_or_else(|| damage("a header of tar without a size"))?;
        let kind = header[156];
        if matches!(kind, b'L' | b'K' | b'x' | b'g') {
            if size > LONGEST_NAME {
                return Err(damage("a name in tar that is too long"));
            }
            let text = content(stream, size)?;
            match kind {
                b'L' => before.name = Some(text_of(&text)),
                b'x' => before.read_pax(&text),
                _ => {}
            }
            continue;
        }
        let prefix =
            if &header[257..262] == b"ustar" { text_of(&header[345..500]) } else { String::new() };
        let short = text_of(&header[..100]);
        let joined = if prefix.is_empty() { short } else { format!("{prefix}/{short}") };
        let name = before.name.take().unwrap_or(joined);
        let is_file = matches!(kind, 0 | b'0' | b'7') && !name.ends_with('/');
        // Links and folders have no content, whatever their size says.
        let size = if matches!(kind, b'1'..=b'6') { 0 } else { before.size.take().unwrap_or(size) };
        return Ok(Some(Member { name, size, is_file }));
    }
}

impl Before {
    /// Records of pax: `LENGTH KEY=VALUE\n`.
    fn read_pax(&mut self, text: &[u8]) {
        for record in text.split(|byte| *byte == b'\n') {
            let record = String::from_utf8_lossy(record);
            let Some((key, value)) =
                record.split_once(' ').and_then(|(_, record)| record.split_once('='))
            else {
                continue;
            };
            match key {
                "path" => self.name = Some(value.to_owned()),
                "size" => self.size = value.parse().ok(),
                _ => {}
            }
        }
    }
}

/// The next header; blocks of zeros are passed over, since archives may be
/// concatenated.
fn header(stream: &mut dyn Read) -> io::Result<Option<[u8; BLOCK]>> {
    loop {
        let mut bytes = Vec::new();
        stream.take(BLOCK as u64).read_to_end(&mut bytes)?;
        if bytes.iter().all(|byte| *byte == 0) {
            if bytes.len() < BLOCK {
                return Ok(None);
            }
            continue;
        }
        let found = bytes.first_chunk::<BLOCK>().filter(|block| is_header(block));
        let damage =
            || io::Error::new(io::ErrorKind::InvalidData, "no header of tar where one must be");
        return found.copied().map(Some).ok_or_else(damage);
    }
}

/// The content of a member, which may not break off, with its padding.
fn content(stream: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(padded(size)).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    Ok(bytes)
}

/// Length of a content with its padding.
pub(super) fn padded(size: u64) -> u64 {
    size.checked_next_multiple_of(BLOCK as u64).unwrap_or(size)
}

fn text_of(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
