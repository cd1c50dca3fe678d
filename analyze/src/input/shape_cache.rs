//! The shapes of documents that a scan has met, shared by its blocks.
//!
//! A dump has a handful of shapes: with and without port names, with and
//! without places. A block tries them in turn, the last one that fitted first;
//! before those, the same shapes narrowed to values that have not changed so
//! far, of which there is less to read.

use std::sync::{Arc, PoisonError, RwLock};

use flowkit_model::Row;
use flowkit_model::document::shape::{DayCache, Narrowing, Shape, Shaped};

/// More shapes than this cost more to try than the JSON reader takes.
const MOST_SHAPES: usize = 24;

/// Values that must not change for a narrowed shape to be worth its tries.
const LEAST_SAME: usize = 4;

/// Of the documents of a block that no narrowed shape fits, every eighth is
/// looked at, so that what changes in one of a hundred is passed over still: to
/// read such a value each time would take longer than to read that document
/// twice.
const LOOK_EVERY: usize = 8;

/// Documents of a block that are looked at.
const MOST_LOOKS: usize = 8;

/// Shapes that were learnt so far.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    known: RwLock<Vec<Known>>,
}

/// A shape, and what is known of its values.
#[derive(Debug)]
struct Known {
    shape: Arc<Shape>,
    narrowing: Option<Narrowing>,
    narrowed: Option<Arc<Shape>>,
}

impl Known {
    fn new(shape: Arc<Shape>) -> Self {
        Self { shape, narrowing: None, narrowed: None }
    }

    /// Learns what a block has seen of the values.
    fn learn(&mut self, looked: Narrowing) {
        let before = self.narrowing.as_ref().map_or(0, Narrowing::n_same);
        match &mut self.narrowing {
            None => self.narrowing = Some(looked),
            Some(narrowing) => narrowing.merge(&looked),
        }
        let Some(narrowing) = &self.narrowing else { return };
        if narrowing.n_same() != before {
            let is_worth_it = narrowing.n_same() >= LEAST_SAME;
            let narrowed = is_worth_it.then(|| narrowing.narrowed(&self.shape)).flatten();
            self.narrowed = narrowed.map(Arc::new);
        }
    }
}

impl Shapes {
    /// A reader that knows them.
    pub(crate) fn reader(&self) -> ShapeReader {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let shapes: Vec<_> = known
            .iter()
            .map(|known| Tried { narrowed: known.narrowed.clone(), ..Tried::new(&known.shape) })
            .collect();
        ShapeReader {
            before: shapes.len(),
            shapes,
            last: 0,
            days: DayCache::default(),
            attempts: MOST_SHAPES,
        }
    }

    /// Keeps what a reader has learnt.
    pub(crate) fn learn_from(&self, reader: ShapeReader) {
        let ShapeReader { mut shapes, before, .. } = reader;
        let learnt = shapes.split_off(before);
        if learnt.is_empty() && shapes.iter().all(|tried| tried.looked.is_none()) {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (known, tried) in known.iter_mut().zip(shapes) {
            if let Some(looked) = tried.looked {
                known.learn(looked);
            }
        }
        // Another block may have learnt the same meanwhile; that costs little.
        if known.len() == before {
            let room = MOST_SHAPES.saturating_sub(before);
            known.extend(learnt.into_iter().take(room).map(|tried| Known::new(tried.shape)));
        }
    }
}

/// Reads the documents of a block.
pub(crate) struct ShapeReader {
    /// Those that were known, then those that are learnt here.
    shapes: Vec<Tried>,
    before: usize,
    last: usize,
    days: DayCache,
    /// Attempts to learn that are left: text that has no shape costs nothing.
    attempts: usize,
}

/// A shape, and what is seen of its values in this block.
struct Tried {
    shape: Arc<Shape>,
    narrowed: Option<Arc<Shape>>,
    /// Documents that it fitted, and the narrowed one did not.
    n: usize,
    looked: Option<Narrowing>,
}

impl Tried {
    fn new(shape: &Arc<Shape>) -> Self {
        Self { shape: Arc::clone(shape), narrowed: None, n: 0, looked: None }
    }

    /// A document was of this shape only.
    fn fitted(&mut self, text: &[u8]) {
        self.n += 1;
        if self.n.is_multiple_of(LOOK_EVERY) && self.n <= LOOK_EVERY * MOST_LOOKS {
            match &mut self.looked {
                Some(looked) => looked.look(&self.shape, text),
                None => self.looked = Narrowing::new(&self.shape, text),
            }
        }
    }
}

impl ShapeReader {
    /// Reads a document of a known shape.
    pub(crate) fn read<'t>(&mut self, text: &'t [u8], row: &mut Row<'t>) -> Option<Shaped<'t>> {
        self.first(text, row, Shape::read)
    }

