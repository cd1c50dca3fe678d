//! Rankings against the plain loop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flowkit_model::Kind;

use super::*;
use crate::batch::dictionary::Codebook;
use crate::batch::{Column, Values};
use crate::group::counters::Counters;
use crate::group::key_part::KeyPart;
use crate::group::table::{Counting, Extras};
use crate::spill::memory::Memory;

fn layout(kind: Kind, bits: &[u32]) -> KeyLayout {
    KeyLayout::new(bits.iter().map(|bits| KeyPart { kind, bits: *bits }).collect())
}

fn column(rows: u64, value: &dyn Fn(u64) -> Option<u64>) -> Column {
    let unknown: Vec<bool> = (0..rows).map(|row| value(row).is_none()).collect();
    Column {
        values: Values::U64((0..rows).map(|row| value(row).unwrap_or(0)).collect()),
        unknown: unknown.contains(&true).then_some(unknown),
    }
}

fn ranked(
    kind: Kind,
    groups: &[(Option<u64>, u64)],
    limit: usize,
    codes: &Codebook,
) -> (Vec<Option<u64>>, u128, u64) {
    ranked_of(&layout(kind, &[32]), groups, limit, codes)
}

fn ranked_of(
    layout: &KeyLayout,
    groups: &[(Option<u64>, u64)],
    limit: usize,
    codes: &Codebook,
) -> (Vec<Option<u64>>, u128, u64) {
    let mut table = Table::<Counters>::new(layout, &Extras::default(), &Arc::default());
    let keys = column(groups.len() as u64, &|row| groups[usize::try_from(row).unwrap()].0);
    table.add(&[&keys], None, |row| Counters::row(groups[row].1, 1));
    let value = |sums: &Counters, _: &ExtraValues| Some(sums.sums().bytes);
    let ranked = table.rank(&RankBy::largest(&value, limit, codes)).unwrap();
    (ranked.rows.into_iter().map(|row| row.key[0]).collect(), ranked.other.bytes, ranked.keys)
}

#[test]
fn the_largest_come_first_and_ties_by_key() {
    let groups = [(Some(3), 10), (None, 10), (Some(1), 10), (Some(9), 70), (Some(2), 5)];
    let all = vec![Some(9), Some(1), Some(3), None, Some(2)];
    assert_eq!(ranked(Kind::Code, &groups, 0, &Codebook::default()), (all.clone(), 0, 5));
    assert_eq!(ranked(Kind::Code, &groups, 9, &Codebook::default()), (all.clone(), 0, 5));
    assert_eq!(ranked(Kind::Code, &groups, 2, &Codebook::default()), (all[..2].to_vec(), 25, 5));
    assert_eq!(ranked(Kind::Code, &[], 2, &Codebook::default()), (vec![], 0, 0));
}

/// Keys of 16 bits are indices of an array, longer ones are hashed: the top N do not
/// depend on it.
#[test]
fn the_first_are_found_in_the_array_and_in_the_table() {
    let groups: Vec<(Option<u64>, u64)> = (0..=65_535)
        .step_by(7)
        .map(|key| (Some(key), key * 31 % 10_007))
        .chain([(None, 9000)])
        .collect();
    let mut sorted = groups.clone();
    sorted.sort_by_key(|(key, bytes)| (std::cmp::Reverse(*bytes), key.unwrap_or(u64::MAX)));
    for limit in [1, 20, 5000] {
        let first = sorted[..limit].iter().map(|group| group.0).collect();
        let other = sorted[limit..].iter().map(|group| u128::from(group.1)).sum();
        let expected = (first, other, groups.len() as u64);
        for bits in [16, 32] {
            let layout = layout(Kind::Code, &[bits]);
            assert!(
                ranked_of(&layout, &groups, limit, &Codebook::default()) == expected,
                "{limit} of {bits} bits"
            );
        }
    }
}

