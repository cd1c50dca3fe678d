//! Cuts a stream of text into blocks of whole documents.
//!
//! A document is a line, as elasticdump, `jq -c` and flowkit write them; or, in
//! indented text, a JSON value of several lines. Which of the two is seen at
//! the start. A line that is broken spoils no other.

use std::io::{self, ErrorKind, Read};

use memchr::{memchr, memchr_iter, memrchr};
use serde::de::IgnoredAny;

use super::values::{self, Nesting};

/// Text of whole documents.
#[derive(Debug)]
pub(crate) struct Block {
    /// The text.
    pub(crate) text: Vec<u8>,
    /// Number of its first line, from 1.
    pub(crate) line: u64,
    /// How documents are told apart.
    pub(crate) framing: Framing,
    /// Nothing comes after it.
    pub(crate) last: bool,
}

impl Block {
    /// Its JSON values, and what is none, each with the line it begins in;
    /// blank lines are left out.
    pub(crate) fn values(&self) -> Box<dyn Iterator<Item = (u64, &[u8])> + '_> {
        match self.framing {
            Framing::Lines | Framing::Bulk => {
                let (mut line, mut at) = (self.line, 0);
                Box::new(std::iter::from_fn(move || {
                    while at < self.text.len() {
                        let end =
                            memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |end| at + end);
                        let found = (line, self.text[at..end].trim_ascii());
                        (at, line) = (end + 1, line + 1);
                        if !found.1.is_empty() {
                            return Some(found);
                        }
                    }
                    None
                }))
            }
            Framing::Values => {
                let (mut line, mut at) = (self.line, 0);
                Box::new(values::split(&self.text).map(move |(start, text)| {
                    line += memchr_iter(b'\n', &self.text[at..start]).count() as u64;
                    at = start;
                    (line, text.trim_ascii_end())
                }))
            }
        }
    }
}

/// How documents are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One a line.
    Lines,
    /// Actions and documents in turn, one a line: a `_bulk` request.
    Bulk,
    /// One after the other, over as many lines as they take; also in an array.
    Values,
}

/// Text in a block, but for longer documents. Larger ones gain nothing, and
/// fewer of them keep all threads busy.
const BLOCK_BYTES: usize = 1 << 20;
/// A document longer than this is refused, so that memory is bounded. A page of
/// 10,000 hits is some 10 MB.
const LONGEST_DOCUMENT: usize = 1 << 29;

/// Some programs write it before UTF-8; it says nothing.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The blocks of a stream.
pub(super) struct Blocks<R> {
    stream: R,
    /// Text that was read and not given out.
    rest: Vec<u8>,
    line: u64,
    offset: u64,
    framing: Option<Framing>,
    /// It began with a bracket.
    is_array: bool,
    done: bool,
}

/// Why a stream gives no more blocks.
#[derive(Debug)]
pub(super) enum BlockError {
    /// The stream failed after so many bytes of text.
    Io(u64, io::Error),
    /// A document over the limit begins in this line.
    TooLong(u64),
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(stream: R) -> Self {
        Self {
            stream,
            rest: Vec::new(),
            line: 1,
            offset: 0,
            framing: None,
            is_array: false,
            done: false,
        }
    }

    /// What was read and not yet given out, if the stream failed.
    pub(super) fn take_rest(&mut self) -> Block {
        self.done = true;
        let framing = self.framing.unwrap_or_else(|| framing(&self.rest));
        Block { text: std::mem::take(&mut self.rest), line: self.line, framing, last: true }
    }

    fn next_block(&mut self) -> Result<Option<Block>, BlockError> {
        let mut searched = 0;
        let mut nesting = Nesting::default();
        let mut cut = None;
        loop {
            let more = self.read_more().map_err(|error| BlockError::Io(self.offset, error))?;
            if !more {
                self.done = true;
                return Ok((!self.rest.is_empty()).then(|| self.take_rest()));
            }
            let framing = match self.framing {
                Some(framing) => framing,
                None if first_lines_are_here(&self.rest) => {
                    *self.framing.insert(framing(&self.rest))
                }
                None => continue,
            };
            match framing {
                Framing::Lines | Framing::Bulk => {
                    cut = memrchr(b'\n', &self.rest[searched..])
                        .map(|end| searched + end + 1)
                        .or(cut);
                }
                Framing::Values => {
                    let mut at = searched;
                    while let Some(length) = nesting.end_of_value(&self.rest[at..]) {
                        at += length;
                        cut = Some(at);
                    }
                }
            }
            searched = self.rest.len();
            if framing == Framing::Bulk {
                // An action stays with its document.
                cut = cut.map(|cut| before_last_action(&self.rest[..cut])).filter(|cut| *cut > 0);
            }
            if let Some(cut) = cut {
                return Ok(Some(self.cut(cut, framing)));
            }
            if self.rest.len() > LONGEST_DOCUMENT {
                return Err(BlockError::TooLong(self.line));
            }
        }
    }

