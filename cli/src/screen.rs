//! The way to the screen: whatever is printed is made harmless here, so that no message
//! can forget it.
//!
//! Cells of tables are made harmless before, since their width counts; this writer is
//! behind them, and behind every note, error, list and page. Formats for programs pass
//! as they are, except to a terminal.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Stderr, StderrLock, Stdout, StdoutLock, Write};

use flowkit_model::harmless::{escape, is_harmful};

/// What is written, hence how it is made harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Text for people, wherever it goes.
    Text {
        /// Whether flowkit's own colours are in it.
        color: bool,
    },
    /// Values for programs: byte for byte, unless they go to a terminal.
    Values,
    /// Values as csv: on a terminal, line ends are escaped too where they are quoted.
    Csv,
    /// Values as JSON, whose own escapes are used on a terminal.
    Json,
}

impl Content {
    /// Whether it is to be made harmless, if it goes to a terminal or does not.
    pub(crate) fn is_made_harmless(self, to_terminal: bool) -> bool {
        to_terminal || matches!(self, Self::Text { .. })
    }
}

/// Why an escape can be appended.
const ALWAYS: &str = "a string takes all that is written to it";

/// Codes of the colours that flowkit prints, and clap in what it refuses.
const COLORS: [&str; 9] = ["0", "1", "4", "31", "32", "33", "34", "35", "36"];

/// A writer that shows harmful characters as escapes. Line ends and tabs stay, and
/// flowkit's own colours where there are any.
#[derive(Debug)]
pub(crate) struct Harmless<W: Write> {
    out: W,
    content: Content,
    /// The begin of a character or of a colour whose rest is yet to be written.
    rest: Vec<u8>,
    /// Whether a quotation mark of csv is open.
    is_quoted: bool,
}

/// Standard output as it is, for what makes harmless what goes there.
#[expect(clippy::disallowed_methods, reason = "the one place that may")]
pub(crate) fn stdout() -> Stdout {
    io::stdout()
}

#[expect(clippy::disallowed_methods, reason = "the one place that may")]
fn stderr() -> Stderr {
    io::stderr()
}

/// Standard output, for text without colours.
pub(crate) fn out() -> Harmless<StdoutLock<'static>> {
    Harmless::new(stdout().lock(), Content::Text { color: false })
}

/// Standard output, for text with colours.
pub(crate) fn out_in_color() -> Harmless<StdoutLock<'static>> {
    Harmless::new(stdout().lock(), Content::Text { color: true })
}

/// Standard error, for text without colours.
pub(crate) fn err() -> Harmless<StderrLock<'static>> {
    Harmless::new(stderr().lock(), Content::Text { color: false })
}

/// Standard error, for text with colours.
pub(crate) fn err_in_color() -> Harmless<StderrLock<'static>> {
    Harmless::new(stderr().lock(), Content::Text { color: true })
}

/// Whether standard output is a terminal.
pub(crate) fn out_is_terminal() -> bool {
    stdout().is_terminal()
}

/// Whether standard error is a terminal.
pub(crate) fn err_is_terminal() -> bool {
    stderr().is_terminal()
}

impl<W: Write> Harmless<W> {
    /// A writer in front of another.
    pub(crate) fn new(out: W, content: Content) -> Self {
        Self { out, content, rest: Vec::new(), is_quoted: false }
    }

    /// Appends the harmless form of `bytes` to `shown`; gives how many bytes were used.
    /// The rest may be the begin of a character or of a colour, unless it `is_last`.
    fn show(&mut self, bytes: &[u8], is_last: bool, shown: &mut String) -> usize {
        let mut used = 0;
        while used < bytes.len() {
            let (text, wrong) = match std::str::from_utf8(&bytes[used..]) {
                Ok(text) => (text, Some(0)),
                Err(error) => {
                    let (text, _) = bytes[used..].split_at(error.valid_up_to());
                    (std::str::from_utf8(text).unwrap_or_default(), error.error_len())
                }
            };
            let is_tail = is_last || wrong.is_none_or(|wrong| wrong > 0);
            let taken = self.show_text(text, is_tail, shown);
            used += taken;
            if taken < text.len() {
                break;
            }
            let wrong = match wrong {
                None if !is_last => break,
                None => bytes.len() - used,
                Some(wrong) => wrong,
            };
            for byte in &bytes[used..used + wrong] {
                write!(shown, "\\x{byte:02x}").expect(ALWAYS);
            }
            used += wrong;
        }
        used
    }