    /// Reads the line that a text begins with, if it is a document of a known
    /// shape without blanks around it; its length goes to the start of the next
    /// line.
    ///
    /// The end of the line need not be looked for: no value goes over it.
    pub(crate) fn read_line<'t>(
        &mut self,
        text: &'t [u8],
        row: &mut Row<'t>,
    ) -> Option<Shaped<'t>> {
        self.first(text, row, |shape, text, row, days| {
            let shaped = shape.is_one_line().then(|| shape.read_start(text, row, days))??;
            let end = match text[shaped.length..] {
                [] => 0,
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => return None,
            };
            Some(Shaped { length: shaped.length + end, ..shaped })
        })
    }

    /// What the first shape that fits reads.
    fn first<'t, T>(
        &mut self,
        text: &'t [u8],
        row: &mut Row<'t>,
        read: impl Fn(&Shape, &'t [u8], &mut Row<'t>, &mut DayCache) -> Option<T>,
    ) -> Option<T> {
        let n_shapes = self.shapes.len();
        let turns = |last| (0..n_shapes).map(move |turn| (last + turn) % n_shapes);
        for place in turns(self.last) {
            let Some(narrowed) = &self.shapes[place].narrowed else { continue };
            row.clear();
            if let Some(found) = read(narrowed, text, row, &mut self.days) {
                self.last = place;
                return Some(found);
            }
        }
        for place in turns(self.last) {
            row.clear();
            if let Some(found) = read(&self.shapes[place].shape, text, row, &mut self.days) {
                self.last = place;
                self.shapes[place].fitted(text);
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
            self.shapes.push(Tried::new(&shape));
        }
    }
}

#[cfg(test)]
mod tests {
    use flowkit_model::Entry;

    use super::*;

    fn document(n: usize, tos: u8, port: Option<u16>) -> String {
        let port = port.map(|port| format!("\"l4_dst_port\":{port},")).unwrap_or_default();
        format!(
            "{{\"netflow\":{{\"version\":5,\"tos\":{tos},{port}\"src_as\":7,\"dst_as\":8,\
             \"protocol\":6,\"tcp_flags\":24,\"in_bytes\":{n}}},\"host\":\"r{n}\"}}"
        )
    }

    /// Reads the documents of a block, each held against the JSON reader, as a
    /// scan does.
    fn read(shapes: &Shapes, documents: impl IntoIterator<Item = String>) {
        let mut reader = shapes.reader();
        for text in documents {
            let Ok(Entry::Bare(document)) = Entry::parse(text.as_bytes()) else { panic!("{text}") };
            let expected = document.into_flow().unwrap();
            let mut row = Row::default();
            match reader.read(text.as_bytes(), &mut row) {
                Some(_) => assert_eq!(row.record(), expected, "{text}"),
                None => reader.learn(text.as_bytes(), false),
            }
        }
        shapes.learn_from(reader);
    }

    /// Which of some documents the narrowed shapes read, in the order in which
    /// they were learnt; none if a shape is not narrowed.
    fn narrowly(shapes: &Shapes, documents: &[String]) -> Vec<Option<Vec<bool>>> {
        let reads = |shape: &Shape, text: &String| {
            let mut row = Row::default();
            shape.read(text.as_bytes(), &mut row, &mut DayCache::default()).is_some()
        };
        let known = shapes.known.read().unwrap();
        let read = |known: &Known| {
            let narrowed = known.narrowed.as_ref()?;
            Some(documents.iter().map(|text| reads(narrowed, text)).collect())
        };
        known.iter().map(read).collect()
    }

    /// Two shapes in turns, the one with a port and the other without: a port of
    /// the one never shows in a flow of the other.
    #[test]
    fn what_never_changes_is_passed_over_until_it_does() {
        let shapes = Shapes::default();
        let block = |tos: fn(usize) -> u8| {
            (0..600).map(move |n| document(n, tos(n), (n % 3 == 0).then_some(443)))
        };
        let documents = [(0, None), (0, Some(443)), (0, Some(80)), (9, Some(443)), (9, None)]
            .map(|(tos, port)| document(12, tos, port));
        read(&shapes, block(|_| 0));
        assert_eq!(narrowly(&shapes, &documents), [None, None], "one block says little");
        (0..5).for_each(|_| read(&shapes, block(|_| 0)));
        let with_port = Some(vec![false, true, false, false, false]);
        let without = Some(vec![true, false, false, false, false]);
        assert_eq!(narrowly(&shapes, &documents), [with_port.clone(), without.clone()]);
        // One in a hundred is read twice, and nothing is learnt of it.
        read(&shapes, block(|n| u8::from(n % 100 == 1)));
        assert_eq!(narrowly(&shapes, &documents), [with_port, without]);
        read(&shapes, block(|n| u8::from(n % 5 == 0)));
        let with_port = Some(vec![false, true, false, true, false]);
        let without = Some(vec![true, false, false, false, true]);
        assert_eq!(narrowly(&shapes, &documents), [with_port, without]);
    }

    /// Where nearly everything changes, shapes stay as they are.
    #[test]
    fn few_values_are_not_worth_a_try() {
        let shapes = Shapes::default();
        for _ in 0..6 {
            let texts = (0..600).map(|n| format!("{{\"netflow\":{{\"in_bytes\":{n},\"tos\":3}}}}"));
            read(&shapes, texts);
        }
        assert_eq!(narrowly(&shapes, &[]), [None]);
    }
}
