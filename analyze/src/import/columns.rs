//! Writes the Parquet cache of parts while they are imported, from the text that
//! goes into them, so that nothing is decompressed and read again.
//!
//! A file equals the one that would be made from the part later. Where that is
//! not certain, it is left to [`make_missing`](crate::cache::make_missing), which
//! reads the part and reports what is wrong.

use std::sync::Arc;

use flowkit_dump::Folders;
use flowkit_model::dump::Part;

use super::part::append_line;
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;
use crate::cache::{CacheError, PartWriter};
use crate::documents::AsItStands;
use crate::input::parse::Parsed;
use crate::input::shape_cache::Shapes;
use crate::input::{Block, Framing, Source, framing};
use crate::scan::ingest::Absorber;
use crate::scan::options::ReadOptions;
use crate::scan::waves::WAVE_BLOCKS;
use crate::store::StoreError;
use crate::store::before::Before;
use crate::store::footer::{Belongs, THIS_FILE};
use crate::threads::map;

/// Text per block to parse.
const BLOCK_BYTES: usize = 1 << 20;

/// The source of the part that is being written; the name of its file is not
/// known yet.
pub(super) fn source() -> [Source; 1] {
    [Source::part_under_way(THIS_FILE)]
}

/// Writes the Parquet file of the current part.
pub(super) struct Columns<'c> {
    folders: &'c Folders,
    pub(super) dictionary: Arc<Dictionary>,
    shapes: Shapes,
    /// Knows the identities of the documents in the parts before.
    absorber: Absorber<'c>,
    /// The parts before, all of which may hold the same documents.
    before: Before,
    part: Option<PartWriter>,
    /// Documents that are not in a block yet.
    text: Vec<u8>,
    blocks: Vec<Block>,
    /// Line of the next document, from 1.
    line: u64,
    /// The file of this part is left to be made later.
    is_left: bool,
    /// No Parquet file is written, of this part and those after it.
    is_over: bool,
}

impl<'c> Columns<'c> {
    pub(super) fn new(folders: &'c Folders, source: &'c [Source], is_wanted: bool) -> Self {
        Self {
            folders,
            dictionary: Arc::default(),
            shapes: Shapes::default(),
            absorber: Absorber::new(source, ReadOptions::default()),
            before: Before::default(),
            part: None,
            text: Vec::new(),
            blocks: Vec::new(),
            line: 1,
            is_left: false,
            is_over: !is_wanted,
        }
    }

    /// The fields that are parsed of documents on the way.
    pub(super) fn fields(&self) -> FieldSet {
        if self.is_over { FieldSet::default() } else { FieldSet::all() }
    }

    /// Ingests lines that were added to a part.
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

    /// Ingests a document that was added to a part.
    pub(super) fn document(&mut self, part: &Part, document: &str) {
        if self.is_over {
            return;
        }
        append_line(&mut self.text, document);
        if self.part.is_none() && !self.is_left {
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

    /// Finishes the Parquet file of a part.
    pub(super) fn end(&mut self, part: &Part) {
        let before = self.before.names();
        self.before.push(&part.sha256);
        self.attempt(|columns| {
            columns.parse()?;
            columns.line = 1;
            let is_left = std::mem::take(&mut columns.is_left);
            let Some(writer) = columns.part.take() else {
                if is_left {
                    columns.absorber.end(0, None)?;
                    columns.absorber.next();
                }
                return Ok(());
            };
            if columns.absorber.n_values() != part.received {
                // The part holds documents that cannot be parsed; whoever reads the
                // part reports them.
                return Err(CacheError::Damaged);
            }
            columns.absorber.end(0, None)?;
            writer.finish(Belongs::of(part, before), columns.absorber.next())
        });
    }

    /// Begins the Parquet file of a part, with its first text.
    fn begin(&mut self, part: &Part, text: &[u8]) {
        if self.is_over || self.is_left || self.part.is_some() {
            return;
        }
        self.attempt(|columns| {
            // Read later, this part would be cut into documents in another way.
            if framing(text) != Framing::Lines {
                return Err(CacheError::Damaged);
            }
            let (folders, dictionary) = (columns.folders, &columns.dictionary);
            columns.part = Some(PartWriter::new(folders, part, dictionary, None)?);
            Ok(())
        });
    }

    /// Parses the blocks that are waiting.
    fn parse(&mut self) -> Result<(), CacheError> {
        self.cut();
        let (fields, dictionary, shapes) = (FieldSet::all(), &self.dictionary, &self.shapes);
        let blocks = std::mem::take(&mut self.blocks);
        let parsed: Vec<_> = map(blocks, |block| Parsed::new(&block, fields, dictionary, shapes));
        parsed.into_iter().try_for_each(|parsed| self.push(parsed))
    }

    /// Makes a block of the text so far.
    fn cut(&mut self) {
        if !self.text.is_empty() {
            let block = Block::of_lines(std::mem::take(&mut self.text), self.line);
            self.line += memchr::memchr_iter(b'\n', &block.text).count() as u64;
            self.blocks.push(block);
        }
    }

    fn push(&mut self, parsed: Parsed) -> Result<(), CacheError> {
        let batch = self.absorber.block(0, parsed)?;
        let pushed = self.part.as_mut().map_or(Ok(()), |part| part.push(&batch));
        match pushed {
            // After flows of version 5 others came: the file is made from the part.
            Err(CacheError::Store(StoreError::Wider { .. })) => {
                self.part = None;
                self.is_left = true;
                Ok(())
            }
            pushed => pushed,
        }
    }

    /// Runs a step; if it fails, no more Parquet files are written.
    fn attempt(&mut self, work: impl FnOnce(&mut Self) -> Result<(), CacheError>) {
        if !self.is_over && work(self).is_err() {
            self.is_over = true;
            (self.part, self.text, self.blocks) = (None, Vec::new(), Vec::new());
        }
    }
}
