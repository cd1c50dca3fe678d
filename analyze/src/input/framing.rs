//! How documents are separated in a text, detected from its start.

use memchr::memchr;
use serde::de::IgnoredAny;

use super::bulk::is_action;
use super::csv;
use super::json_values::Nesting;

/// How documents are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One per line, and anything else between them.
    Lines,
    /// Actions and documents in turn, one per line: a `_bulk` request.
    Bulk,
    /// JSON values of any number of lines, concatenated or in an array.
    Values,
    /// Rows of a csv file, one per line.
    Rows,
}

/// Detects the framing at the start of a text that arrives in pieces.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub(super) is_blank: bool,
    /// Text in which no line ends.
    searched: usize,
    /// Looks for the end of the first JSON value.
    first_value: FirstValue,
}

/// Looks for the end of the first JSON value of a text that arrives in pieces.
#[derive(Debug, Default)]
struct FirstValue {
    nesting: Nesting,
    /// Text that was looked through.
    searched: usize,
    end: Option<usize>,
    /// Where what follows it begins, as far as is known.
    behind: usize,
    /// It is JSON; looked at once.
    is_json: Option<bool>,
}

impl FirstValue {
    /// Whether the value has ended and another one begins on the same line.
    fn is_followed(&mut self, text: &[u8], start: usize) -> bool {
        if self.end.is_none() && text.get(start) == Some(&b'{') {
            let from = self.searched.max(start);
            self.end = self.nesting.end_of_value(&text[from..]).map(|length| from + length);
            self.searched = text.len();
        }
        let Some(end) = self.end else { return false };
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r');
        let behind = self.behind.max(end);
        self.behind = behind + text[behind..].iter().take_while(is_blank).count();
        text.get(self.behind) == Some(&b'{')
            && *self.is_json.get_or_insert_with(|| is_json(&text[start..end]))
    }
}

impl Start {
    /// The framing, once the first line that is not blank is complete, or begins an
    /// array or several values. Each byte is examined once, however long it is.
    pub(super) fn framing(&mut self, text: &[u8]) -> Option<Framing> {
        let blank = text.len() - text.trim_ascii_start().len();
        self.is_blank = blank == text.len();
        if text.get(blank) == Some(&b'[') || self.first_value.is_followed(text, blank) {
            return Some(Framing::Values);
        }
        let from = blank.max(self.searched);
        self.searched = text.len();
        let is_long = text.len() - blank > LONG_FIRST_LINE && text[blank] != b'{';
        (is_long || memchr(b'\n', &text[from..]).is_some()).then(|| framing(text))
    }
}

/// A first line that is longer, and opens no document, is no header.
const LONG_FIRST_LINE: usize = 1 << 21;

/// One document per line, as long as each opens and closes with a brace, unless
/// the first line is a `_bulk` action, the text begins as csv or as what flow
/// programs print, or the first line begins an array or holds several values.
pub(crate) fn framing(text: &[u8]) -> Framing {
    let text = text.trim_ascii_start();
    let first = text[..memchr(b'\n', text).unwrap_or(text.len())].trim_ascii_end();
    if is_action(first) {
        return Framing::Bulk;
    }
    if csv::begins(text) {
        return Framing::Rows;
    }
    if first.starts_with(b"[") || FirstValue::default().is_followed(first, 0) {
        return Framing::Values;
    }
    Framing::Lines
}

fn is_json(line: &[u8]) -> bool {
    line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::blocks::Blocks;

    fn first(text: &str) -> Option<Framing> {
        Some(Blocks::new(text.as_bytes(), None).next()?.unwrap().framing)
    }

    #[test]
    fn the_start_tells_lines_from_values() {
        for (text, expected) in [
            ("{\"a\":1}\n{\"a\":2}\n", Framing::Lines),
            ("\n  \n{\"a\":1}\n", Framing::Lines),
            ("not JSON\n{\"a\":1}\n", Framing::Values),
            ("{\"a\":\n{\"a\":2}\n", Framing::Values),
            ("{\"a\":", Framing::Values),
            ("\r\n{\"a\":1}\r\n{\"a\":2}\r\n", Framing::Lines),
            ("{\"a\":1}\r{\"a\":2}\r", Framing::Values),
            ("{\"a\":1}", Framing::Lines),
            ("{\n  \"a\": 1\n}\n", Framing::Values),
            ("{ \"a\":\n1}", Framing::Values),
            ("{\"a\":1}{\"a\":2}", Framing::Values),
            ("{\"a\":1}\n{\"a\":2}{\"a\":3}\n", Framing::Lines),
            (" [{\"a\":1},{\"a\":2}]", Framing::Values),
            ("{\"index\":{\"_id\":\"1\"}}\n{\"a\":1}\n", Framing::Bulk),
            ("{\"index\":{\"_id\":\"1\"},\"a\":1}\n{\"a\":1}\n", Framing::Lines),
            ("ts,te,sa,da\n1,2,3,4\n", Framing::Rows),
            ("ts,te,sa,da", Framing::Rows),
            ("one, two, three\n", Framing::Values),
        ] {
            assert_eq!(first(text), Some(expected), "{text}");
        }
        assert_eq!(first(""), None);
    }
}
