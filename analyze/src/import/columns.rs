//! The columns of parts that are being written, made of the text that goes into
//! them: nothing is unpacked and read again.
//!
//! They are what would be made of the part later. Where that is not sure, they
//! are left to [`make_missing`](crate::cache::make_missing), which reads the
//! part and has its own words for what is wrong.

use std::path::Path;
use std::sync::Arc;

use flowkit_model::dump::Part;
use rayon::prelude::*;

use super::part::append_line;
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::cache::{CacheError, PartWriter};
use crate::documents::AsItStands;
use crate::input::parse::Parsed;
use crate::input::shape_cache::Shapes;
use crate::input::{Block, Framing, Source, framing, may_share};
use crate::scan::ingest::Absorber;
use crate::scan::options::ReadOptions;
use crate::scan::waves::WAVE_BLOCKS;
use crate::store::footer::{Belongs, THIS_FILE};

/// Text that is parsed at once.
const BLOCK_BYTES: usize = 1 << 20;

/// What the columns are called before they are a part's.
pub(super) fn source() -> [Source; 1] {
    [Source::part_under_way(THIS_FILE)]
}

/// Columns of the part under way.
pub(super) struct Columns<'c> {
    dump: &'c Path,
    pub(super) dictionary: Arc<Dictionary>,
    shapes: Shapes,
    /// Knows the documents of the parts before.
    absorber: Absorber<'c>,
    part: Option<PartWriter>,
    /// Documents that are not parsed yet.
    text: Vec<u8>,
    blocks: Vec<Block>,
    /// The line at which the next document stands, from 1.
    line: u64,
    /// No columns are made, of this part and those after it.
    is_over: bool,
}

impl<'c> Columns<'c> {
    pub(super) fn new(dump: &'c Path, source: &'c [Source], is_wanted: bool) -> Self {
        Self {
            dump,
            dictionary: Arc::default(),
            shapes: Shapes::default(),
            absorber: Absorber::new(source, ReadOptions::default()),
            part: None,
            text: Vec::new(),
            blocks: Vec::new(),
            line: 1,
            is_over: !is_wanted,
        }
    }

    /// The fields to be read of documents on the way.
    pub(super) fn fields(&self) -> FieldSet {
        if self.is_over { FieldSet::default() } else { FieldSet::all() }
    }

    /// Takes in lines that were added to a part.
    pub(super) fn lines(&mut self, part: &Part, lines: AsItStands) {
        self.begin(part, &lines.block.text);
        let AsItStands { block, lines, mut parsed } = lines;
        self.attempt(|columns| {
            columns.parse()?;
            parsed.begin_at(block.line, columns.line);
            columns.line += lines;
            columns.push(*parsed)
        });
    }

    /// Takes in a document that was added to a part.
    pub(super) fn document(&mut self, part: &Part, document: &str) {
        if self.is_over {
            return;
        }
        append_line(&mut self.text, document);
        if self.part.is_none() {
            let text = std::mem::take(&mut self.text);
            self.begin(part, &text);
            self.text = text;
        }
        if self.text.len() >= BLOCK_BYTES {
            self.cut();
        }
        if self.blocks.len() >= WAVE_BLOCKS {
            self.attempt(Self::parse);
        }
    }

    /// Ends the columns of a part.
    pub(super) fn end(&mut self, part: &Part, earlier: &[Part]) {
        self.attempt(|columns| {
            columns.parse()?;
            columns.line = 1;
            let Some(under_way) = columns.part.take() else { return Ok(()) };
            if columns.absorber.n_values() != part.received {
                // Some are kept that cannot be read: who reads the part says so.
                return Err(CacheError::Damaged);
            }
            columns.absorber.end(0, None)?;
            let earlier: Vec<&Part> =
                earlier.iter().filter(|earlier| may_share(earlier, part)).collect();
            under_way.finish(Belongs::of(part, &earlier), columns.absorber.next())
        });
    }

    /// Begins the columns of a part at its first text.
    fn begin(&mut self, part: &Part, text: &[u8]) {
        if self.is_over || self.part.is_some() {
            return;
        }
        self.attempt(|columns| {
            // A part that would be cut otherwise when it is read.
            if framing(text) != Framing::Lines {
                return Err(CacheError::Damaged);
            }
            let path = columns.dump.join(part.columns_path());
            columns.part = Some(PartWriter::new(columns.dump, &path, &columns.dictionary)?);
            Ok(())
        });
    }

    /// Parses the documents that wait for it.
    fn parse(&mut self) -> Result<(), CacheError> {
        self.cut();
        let (fields, dictionary, shapes) = (FieldSet::all(), &self.dictionary, &self.shapes);
        let blocks = std::mem::take(&mut self.blocks);
        let parsed: Vec<_> =
            blocks.par_iter().map(|block| Parsed::new(block, fields, dictionary, shapes)).collect();
        parsed.into_iter().try_for_each(|parsed| self.push(parsed))
    }

    /// The text so far becomes a block.
    fn cut(&mut self) {
        if !self.text.is_empty() {
            let block = Block::of_lines(std::mem::take(&mut self.text), self.line);
            self.line += memchr::memchr_iter(b'\n', &block.text).count() as u64;
            self.blocks.push(block);
        }
    }

    fn push(&mut self, parsed: Parsed) -> Result<(), CacheError> {
        let batch = self.absorber.block(0, parsed)?;
        self.part.as_mut().map_or(Ok(()), |part| part.push(&batch))
    }

    /// Does something that columns may fail at; then there are none.
    fn attempt(&mut self, work: impl FnOnce(&mut Self) -> Result<(), CacheError>) {
        if !self.is_over && work(self).is_err() {
            self.is_over = true;
            (self.part, self.text, self.blocks) = (None, Vec::new(), Vec::new());
        }
    }
}
