//! Cuts a stream of text into blocks of whole documents.
//!
//! A document is one line, as elasticdump, `jq -c` and flowkit write them, or, in
//! indented text, a JSON value of several lines; the start of the stream decides
//! which. A broken line does not affect the lines around it.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;

use flowkit_model::document::csv::Header;
use memchr::{memchr, memchr_iter, memrchr};

use super::buffer::{BufferPool, Text};
use super::bulk::before_last_action;
use super::csv;
use super::framing::{Framing, Start, framing};
use super::json_values::{self, Nesting};

/// Text of whole documents.
#[derive(Debug)]
pub(crate) struct Block {
    /// The text.
    pub(crate) text: Text,
    /// Number of its first line, from 1.
    pub(crate) line: u64,
    /// How documents are separated.
    pub(crate) framing: Framing,
    /// Column names, if the text is csv rows.
    pub(crate) header: Option<Arc<Header>>,
    /// It is the last block of its stream.
    pub(crate) last: bool,
    /// The text ends inside a JSON array that is not closed.
    pub(crate) is_open: bool,
}

impl Block {
    /// A block of newline-delimited documents.
    pub(crate) fn of_lines(text: Vec<u8>, line: u64) -> Self {
        let text = Text::of(text);
        Self { text, line, framing: Framing::Lines, header: None, last: false, is_open: false }
    }

    /// Whether a value is the last one of its stream, so that it may be
    /// truncated.
    pub(super) fn ends_with(&self, value: &[u8]) -> bool {
        self.last && self.text.trim_ascii_end().ends_with(value)
    }

    /// Its JSON values, and text that is not JSON, each with the number of the
    /// line where it begins; blank lines are left out.
    pub(crate) fn values(&self) -> Box<dyn Iterator<Item = (u64, &[u8])> + '_> {
        match self.framing {
            Framing::Rows => {
                let delimiter = self.header.as_ref().map_or(b',', |header| header.delimiter());
                let records = csv::records(&self.text, delimiter, self.line);
                Box::new(records.map(|(line, _, record)| (line, record)))
            }
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
                Box::new(json_values::split(&self.text).map(move |(start, text)| {
                    line += memchr_iter(b'\n', &self.text[at..start]).count() as u64;
                    at = start;
                    (line, text.trim_ascii_end())
                }))
            }
        }
    }
}

/// Target size of a block; a longer document makes a larger one. Larger blocks
/// gain nothing, and all blocks in flight should fit in the CPU cache.
const BLOCK_BYTES: usize = 1 << 19;
/// A longer document is an error, so that memory is bounded. A page of 10,000
/// hits is some 10 MB.
const LONGEST_DOCUMENT: usize = 1 << 29;

/// Some programs write it before UTF-8 text; it is skipped.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The blocks of a stream.
pub(super) struct Blocks<R> {
    stream: R,
    /// Text that was read and is not in a block yet.
    rest: Text,
    buffers: Arc<BufferPool>,
    line: u64,
    offset: u64,
    framing: Option<Framing>,
    start: Start,
    header: Option<Arc<Header>>,
    /// JSON arrays that are open where `rest` begins.
    arrays: u32,
    done: bool,
}

/// Why a stream cannot be cut further.
#[derive(Debug)]
pub(super) enum BlockError {
    /// Reading failed after this many bytes.
    Io(u64, io::Error),
    /// A document over [`LONGEST_DOCUMENT`] begins in this line.
    TooLong(u64),
    /// The stream is read as csv, and this line heads no rows of flows: why not.
    NoRows(u64, String),
}

impl<R: Read> Blocks<R> {
    /// Cuts a stream; without `framing`, the start of the text decides.
    pub(super) fn new(stream: R, framing: Option<Framing>) -> Self {
        let buffers = BufferPool::new(BLOCK_BYTES);
        Self {
            stream,
            rest: buffers.text(),
            buffers,
            line: 1,
            offset: 0,
            framing,
            start: Start::default(),
            header: None,
            arrays: 0,
            done: false,
        }
    }

