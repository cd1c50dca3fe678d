//! Entrances for fuzzers and for the test that replays their corpus: bytes
//! that somebody else wrote, handed to the reader that would get them.
//!
//! Nothing comes back: what is asked is that nothing panics, hangs, or takes
//! memory without bound, and that two readers of the same agree.

use std::sync::Arc;

use flowkit_model::document::shape::{DayCache, Narrowing, Shape};
use flowkit_model::{Entry, Expression, FieldId, FlowRecord, Row};

use crate::batch::FieldSet;
use crate::filter::Filter;
use crate::input;
use crate::store::{Buffers, ColumnFile, Request};

/// Documents, in any form. The first line is learnt, the others are read by its
/// shape, by that shape narrowed to the values of the lines before, and by the
/// JSON reader, which must agree.
///
/// # Panics
/// If they do not.
pub fn json(bytes: &[u8]) {
    input::read_bytes(bytes);
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let Some(first) = lines.next() else { return };
    let Some((_, is_hit)) = slowly(first) else { return };
    let Some(shape) = Shape::learn(first, is_hit) else { return };
    let mut narrowing = Narrowing::new(&shape, first);
    for line in std::iter::once(first).chain(lines) {
        let narrowed = narrowing.as_ref().and_then(|narrowing| narrowing.narrowed(&shape));
        let read = read_by(&shape, line);
        if let Some(read) = read.clone() {
            assert_eq!(Some((read, is_hit)), slowly(line), "a shape misread a document");
        }
        if let Some(narrowly) = narrowed.and_then(|narrowed| read_by(&narrowed, line)) {
            assert_eq!(Some(narrowly), read, "a narrowed shape misread a document");
        }
        if let Some(narrowing) = &mut narrowing {
            narrowing.look(&shape, line);
        }
    }
}

fn read_by(shape: &Shape, text: &[u8]) -> Option<FlowRecord> {
    let mut row = Row::default();
    shape.read(text, &mut row, &mut DayCache::default())?;
    Some(row.record())
}

/// What the JSON reader makes of a text, if it is a flow.
fn slowly(text: &[u8]) -> Option<(FlowRecord, bool)> {
    match Entry::parse(text).ok()? {
        Entry::Hit(hit) => Some((hit.into_flow().ok()?, true)),
        Entry::Bare(document) => Some((document.into_flow().ok()?, false)),
        _ => None,
    }
}

/// Datagrams and captures.
pub fn wire(bytes: &[u8]) {
    input::read_bytes(bytes);
    for datagram in flowkit_model::wire::split(bytes) {
        if let Ok(datagram) = flowkit_model::wire::decode(datagram) {
            let _ = datagram.faults();
            datagram.flows(None).for_each(drop);
        }
    }
}

/// A file of columns.
pub fn columns(bytes: &[u8]) {
    let Ok(file) = ColumnFile::of_bytes(bytes) else { return };
    let dictionary = Arc::default();
    let columns = FieldSet::all();
    let filter = Expression::parse("port in [53 80 443] or not exporter in [a b] or bpp > 99");
    let filter = filter.ok().map(Filter::new);
    for (coded, filter) in [(None, None), (Some(FieldId::DstPort), None), (None, filter.as_ref())] {
        let request = Request { columns, coded, filter, dictionary: &dictionary };
        let mut spare = Buffers::default();
        for group in 0..file.groups() {
            let _ = file.read(group, &request, &mut spare, |batch| {
                let _ = batch.column(FieldId::Bytes).n_unknown();
                batch.materialise(FieldId::DstPort);
                let _ = batch.column(FieldId::DstPort).n_unknown();
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of an older layout would be refused at once, and replay nothing.
    #[test]
    fn the_kept_columns_are_of_this_version() {
        let bytes = include_bytes!("../../fuzz/corpus/columns/three-flows.parquet");
        let file = ColumnFile::of_bytes(bytes);
        assert!(file.is_ok(), "import testdata/three-flows.ndjson and keep its columns: {file:?}");
    }
}
