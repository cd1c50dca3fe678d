//! Text of either encoding as UTF-8: what PowerShell writes is UTF-16, and files of
//! both may stand one after the other, as `cat` and `>>` leave them.

use std::io::{self, Read};

/// How the text that comes next is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// UTF-16, little-endian or not.
    Utf16 {
        is_little: bool,
    },
}

/// Bytes per read.
const AT_ONCE: usize = 1 << 16;
/// Bytes that must be there to see whether another encoding begins.
const OPENING: usize = 8;

/// A text, turned into UTF-8. A byte order mark becomes that of UTF-8.
pub(super) struct Letters<R> {
    stream: R,
    encoding: Encoding,
    /// Bytes that were read and not turned.
    raw: Vec<u8>,
    is_over: bool,
    /// The last letter of UTF-16.
    before: u16,
    ready: Vec<u8>,
    at: usize,
}

impl<R: Read> Letters<R> {
    pub(super) fn new(stream: R, encoding: Encoding) -> Self {
        let (raw, ready, is_over) = (Vec::new(), Vec::new(), false);
        Self { stream, encoding, raw, is_over, before: LINE_END, ready, at: 0 }
    }

    /// Turns some more bytes.
    fn refill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        while self.ready.is_empty() {
            if self.raw.len() <= OPENING && !self.is_over {
                let before = self.raw.len();
                self.stream.by_ref().take(AT_ONCE as u64).read_to_end(&mut self.raw)?;
                self.is_over = self.raw.len() - before < AT_ONCE;
            }
            if self.raw.is_empty() {
                break;
            }
            let turned = match self.encoding {
                Encoding::Utf8 => self.utf8(),
                Encoding::Utf16 { is_little } => self.utf16(is_little),
            };
            self.raw.drain(..turned);
        }
        Ok(())
    }

    /// Takes UTF-8 up to a byte order mark of UTF-16, and returns its length.
    fn utf8(&mut self) -> usize {
        let end = if self.is_over { self.raw.len() } else { self.raw.len() - MARK + 1 };
        let mark = marks(&self.raw).next();
        if let Some((at, is_little)) = mark {
            self.ready.extend_from_slice(&self.raw[..at]);
            (self.encoding, self.before) = (Encoding::Utf16 { is_little }, LINE_END);
            return at;
        }
        self.ready.extend_from_slice(&self.raw[..end]);
        end
    }

    /// Turns UTF-16 up to where another encoding begins, and returns its length.
    fn utf16(&mut self, is_little: bool) -> usize {
        let unit = |pair: &[u8]| {
            let pair = [pair[0], pair.get(1).copied().unwrap_or(0)];
            if is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
        };
        let last = if self.is_over { self.raw.len() } else { self.raw.len() - OPENING };
        let (mut at, mut units) = (0, Vec::with_capacity(last / 2 + 1));
        while at < last {
            let rest = &self.raw[at..];
            // What follows a line or a document may be another file.
            let may_end = matches!(u8::try_from(self.before), Ok(b'\n' | b'}' | b']'));
            if may_end && is_utf8(rest) {
                self.encoding = Encoding::Utf8;
                break;
            }
            let next = unit(rest);
            if next == OTHER_MARK {
                (self.encoding, self.before) =
                    (Encoding::Utf16 { is_little: !is_little }, LINE_END);
                break;
            }
            self.before = next;
            units.push(next);
            at = self.raw.len().min(at + 2);
            // Both halves of a pair are turned together.
            let is_half = at >= last && (0xd800..0xdc00).contains(&next);
            if is_half && at < self.raw.len() {
                units.push(unit(&self.raw[at..]));
                at = self.raw.len().min(at + 2);
            }
        }
        for letter in char::decode_utf16(units) {
            let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.ready.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        at
    }
}

const LINE_END: u16 = 10;
/// The byte order mark, read in the wrong order.
const OTHER_MARK: u16 = 0xfffe;

