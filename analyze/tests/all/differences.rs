//! `diff` compares its sides part by part; here two whole rankings are
//! subtracted row by row instead, as one would by hand.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use flowkit_analyze::in_memory::{Batch, Memory, diff_batches};
use flowkit_model::Metric;
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::{Diff, Flows};

use crate::asking::{all_rows, keys, of_batches, top_with};
use crate::batches::batches;
use crate::random::{Random, flows};

/// Bytes, packets and flows of a key on both sides.
type Both = [[u128; 3]; 2];

fn sums(sides: &[Vec<Batch>; 2], names: &[&str]) -> BTreeMap<Vec<Cell>, Both> {
    let mut keys: BTreeMap<Vec<Cell>, Both> = BTreeMap::new();
    for (side, batches) in sides.iter().enumerate() {
        let all = top_with(names, &Metric::ALL.map(Metric::name), all_rows());
        for row in of_batches(batches, &all).table.rows {
            let (key, numbers) = row.split_at(names.len());
            for (sum, cell) in keys.entry(key.to_vec()).or_default()[side].iter_mut().zip(numbers) {
                let Cell::Number(number) = cell else { panic!("{cell:?}") };
                *sum = *number;
            }
        }
    }
    keys
}

/// Keys with their changes, the largest first, ties by key.
fn expected(keys: &BTreeMap<Vec<Cell>, Both>, metric: usize) -> Vec<Vec<Cell>> {
    let mut changed: Vec<_> = keys.iter().filter(|(_, [a, b])| a != b).collect();
    changed.sort_by_key(|(_, [a, b])| Reverse(a[metric].abs_diff(b[metric])));
    let row = |(key, [a, b]): (&Vec<Cell>, &Both)| {
        let mut cells = key.clone();
        for (a, b) in a.iter().zip(b) {
            let change = if b < a { Cell::Minus(a - b) } else { Cell::Number(b - a) };
            cells.extend([Cell::Number(*a), Cell::Number(*b), change]);
        }
        cells
    };
    changed.into_iter().map(row).collect()
}

/// Of each side: all of them in an optimised build, which CI runs too.
const FLOWS: usize = if cfg!(debug_assertions) { 1200 } else { 3000 };

#[test]
fn a_diff_is_two_rankings_subtracted() {
    let mut random = Random(0x5eed_0008);
    let flows = flows(&mut random, FLOWS);
    // The middle third is on both sides, so that some keys do not change. Texts
    // have the numbers of one dictionary, whichever side they came with.
    let all = batches(&flows, 10);
    check(&[all[..FLOWS / 15].to_vec(), all[FLOWS / 30..].to_vec()]);
    // Few keys on one side, which are in no parts there, and many on the other.
    check(&[all[..1].to_vec(), all.clone()]);
    check(&[all, Vec::new()]);
}

/// What differs between two sides, in so many bytes of memory.
fn diff(sides: [Vec<Batch>; 2], diff: &Diff, memory: Memory) -> Answer {
    let whole = Flows::default();
    diff_batches(sides.map(|batches| (batches, &whole)), diff, memory).unwrap()
}

fn check(sides: &[Vec<Batch>; 2]) {
    let long = ["src_addr", "dst_addr", "src_port", "timestamp", "first", "last"];
    let all_keys = [
        &["dst_port"][..],
        &["exporter", "protocol"],
        &["src_addr/28", "hour"],
        &["addr", "service"],
        &["src_addr", "dst_addr", "dst_port"],
        &long[..5],
        &long,
    ];
    for names in all_keys {
        let sums = sums(sides, names);
        for (place, metric) in Metric::ALL.into_iter().enumerate() {
            let expected = expected(&sums, place);
            let limits = [(0, usize::MAX), (7, 10_000), (7, usize::MAX), (0, 0)];
            // One measure in memory, the next on disk; all in an optimised build.
            let (from, n) = if cfg!(debug_assertions) { (place % 2 * 2, 2) } else { (0, 4) };
            for (limit, memory) in limits.into_iter().skip(from).take(n) {
                let question = Diff { sort: metric.name().into(), limit, ..Diff::new(keys(names)) };
                let found = diff(sides.clone(), &question, Memory::of(memory));
                let told = found.title();
                let rows: Vec<Vec<Cell>> = found
                    .table
                    .rows
                    .into_iter()
                    .map(|mut row| {
                        row.remove(names.len()); // the word for the change
                        row.truncate(names.len() + 9); // the last says what a port is
                        row
                    })
                    .collect();
                let n = if limit == 0 { expected.len() } else { limit.min(expected.len()) };
                assert_eq!(rows, expected[..n], "{names:?} by {metric:?}, {memory} bytes");
                let title = format!("{} of {} keys changed", expected.len(), sums.len());
                assert!(told.ends_with(&title), "{told} for {title}");
            }
        }
        let same = sides.clone().map(|_| sides[0].clone());
        let question = Diff { limit: 0, ..Diff::new(keys(names)) };
        let found = diff(same, &question, Memory::default());
        assert!(found.table.rows.is_empty(), "{names:?} differs from itself");
    }
}