#[test]
fn texts_sort_by_their_letters() {
    let texts = ["r9", "r1", "r5"].map(String::from).to_vec();
    let codes = Codebook { texts, ..Codebook::default() };
    let groups = [(Some(0), 10), (Some(1), 10), (None, 10), (Some(2), 10)];
    assert_eq!(
        ranked(Kind::Text, &groups, 0, &codes),
        (vec![Some(1), Some(2), Some(0), None], 0, 4)
    );
}

/// Bytes, flows, distinct values and all values of a key.
type PlainGroup = (u128, u64, BTreeSet<u64>, Vec<u64>);

type Plain = BTreeMap<Vec<Option<u64>>, PlainGroup>;

fn add_plain(group: &mut PlainGroup, bytes: u64, value: Option<u64>) {
    group.0 += u128::from(bytes);
    group.1 += 1;
    group.2.extend(value);
    group.3.extend(value);
}

/// Keys of every width, some of them unknown, in the tables of two threads, with a
/// budget for all records and for nearly none, against the plain loop.
#[test]
fn every_way_to_keep_keys_equals_the_plain_loop() {
    // All of them in an optimised build, which CI runs too.
    const ROWS: u64 = if cfg!(debug_assertions) { 15_000 } else { 30_000 };
    let key = |row: u64| (row % 10 != 3).then_some(row * row % 1511);
    let value = |row: u64| (row % 11 != 5).then_some(row * 7 % 23);
    let bytes = |row: u64| if row % 1000 == 9 { u64::MAX - row } else { row };
    let keys = [column(ROWS, &key), column(ROWS, &|row| Some(key(row).unwrap_or(0)))];
    let (double, long) = (vec![48; 3], vec![64; 4]);
    for bits in [vec![11], vec![16], vec![5, 11], vec![32, 32], vec![64, 60], double, long] {
        for most in [10_000, usize::MAX] {
            let layout = layout(Kind::Code, &bits);
            let memory = Arc::new(Memory::of(most));
            let counting = Counting { bits: 5, mirrored: false };
            let extras = Extras { distinct: vec![counting], distributions: 1 };
            let mut tables = [0, 1].map(|_| Table::<Counters>::new(&layout, &extras, &memory));
            let mut expected = Plain::new();
            for (batch, keys) in keys.iter().enumerate() {
                let mut columns = vec![keys; bits.len()];
                let low = column(ROWS, &|row| {
                    keys.get(usize::try_from(row).unwrap()).map(|key| key % 32)
                });
                if bits == [5, 11] {
                    columns[0] = &low;
                }
                let half = |half: u64| -> Vec<bool> {
                    (0..ROWS).map(|row| row != 7 && row % 2 == half).collect()
                };
                for (table, half) in tables.iter_mut().zip([half(0), half(1)]) {
                    let row = |at: usize| Counters::row(bytes(at as u64), 1);
                    table.add(&columns, Some(&half), row);
                    let value = |at: usize| value(at as u64);
                    table.count(0, &columns, Some(&half), false, value);
                    table.spread(0, &columns, Some(&half), |row| Some((value(row)?, Ok(()))));
                }
                for row in (0..ROWS).filter(|row| *row != 7) {
                    let at = usize::try_from(row).unwrap();
                    let key = columns.iter().map(|column| column.get(at)).collect();
                    add_plain(expected.entry(key).or_default(), bytes(row), value(row));
                }
                assert!(batch < 2);
            }
            let [mut table, other] = tables;
            table.merge(other);
            let found = table.all(Metric::Bytes, &Codebook::default()).unwrap();
            assert_eq!(found.len(), expected.len(), "{bits:?}");
            for row in found {
                let (sum, flows, values, mut all) = expected.remove(&row.key).unwrap();
                let sums = row.sums.sums();
                assert_eq!((sums.bytes, sums.flows), (sum, flows), "{:?}", row.key);
                assert_eq!(row.extras.distinct, [values.len() as u64]);
                all.sort_unstable();
                let points = row.extras.quantiles[0];
                assert_eq!(points.n, all.len() as u64);
                let middle = all.get((all.len().max(1) - 1) / 2).copied();
                assert_eq!(points.median, middle.unwrap_or(0));
            }
            assert!(memory.failure().is_none());
        }
    }
}
