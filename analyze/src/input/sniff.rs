//! Detects from its first bytes whether a decompressed stream is text, a capture
//! or datagrams; turns UTF-16 into UTF-8.

use std::io::{self, Read};

use super::capture::MODIFIED_MAGICS;

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Documents.
    Text,
    /// A packet capture.
    Capture,
    /// Concatenated NetFlow datagrams.
    Datagrams,
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
    let failed = stream.by_ref().take(4).read_to_end(&mut head).err();
    let modified = MODIFIED_MAGICS.iter().map(|(magic, _)| magic);
    let form = match *head {
        [_, ..] if CAPTURES.iter().chain(modified).any(|magic| head == magic) => Form::Capture,
        // No text begins with these bytes; a datagram begins with its version.
        [0..=0x08, ..] => Form::Datagrams,
        _ => Form::Text,
    };
    let little = match *head {
        [0xff, 0xfe, ..] => Some(true),
        [0xfe, 0xff, ..] => Some(false),
        _ => None,
    };
    let rest: Box<dyn Read + Send + 'r> = match failed {
        None => stream,
        Some(error) => Box::new(Failed(Some(error))),
    };
    let whole = io::Cursor::new(head).chain(rest);
    match little {
        Some(is_little) => (
            Box::new(Utf16 { stream: whole, is_little, ready: Vec::new(), at: 0, high: None }),
            Form::Text,
        ),
        None => (Box::new(whole), form),
    }
}

/// A stream whose first read failed.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// UTF-16, as PowerShell's `>` writes it, turned into UTF-8. Its byte order mark
/// becomes that of UTF-8.
struct Utf16<R> {
    stream: R,
    is_little: bool,
    ready: Vec<u8>,
    at: usize,
    /// First half of a surrogate pair.
    high: Option<u16>,
}

/// Bytes of UTF-16 per read.
const UTF16_BYTES: u64 = 1 << 16;

impl<R: Read> Utf16<R> {
    fn refill(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.stream.by_ref().take(UTF16_BYTES).read_to_end(&mut bytes)?;
        self.ready.clear();
        self.at = 0;
        let unit = |pair: &[u8]| {
            let pair = [pair[0], pair.get(1).copied().unwrap_or(0)];
            if self.is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
        };
        let is_last = bytes.len() < 1 << 16;
        let mut units: Vec<u16> =
            self.high.take().into_iter().chain(bytes.chunks(2).map(unit)).collect();
        if !is_last
            && let Some(last) = units.last().copied().filter(|unit| (0xd800..0xdc00).contains(unit))
        {
            self.high = Some(last);
            units.pop();
        }
        for letter in char::decode_utf16(units) {
            let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.ready.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() {
            self.refill()?;
        }
        let taken = (&self.ready[self.at..]).read(out)?;
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_of_either_order_becomes_utf8() {
        let text = "\u{feff}{\"a\":\"é𝄞\"}\n".repeat(40_000);
        for is_little in [true, false] {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect();
            let (mut stream, form) = detect(Box::new(&*bytes));
            let mut found = String::new();
            stream.read_to_string(&mut found).unwrap();
            assert_eq!((found == text, form), (true, Form::Text));
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
        ] {
            assert_eq!(detect(Box::new(bytes)).1, expected, "{bytes:?}");
        }
    }
}
