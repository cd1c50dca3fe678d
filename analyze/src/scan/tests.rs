//! Answers from Parquet files of several row groups equal those over the flows in
//! memory, and only pages that can match are read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_model::{Expression, FIELDS, Field, FieldId, FlowRecord};
use proptest::prelude::*;

use super::{ReadOptions, Side, ask, ask_batches, ask_both, ask_both_batches_within};
use flowkit_model::Metric;
use crate::batch::{Batch, FieldSet};
use crate::spill::memory::Memory;
use crate::filter::tests::{any_filter, any_flow};
use crate::selection::{Changes, Selection};
use crate::stats::diff::Diff;
use crate::stats::dimension::Dimension;
use crate::stats::{Order, top};
use crate::store::ColumnFile;
use crate::store::writer::tests::file_of;
use crate::{Answer, Source};

/// Flows sorted by time; every field is unknown in some, and the source port in
/// all of the third row group.
fn flows() -> Vec<FlowRecord> {
    let known = |n: u64, every: u64| (n % every != 1).then_some(n);
    let flow = |n: u64| FlowRecord {
        timestamp_ms: known(n, 97).map(|n| 1_537_488_000_000 + n * 1000),
        first_switched_ms: known(n, 11).map(|n| 1_537_487_000_000 + n * 7),
        bytes: known(n, 13).map(|n| n * n % 1000 * n),
        packets: known(n, 17).map(|n| n % 9),
        dst_port: known(n, 5).map(|n| u16::try_from(n * n % 90).unwrap()),
        src_port: (n / 500 != 2).then(|| u16::try_from(n / 500).unwrap()),
        src_addr: known(n, 3).map(|n| u32::try_from(n % 70).unwrap().into()),
        exporter: known(n, 19).map(|n| format!("r{}", n % 4)),
        protocol: Some(6),
        ..FlowRecord::default()
    };
    (0..2200).map(flow).collect()
}

fn batch() -> Batch {
    let mut batch = Batch::new(FieldSet::all(), 0, Arc::default());
    for flow in flows() {
        batch.push(&flow);
    }
    batch
}

/// A Parquet file of five row groups.
fn file(folder: &Path) -> PathBuf {
    let path = folder.join("flows.parquet");
    std::fs::write(&path, file_of(&batch(), 500)).unwrap();
    path
}

/// Everything in an answer except the names of sources.
fn text(answer: &Answer) -> String {
    let tally = &answer.tally;
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        answer.table, answer.ranking, tally.total, tally.unknown, tally.seen
    )
}

