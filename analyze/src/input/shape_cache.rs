//! The document shapes that a scan has learnt, shared by its blocks.
//!
//! A dump has a handful of shapes: with and without port names, with and without
//! geoip fields; of v9 and IPFIX as many as templates, times those. A block tries
//! them in turn, beginning with those that fitted last. Narrowed shapes are tried
//! before the full ones: they compare the values that have not changed so far as
//! bytes, so that there is less to read.

use std::sync::{Arc, PoisonError, RwLock};

use flowkit_model::Row;
use flowkit_model::document::shape::{DayCache, Narrowing, Shape, Shaped};

/// Trying more shapes than this costs more than the JSON parser.
const MOST_SHAPES: usize = 64;

/// Constant values that make a narrowed shape worth trying.
const LEAST_CONSTANT: usize = 4;

/// Of the documents of a block that no narrowed shape fits, one in this many is
/// sampled. So a value that changes in one of a hundred documents still counts as
/// constant: reading it every time would take longer than reading that one
/// document twice.
const SAMPLE_EVERY: usize = 8;

/// Most documents of a block that are sampled.
const MOST_SAMPLES: usize = 8;

/// The shapes learnt so far.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    known: RwLock<Vec<CachedShape>>,
}

/// A shape, and which of its values are constant.
#[derive(Debug)]
struct CachedShape {
    shape: Arc<Shape>,
    narrowing: Option<Narrowing>,
    narrowed: Option<Arc<Shape>>,
}

impl CachedShape {
    fn new(shape: Arc<Shape>) -> Self {
        Self { shape, narrowing: None, narrowed: None }
    }

    /// Merges what a block has seen of the values.
    fn learn(&mut self, sample: Narrowing) {
        let before = self.narrowing.as_ref().map_or(0, Narrowing::n_same);
        match &mut self.narrowing {
            None => self.narrowing = Some(sample),
            Some(narrowing) => narrowing.merge(&sample),
        }
        let Some(narrowing) = &self.narrowing else { return };
        if narrowing.n_same() != before {
            let is_worth_it = narrowing.n_same() >= LEAST_CONSTANT;
            let narrowed = is_worth_it.then(|| narrowing.narrowed(&self.shape)).flatten();
            self.narrowed = narrowed.map(Arc::new);
        }
    }
}

impl Shapes {
    /// A reader that begins with these shapes.
    pub(crate) fn reader(&self) -> ShapeReader {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let shapes: Vec<_> = known
            .iter()
            .map(|known| Candidate {
                narrowed: known.narrowed.clone(),
                ..Candidate::new(&known.shape)
            })
            .collect();
        ShapeReader {
            before: shapes.len(),
            order: (0..shapes.len()).collect(),
            shapes,
            days: DayCache::default(),
            attempts: MOST_SHAPES,
        }
    }

    /// Adds what a reader has learnt.
    pub(crate) fn learn_from(&self, reader: ShapeReader) {
        let ShapeReader { mut shapes, before, .. } = reader;
        let learnt = shapes.split_off(before);
        if learnt.is_empty() && shapes.iter().all(|candidate| candidate.sample.is_none()) {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (known, candidate) in known.iter_mut().zip(shapes) {
            if let Some(sample) = candidate.sample {
                known.learn(sample);
            }
        }
        // If another block has added shapes meanwhile, these are dropped: they are
        // learnt again soon.
        if known.len() == before {
            let room = MOST_SHAPES.saturating_sub(before);
            known.extend(
                learnt.into_iter().take(room).map(|candidate| CachedShape::new(candidate.shape)),
            );
        }
    }
}

/// Reads the documents of a block.
pub(crate) struct ShapeReader {
    /// The shapes of the cache, then those learnt in this block.
    shapes: Vec<Candidate>,
    before: usize,
    /// Those shapes, the one that fitted last first.
    order: Vec<usize>,
    days: DayCache,
    /// Attempts to learn that are left, so that text without a shape costs
    /// little.
    attempts: usize,
}

/// A shape, and a sample of its values in this block.
struct Candidate {
    shape: Arc<Shape>,
    narrowed: Option<Arc<Shape>>,
    /// Documents that the full shape fitted and the narrowed one did not.
    n: usize,
    sample: Option<Narrowing>,
}

impl Candidate {
    fn new(shape: &Arc<Shape>) -> Self {
        Self { shape: Arc::clone(shape), narrowed: None, n: 0, sample: None }
    }

    /// Counts a document that only the full shape fitted, and samples it.
    fn fitted(&mut self, text: &[u8]) {
        self.n += 1;
        if self.n.is_multiple_of(SAMPLE_EVERY) && self.n <= SAMPLE_EVERY * MOST_SAMPLES {
            match &mut self.sample {
                Some(sample) => sample.look(&self.shape, text),
                None => self.sample = Narrowing::new(&self.shape, text),
            }
        }
    }
}

impl ShapeReader {
    /// Reads a document of a known shape.
    pub(crate) fn read<'t>(&mut self, text: &'t [u8], row: &mut Row<'t>) -> Option<Shaped<'t>> {
        self.first(text, row, Shape::read)
    }

    /// Reads the first line of a text, if it is a document of a known shape
    /// without blanks around it; the length includes the line end.
    ///
    /// The line end need not be searched for: no value of a shape spans lines.
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

    /// The result of `read` for the first shape that fits.
    fn first<'t, T>(
        &mut self,
        text: &'t [u8],
        row: &mut Row<'t>,
        read: impl Fn(&Shape, &'t [u8], &mut Row<'t>, &mut DayCache) -> Option<T>,
    ) -> Option<T> {
        for turn in 0..self.order.len() {
            let Some(narrowed) = &self.shapes[self.order[turn]].narrowed else { continue };
            row.clear();
            if let Some(found) = read(narrowed, text, row, &mut self.days) {
                self.fitted(turn);
                return Some(found);
            }
        }
        for turn in 0..self.order.len() {
            let index = self.order[turn];
            row.clear();
            if let Some(found) = read(&self.shapes[index].shape, text, row, &mut self.days) {
                self.fitted(turn);
                self.shapes[index].fitted(text);
                return Some(found);
            }
        }
        None
    }

    /// Puts the shape that fitted in front of the others.
    fn fitted(&mut self, turn: usize) {
        if turn > 0 {
            self.order[..=turn].rotate_right(1);
        }
    }

    /// Learns the shape of a flow that the JSON parser had to read.
    pub(crate) fn learn(&mut self, text: &[u8], is_hit: bool) {
        if self.shapes.len() >= MOST_SHAPES || self.attempts == 0 {
            return;
        }
        self.attempts -= 1;
        if let Some(shape) = Shape::learn(text, is_hit).map(Arc::new) {
            self.order.insert(0, self.shapes.len());
            self.shapes.push(Candidate::new(&shape));
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
        let read = |known: &CachedShape| {
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
