//! Detects from its first bytes whether a decompressed stream is text, a capture,
//! datagrams, an archive or a file of another program.

use std::io::{self, Read};

use super::capture::MODIFIED_MAGICS;
use super::letters::{Encoding, Letters};
use super::others::{self, Other};
use super::tar;

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Documents.
    Text,
    /// A packet capture.
    Capture,
    /// Concatenated NetFlow datagrams.
    Datagrams,
    /// A tar archive of any of these.
    Tar,
    /// A file that is not read.
    Other(&'static Other),
}

/// Magic numbers of packet captures: pcap in both byte orders and with micro- and
/// nanoseconds, and pcapng; beside them those of the modified pcap.
const CAPTURES: [[u8; 4]; 5] = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x0a, 0x0d, 0x0d, 0x0a],
];

/// A stream from its first byte, and what it holds.
pub(super) type Detected<'r> = (Box<dyn Read + Send + 'r>, Form);

/// Detects what a stream holds. An error of reading is returned by the stream's
/// first read.
pub(super) fn detect<'r>(mut stream: Box<dyn Read + Send + 'r>) -> Detected<'r> {
    let mut head = Vec::new();
    let mut failed = stream.by_ref().take(4).read_to_end(&mut head).err();
    if failed.is_none() && !is_json(&head) {
        let more = (tar::BLOCK - head.len()) as u64;
        failed = stream.by_ref().take(more).read_to_end(&mut head).err();
    }
    let little = is_little_utf16(&head);
    let form = form(&head, little.is_some());
    let encoding = match little {
        Some(is_little) => Encoding::Utf16 { is_little },
        None => Encoding::Utf8,
    };
    let rest: Box<dyn Read + Send + 'r> = match failed {
        None => stream,
        Some(error) => Box::new(Failed(Some(error))),
    };
    let whole = io::Cursor::new(head).chain(rest);
    match form {
        Form::Text => (Box::new(Letters::new(whole, encoding)), form),
        _ => (Box::new(whole), form),
    }
}

/// What the first bytes of a stream say of it.
fn form(head: &[u8], is_utf16: bool) -> Form {
    let begins = |magic: &[u8; 4]| head.starts_with(magic);
    if CAPTURES.iter().any(begins) || MODIFIED_MAGICS.iter().any(|(magic, _)| begins(magic)) {
        return Form::Capture;
    }
    if tar::is_tar(head) {
        return Form::Tar;
    }
    if let Some(other) = others::other(head) {
        return Form::Other(other);
    }
    match head {
        _ if is_utf16 || is_padded(head) => Form::Text,
        // No text begins with these bytes; a datagram begins with its version.
        [0..=0x08, ..] => Form::Datagrams,
        _ => Form::Text,
    }
}

/// Whether the first bytes open a JSON value, so that no more are needed.
fn is_json(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    matches!(head, [b'{' | b'[', next, ..] if *next != 0)
}

/// Whether UTF-16 is little-endian: by its byte order mark, or since each of its
/// first letters has a byte of zeros. `None` if it is no UTF-16.
fn is_little_utf16(head: &[u8]) -> Option<bool> {
    let is_letter = |byte: u8| byte >= 0x20 || byte.is_ascii_whitespace();
    match *head {
        [0xff, 0xfe, ..] => Some(true),
        [0xfe, 0xff, ..] => Some(false),
        [a, 0, b, 0, ..] if is_letter(a) && is_letter(b) => Some(true),
        // Versions of datagrams are small numbers.
        [0, a, 0, b, ..] if a >= 0x20 && is_letter(b) => Some(false),
        // A line end first is 10, which is a version, too, but no time follows it.
        [0, a, 0, b, 0, c, 0, d, ..] if [a, b, c, d].into_iter().all(is_letter) => Some(false),
        _ => None,
    }
}

/// Whether text follows bytes of zeros, as they are left where a file was not
/// written.
fn is_padded(head: &[u8]) -> bool {
    let zeros = head.iter().take_while(|byte| **byte == 0).count();
    zeros > 1 && (zeros == head.len() || is_json(&head[zeros..]))
}

/// A stream whose first read failed.
pub(super) struct Failed(pub(super) Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_of_either_order_becomes_utf8() {
        let marked = "\u{feff}{\"a\":\"é𝄞\"}\n".repeat(40_000);
        let plain = marked.replace('\u{feff}', "");
        for (is_little, text) in
            [(true, &marked), (false, &marked), (true, &plain), (false, &plain)]
        {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect();
            let (mut stream, form) = detect(Box::new(&*bytes));
            let mut found = String::new();
            stream.read_to_string(&mut found).unwrap();
            assert_eq!((&found == text, form), (true, Form::Text));
        }
    }

    #[test]
    fn text_captures_and_datagrams_are_told_apart() {
        for (bytes, expected) in [
            (&b"{\"a\":1}"[..], Form::Text),
            (b"", Form::Text),
            (b"\n\n{}", Form::Text),
            (b"\0\x05\0\x01", Form::Datagrams),
            (b"\0", Form::Datagrams),
            (b"\x05\0\0\x01", Form::Datagrams),
            (b"\xd4\xc3\xb2\xa1rest", Form::Capture),
            (b"\n\r\r\nrest", Form::Capture),
            (b"\0\0\0\0{\"a\":1}", Form::Text),
            (b"{\0\"\0a\0", Form::Text),
            (b"\0{\0\"\0a", Form::Text),
            (b"\0\x05\0\x1e", Form::Datagrams),
            (b"\0\x09\0\x20", Form::Datagrams),
        ] {
            assert_eq!(detect(Box::new(bytes)).1, expected, "{bytes:?}");
        }
    }
}
