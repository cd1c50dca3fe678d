//! What is kept of each key of a grouping: sums, distinct values, and values
//! whose distribution is wanted.

use std::sync::Arc;

use super::counters::Accumulator;
pub(crate) use super::distinct::Counting;
use super::distinct::GroupKey;
use super::key::{KeyLayout, Packed};
use super::key_rows::{KeyRows, RowMask};
use super::keyed_groups::KeyedGroups;
use super::quantiles::Occurrences;
use super::widths::{Borrowed, EachWidth, Owned, Widths};
use crate::batch::{Column, Values};
use crate::spill::memory::Memory;

/// Keys of at most this many bits are indices of an array: a port, or a protocol
/// and flags.
const DENSE_BITS: u32 = 16;

/// What is accumulated by key.
///
/// Most flows have no unknown value in the fields of a key. Their keys need no
/// bit for it: a pair of addresses fits in 64 bits, and a port is an index of an
/// array of 2^16. Over 10 M flows that takes a third off the time of pairs. So
/// a key is kept in one of four widths, by its layout and by whether all of
/// its fields are known.
///
/// `A` are the sums of a key, `V` those of a value of a key.
#[derive(Debug)]
pub(crate) struct Table<A: Accumulator, V: Accumulator = Occurrences> {
    layout: KeyLayout,
    /// Sums of narrow keys whose fields are all known, the key as index.
    dense: Vec<A>,
    pub(super) widths: Widths<Owned<A, V>>,
}

/// What is accumulated in addition to sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    /// Fields whose distinct values are counted.
    pub distinct: Vec<Counting>,
    /// How many fields have quantiles.
    pub distributions: usize,
}

impl<A: Accumulator, V: Accumulator> Table<A, V> {
    /// An empty table for keys of a layout, within a budget.
    #[must_use]
    pub(crate) fn new(layout: &KeyLayout, extras: &Extras, memory: &Arc<Memory>) -> Self {
        Self {
            layout: layout.clone(),
            dense: Vec::new(),
            widths: Widths::new(layout, extras, memory),
        }
    }

    /// The fields of its keys.
    #[must_use]
    pub(crate) fn layout(&self) -> &KeyLayout {
        &self.layout
    }

    /// Adds the selected rows of a batch: `row` gives the record of a row, or
    /// its sums if these do not fit in a record.
    ///
    /// - Shapes: `columns` has one column per field of the layout; `selected`
    ///   one flag per row, or is `None` for all rows.
    ///
    /// # Panics
    /// If the columns do not fit the layout.
    pub(crate) fn add(
        &mut self,
        columns: &[&Column],
        selected: Option<&[bool]>,
        row: impl Fn(usize) -> Result<A::Row, A>,
    ) {
        let mut rows = KeyRows::new(&self.layout, columns, selected);
        if self.is_dense() && !rows.known.is_none() {
            if self.dense.is_empty() {
                self.dense.resize(1 << self.layout.known_bits(), A::default());
            }
            dense(&mut self.dense, &self.layout, columns, rows.known.flags(), &row);
            rows.known = RowMask::None;
        }
        self.widths.as_mut().each(&mut Add { rows: &rows, row: &row });
    }

    /// Counts the distinct values of the `n`th counted field: `value` gives that of a
    /// selected row, if it is known. With `only_unknown`, rows whose key has no
    /// unknown field are left out: their pairs are counted mirrored already.
    ///
    /// # Panics
    /// If the columns do not fit the layout, or [`Extras`] named fewer fields.
    pub(crate) fn count(
        &mut self,
        n: usize,
        columns: &[&Column],
        selected: Option<&[bool]>,
        only_unknown: bool,
        value: impl Fn(usize) -> Option<u64>,
    ) {
        let mut rows = KeyRows::new(&self.layout, columns, selected);
        if only_unknown {
            rows.known = RowMask::None;
        }
        self.widths.as_mut().each(&mut Count { n, rows: &rows, value: &value });
    }

    /// Adds values of each selected row to the `n`th distribution, each with its
    /// record or its sums.
    ///
    /// # Panics
    /// If the columns do not fit the layout, or [`Extras`] named fewer distributions.
    pub(crate) fn spread<I: IntoIterator<Item = (u64, Result<V::Row, V>)>>(
        &mut self,
        n: usize,
        columns: &[&Column],
        selected: Option<&[bool]>,
        values: impl Fn(usize) -> I,
    ) {
        let rows = KeyRows::new(&self.layout, columns, selected);
        self.widths.as_mut().each(&mut Spread { n, rows: &rows, values: &values });
    }

