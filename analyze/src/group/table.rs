//! Where the sums of each key are kept, and what else is gathered by key:
//! different values, and values to be put in order.

use std::sync::Arc;

use super::counters::Accumulator;
pub use super::distinct::Counting;
use super::distinct::Pairs;
use super::key::{DOUBLE_BITS, Key, KeyLayout, LongKey, Packed};
use super::keyed_sums::Store;
use super::quantiles::Times;
use super::wide_key::Double;
use crate::batch::{Column, Values};
use crate::spill::hash::Valued;
use crate::spill::memory::Memory;

/// Keys of at most so many bits are places in an array: a port, or a protocol
/// and flags.
const DENSE_BITS: u32 = 16;

/// What is gathered by key.
///
/// Most flows have no unknown value in the fields of a key. Their keys need no
/// bit for it: a pair of addresses fits in 64 bits, and a port is a place in an
/// array of 2^16. Over 10 M flows that takes a third off the time of pairs. So
/// keys are in one of four places, by their layout and by whether all of
/// their fields are known.
///
/// `A` are the sums of a key, `V` those of a value of a key.
#[derive(Debug)]
pub struct Table<A: Accumulator, V: Accumulator = Times> {
    layout: KeyLayout,
    /// Sums by place, of narrow keys that are wholly known.
    dense: Vec<A>,
    pub(super) known: Gathered<Packed, A, V>,
    pub(super) wide: Gathered<u128, A, V>,
    pub(super) double: Gathered<Double, A, V>,
    pub(super) long: Gathered<LongKey, A, V>,
}

/// What is gathered under keys of one type.
#[derive(Debug)]
pub(super) struct Gathered<K, A: Accumulator, V: Accumulator> {
    pub(super) sums: Store<K, A>,
    /// For each field whose values are counted.
    pub(super) pairs: Vec<Pairs<K>>,
    /// For each field whose distribution is told.
    pub(super) values: Vec<Store<Valued<K>, V>>,
}

/// How much is gathered besides sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Besides {
    /// Fields whose different values are counted.
    pub distinct: Vec<Counting>,
    /// How many fields have their distribution told.
    pub spread: usize,
}

/// Rows of a batch by the place of their keys; `None` is all rows.
struct Rows<'r> {
    known: Which<'r>,
    wide: Which<'r>,
    double: Which<'r>,
    long: Which<'r>,
}

enum Which<'r> {
    None,
    All,
    Flagged(&'r [bool]),
    Some(Vec<bool>),
}

impl Which<'_> {
    fn flags(&self) -> Option<&[bool]> {
        match self {
            Self::None | Self::All => None,
            Self::Flagged(flags) => Some(flags),
            Self::Some(flags) => Some(flags),
        }
    }
}

impl<A: Accumulator, V: Accumulator> Table<A, V> {
    /// An empty table for keys of a layout, within a budget.
    #[must_use]
    pub fn new(layout: &KeyLayout, besides: &Besides, memory: &Arc<Memory>) -> Self {
        Self {
            layout: layout.clone(),
            dense: Vec::new(),
            known: Gathered::new(layout, besides, memory),
            wide: Gathered::new(layout, besides, memory),
            double: Gathered::new(layout, besides, memory),
            long: Gathered::new(layout, besides, memory),
        }
    }

    /// The fields of its keys.
    #[must_use]
    pub fn layout(&self) -> &KeyLayout {
        &self.layout
    }

    /// Adds the selected rows of a batch: `row` gives the record of a row, or
    /// its sums where these do not fit in a record.
    ///
    /// - Shapes: `columns` has one column per field of the layout; `selected`
    ///   one flag per row, or is `None` for all rows.
    ///
    /// # Panics
    /// If the columns do not fit the layout.
    pub fn add(
        &mut self,
        columns: &[&Column],
        selected: Option<&[bool]>,
        row: impl Fn(usize) -> Result<A::Row, A>,
    ) {
        let rows = Rows::of(&self.layout, columns, selected);
        if self.is_dense() && !matches!(rows.known, Which::None) {
            if self.dense.is_empty() {
                self.dense.resize(1 << self.layout.known_bits(), A::default());
            }
            dense(&mut self.dense, &self.layout, columns, rows.known.flags(), &row);
        } else if let Some(keys) = keys::<Packed>(&self.layout, columns, &rows.known) {
            self.known.sums.add(keys.map(|(at, key)| (key, row(at))));
        }
        if let Some(keys) = keys::<u128>(&self.layout, columns, &rows.wide) {
            self.wide.sums.add(keys.map(|(at, key)| (key, row(at))));
        }
        if let Some(keys) = keys::<Double>(&self.layout, columns, &rows.double) {
            self.double.sums.add(keys.map(|(at, key)| (key, row(at))));
        }
        if let Some(keys) = keys::<LongKey>(&self.layout, columns, &rows.long) {
            self.long.sums.add(keys.map(|(at, key)| (key, row(at))));
        }
    }