    /// The text that was read but not returned yet, as the last block.
    pub(super) fn take_rest(&mut self) -> Block {
        self.done = true;
        let framing = self.framing.unwrap_or_else(|| framing(&self.rest));
        if framing == Framing::Rows && self.header.is_none() {
            self.header = csv::header(&self.rest).ok().map(Arc::new);
        }
        let text = std::mem::replace(&mut self.rest, self.buffers.text());
        let header = self.header.clone();
        let is_open = framing == Framing::Values && self.arrays_after(&text) > 0;
        Block { text, line: self.line, framing, header, last: true, is_open }
    }

    /// JSON arrays that are still open at the end of `text`.
    fn arrays_after(&self, text: &[u8]) -> u32 {
        let (mut nesting, mut at) = (Nesting::inside(self.arrays), 0);
        while let Some(length) = nesting.end_of_value(&text[at..]) {
            at += length;
        }
        nesting.around()
    }

    fn next_block(&mut self) -> Result<Option<Block>, BlockError> {
        let mut searched = 0;
        let mut nesting = Nesting::inside(self.arrays);
        let mut cut = None;
        loop {
            let more = self.read_more().map_err(|error| BlockError::Io(self.offset, error))?;
            if !more {
                if self.rest.is_empty() && self.arrays == 0 {
                    self.done = true;
                    return Ok(None);
                }
                let framing = self.framing.unwrap_or_else(|| framing(&self.rest));
                if framing == Framing::Rows {
                    let cut = self.before_other_header(self.rest.len())?;
                    if cut < self.rest.len() {
                        return Ok(Some(self.cut(cut, framing)));
                    }
                }
                return Ok(Some(self.take_rest()));
            }
            if self.framing.is_none() {
                self.framing = self.start.framing(&self.rest);
            }
            let Some(framing) = self.framing else {
                self.bounded()?;
                continue;
            };
            match framing {
                Framing::Lines | Framing::Bulk => {
                    cut = memrchr(b'\n', &self.rest[searched..])
                        .map(|end| searched + end + 1)
                        .or(cut);
                }
                Framing::Rows => cut = self.end_of_rows()?,
                Framing::Values => {
                    let mut at = searched;
                    while let Some(length) = nesting.end_of_value(&self.rest[at..]) {
                        at += length;
                        cut = Some(at);
                        self.arrays = nesting.around();
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
            self.bounded()?;
        }
    }

    /// Where the rows end that are whole and stand under one header.
    fn end_of_rows(&mut self) -> Result<Option<usize>, BlockError> {
        if memchr(b'\n', &self.rest).is_none() {
            return Ok(None);
        }
        self.before_other_header(0)?;
        let cut = csv::end_of_records(&self.rest, self.header.as_deref());
        cut.map(|cut| self.before_other_header(cut)).transpose()
    }

    fn before_other_header(&mut self, cut: usize) -> Result<usize, BlockError> {
        let found = csv::under_one_header(&self.rest, cut, self.header.take());
        let refused = |(line, why)| BlockError::NoRows(self.line + line - 1, why);
        let (header, cut) = found.map_err(refused)?;
        self.header = Some(header);
        Ok(cut)
    }

    /// Drops leading blank text, and fails if a document is over the limit.
    fn bounded(&mut self) -> Result<(), BlockError> {
        if self.start.is_blank && self.framing.is_none() {
            self.line += memchr_iter(b'\n', &self.rest).count() as u64;
            self.rest = self.buffers.text();
            self.start = Start::default();
        }
        if self.rest.len() > LONGEST_DOCUMENT {
            return Err(BlockError::TooLong(self.line));
        }
        Ok(())
    }

    fn cut(&mut self, at: usize, framing: Framing) -> Block {
        let rest = self.rest.split_off(at);
        let text = std::mem::replace(&mut self.rest, rest);
        let line = self.line;
        self.line += memchr_iter(b'\n', &text).count() as u64;
        Block { text, line, framing, header: self.header.clone(), last: false, is_open: false }
    }

    /// Appends about a block of text; false at the end of the stream.
    fn read_more(&mut self) -> io::Result<bool> {
        let before = self.rest.len();
        // Buffers have the length of a block, so that most never grow.
        let base = if before < BLOCK_BYTES / 2 { 0 } else { before };
        let result = self.fill(base + BLOCK_BYTES);
        let read = self.rest.len() - before;
        if self.offset == 0 && self.rest.starts_with(BYTE_ORDER_MARK) {
            self.rest.drop_start(BYTE_ORDER_MARK.len());
        }
        self.offset += read as u64;
        result?;
        Ok(read > 0)
    }
}

impl<R: Read> Blocks<R> {
    /// Reads until there are `length` bytes of text, or the stream ends. Asks for
    /// all that is missing at once, so that buffered readers below need not copy.
    fn fill(&mut self, length: usize) -> io::Result<()> {
        while self.rest.len() < length {
            match self.stream.read(self.rest.room(length)) {
                Ok(0) => break,
                Ok(read) => self.rest.grow(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = Result<Block, BlockError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done { None } else { self.next_block().transpose() }
    }
}

/// Whether an error means that the stream is truncated or damaged, not that the
/// disk failed.
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
        Blocks::new(text.as_bytes(), None)
            .map(Result::unwrap)
            .map(|block| {
                (String::from_utf8(block.text.to_vec()).unwrap(), block.line, block.framing)
            })
            .collect()
    }

    /// However long they are together, they are not taken for one line.
    #[test]
    fn answers_without_line_ends_come_one_by_one() {
        let answer = format!("{{\"a\":[{}0]}}", "1,".repeat(BLOCK_BYTES / 2));
        let found = blocks(&answer.repeat(3));
        assert!(found.len() > 2, "{}", found.len());
        assert!(found.iter().all(|(_, line, framing)| (*line, *framing) == (1, Framing::Values)));
        let together: String = found.into_iter().map(|(text, ..)| text).collect();
        assert!(together == answer.repeat(3));
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(blocks("\u{feff}{}\n"), [("{}\n".into(), 1, Framing::Lines)]);
        assert_eq!(blocks("\u{feff}{}"), [("{}".into(), 1, Framing::Lines)]);
    }

    /// Reads give a few bytes, as pipes may.
    struct Slow<'t>(&'t [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let taken = out.len().min(self.0.len()).min(7);
            self.0.read(&mut out[..taken])
        }
    }

    #[test]
    fn blank_text_and_long_lines_at_the_start_are_no_trouble() {
        let blank = " \n".repeat(3 << 20);
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(5 << 20));
        for (text, line, framing) in [
            (format!("{blank}{{}}\n{{}}\n"), 1 + (3 << 20), Framing::Lines),
            (format!("\n{long}\n{{}}\n"), 1, Framing::Lines),
            (format!("{{\n\"a\":{long}\n}}\n{long}"), 1, Framing::Values),
            (format!("{{\"index\":{{}}}}\n{long}\n"), 1, Framing::Bulk),
        ] {
            let found: Vec<_> =
                Blocks::new(Slow(text.as_bytes()), None).map(Result::unwrap).collect();
            let first = found[0].line
                + found[0]
                    .text
                    .iter()
                    .take_while(|byte| **byte != b'{')
                    .filter(|byte| **byte == b'\n')
                    .count() as u64;
            assert_eq!(found[0].framing, framing);
            assert!(first >= line, "{first}");
            let values: usize = found.iter().map(|block| block.values().count()).sum();
            assert_eq!(values, 2);
        }
    }

    /// Blocks end at line ends, lose no text and have the right line number.
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