    /// Adds what another thread accumulated.
    pub(crate) fn merge(&mut self, other: Self) {
        if self.dense.is_empty() {
            self.dense = other.dense;
        } else {
            for (sums, other) in self.dense.iter_mut().zip(&other.dense) {
                sums.merge(other);
            }
        }
        self.widths.as_mut().zip(other.widths).each(&mut Merge);
    }

    /// Whether keys whose fields are all known are indices of an array. Keys without
    /// a flow may then be added too: they are skipped at the end.
    pub(crate) fn is_dense(&self) -> bool {
        self.layout.known_bits() <= DENSE_BITS
    }

    /// Moves the sums of the array to the hash aggregation.
    pub(super) fn empty_dense(&mut self) {
        let dense = std::mem::take(&mut self.dense);
        let sums = &mut self.widths.packed_mut().sums;
        sums.add(used(0, &dense).map(|(key, sums)| (key, Err(sums))));
    }

    /// Calls `take` with the keys of the array, some thousand at a time in a reused
    /// buffer, and empties the array.
    pub(super) fn drain_dense(&mut self, mut take: impl FnMut(&[(Packed, A)])) {
        let mut groups = Vec::with_capacity(DENSE_CHUNK.min(self.dense.len()));
        for (chunk, sums) in std::mem::take(&mut self.dense).chunks(DENSE_CHUNK).enumerate() {
            groups.clear();
            groups.extend(used(chunk * DENSE_CHUNK, sums));
            take(&groups);
        }
    }
}

/// Keys of the array that are ranked together: 160 kB of the usual sums.
const DENSE_CHUNK: usize = 4096;

/// The keys that have a flow, of a chunk of the array that begins with key `first`.
fn used<A: Accumulator>(first: usize, sums: &[A]) -> impl Iterator<Item = (Packed, A)> {
    let keys = (first as u64..).map(Packed).zip(sums);
    keys.filter(|(_, sums)| sums.sums().flows > 0).map(|(key, sums)| (key, sums.clone()))
}

/// Adds the flows of rows.
struct Add<'r, F> {
    rows: &'r KeyRows<'r>,
    row: &'r F,
}

impl<A, V, F> EachWidth<Borrowed<'_, A, V>> for Add<'_, F>
where
    A: Accumulator,
    V: Accumulator,
    F: Fn(usize) -> Result<A::Row, A>,
{
    type Output = ();

    fn visit<K: GroupKey>(&mut self, groups: &mut KeyedGroups<K, A, V>) {
        if let Some(keys) = self.rows.keys::<K>() {
            groups.sums.add(keys.map(|(at, key)| (key, (self.row)(at))));
        }
    }
}

/// Counts values of rows.
struct Count<'r, F> {
    n: usize,
    rows: &'r KeyRows<'r>,
    value: &'r F,
}

impl<A, V, F> EachWidth<Borrowed<'_, A, V>> for Count<'_, F>
where
    A: Accumulator,
    V: Accumulator,
    F: Fn(usize) -> Option<u64>,
{
    type Output = ();

    fn visit<K: GroupKey>(&mut self, groups: &mut KeyedGroups<K, A, V>) {
        if let Some(keys) = self.rows.keys::<K>() {
            groups.count(self.n, keys, self.value);
        }
    }
}

/// Adds values of rows to a distribution.
struct Spread<'r, F> {
    n: usize,
    rows: &'r KeyRows<'r>,
    values: &'r F,
}

impl<A, V, F, I> EachWidth<Borrowed<'_, A, V>> for Spread<'_, F>
where
    A: Accumulator,
    V: Accumulator,
    F: Fn(usize) -> I,
    I: IntoIterator<Item = (u64, Result<V::Row, V>)>,
{
    type Output = ();

    fn visit<K: GroupKey>(&mut self, groups: &mut KeyedGroups<K, A, V>) {
        if let Some(keys) = self.rows.keys::<K>() {
            groups.spread(self.n, keys, self.values);
        }
    }
}

/// Adds another thread's groups.
struct Merge;

impl<A: Accumulator, V: Accumulator> EachWidth<(Borrowed<'_, A, V>, Owned<A, V>)> for Merge {
    type Output = ();

    fn visit<K: GroupKey>(
        &mut self,
        (groups, other): (&mut KeyedGroups<K, A, V>, KeyedGroups<K, A, V>),
    ) {
        groups.merge(other);
    }
}

/// Adds rows to the array; the values of a single column are its indices.
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
                    let index = usize::try_from(key.0).expect("a narrow key");
                    sums[index].take_or_merge(row(at));
                }
            }
        }
    }
}