    /// Adds a value of each selected row where `value` gives one, to be counted
    /// once for each key. With `only_unknown`, rows whose key is wholly known
    /// are left out: their pairs, mirrored, are there.
    ///
    /// # Panics
    /// If the columns do not fit the layout, or nothing was to be counted.
    pub fn count(
        &mut self,
        n: usize,
        columns: &[&Column],
        selected: Option<&[bool]>,
        only_unknown: bool,
        value: impl Fn(usize) -> Option<u64>,
    ) {
        let rows = Rows::of(&self.layout, columns, selected);
        if !only_unknown {
            self.known.count(n, keys(&self.layout, columns, &rows.known), &value);
        }
        self.wide.count(n, keys(&self.layout, columns, &rows.wide), &value);
        self.double.count(n, keys(&self.layout, columns, &rows.double), &value);
        self.long.count(n, keys(&self.layout, columns, &rows.long), &value);
    }

    /// Adds what `values` gives for each selected row: values, and the record
    /// of each or its sums.
    ///
    /// # Panics
    /// If the columns do not fit the layout, or no values were to be kept.
    pub fn spread<I: IntoIterator<Item = (u64, Result<V::Row, V>)>>(
        &mut self,
        n: usize,
        columns: &[&Column],
        selected: Option<&[bool]>,
        values: impl Fn(usize) -> I,
    ) {
        let rows = Rows::of(&self.layout, columns, selected);
        self.known.spread(n, keys(&self.layout, columns, &rows.known), &values);
        self.wide.spread(n, keys(&self.layout, columns, &rows.wide), &values);
        self.double.spread(n, keys(&self.layout, columns, &rows.double), &values);
        self.long.spread(n, keys(&self.layout, columns, &rows.long), &values);
    }

    /// Adds what another thread gathered.
    pub fn merge(&mut self, other: Self) {
        if self.dense.is_empty() {
            self.dense = other.dense;
        } else {
            for (sums, other) in self.dense.iter_mut().zip(&other.dense) {
                sums.merge(other);
            }
        }
        self.known.merge(other.known);
        self.wide.merge(other.wide);
        self.double.merge(other.double);
        self.long.merge(other.long);
    }

    /// Whether keys stand in an array, if all of their fields are known: those
    /// without a flow may then be added, too.
    pub(crate) fn is_dense(&self) -> bool {
        self.layout.known_bits() <= DENSE_BITS
    }

    /// Puts the sums that stand in an array with the others.
    pub(super) fn close(&mut self) {
        let dense = std::mem::take(&mut self.dense);
        self.known.sums.add(used(0, &dense).map(|(key, sums)| (key, Err(sums))));
    }

    /// Hands on the keys that stand in an array, some thousand at a time in memory
    /// that is used again, and forgets them.
    pub(super) fn take_dense(&mut self, mut take: impl FnMut(&[(Packed, A)])) {
        let mut groups = Vec::with_capacity(DENSE_PIECE.min(self.dense.len()));
        for (piece, sums) in std::mem::take(&mut self.dense).chunks(DENSE_PIECE).enumerate() {
            groups.clear();
            groups.extend(used(piece * DENSE_PIECE, sums));
            take(&groups);
        }
    }
}

/// Keys of an array that are ranked together: 160 kB of the usual sums.
const DENSE_PIECE: usize = 4096;

/// The keys that have a flow, of a stretch of an array from `first` on.
fn used<A: Accumulator>(first: usize, sums: &[A]) -> impl Iterator<Item = (Packed, A)> {
    let keys = (first as u64..).map(Packed).zip(sums);
    keys.filter(|(_, sums)| sums.sums().flows > 0).map(|(key, sums)| (key, sums.clone()))
}

