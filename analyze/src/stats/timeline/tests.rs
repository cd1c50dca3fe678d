//! Rows add up to the total with every time distribution, whatever the flows.

use std::sync::Arc;

use flowkit_model::answer::Cell;
use flowkit_model::question::Key;
use flowkit_model::{FIELDS, FlowRecord};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::scan::batch_tally::BatchTally;

/// A timeline in bins of `length_ms`, over a window.
fn binned(
    length_ms: u64,
    distribution: TimeDistribution,
    by: Vec<Key>,
    window: Option<(Option<u64>, Option<u64>)>,
) -> Binned {
    let bin = format!("{length_ms}ms");
    let question = Timeline { bin, distribution, by, limit: 2, ..Timeline::default() };
    Binned::new(&question, &TimeZone::UTC, window.unwrap_or_default().into(), None).unwrap()
}

fn number(cell: &Cell) -> u128 {
    match cell {
        Cell::Number(number) => *number,
        _ => 0,
    }
}

fn asked(timeline: &Binned, flows: &[FlowRecord]) -> Answer {
    answer(timeline, flows).unwrap()
}

fn answer(timeline: &Binned, flows: &[FlowRecord]) -> Result<Answer, NoAnswer> {
    let all = FIELDS.iter().map(|field| field.id).collect();
    let mut batch = Batch::new(all, 0, Arc::default());
    for flow in flows {
        batch.push(flow);
    }
    let (mut times, mut measures, mut tally) =
        (timeline.start(&std::sync::Arc::default()), BatchTally::default(), Tally::default());
    timeline.add(&mut times, &batch);
    measures.add(&batch);
    measures.finish(&mut tally, all, &Codebook::default());
    timeline.answer(times, &batch.dictionary().codebook(), &tally)
}

proptest! {
    #[test]
    fn rows_add_up(
        flows in prop::collection::vec(
            (prop::option::weighted(0.9, 50_000_u64..300_000), prop::option::weighted(0.9, 0_u64..200_000),
             prop::option::weighted(0.9, 0_u64..200_000), any::<u64>(), 0_u8..4), 0..20),
        window in prop::option::of((60_000_u64..100_000, 100_000_u64..250_000)),
        length in 1_000_u64..100_000,
        with_series in any::<bool>(),
    ) {
        let flows: Vec<FlowRecord> = flows
            .into_iter()
            .map(|(timestamp_ms, first, length, bytes, protocol)| FlowRecord {
                timestamp_ms,
                first_switched_ms: first,
                last_switched_ms: first.zip(length).map(|(first, length)| first + length),
                bytes: Some(bytes),
                packets: Some(3),
                protocol: Some(protocol),
                ..FlowRecord::default()
            })
            .collect();
        let total: u128 = flows.iter().map(|flow| u128::from(flow.bytes.unwrap())).sum();
        for load in TimeDistribution::ALL {
            let window = window.map(|(from, to)| (Some(from), Some(to)));
            let (by, columns) =
                if with_series { (vec![Key::Field(FieldId::Protocol)], 2..5) } else { (vec![], 1..4) };
            let rows = asked(&binned(length, load, by, window), &flows).table.rows;
            let sums: Vec<u128> =
                columns.map(|column| rows.iter().map(|row| number(&row[column])).sum()).collect();
            let n = flows.len() as u128;
            prop_assert_eq!(sums, [total, 3 * n, n], "{:?}", load);
        }
    }
}

/// Empty bins have rows, and flows outside of the window too.
#[test]
fn bins_are_without_gaps() {
    let flow = |first: u64, last: u64, bytes| FlowRecord {
        timestamp_ms: Some(last),
        first_switched_ms: Some(first),
        last_switched_ms: Some(last),
        bytes: Some(bytes),
        packets: Some(1),
        ..FlowRecord::default()
    };
    let flows = [flow(50_000, 130_000, 800), flow(299_000, 299_000, 5)];
    let window = Some((Some(100_000), Some(300_000)));
    let answer = asked(&binned(60_000, TimeDistribution::Proportional, vec![], window), &flows);
    let rows: Vec<_> =
        answer.table.rows.iter().map(|row| (row[0].clone(), number(&row[1]))).collect();
    let expected = [
        (Cell::None, 500),
        (Cell::Number(100_000), 200),
        (Cell::Number(120_000), 100),
        (Cell::Number(180_000), 0),
        (Cell::Number(240_000), 5),
    ];
    assert_eq!(rows, expected);
    let open = asked(&binned(60_000, TimeDistribution::Proportional, vec![], None), &flows);
    assert_eq!(open.table.rows[0].last(), Some(&Cell::Text("before".into())));
    assert_eq!(open.table.rows[1][0], Cell::Number(120_000));
}

