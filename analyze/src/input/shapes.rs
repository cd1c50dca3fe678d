//! The shapes of documents that a scan has met, shared by its blocks.
//!
//! A dump has a handful of shapes: with and without port names, with and
//! without places. A block tries them in turn, the last one that fitted first.

use std::sync::{Arc, PoisonError, RwLock};

use flowkit_model::Row;
use flowkit_model::document::shape::{DayCache, Identity, Shape};

/// More shapes than this cost more to try than the JSON reader takes.
const MOST_SHAPES: usize = 24;

/// Shapes that were learnt so far.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    known: RwLock<Vec<Arc<Shape>>>,
}

impl Shapes {
    /// A reader that knows them.
    pub(crate) fn reader(&self) -> ShapeReader {
        let shapes = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        ShapeReader {
            before: shapes.len(),
            shapes,
            last: 0,
            days: DayCache::default(),
            learnt: Vec::new(),
            attempts: MOST_SHAPES,
        }
    }

    /// Keeps what a reader has learnt.
    pub(crate) fn learn_from(&self, reader: ShapeReader) {
        if reader.learnt.is_empty() {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Another block may have learnt the same meanwhile; that costs little.
        let room = MOST_SHAPES.saturating_sub(known.len());
        if known.len() == reader.before {
            known.extend(reader.learnt.into_iter().take(room));
        }
    }
}

/// Reads the documents of a block.
pub(crate) struct ShapeReader {
    shapes: Vec<Arc<Shape>>,
    before: usize,
    last: usize,
    days: DayCache,
    learnt: Vec<Arc<Shape>>,
    /// Attempts to learn that are left: text that has no shape costs nothing.
    attempts: usize,
}

impl ShapeReader {
    /// Reads a document of a known shape.
    pub(crate) fn read<'t>(&mut self, text: &'t [u8], row: &mut Row<'t>) -> Option<Identity<'t>> {
        self.first(row, |shape, row, days| shape.read(text, row, days))
    }

    /// Reads the line that a text begins with, if it is a document of a known
    /// shape without blanks around it; gives the start of the next line, too.
    ///
    /// The end of the line need not be looked for: no value goes over it.
    pub(crate) fn read_line<'t>(
        &mut self,
        text: &'t [u8],
        row: &mut Row<'t>,
    ) -> Option<(Identity<'t>, usize)> {
        self.first(row, |shape, row, days| {
            let (identity, length) =
                shape.is_one_line().then(|| shape.read_start(text, row, days))??;
            let end = match text[length..] {
                [] => 0,
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => return None,
            };
            Some((identity, length + end))
        })
    }

    /// What the first shape that fits reads.
    fn first<'t, T>(
        &mut self,
        row: &mut Row<'t>,
        read: impl Fn(&Shape, &mut Row<'t>, &mut DayCache) -> Option<T>,
    ) -> Option<T> {
        let n_shapes = self.shapes.len();
        for turn in 0..n_shapes {
            let place = (self.last + turn) % n_shapes;
            row.clear();
            if let Some(found) = read(&self.shapes[place], row, &mut self.days) {
                self.last = place;
                return Some(found);
            }
        }
        None
    }

    /// Learns from a flow that had to be read by the JSON reader.
    pub(crate) fn learn(&mut self, text: &[u8], is_hit: bool) {
        if self.shapes.len() >= MOST_SHAPES || self.attempts == 0 {
            return;
        }
        self.attempts -= 1;
        if let Some(shape) = Shape::learn(text, is_hit).map(Arc::new) {
            self.shapes.push(Arc::clone(&shape));
            self.learnt.push(shape);
        }
    }
}
