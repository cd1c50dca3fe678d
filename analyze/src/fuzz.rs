//! Entry points for fuzzers and for the test that replays their corpus: untrusted
//! bytes, passed to the reader that would get them.
//!
//! They return nothing. They must not panic, hang, or use unbounded memory, and
//! two readers of one document must agree.

use std::net::IpAddr;
use std::sync::Arc;

use flowkit_model::document::shape::{DayCache, Narrowing, Shape};
use flowkit_model::dump::{Manifest, PartState};
use flowkit_model::exported_row::fill;
use flowkit_model::wire::templated::{Limits, Part, Templates, split};
use flowkit_model::{Entry, Expression, FieldId, FlowRecord, Row};

use crate::batch::FieldSet;
use crate::filter::Filter;
use crate::input::{self, Reading};
use crate::store::{self, Buffers, ColumnFile, Request};

/// Documents in any format. The shape of the first line is learnt; the other
/// lines are read by that shape, by the shape narrowed to the values of the lines
/// before, and by the JSON parser, which must agree.
///
/// # Panics
/// If they do not agree.
pub fn json(bytes: &[u8]) {
    input::read_bytes(bytes, None);
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let Some(first) = lines.next() else { return };
    let Some((_, is_hit)) = by_json(first) else { return };
    let Some(shape) = Shape::learn(first, is_hit) else { return };
    let mut narrowing = Narrowing::new(&shape, first);
    for line in std::iter::once(first).chain(lines) {
        let narrowed = narrowing.as_ref().and_then(|narrowing| narrowing.narrowed(&shape));
        let read = read_by(&shape, line);
        if let Some(read) = read.clone() {
            assert_eq!(Some((read, is_hit)), by_json(line), "a shape misread a document");
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

/// Reads a flow with the JSON parser; characters in another encoding are replaced, as
/// where sources are read.
fn by_json(text: &[u8]) -> Option<(FlowRecord, bool)> {
    let text = match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_some() => String::from_utf8_lossy(text),
        _ => return of_entry(text),
    };
    of_entry(text.as_bytes())
}

fn of_entry(text: &[u8]) -> Option<(FlowRecord, bool)> {
    match Entry::parse(text).ok()? {
        Entry::Hit(hit) => Some((as_a_row(&hit.into_flow().ok()?), true)),
        Entry::Bare(document) => Some((as_a_row(&document.into_flow().ok()?), false)),
        _ => None,
    }
}

/// A flow with all that its row has: type and code of ICMP, which stand in the port.
fn as_a_row(flow: &FlowRecord) -> FlowRecord {
    Row::of(flow).record()
}

/// What is told apart by how it begins: csv of all layouts, archives, documents
/// among other text.
pub fn text(bytes: &[u8]) {
    input::read_bytes(bytes, None);
}

/// Datagrams and captures.
///
/// # Panics
/// If more is read of datagrams with templates than there can be.
pub fn wire(bytes: &[u8]) {
    for reading in [Reading::Capture, Reading::Datagrams] {
        input::read_bytes(bytes, Some(reading));
    }
    for datagram in flowkit_model::wire::split(bytes) {
        if let Ok(datagram) = flowkit_model::wire::decode(datagram) {
            let _ = datagram.faults();
            datagram.flows(None).for_each(drop);
        }
    }
    templated(bytes);
}

/// So few that inputs of a fuzzer reach them.
const FEW: Limits = Limits {
    template_fields: 12,
    exporter_templates: 3,
    exporter_fields: 24,
    templates: 4,
    fields: 30,
};

/// Datagrams with templates, of two exporters in turns, by the limits of every reader and
/// by few.
fn templated(bytes: &[u8]) {
    for limits in [Limits::default(), FEW] {
        let mut templates = Templates::with_limits(limits);
        for (n, datagram) in split(bytes).enumerate() {
            let exporter = [IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])][n % 2];
            let Ok(parts) = templates.read(Some(exporter), datagram) else { continue };
            let mut n_records = 0;
            for part in parts {
                let Part::Data(data) = part else { continue };
                for record in data.records() {
                    let mut row = Row::default();
                    fill(&mut row, &record.exported());
                    let _ = (row.record(), record.options());
                    assert!(record.fields().all(|field| field.bytes.len() <= datagram.len()));
                    n_records += 1;
                }
            }
            assert!(n_records <= datagram.len(), "each record has a byte at least");
            assert!(templates.n_templates() <= limits.templates);
        }
    }
}

/// A manifest, or the state of a part.
///
/// # Panics
/// If what is written of one is read as another.
pub fn manifest(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::from_json(bytes) {
        let _ = (manifest.span(), manifest.missing().count());
        let facts = |manifest: &Manifest| (manifest.documents(), manifest.undated());
        let mut written = Vec::new();
        let is_written = manifest.write(&mut written).is_ok();
        let again = Manifest::from_json(&written).ok();
        assert!(is_written && again.is_some_and(|again| facts(&again) == facts(&manifest)));
    }
    if let Ok(state) = PartState::from_json(bytes) {
        let mut written = Vec::new();
        let is_written = state.write(&mut written).is_ok();
        assert!(is_written && PartState::from_json(&written).is_ok_and(|again| again == state));
    }
}

/// A Parquet file; what is none is taken for a page of a column, whose checksums
/// would keep a fuzzer from its decoders.
pub fn columns(bytes: &[u8]) {
    if !bytes.starts_with(b"PAR1") {
        return store::any_page(bytes);
    }
    let Ok(file) = ColumnFile::of_bytes(bytes) else { return };
    let dictionary = Arc::default();
    let columns = FieldSet::all();
    let filter = Expression::parse("port in [53 80 443] or not exporter in [a b] or bpp > 99");
    let filter = filter.ok().map(Filter::new);
    for (coded, filter) in [(None, None), (Some(FieldId::DstPort), None), (None, filter.as_ref())] {
        let request = Request { columns, coded, filter, dictionary: &dictionary };
        let mut buffers = Buffers::default();
        for group in 0..file.groups() {
            let _ = file.read(group, &request, &mut buffers, |batch| {
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

    /// A file of an older layout would be refused at once, and nothing would be
    /// replayed.
    #[test]
    fn the_kept_columns_are_of_this_version() {
        let bytes = include_bytes!("../../fuzz/corpus/columns/three-flows.parquet");
        let file = ColumnFile::of_bytes(bytes);
        assert!(file.is_ok(), "import testdata/three-flows.ndjson and keep its columns: {file:?}");
    }
}
