//! A block of text: whole documents, and where they stand in their stream.

use std::sync::Arc;

use flowkit_model::document::csv::Header;
use memchr::{memchr, memchr_iter};

use super::buffer::Text;
use super::csv;
use super::framing::Framing;
use super::json_values::is_separator;
use super::stretches::{is_zeros, may_hold_a_document};

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
    /// Long text before this one, which was dropped since no document can be in it.
    pub(crate) dropped: Option<Dropped>,
}

/// Text that was read and dropped.
#[derive(Clone, Debug)]
pub(crate) struct Dropped {
    /// Number of its first line.
    pub(crate) line: u64,
    /// Its length.
    pub(crate) bytes: u64,
    /// How it begins.
    pub(crate) start: Vec<u8>,
    /// It has a closing brace.
    pub(crate) has_brace: bool,
    /// It is nothing but bytes of zeros and separators.
    pub(crate) is_zeros: bool,
}

/// What is kept of it, to say what it is.
const START: usize = 1 << 16;

impl Dropped {
    /// What was dropped, and the text behind it, which begins in this line. What may
    /// stand between values does not count before it.
    pub(super) fn and(before: Option<Self>, text: &[u8], line: u64) -> Option<Self> {
        let (mut dropped, text) = if let Some(before) = before {
            (before, text)
        } else {
            let first = text.iter().position(|byte| !is_separator(*byte))?;
            let (blank, text) = text.split_at(first);
            let line = line + memchr_iter(b'\n', blank).count() as u64;
            let start = text[..text.len().min(START)].to_vec();
            (Self { line, bytes: 0, start, has_brace: false, is_zeros: true }, text)
        };
        dropped.bytes += text.len() as u64;
        dropped.has_brace |= may_hold_a_document(text);
        dropped.is_zeros &= is_zeros(text);
        Some(dropped)
    }
}

impl Block {
    /// A block of newline-delimited documents.
    pub(crate) fn of_lines(text: Vec<u8>, line: u64) -> Self {
        let (text, framing) = (Text::of(text), Framing::Lines);
        Self { text, line, framing, header: None, last: false, is_open: false, dropped: None }
    }

    /// Whether a value is the last one of its stream, so that it may be
    /// truncated.
    pub(super) fn ends_with(&self, value: &[u8]) -> bool {
        self.last && self.text.trim_ascii_end().ends_with(value)
    }

    /// Its rows of csv, each with the number of its first line.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let delimiter = self.header.as_ref().map_or(b',', |header| header.delimiter());
        csv::records(&self.text, delimiter, self.line).map(|(line, _, record)| (line, record))
    }

    /// Its lines that are not blank, each with its number.
    pub(crate) fn lines_of_text(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let (mut line, mut at) = (self.line, 0);
        std::iter::from_fn(move || {
            while at < self.text.len() {
                let end = memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |end| at + end);
                let found = (line, self.text[at..end].trim_ascii());
                (at, line) = (end + 1, line + 1);
                if !found.1.is_empty() {
                    return Some(found);
                }
            }
            None
        })
    }
}