/// Of the columns that a filter does not test only the pages with flows that match
/// are read: in the first page of a group are none, in the second some, and in the
/// third all.
#[test]
fn pages_without_a_match_are_passed_over() {
    let flow = |n: u32| FlowRecord {
        timestamp_ms: Some(1_537_488_000_000 + u64::from(n)),
        src_port: Some(if n < 32_768 { u16::from(n > 20_000 && n.is_multiple_of(3)) } else { 1 }),
        dst_port: (!n.is_multiple_of(7)).then_some(u16::try_from(n % 1000).unwrap()),
        src_addr: Some((n % 5000).into()),
        bytes: (!n.is_multiple_of(11)).then_some(u64::from(n) * 9),
        packets: Some(1),
        exporter: (!n.is_multiple_of(13)).then(|| format!("r{}", n % 3)),
        ..FlowRecord::default()
    };
    let flows: Vec<FlowRecord> = (0..60_000).map(flow).collect();
    let mut batch = Batch::new(FieldSet::all(), 0, Arc::default());
    for flow in &flows {
        batch.push(flow);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.parquet");
    std::fs::write(&path, file_of(&batch, 50_000)).unwrap();
    let sources = [Source::open(&path).unwrap()];
    for filter in ["src port 1", "src port != 1", "src port 1 and dst port < 300", "src port 2"] {
        let selection = Selection::new(Expression::parse(filter).unwrap(), None);
        for field in [FieldId::DstPort, FieldId::SrcAddr, FieldId::Exporter, FieldId::SrcPort] {
            let by = vec![Dimension::Field(field)];
            let statistic = top::top(by, Order { limit: 0, ..Order::default() }, None);
            let found = ask(&sources, &statistic, &selection, ReadOptions::default()).unwrap();
            let expected = ask_batches(vec![batch.clone()], &statistic, &selection);
            assert_eq!(text(&found), text(&expected), "{filter} by {field:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]
    /// By any key with any filter, the answer from Parquet equals that from
    /// memory. It does come from Parquet: there are no documents to fall back to.
    #[test]
    fn any_filter_matches_the_same_flows_in_a_file(
        filter in any_filter(),
        flows in prop::collection::vec(any_flow(), 1..120),
    ) {
        let mut batch = Batch::new(FieldSet::all(), 0, Arc::default());
        for flow in &flows {
            batch.push(flow);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flows.parquet");
        std::fs::write(&path, file_of(&batch, 50)).unwrap();
        let sources = [Source::open(&path).unwrap()];
        let selection = Selection::new(Expression::parse(&filter).unwrap(), None);
        let keys = [FieldId::DstPort, FieldId::SrcPort, FieldId::SrcAddr, FieldId::Exporter];
        for field in keys.into_iter().chain([FieldId::Protocol, FieldId::LastSwitched]) {
            let by = vec![Dimension::Field(field)];
            let statistic = top::top(by, Order { limit: 0, ..Order::default() }, None);
            let found = ask(&sources, &statistic, &selection, ReadOptions::default()).unwrap();
            let expected = ask_batches(vec![batch.clone()], &statistic, &selection);
            prop_assert_eq!(text(&found), text(&expected), "{} by {:?}", filter, field);
        }
    }
}

/// A diff of two selections of a file equals that of the flows in memory, also
/// where keys were aggregated by dictionary code.
#[test]
fn a_diff_of_columns_is_that_of_the_flows() {
    let folder = tempfile::tempdir().unwrap();
    // One row group, which one thread reads: nothing is merged.
    let path = folder.path().join("flows.parquet");
    std::fs::write(&path, file_of(&batch(), 5000)).unwrap();
    let sources = [Source::open(&path).unwrap()];
    let selections = ["packets < 5", "packets > 2"]
        .map(|filter| Selection::new(Expression::parse(filter).unwrap(), None));
    let [a, b] = &selections;
    for field in [FieldId::DstPort, FieldId::SrcAddr, FieldId::Exporter, FieldId::Protocol] {
        let diff = Diff::new(vec![Dimension::Field(field)], Metric::Bytes, 0);
        let sides = [a, b].map(|selection| Side { sources: &sources, selection });
        let (found, _) = ask_both(sides, &diff, ReadOptions::default()).unwrap();
        let batches = [a, b].map(|selection| (vec![batch()], selection));
        let expected = ask_both_batches_within(batches, &diff, Memory::default()).unwrap();
        assert!(!found.table.rows.is_empty());
        assert_eq!(found.table.rows, expected.table.rows, "{field:?}");
        assert_eq!(found.title, expected.title, "{field:?}");
    }
}

/// By any key, with any filter, the answer equals that of the flows in memory,
/// and only row groups that can hold a matching flow are read.
#[test]
fn answers_are_those_of_the_flows_and_few_row_groups_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    let window = |from: u64, to: u64| {
        let at = |n: u64| Some(1_537_488_000_000 + n * 1000);
        Some((at(from), at(to)))
    };
    let repaired = Changes { repair_times: true, ..Changes::default() };
    for (filter, window, changes, groups) in [
        ("any", None, Changes::default(), 5),
        ("any", window(500, 1000), Changes::default(), 1),
        ("any", window(499, 1001), Changes::default(), 3),
        ("any", window(9000, 9001), Changes::default(), 0),
        ("src port 1", None, Changes::default(), 1),
        ("not src port 1", None, Changes::default(), 4),
        ("src port < 3", None, Changes::default(), 2),
        ("src port 1 or bytes > 900000", None, Changes::default(), 4),
        ("dst port 80", None, Changes::default(), 5),
        ("port in [0 1 80] and not ip 0.0.0.7", None, Changes::default(), 5),
        ("duration > 100 or dst port 4", None, Changes::default(), 5),
        ("not (packets > 3 and exporter in [r0 r2])", None, Changes::default(), 5),
        ("exporter != r1", None, Changes::default(), 5),
        ("bpp > 3 and packets 4", None, Changes::default(), 5),
        ("service 2 or service > 60", None, Changes::default(), 5),
        ("any and any", None, Changes::default(), 5),
        ("not any", None, Changes::default(), 0),
        ("proto udp", None, Changes::default(), 0),
        ("exporter r1 and src port 4", None, Changes::default(), 1),
        ("first < 2018-09-20T23:43:21", None, Changes::default(), 1),
        ("first < 2018-09-20T23:43:21", None, repaired, 5),
    ] {
        let expression = Expression::parse(filter).unwrap();
        let selection = Selection::new(expression, window).with_changes(changes);
        let columns = ColumnFile::open(&path).unwrap();
        let read = columns.groups_that_may_match(|bounds| selection.may_match(bounds));
        assert_eq!(read.count(), groups, "row groups for {filter} {window:?}");
        // All keys for one filter; for the others one plain, one dictionary-encoded
        // and one text key.
        let some = [FieldId::SrcPort, FieldId::SrcAddr, FieldId::Exporter];
        let is_some = |field: &&Field| groups == 3 || some.contains(&field.id);
        for field in FIELDS.iter().filter(is_some) {
            let by = vec![Dimension::Field(field.id)];
            let statistic = top::top(by, Order { limit: 0, ..Order::default() }, None);
            let sources = [Source::open(&path).unwrap()];
            let found = ask(&sources, &statistic, &selection, ReadOptions::default()).unwrap();
            let expected = ask_batches(vec![batch()], &statistic, &selection);
            assert_eq!(text(&found), text(&expected), "{filter} by {}", field.name);
        }
    }
}
