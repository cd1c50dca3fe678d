//! Cuts a stream of text into blocks of whole documents.
//!
//! Lines that open and close with a brace are blocks of lines, as elasticdump,
//! `jq -c` and flowkit write them. Any other text is cut behind the last value in
//! it, so that neither a value of several lines nor text between values is cut in
//! two, and where blocks end does not show in what is found.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;

use flowkit_model::document::csv::Header;
use memchr::{memchr, memchr_iter};

use super::block::{Block, Dropped};
use super::buffer::{BufferPool, Text};
use super::bulk::before_last_action;
use super::csv;
use super::framing::{Framing, Start, framing};
use super::json_values::{Nesting, Scan};
use super::plain_lines::plain_lines;
use super::stretches::BYTE_ORDER_MARK;

/// Target size of a block; a longer document makes a larger one. Larger blocks
/// gain nothing, and all blocks in flight should fit in the CPU cache.
const BLOCK_BYTES: usize = 1 << 19;
/// A longer document is an error, so that memory is bounded. A page of 10,000
/// hits is some 10 MB.
const LONGEST_DOCUMENT: usize = 1 << 29;
/// A longer line may be many values without line ends between them.
const LONG_LINE: usize = 1 << 26;
/// Longer text without an open brace is dropped while it is read.
const LONG_TEXT: usize = 1 << 21;

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
    /// Long text that was dropped before `rest`.
    dropped: Option<Dropped>,
    scan: Scan,
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
            dropped: None,
            scan: Scan::inside(0),
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
        let framing = match framing {
            Framing::Rows | Framing::Values => framing,
            _ if self.plain_lines(framing, true) < self.rest.len() => Framing::Values,
            _ => framing,
        };
        let text = std::mem::replace(&mut self.rest, self.buffers.text());
        let (header, dropped) = (self.header.clone(), self.dropped.take());
        let arrays =
            if framing == Framing::Values { self.arrays_after(&text) } else { self.arrays };
        Block { text, line: self.line, framing, header, last: true, is_open: arrays > 0, dropped }
    }

    /// JSON arrays that are still open at the end of `text`.
    fn arrays_after(&self, text: &[u8]) -> u32 {
        let (mut nesting, mut at) = (Nesting::inside(self.arrays), 0);
        while let Some(length) = nesting.end_of_value(&text[at..]) {
            at += length;
        }
        nesting.around_at_end()
    }

    fn next_block(&mut self) -> Result<Option<Block>, BlockError> {
        // What is left behind a block may hold the next one.
        let mut is_ready = !self.rest.is_empty() && self.framing.is_some();
        loop {
            if !std::mem::take(&mut is_ready) && !self.read_more()? {
                if self.rest.is_empty() && self.arrays == 0 && self.dropped.is_none() {
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
            let block = match self.framing {
                None => None,
                Some(Framing::Rows) => self.of_rows()?,
                Some(framing) => self.of_values(framing),
            };
            if block.is_some() {
                return Ok(block);
            }
            self.bounded()?;
        }
    }

    /// Where the rows end that are whole and stand under one header.
    fn end_of_rows(&mut self) -> Result<Option<usize>, BlockError> {
        if !self.has_line_end() {
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

    /// A block of whole rows that stand under one header.
    fn of_rows(&mut self) -> Result<Option<Block>, BlockError> {
        let cut = self.end_of_rows()?.filter(|cut| *cut > 0);
        Ok(cut.map(|cut| self.cut(cut, Framing::Rows)))
    }

    /// A block of plain lines if the text begins with one, else of the values that
    /// end in it.
    fn of_values(&mut self, framing: Framing) -> Option<Block> {
        if self.scan.searched == 0 && framing != Framing::Values {
            if self.has_line_end() {
                let plain = self.plain_lines(framing, false);
                if plain > 0 {
                    return Some(self.cut(plain, framing));
                }
            } else if self.rest.len() < LONG_LINE && self.rest.trim_ascii_start().starts_with(b"{")
            {
                return None;
            }
        }
        let Scan { nesting, searched, cut, .. } = &mut self.scan;
        while let Some(length) = nesting.end_of_value(&self.rest[*searched..]) {
            *searched += length;
            *cut = *searched;
            self.arrays = nesting.around();
        }
        *searched = self.rest.len();
        // An action stays with its document.
        let cut = before_last_action(&self.rest[..*cut]);
        if cut > 0 {
            return Some(self.cut(cut, Framing::Values));
        }
        if self.scan.nesting.is_outside() && self.rest.len() > LONG_TEXT {
            self.drop_text();
        }
        None
    }

    /// Whether a line ends in what was read since the last look.
    fn has_line_end(&mut self) -> bool {
        let has_end = memchr(b'\n', &self.rest[self.scan.without_end..]).is_some();
        self.scan.without_end = self.rest.len();
        has_end
    }

    /// Length of the whole lines, from the start of `rest`, that need no search for
    /// values.
    fn plain_lines(&self, framing: Framing, at_end: bool) -> usize {
        let is_bulk = framing == Framing::Bulk;
        let plain = plain_lines(&self.rest, at_end, is_bulk);
        if is_bulk && !at_end { before_last_action(&self.rest[..plain]) } else { plain }
    }

    /// Drops `rest`, in which no value begins.
    fn drop_text(&mut self) {
        let text = std::mem::replace(&mut self.rest, self.buffers.text());
        self.dropped = Dropped::and(self.dropped.take(), &text, self.line);
        self.line += memchr_iter(b'\n', &text).count() as u64;
        (self.scan.searched, self.scan.without_end) = (0, 0);
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
        self.scan = Scan::inside(self.arrays);
        let (header, dropped) = (self.header.clone(), self.dropped.take());
        Block { text, line, framing, header, last: false, is_open: false, dropped }
    }

    /// Appends about a block of text; false at the end of the stream.
    fn read_more(&mut self) -> Result<bool, BlockError> {
        let before = self.rest.len();
        // Buffers have the length of a block, so that most never grow.
        let base = if before < BLOCK_BYTES / 2 { 0 } else { before };
        let result = self.fill(base + BLOCK_BYTES);
        let read = self.rest.len() - before;
        if self.offset == 0 && self.rest.starts_with(BYTE_ORDER_MARK) {
            self.rest.drop_start(BYTE_ORDER_MARK.len());
        }
        self.offset += read as u64;
        result.map_err(|error| BlockError::Io(self.offset, error))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::stretches::{Stretch, walk};

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
            (format!("{{\"index\":{{}}}}\n{long}\n"), 1, Framing::Values),
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
            let mut values = 0;
            for block in &found {
                walk(&block.text, |_, stretch| {
                    values += usize::from(matches!(stretch, Stretch::Value(_)));
                    true
                });
            }
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
                assert!(*found == framing || block.trim().is_empty());
                assert_eq!(*line, 1 + text[..seen].matches('\n').count() as u64);
                seen += block.len();
                assert!(block.trim().is_empty() || block.trim_end().ends_with('}'));
            }
            assert_eq!(blocks.iter().map(|block| block.0.as_str()).collect::<String>(), text);
        }
    }
}