/// A window shows fewer bins, each with its values in the whole timeline.
#[test]
fn bins_do_not_depend_on_the_window() {
    let flow = FlowRecord {
        timestamp_ms: Some(290_000),
        first_switched_ms: Some(10_000),
        last_switched_ms: Some(290_000),
        bytes: Some(1000),
        packets: Some(7),
        ..FlowRecord::default()
    };
    for load in TimeDistribution::ALL {
        let rows = |window| {
            asked(&binned(60_000, load, vec![], Some(window)), std::slice::from_ref(&flow))
                .table
                .rows
                .into_iter()
                .filter(|row| matches!(row[0], Cell::Number(_)))
                .map(|row| row.iter().take(4).map(number).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        };
        let all = rows((Some(0), Some(300_000)));
        assert_eq!(all.len(), 5, "{load:?}");
        assert_eq!(rows((Some(120_000), Some(300_000))), all[2..], "{load:?}");
        assert_eq!(rows((Some(120_000), Some(240_000))), all[2..4], "{load:?}");
    }
}

/// A flow of 48 years whose export is unknown is in the row of unknown time: a bin of
/// each second of it would be without end.
#[test]
fn a_flow_without_export_has_at_most_the_length_of_others() {
    let flow = |first: u64| FlowRecord {
        first_switched_ms: Some(first),
        last_switched_ms: Some(1_537_514_269_230),
        bytes: Some(7),
        ..FlowRecord::default()
    };
    let day = 25 * 3_600_000;
    let flows = [flow(7), flow(1_537_514_269_230 - day), flow(1_537_514_269_230 - day - 1)];
    for load in [TimeDistribution::Proportional, TimeDistribution::Uniform] {
        let rows = asked(&binned(1000, load, vec![], None), &flows).table.rows;
        let unknown = rows.last().unwrap();
        assert_eq!((&unknown[0], number(&unknown[1])), (&Cell::Unknown, 14), "{load:?}");
    }
}

/// Where no window is asked for, the bins of the first and of the last flow are whole:
/// 604,800 bytes of one day are 8 bits a second over a week.
#[test]
fn bins_of_several_days_are_whole_where_the_window_is_open() {
    let flow = FlowRecord {
        timestamp_ms: Some(1_537_514_269_230),
        bytes: Some(604_800),
        ..FlowRecord::default()
    };
    let rows = asked(&binned(7 * 86_400_000, TimeDistribution::Export, vec![], None), &[flow]);
    assert_eq!(number(&rows.table.rows[0][4]), 8);
}

/// A flow that was exported after the window and began before the first of its bins
/// reaches into all of them.
#[test]
fn edges_are_told_of_flows_that_began_before_the_first_bin() {
    let flow = |exported: u64, first: u64, last: u64| FlowRecord {
        timestamp_ms: Some(exported),
        first_switched_ms: Some(first),
        last_switched_ms: Some(last),
        ..FlowRecord::default()
    };
    let window = Some((None, Some(300_000)));
    let timeline = binned(60_000, TimeDistribution::Proportional, vec![], window);
    let all = FIELDS.iter().map(|field| field.id).collect();
    let batch = |flow: &FlowRecord| {
        let mut batch = Batch::new(all, 0, Arc::default());
        batch.push(flow);
        batch
    };
    let mut times = timeline.start(&Arc::default());
    timeline.add(&mut times, &batch(&flow(250_000, 250_000, 250_000)));
    timeline.add_later(&mut times, &batch(&flow(310_000, 50_000, 305_000)));
    let tally = Tally { seen: Some((250_000, 250_000)), ..Tally::default() };
    let rows = timeline.answer(times, &Codebook::default(), &tally).unwrap().table.rows;
    assert_eq!(
        (&rows[0][0], rows[0].last()),
        (&Cell::Number(240_000), Some(&Cell::Text("edge".into())))
    );
}

/// A flow that was exported at a time and lasted some milliseconds until then.
fn flow(timestamp_ms: u64, lasted_ms: u64, protocol: u8) -> FlowRecord {
    FlowRecord {
        timestamp_ms: Some(timestamp_ms),
        first_switched_ms: Some(timestamp_ms - lasted_ms),
        last_switched_ms: Some(timestamp_ms),
        bytes: Some(1_000_003),
        packets: Some(7),
        protocol: Some(protocol),
        ..FlowRecord::default()
    }
}

/// 2018-09-21 10:00 UTC.
const NOW: u64 = 1_537_524_000_000;
const HOUR_MS: u64 = 3_600_000;
/// 9999-01-01 00:00 UTC.
const YEAR_9999: u64 = 253_370_764_800_000;

/// A clock at 1970, or at 9999: its flow has the bin of its export, as in
/// every report, and the empty bins between the two have no row.
#[test]
fn a_wrong_clock_makes_no_rows() {
    for (wrong, bin_ms) in [(0, HOUR_MS), (YEAR_9999, HOUR_MS), (YEAR_9999, 7 * 24 * HOUR_MS)] {
        for (by, series) in [(Vec::new(), 1), (vec![Key::Field(FieldId::Protocol)], 3)] {
            let flows = [flow(wrong, 0, 1), flow(NOW, 0, 2), flow(NOW + HOUR_MS, 0, 3)];
            let timeline = binned(bin_ms, TimeDistribution::Proportional, by, None);
            let answer = asked(&timeline, &flows);
            let bins = if bin_ms == HOUR_MS { 3 } else { 2 };
            assert_eq!(answer.table.rows.len(), bins * series, "{wrong} {bin_ms}");
            let note = format!("of which {bins} are not empty: the empty ones are left out");
            assert!(answer.notes.iter().any(|told| told.contains(&note)), "{:?}", answer.notes);
            // Rates are over a whole bin, of several days too: two flows of a week.
            if bin_ms != HOUR_MS && series == 1 {
                let rates: Vec<u128> =
                    answer.table.rows.iter().map(|row| number(&row[4])).collect();
                assert_eq!(rates, [2 * 8 * 1_000_003 / (7 * 86_400), 8 * 1_000_003 / (7 * 86_400)]);
            }
        }
    }
}

/// What is advised is not done already: a window with both ends is shortened, not given.
#[test]
fn empty_bins_that_are_left_out_are_told_with_what_shows_them() {
    let flows = [flow(0, 0, 1), flow(NOW, 0, 2)];
    for (window, expected) in [
        (None, "(a larger --bin or a window shows them; `flowkit exporters` shows"),
        (Some((Some(0), None)), "(a larger --bin or a window shows them; `flowkit exporters`"),
        (Some((Some(0), Some(NOW + 1))), "(a larger --bin or a shorter window shows them)"),
    ] {
        let timeline = binned(1000, TimeDistribution::Export, Vec::new(), window);
        let answer = asked(&timeline, &flows);
        let is_told = answer.notes.iter().any(|note| note.contains(expected));
        assert!(is_told, "{expected}: {:?}", answer.notes);
    }
}

/// All empty bins of a day of seconds are there.
#[test]
fn a_day_of_seconds_has_its_empty_bins() {
    let timeline = binned(1000, TimeDistribution::Export, Vec::new(), None);
    let answer = asked(&timeline, &[flow(NOW, 0, 1), flow(NOW + 24 * HOUR_MS - 1, 0, 1)]);
    assert_eq!(answer.table.rows.len(), 86_400);
    assert_eq!(answer.notes, Vec::<String>::new());
    // So have two days that are asked for, of some series too.
    let window = Some((Some(NOW), Some(NOW + 48 * HOUR_MS)));
    for by in [Vec::new(), vec![Key::Field(FieldId::Protocol)]] {
        let timeline = binned(1000, TimeDistribution::Export, by, window);
        let answer = asked(&timeline, &[flow(NOW, 0, 1), flow(NOW + HOUR_MS, 0, 1)]);
        assert_eq!((answer.table.rows.len(), answer.notes.len()), (172_800, 0));
    }
}

/// A flow of a day in bins of 1 ms, with and without series; many bins of many series.
#[test]
fn more_rows_than_are_kept_are_refused() {
    let day = [flow(NOW, 24 * HOUR_MS, 1), flow(NOW, 0, 2)];
    let by_port = || vec![Key::Field(FieldId::DstPort)];
    let ports: Vec<FlowRecord> = (0..2000)
        .map(|port| FlowRecord { dst_port: Some(port), ..flow(NOW + u64::from(port), 0, 6) })
        .collect();
    let window = Some((Some(NOW - 1000), Some(NOW + 1000)));
    for (bin_ms, load, by, window, flows, told) in [
        (1, TimeDistribution::Proportional, Vec::new(), None, &day[..], "a row for more bins"),
        (1, TimeDistribution::Proportional, by_port(), None, &day, "a row for more bins"),
        (1, TimeDistribution::Uniform, Vec::new(), window, &day, "a row for more bins"),
        (1, TimeDistribution::Export, by_port(), None, &ports, "2000 bins of 2000 series"),
    ] {
        let all = binned(bin_ms, load, by, window);
        let refused = answer(&Binned { series: 0, ..all }, flows);
        let Err(NoAnswer::TooManyRows { what, .. }) = refused else { panic!("{refused:?}") };
        assert!(what.contains(told), "{what}");
    }
    // In the window it is in two thousand bins.
    let timeline = binned(1, TimeDistribution::Proportional, Vec::new(), window);
    assert_eq!(asked(&timeline, &day).table.rows.len(), 1 + 2000);
}

/// More parts of flows than are kept at a time add up as few do.
#[test]
fn flows_of_many_bins_are_placed_some_at_a_time() {
    let flows: Vec<FlowRecord> =
        (0..5).map(|n| flow(NOW + n * 1000, 20 * HOUR_MS, u8::try_from(n % 2).unwrap())).collect();
    for by in [Vec::new(), vec![Key::Field(FieldId::Protocol)]] {
        let columns = 1 + by.len();
        let timeline = binned(1000, TimeDistribution::Proportional, by, None);
        let rows = asked(&timeline, &flows).table.rows;
        let sums = [0, 1, 2].map(|measure| -> u128 {
            rows.iter().map(|row| number(&row[columns + measure])).sum()
        });
        assert_eq!(sums, [5 * 1_000_003, 5 * 7, 5]);
    }
}
