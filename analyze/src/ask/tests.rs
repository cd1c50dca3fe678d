//! Answers from Parquet files of several row groups equal those over the flows in
//! memory, and only pages that can match are read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowkit_model::question::{Clock, Diff, Flows, Key, Order, Question, Report, Top};
use flowkit_model::window::Typed;
use flowkit_model::{Answer, FIELDS, Field, FieldId, FlowRecord};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::gather::{Shared, gather};
use super::in_memory::{ask_batches, diff_batches};
use super::{ReadOptions, ask, select};
use crate::batch::{Batch, FieldSet};
use crate::filter::tests::{any_filter, any_flows};
use crate::input::Source;
use crate::spill::memory::Memory;
use crate::stats::diff::Changes;
use crate::store::ColumnFile;
use crate::store::writer::tests::file_of;

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

/// The flows that match a filter.
fn matching(filter: &str) -> Flows {
    Flows { filter: Some(filter.into()), ..Flows::default() }
}

/// All values of a field.
fn top_of(field: FieldId, flows: &Flows) -> Question {
    let order = Order { limit: 0, ..Order::default() };
    let top = Top { by: vec![Key::Field(field)], columns: None, order };
    Question::new(Report::Top(top), flows.clone())
}

/// The answers from a file, and from its flows in memory.
fn both(path: &Path, batch: &Batch, question: &Question) -> [String; 2] {
    let of_file = ask(&[Source::open(path).unwrap()], question).unwrap();
    let of_flows = ask_batches(vec![batch.clone()], question, Memory::default()).unwrap();
    [of_file, of_flows].map(|answer| text(&answer))
}

/// All of an answer but the names of sources.
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
    for filter in ["src port 1", "src port != 1", "src port 1 and dst port < 300", "src port 2"] {
        for field in [FieldId::DstPort, FieldId::SrcAddr, FieldId::Exporter, FieldId::SrcPort] {
            let [found, expected] = both(&path, &batch, &top_of(field, &matching(filter)));
            assert_eq!(found, expected, "{filter} by {field:?}");
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
        flows in any_flows(1..120),
    ) {
        let mut batch = Batch::new(FieldSet::all(), 0, Arc::default());
        for flow in &flows {
            batch.push(flow);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flows.parquet");
        std::fs::write(&path, file_of(&batch, 50)).unwrap();
        let keys = [FieldId::DstPort, FieldId::SrcPort, FieldId::SrcAddr, FieldId::Exporter];
        let more = [FieldId::Protocol, FieldId::LastSwitched, FieldId::Family, FieldId::SrcMac];
        for field in keys.into_iter().chain(more) {
            let [found, expected] = both(&path, &batch, &top_of(field, &matching(&filter)));
            prop_assert_eq!(found, expected, "{} by {:?}", filter, field);
        }
    }
}

/// What differs between two selections of a file is what differs between them in
/// memory, also where keys were added up by dictionary code.
#[test]
fn a_diff_of_columns_is_that_of_the_flows() {
    let folder = tempfile::tempdir().unwrap();
    // One row group, which one thread reads: nothing is merged.
    let path = folder.path().join("flows.parquet");
    std::fs::write(&path, file_of(&batch(), 5000)).unwrap();
    let sources = [Source::open(&path).unwrap()];
    let sides = ["packets < 5", "packets > 2"].map(matching);
    let options = ReadOptions::default();
    for field in [FieldId::DstPort, FieldId::SrcAddr, FieldId::Exporter, FieldId::Protocol] {
        let by = vec![Key::Field(field)];
        let diff = Diff { limit: 0, ..Diff::new(by) };
        let (changes, shared) =
            (Changes::new(&diff, &TimeZone::UTC).unwrap(), Shared::new(options));
        let [a, b] = sides.each_ref().map(|flows| {
            let selection = select(&sources, flows, options).unwrap();
            gather(&sources, changes.groups(), &selection, options, &shared).unwrap().partial
        });
        let found = shared.or_spill_error(|codes| changes.answer(a, b, codes)).unwrap();
        let batches = sides.each_ref().map(|flows| (vec![batch()], flows));
        let expected = diff_batches(batches, &diff, Memory::default()).unwrap();
        assert!(!found.table.rows.is_empty());
        assert_eq!(found.table.rows, expected.table.rows, "{field:?}");
        assert_eq!(found.outcome, expected.outcome, "{field:?}");
    }
}

/// By any key, with any filter, the answer equals that of the flows in memory,
/// and only row groups that can hold a matching flow are read.
#[test]
fn answers_are_those_of_the_flows_and_few_row_groups_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    let all = Typed::default();
    let window = |from: u64, to: u64| {
        let at = |n: u64| Some(flowkit_model::time::format_ms(1_537_488_000_000 + n * 1000));
        Typed { from: at(from), to: at(to), ..Typed::default() }
    };
    for (filter, window, repair_times, groups) in [
        ("any", all.clone(), false, 5),
        ("any", window(500, 1000), false, 1),
        ("any", window(499, 1001), false, 3),
        ("any", window(9000, 9001), false, 0),
        ("src port 1", all.clone(), false, 1),
        ("not src port 1", all.clone(), false, 4),
        ("src port < 3", all.clone(), false, 2),
        ("src port 1 or bytes > 900000", all.clone(), false, 4),
        ("dst port 80", all.clone(), false, 5),
        ("port in [0 1 80] and not ip 0.0.0.7", all.clone(), false, 5),
        ("duration > 100 or dst port 4", all.clone(), false, 5),
        ("not (packets > 3 and exporter in [r0 r2])", all.clone(), false, 5),
        ("exporter != r1", all.clone(), false, 5),
        ("bpp > 3 and packets 4", all.clone(), false, 5),
        ("service 2 or service > 60", all.clone(), false, 5),
        ("any and any", all.clone(), false, 5),
        ("not any", all.clone(), false, 0),
        ("proto udp", all.clone(), false, 0),
        ("exporter r1 and src port 4", all.clone(), false, 1),
        ("first < 2018-09-20T23:43:21", all.clone(), false, 1),
        ("first < 2018-09-20T23:43:21", all.clone(), true, 5),
    ] {
        let flows = Flows { window, repair_times, ..matching(filter) };
        let selection = select(&[], &flows, ReadOptions::default()).unwrap();
        let columns = ColumnFile::open(&path).unwrap();
        let read = columns.groups_that_may_match(|bounds| selection.may_match(bounds));
        assert_eq!(read.count(), groups, "row groups for {filter} {:?}", flows.window);
        // All keys once; then one by values, one by codes, one of texts.
        let some = [FieldId::SrcPort, FieldId::SrcAddr, FieldId::Exporter];
        let is_some = |field: &&Field| groups == 3 || some.contains(&field.id);
        for field in FIELDS.iter().filter(is_some) {
            let [found, expected] = both(&path, &batch(), &top_of(field.id, &flows));
            assert_eq!(found, expected, "{filter} by {}", field.name);
        }
    }
}

