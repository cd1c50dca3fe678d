//! How documents are separated in a text, detected from its start.

use memchr::memchr;
use serde::de::IgnoredAny;

use super::bulk::is_action;
use super::csv;
use super::json_values::{self, Nesting};

/// How documents are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One per line.
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
    /// Text that was looked through.
    searched: usize,
    /// The first line that is not blank is complete, and is not JSON by itself.
    has_first: bool,
    /// The next line that is not blank has begun.
    has_second: bool,
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
}

impl FirstValue {
    /// Whether the value has ended and another one begins on the same line.
    fn is_followed(&mut self, text: &[u8], start: usize) -> bool {
        if self.end.is_none() && text.get(start) == Some(&b'{') {
            let from = self.searched.max(start);
            self.end = self.nesting.end_of_value(&text[from..]).map(|length| from + length);
            self.searched = text.len();
        }
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        self.end.is_some_and(|end| {
            text[end..].iter().find(|byte| !blank(byte)) == Some(&b'{')
                && is_json(&text[start..end])
        })
    }
}

impl Start {
    /// The framing, once the first line that is not blank is complete, and also
    /// the next one if the first is not JSON by itself. Each byte is examined
    /// once, however long the lines are.
    pub(super) fn framing(&mut self, text: &[u8]) -> Option<Framing> {
        let blank = blanks(text);
        self.is_blank = blank == text.len();
        if !self.has_first {
            if text.get(blank) == Some(&b'[') || self.first_value.is_followed(text, blank) {
                return Some(Framing::Values);
            }
            let end = self.next_line_end(text, blank)?;
            if is_json(text[blank..end].trim_ascii_end()) {
                return Some(framing(text));
            }
            (self.has_first, self.searched) = (true, end);
        }
        if !self.has_second {
            self.searched += blanks(&text[self.searched..]);
            self.has_second = self.searched < text.len();
        }
        self.next_line_end(text, 0).map(|_| framing(text))
    }

    fn next_line_end(&mut self, text: &[u8], from: usize) -> Option<usize> {
        let from = from.max(self.searched);
        self.searched = text.len();
        Some(from + memchr(b'\n', &text[from..])?)
    }
}

fn blanks(text: &[u8]) -> usize {
    text.len() - text.trim_ascii_start().len()
}

/// One document per line, unless the first line is a `_bulk` action, the text
/// begins as csv or as what flow programs print, or the first line begins an array, holds several values, or begins a value that does not
/// end on it while the second line is no value by itself.
pub(crate) fn framing(text: &[u8]) -> Framing {
    let mut lines =
        text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if is_action(first) {
        return Framing::Bulk;
    }
    if csv::begins(text) {
        return Framing::Rows;
    }
    if first.starts_with(b"[") || json_values::several(first).is_some() {
        return Framing::Values;
    }
    let begins = serde_json::from_slice::<IgnoredAny>(first).is_err_and(|error| error.is_eof());
    if begins && !second.is_empty() && !is_json(second) { Framing::Values } else { Framing::Lines }
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
            ("not JSON\n{\"a\":1}\n", Framing::Lines),
            ("{\"a\":\n{\"a\":2}\n", Framing::Lines),
            ("{\"a\":", Framing::Lines),
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
            ("one, two, three\n", Framing::Lines),
        ] {
            assert_eq!(first(text), Some(expected), "{text}");
        }
        assert_eq!(first(""), None);
    }
}
