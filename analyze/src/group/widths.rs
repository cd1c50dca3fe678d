//! The four widths of keys, each with what is kept under keys of that width.
//!
//! A key is kept in the narrowest number that holds it, so a [`Table`] is four
//! tables of different types. This file alone names them: everything else is
//! written once, for a key type `K`, as an [`EachWidth`] that [`Widths::each`]
//! calls with one width after the other. The calls are generic, so each width
//! has loops of its own.
//!
//! [`Table`]: super::table::Table

use std::io;
use std::marker::PhantomData;
use std::sync::Arc;

use super::counters::Accumulator;
use super::distinct::GroupKey;
use super::key::{KeyLayout, LongKey, Packed};
use super::keyed_groups::KeyedGroups;
use super::table::Extras;
use super::wide_key::WideKey;
use crate::spill::memory::Memory;

/// A family of types: one for each type of key.
pub(super) trait PerKey {
    /// The type that belongs to keys of type `K`.
    type Of<K: GroupKey>;
}

/// One value for each width of keys.
#[derive(Debug)]
pub(super) struct Widths<P: PerKey> {
    /// Up to 64 bits, all fields known.
    bits_64: P::Of<Packed>,
    bits_128: P::Of<u128>,
    bits_256: P::Of<WideKey>,
    long: P::Of<LongKey>,
}

/// Something to be done for each width.
pub(super) trait EachWidth<P: PerKey> {
    /// What comes out of one width.
    type Output;

    /// Does it for keys of type `K`.
    fn visit<K: GroupKey>(&mut self, of: P::Of<K>) -> Self::Output;
}

impl<P: PerKey> Widths<P> {
    /// Visits every width, the narrowest first.
    pub(super) fn each<E: EachWidth<P>>(self, visitor: &mut E) -> [E::Output; 4] {
        [
            visitor.visit(self.bits_64),
            visitor.visit(self.bits_128),
            visitor.visit(self.bits_256),
            visitor.visit(self.long),
        ]
    }

    /// Visits every width, the narrowest first, up to the first error.
    pub(super) fn try_each<T, E>(self, visitor: &mut E) -> io::Result<[T; 4]>
    where
        E: EachWidth<P, Output = io::Result<T>>,
    {
        Ok([
            visitor.visit(self.bits_64)?,
            visitor.visit(self.bits_128)?,
            visitor.visit(self.bits_256)?,
            visitor.visit(self.long)?,
        ])
    }

    /// Pairs each width with that of another.
    pub(super) fn zip<Q: PerKey>(self, other: Widths<Q>) -> Widths<(P, Q)> {
        Widths {
            bits_64: (self.bits_64, other.bits_64),
            bits_128: (self.bits_128, other.bits_128),
            bits_256: (self.bits_256, other.bits_256),
            long: (self.long, other.long),
        }
    }
}

impl<P: PerKey, Q: PerKey> PerKey for (P, Q) {
    type Of<K: GroupKey> = (P::Of<K>, Q::Of<K>);
}

/// The groups of each width.
#[derive(Debug)]
pub(super) struct Owned<A, V>(PhantomData<(A, V)>);

impl<A: Accumulator, V: Accumulator> PerKey for Owned<A, V> {
    type Of<K: GroupKey> = KeyedGroups<K, A, V>;
}

/// The groups of each width, borrowed to be changed.
pub(super) struct Borrowed<'g, A, V>(PhantomData<&'g mut (A, V)>);

impl<'g, A: Accumulator, V: Accumulator> PerKey for Borrowed<'g, A, V> {
    type Of<K: GroupKey> = &'g mut KeyedGroups<K, A, V>;
}

impl<A: Accumulator, V: Accumulator> Widths<Owned<A, V>> {
    /// No groups yet, within a memory budget.
    pub(super) fn new(layout: &KeyLayout, extras: &Extras, memory: &Arc<Memory>) -> Self {
        Self {
            bits_64: KeyedGroups::new(layout, extras, memory),
            bits_128: KeyedGroups::new(layout, extras, memory),
            bits_256: KeyedGroups::new(layout, extras, memory),
            long: KeyedGroups::new(layout, extras, memory),
        }
    }

    /// Borrows the groups of each width.
    pub(super) fn as_mut(&mut self) -> Widths<Borrowed<'_, A, V>> {
        Widths {
            bits_64: &mut self.bits_64,
            bits_128: &mut self.bits_128,
            bits_256: &mut self.bits_256,
            long: &mut self.long,
        }
    }

    /// The groups of keys of at most 64 bits whose fields are all known.
    pub(super) fn packed_mut(&mut self) -> &mut KeyedGroups<Packed, A, V> {
        &mut self.bits_64
    }
}