/// A time of day is of the day of the last flow; of flows without a time there is none.
#[test]
fn a_time_of_day_is_of_the_last_day_if_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let asked = |times: &[&str], from: &str| {
        let path = folder.path().join("flows.ndjson");
        let flow = |time: &&str| format!(r#"{{{time}"netflow": {{"version": 5, "in_bytes": 1}}}}"#);
        std::fs::write(&path, times.iter().map(flow).collect::<Vec<_>>().join("\n")).unwrap();
        let window = Typed { from: Some(from.into()), ..Typed::default() };
        let flows = Flows { window, ..Flows::default() };
        let question = Question::new(Report::Summary, flows);
        ask(&[Source::open(&path).unwrap()], &question).map(|answer| answer.tally.total.flows)
    };
    let days = ["20T11:00", "21T09:59:59", "21T10:00"]
        .map(|at| format!(r#""@timestamp": "2018-09-{at}","#));
    let days: Vec<&str> = days.iter().map(String::as_str).collect();
    assert_eq!(asked(&days, "10:00").unwrap(), 1);
    assert_eq!(asked(&days, "9:00").unwrap(), 2);
    let error = asked(&["", ""], "10:00").unwrap_err().to_string();
    assert!(error.contains("no flow of it has a time"), "{error}");
    assert_eq!(asked(&[], "10:00").unwrap(), 0);
}

/// By another clock row groups are pruned by the bounds of its columns, and not by those
/// of the export; a flow of which the time is unknown is in no window.
#[test]
fn windows_of_each_clock_prune_by_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let columns = ColumnFile::open(&file(folder.path())).unwrap();
    let at = |ms: u64| Some(flowkit_model::time::format_ms(1_537_487_000_000 + ms));
    // First packets of the second row group; no flow was exported then.
    let window = Typed { from: at(3500), to: at(7000), ..Typed::default() };
    for (time, groups, matching) in
        [(Clock::Export, 0, 0), (Clock::First, 1, 455), (Clock::Last, 0, 0), (Clock::Active, 0, 0)]
    {
        let flows = Flows { window: window.clone(), time, ..Flows::default() };
        let selection = select(&[], &flows, ReadOptions::default()).unwrap();
        let read = columns.groups_that_may_match(|bounds| selection.may_match(bounds));
        assert_eq!(read.count(), groups, "{time:?}");
        let found = self::flows().iter().filter(|flow| selection.matches(flow)).count();
        assert_eq!(found, matching, "{time:?}");
    }
}

/// A flow that began before a window and ended after it is active in it.
#[test]
fn a_flow_is_active_in_each_window_that_it_overlaps() {
    let at = |ms: i64| flowkit_model::window::utc(1_537_487_000_000 + ms);
    let flow = FlowRecord {
        first_switched_ms: Some(1_537_487_001_000),
        last_switched_ms: Some(1_537_487_002_000),
        ..FlowRecord::default()
    };
    for (from, to, expected) in [
        (0, 1000, false),
        (0, 1001, true),
        (1200, 1300, true),
        (2000, 3000, true),
        (2001, 3000, false),
    ] {
        let window = Typed { from: Some(at(from)), to: Some(at(to)), ..Typed::default() };
        let flows = Flows { window, time: Clock::Active, ..Flows::default() };
        let selection = select(&[], &flows, ReadOptions::default()).unwrap();
        assert_eq!(selection.matches(&flow), expected, "{from} to {to}");
        let unknown = FlowRecord { last_switched_ms: None, ..flow.clone() };
        assert!(!selection.matches(&unknown));
    }
    let by_hour =
        Top { by: vec![Key::parse("hour").unwrap()], columns: None, order: Order::default() };
    let flows = Flows { time: Clock::Active, ..Flows::default() };
    let question = Question::new(Report::Top(by_hour), flows);
    let error = super::validate(&question).unwrap_err().to_string();
    assert!(error.contains("active in several bins"), "{error}");
}