    fn cut(&mut self, at: usize, framing: Framing) -> Block {
        let rest = self.rest.split_off(at);
        let text = std::mem::replace(&mut self.rest, rest);
        let line = self.line;
        self.line += memchr_iter(b'\n', &text).count() as u64;
        Block { text, line, framing, last: false }
    }

    /// Appends about a block of text; false at the end.
    fn read_more(&mut self) -> io::Result<bool> {
        let before = self.rest.len();
        self.rest.reserve(BLOCK_BYTES);
        let result = self.stream.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut self.rest);
        let read = self.rest.len() - before;
        if self.offset == 0 && self.rest.starts_with(BYTE_ORDER_MARK) {
            self.rest.drain(..BYTE_ORDER_MARK.len());
        }
        if self.framing.is_none() && !self.is_array {
            // The elements of an array are values one after the other; its
            // brackets say nothing more.
            let blanks = self.rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if let Some(bracket @ b'[') = self.rest.get_mut(blanks) {
                *bracket = b' ';
                self.is_array = true;
                self.framing = Some(Framing::Values);
            }
        }
        self.offset += read as u64;
        result?;
        Ok(read > 0)
    }
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = Result<Block, BlockError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done { None } else { self.next_block().transpose() }
    }
}

/// Where a block of a `_bulk` request ends: before its last line, if that is an
/// action.
fn before_last_action(text: &[u8]) -> usize {
    let lines = text.trim_ascii_end();
    let start = memrchr(b'\n', lines).map_or(0, |end| end + 1);
    if is_action(lines[start..].trim_ascii()) { start } else { text.len() }
}

/// Whether a line is an action of a `_bulk` request that a document follows.
pub(crate) fn is_action(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"{") else { return false };
    let rest = rest.trim_ascii_start();
    [&b"\"index\""[..], b"\"create\"", b"\"update\""].iter().any(|word| rest.starts_with(word))
        && serde_json::from_slice::<BulkAction<'_>>(line).is_ok()
}

/// An action: one member, that says where the document goes.
#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BulkAction<'a> {
    /// Store it.
    #[serde(borrow, alias = "create", alias = "update")]
    Index(Target<'a>),
}

/// Where a document of a `_bulk` request goes.
#[derive(serde::Deserialize)]
pub(crate) struct Target<'a> {
    #[serde(borrow, rename = "_index")]
    pub(crate) index: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, rename = "_id")]
    pub(crate) id: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, alias = "_routing")]
    pub(crate) routing: Option<std::borrow::Cow<'a, str>>,
}

/// Whether a line that is not blank is there whole, and the next one too if the
/// first is no JSON by itself.
fn first_lines_are_here(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    match memchr(b'\n', text) {
        None => false,
        Some(end) if is_json(&text[..end]) => true,
        Some(end) => memchr(b'\n', text[end..].trim_ascii_start()).is_some(),
    }
}

/// Lines, unless the first one begins a value that the second does not begin
/// anew.
fn framing(text: &[u8]) -> Framing {
    let mut lines =
        text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if is_action(first) {
        return Framing::Bulk;
    }
    let begins = serde_json::from_slice::<IgnoredAny>(first).is_err_and(|error| error.is_eof());
    if begins && !second.is_empty() && !is_json(second) { Framing::Values } else { Framing::Lines }
}

fn is_json(line: &[u8]) -> bool {
    line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

/// Whether a stream's failure means that it was cut short or damaged, not that
/// the disk failed.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::InvalidData
            | ErrorKind::InvalidInput
            | ErrorKind::Other
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<(String, u64, Framing)> {
        Blocks::new(text.as_bytes())
            .map(Result::unwrap)
            .map(|block| (String::from_utf8(block.text).unwrap(), block.line, block.framing))
            .collect()
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
            (" [{\"a\":1},{\"a\":2}]", Framing::Values),
            ("{\"index\":{\"_id\":\"1\"}}\n{\"a\":1}\n", Framing::Bulk),
            ("{\"index\":{\"_id\":\"1\"},\"a\":1}\n{\"a\":1}\n", Framing::Lines),
        ] {
            assert_eq!(blocks(text)[0].2, expected, "{text}");
        }
        assert!(blocks("").is_empty());
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(blocks("\u{feff}{}\n"), [("{}\n".into(), 1, Framing::Lines)]);
        assert_eq!(blocks("\u{feff}{}"), [("{}".into(), 1, Framing::Lines)]);
    }

    /// Blocks end at line ends, lose nothing and know their line.
    #[test]
    fn long_text_is_cut_between_documents() {
        let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(9_000));
        let indented = line.replace(':', ":\n");
        for (document, framing) in [(line, Framing::Lines), (indented, Framing::Values)] {
            let text = document.repeat(500);
            let blocks = blocks(&text);
            assert!(blocks.len() > 3);
            let mut seen = 0;
            for (block, line, found) in &blocks {
                assert_eq!(*found, framing);
                assert_eq!(*line, 1 + text[..seen].matches('\n').count() as u64);
                seen += block.len();
                assert!(block.trim().is_empty() || block.trim_end().ends_with('}'));
            }
            assert_eq!(blocks.iter().map(|block| block.0.as_str()).collect::<String>(), text);
        }
    }
}