impl<K: Key, A: Accumulator, V: Accumulator> Gathered<K, A, V> {
    fn new(layout: &KeyLayout, besides: &Besides, memory: &Arc<Memory>) -> Self {
        let pairs = |counted: &Counting| Pairs::new(layout.known_bits(), *counted, memory);
        Self {
            sums: Store::new(memory),
            pairs: besides.distinct.iter().map(pairs).collect(),
            values: (0..besides.spread).map(|_| Store::new(memory)).collect(),
        }
    }

    fn count(
        &mut self,
        n: usize,
        keys: Option<impl Iterator<Item = (usize, K)>>,
        value: impl Fn(usize) -> Option<u64>,
    ) {
        if let Some(keys) = keys {
            self.pairs[n].add(keys.filter_map(|(row, key)| Some((key, value(row)?))));
        }
    }

    fn spread<I: IntoIterator<Item = (u64, Result<V::Row, V>)>>(
        &mut self,
        n: usize,
        keys: Option<impl Iterator<Item = (usize, K)>>,
        values: impl Fn(usize) -> I,
    ) {
        let Some(keys) = keys else { return };
        self.values[n].add(keys.flat_map(|(row, key)| {
            values(row).into_iter().map(move |(value, of)| (Valued(key.clone(), value), of))
        }));
    }

    fn merge(&mut self, other: Self) {
        self.sums.merge(other.sums);
        for (pairs, other) in self.pairs.iter_mut().zip(other.pairs) {
            pairs.merge(other);
        }
        for (values, other) in self.values.iter_mut().zip(other.values) {
            values.merge(other);
        }
    }
}

impl<'r> Rows<'r> {
    fn of(layout: &KeyLayout, columns: &[&Column], selected: Option<&'r [bool]>) -> Self {
        let all = selected.map_or(Which::All, Which::Flagged);
        let mut rows =
            Self { known: Which::None, wide: Which::None, double: Which::None, long: Which::None };
        if layout.known_bits() > 64 {
            match layout.bits() {
                ..=128 => rows.wide = all,
                129..=DOUBLE_BITS => rows.double = all,
                _ => rows.long = all,
            }
            return rows;
        }
        let mut masks = columns.iter().filter_map(|column| column.unknown.as_deref());
        let Some(first) = masks.next() else {
            rows.known = all;
            return rows;
        };
        let mut wide = first.to_vec();
        for mask in masks {
            wide.iter_mut().zip(mask).for_each(|(wide, unknown)| *wide |= unknown);
        }
        let mut known: Vec<bool> = wide.iter().map(|unknown| !unknown).collect();
        if let Some(selected) = selected {
            wide.iter_mut().zip(selected).for_each(|(wide, selected)| *wide &= selected);
            known.iter_mut().zip(selected).for_each(|(known, selected)| *known &= selected);
        }
        let some = |flags: Vec<bool>| {
            if flags.contains(&true) { Which::Some(flags) } else { Which::None }
        };
        // 64 bits and one for each field, of at least one bit, make 128.
        Self { known: some(known), wide: some(wide), ..rows }
    }
}

/// The keys of some rows, if there are any.
fn keys<'r, K: Key>(
    layout: &KeyLayout,
    columns: &[&Column],
    rows: &'r Which<'r>,
) -> Option<impl Iterator<Item = (usize, K)> + use<'r, K>> {
    if matches!(rows, Which::None) {
        return None;
    }
    let flags = rows.flags();
    let keys = layout.encode::<K>(columns).into_iter().enumerate();
    Some(keys.filter(move |(row, _)| flags.is_none_or(|flags| flags[*row])))
}

/// Adds rows at the places of their keys; a single column is its own key.
fn dense<A: Accumulator>(
    sums: &mut [A],
    layout: &KeyLayout,
    columns: &[&Column],
    selected: Option<&[bool]>,
    row: impl Fn(usize) -> Result<A::Row, A>,
) {
    match (columns, selected) {
        ([Column { values: Values::U16(keys), .. }], None) => {
            for (at, key) in keys.iter().enumerate() {
                sums[usize::from(*key)].take_or_merge(row(at));
            }
        }
        ([Column { values: Values::U8(keys), .. }], None) => {
            for (at, key) in keys.iter().enumerate() {
                sums[usize::from(*key)].take_or_merge(row(at));
            }
        }
        _ => {
            for (at, key) in layout.encode::<Packed>(columns).into_iter().enumerate() {
                if selected.is_none_or(|selected| selected[at]) {
                    let place = usize::try_from(key.0).expect("a narrow key");
                    sums[place].take_or_merge(row(at));
                }
            }
        }
    }
}