/// Bytes of a byte order mark and the letter after it.
const MARK: usize = 4;

/// Byte order marks of UTF-16 before a letter of ASCII, none of which are bytes of
/// UTF-8; and whether they are those of little-endian.
fn marks(text: &[u8]) -> impl Iterator<Item = (usize, bool)> {
    memchr::memchr2_iter(0xfe, 0xff, text).filter_map(|at| match text[at..] {
        [0xff, 0xfe, 1..128, 0, ..] => Some((at, true)),
        [0xfe, 0xff, 0, 1..128, ..] => Some((at, false)),
        _ => None,
    })
}

impl<R: Read> Read for Letters<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let is_ready = self.at < self.ready.len() || !self.raw.is_empty();
        if self.encoding == Encoding::Utf8 && !is_ready && !self.is_over && out.len() >= AT_ONCE {
            let read = self.stream.read(out)?;
            self.is_over = read == 0;
            let text = &out[..read];
            // A mark may be cut where the read ends.
            let tail = read.saturating_sub(MARK - 1);
            let cut = memchr::memchr2(0xfe, 0xff, &text[tail..]).map(|at| tail + at);
            let kept = marks(text).next().map(|(at, _)| at).or(cut).unwrap_or(read);
            self.raw.extend_from_slice(&text[kept..]);
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
        if self.at == self.ready.len() {
            self.refill()?;
        }
        let taken = (&self.ready[self.at..]).read(out)?;
        self.at += taken;
        Ok(taken)
    }
}

/// Whether JSON in UTF-8 begins here: in UTF-16 these bytes would be letters of
/// other scripts, with which no JSON begins.
fn is_utf8(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let opens = matches!(text, [b'{' | b'[', b'"' | b'{' | b' ' | b'\r' | b'\n' | b'\t', ..]);
    opens && text.iter().take(OPENING).all(|byte| matches!(byte, 9 | 10 | 13 | 32..127))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at once, as pipes may.
    struct Slow<'t>(&'t [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let taken = out.len().min(self.0.len()).min(self.1);
            self.0.read(&mut out[..taken])
        }
    }

    fn utf16(text: &str, is_little: bool) -> Vec<u8> {
        let bytes = |unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn texts_of_every_encoding_follow_one_another() {
        let plain = "{\"key\":\"\u{e9}\u{1d11e}\u{7b22}\"}\n".repeat(9000);
        let marked = format!("\u{feff}{plain}");
        let open = plain.trim_end().to_owned();
        let texts = [
            (plain.clone().into_bytes(), &plain, Encoding::Utf8),
            (marked.clone().into_bytes(), &marked, Encoding::Utf8),
            (utf16(&marked, true), &marked, Encoding::Utf16 { is_little: true }),
            (utf16(&marked, false), &marked, Encoding::Utf16 { is_little: false }),
            (open.clone().into_bytes(), &open, Encoding::Utf8),
        ];
        for (first, first_text, encoding) in &texts {
            for (second, second_text, _) in &texts {
                let bytes = [&first[..], &second[..], &first[..]].concat();
                for at_once in [7, 4096, AT_ONCE + 3, bytes.len()] {
                    let mut found = String::new();
                    let stream = Slow(&bytes, at_once);
                    Letters::new(stream, *encoding).read_to_string(&mut found).unwrap();
                    let expected = format!("{first_text}{second_text}{first_text}");
                    assert!(found == expected, "{encoding:?}, {at_once}");
                }
            }
        }
    }

    #[test]
    fn a_short_text_and_half_of_a_pair_are_turned() {
        for (bytes, expected) in
            [(&b"a"[..], "a"), (b"a\0b", "ab"), (b"\x34\xd8", "\u{fffd}"), (b"", "")]
        {
            let mut found = String::new();
            let encoding = Encoding::Utf16 { is_little: true };
            Letters::new(bytes, encoding).read_to_string(&mut found).unwrap();
            assert_eq!(found, expected);
        }
    }
}