    fn show_text(&mut self, text: &str, is_last: bool, shown: &mut String) -> usize {
        let mut at = 0;
        while let Some(letter) = text[at..].chars().next() {
            let after = &text[at + letter.len_utf8()..];
            match letter {
                '\n' if self.is_quoted => escape(letter, shown),
                '\n' | '\t' => shown.push(letter),
                '"' if self.content == Content::Csv => {
                    self.is_quoted = !self.is_quoted;
                    shown.push(letter);
                }
                '\u{1b}' if self.content == (Content::Text { color: true }) => {
                    match Color::of(after) {
                        Color::Whole(length) => {
                            shown.push_str(&text[at..at + 1 + length]);
                            at += length;
                        }
                        Color::Begun if !is_last => break,
                        Color::Begun | Color::Other => escape(letter, shown),
                    }
                }
                _ if !is_harmful(letter) => shown.push(letter),
                _ if self.content == Content::Json => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        write!(shown, "\\u{unit:04x}").expect(ALWAYS);
                    }
                }
                _ => escape(letter, shown),
            }
            at += letter.len_utf8();
        }
        at
    }
}

/// What follows an escape character.
enum Color {
    /// A colour that flowkit prints, of this many bytes.
    Whole(usize),
    /// What may become one.
    Begun,
    /// Something else.
    Other,
}

impl Color {
    fn of(text: &str) -> Self {
        let sequences = COLORS.iter().map(|code| format!("[{code}m"));
        let mut is_begun = false;
        for sequence in sequences {
            if text.starts_with(&sequence) {
                return Self::Whole(sequence.len());
            }
            is_begun |= sequence.starts_with(text);
        }
        if is_begun { Self::Begun } else { Self::Other }
    }
}

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
        let is_csv = self.content == Content::Csv;
        if self.rest.is_empty() && !is_csv && bytes.iter().all(is_plain) {
            self.out.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        let mut shown = String::with_capacity(all.len() + 16);
        let used = self.show(&all, false, &mut shown);
        self.rest = all.split_off(used);
        self.out.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.rest);
        let mut shown = String::new();
        self.show(&rest, true, &mut shown);
        self.out.write_all(shown.as_bytes())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown of bytes that are written in pieces of `size`.
    fn shown(bytes: &[u8], content: Content, size: usize) -> String {
        let mut out = Harmless::new(Vec::new(), content);
        for piece in bytes.chunks(size) {
            out.write_all(piece).unwrap();
        }
        out.flush().unwrap();
        String::from_utf8(out.out).unwrap()
    }

    /// However a text is cut into pieces, the same is shown, and nothing harmful.
    #[test]
    fn what_acts_on_a_terminal_is_shown() {
        let plain = Content::Text { color: false };
        let color = Content::Text { color: true };
        for (bytes, content, expected) in [
            (&b"a\tb\n"[..], plain, "a\tb\n"),
            ("é€😀\n".as_bytes(), plain, "é€😀\n"),
            (b"\x1b[31mx\r\x07\x1b", plain, "\\u{1b}[31mx\\r\\u{7}\\u{1b}"),
            (
                b"\x1b[1mx\x1b[0m\x1b[7m\x1b]0;\x1b[3",
                color,
                "\u{1b}[1mx\u{1b}[0m\\u{1b}[7m\\u{1b}]0;\\u{1b}[3",
            ),
            (b"\x1b[36m\xff\x1b[", color, "\u{1b}[36m\\xff\\u{1b}["),
            (b"\x9b31m \xff\xc3\xe2\x80", plain, "\\x9b31m \\xff\\xc3\\xe2\\x80"),
            ("\u{9b}\u{202e}\n".as_bytes(), Content::Values, "\\u{9b}\\u{202e}\n"),
            ("\"\u{9b}\u{e0041}\"\n".as_bytes(), Content::Json, "\"\\u009b\\udb40\\udc41\"\n"),
            (b"\x1b[1m", Content::Values, "\\u{1b}[1m"),
            (b"a,\"b\"\"\n\",c\n", Content::Csv, "a,\"b\"\"\\n\",c\n"),
        ] {
            for size in [1, 2, 3, 5, 100] {
                assert_eq!(shown(bytes, content, size), expected, "pieces of {size}");
            }
        }
    }

    /// The escapes on a terminal are JSON's own: a text that is copied reads as it was.
    #[test]
    fn json_stays_json() {
        let text = "{\"a\":\"\u{9b}\u{7f}\u{202e}\u{e0041}é\"}";
        let shown = shown(text.as_bytes(), Content::Json, 100);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&shown), read(text));
        assert!(!shown.contains(is_harmful));
    }

    #[test]
    fn programs_get_what_there_is() {
        let text = Content::Text { color: false };
        assert!(text.is_made_harmless(false) && text.is_made_harmless(true));
        for content in [Content::Values, Content::Csv, Content::Json] {
            assert!(content.is_made_harmless(true) && !content.is_made_harmless(false));
        }
    }
}
