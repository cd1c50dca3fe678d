//! Which rows of a batch have a key of which width, and these keys.

use super::key::{Key, KeyLayout};
use crate::batch::Column;

/// The keys of the selected rows of a batch.
pub(super) struct KeyRows<'r> {
    layout: &'r KeyLayout,
    columns: &'r [&'r Column],
    /// Rows of which every field of the key is known.
    pub(super) known: RowMask<'r>,
    /// Rows that lack a field of the key.
    unknown: RowMask<'r>,
    /// All rows, if known or not makes no difference to the width of the key:
    /// then the other two have none.
    both: RowMask<'r>,
}

/// Some rows of a batch.
pub(super) enum RowMask<'r> {
    None,
    All,
    Borrowed(&'r [bool]),
    Owned(Vec<bool>),
}

impl RowMask<'_> {
    /// One flag per row; `None` if all rows are in it.
    pub(super) fn flags(&self) -> Option<&[bool]> {
        match self {
            Self::None | Self::All => None,
            Self::Borrowed(flags) => Some(flags),
            Self::Owned(flags) => Some(flags),
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    fn of(flags: Vec<bool>) -> Self {
        if flags.contains(&true) { Self::Owned(flags) } else { Self::None }
    }
}

impl<'r> KeyRows<'r> {
    /// Splits the selected rows by whether a field of their key is unknown.
    ///
    /// - Shapes: `columns` has one column per field of the layout; `selected` one
    ///   flag per row, or is `None` for all rows.
    pub(super) fn new(
        layout: &'r KeyLayout,
        columns: &'r [&'r Column],
        selected: Option<&'r [bool]>,
    ) -> Self {
        let all = selected.map_or(RowMask::All, RowMask::Borrowed);
        let (known, unknown, both) = (RowMask::None, RowMask::None, RowMask::None);
        let none = Self { layout, columns, known, unknown, both };
        if layout.known_bits() > 64 {
            return Self { both: all, ..none };
        }
        let mut masks = columns.iter().filter_map(|column| column.unknown.as_deref());
        let Some(first) = masks.next() else {
            return Self { known: all, ..none };
        };
        let mut unknown = first.to_vec();
        for mask in masks {
            unknown.iter_mut().zip(mask).for_each(|(row, unknown)| *row |= unknown);
        }
        let mut known: Vec<bool> = unknown.iter().map(|unknown| !unknown).collect();
        if let Some(selected) = selected {
            unknown.iter_mut().zip(selected).for_each(|(row, selected)| *row &= selected);
            known.iter_mut().zip(selected).for_each(|(row, selected)| *row &= selected);
        }
        Self { known: RowMask::of(known), unknown: RowMask::of(unknown), ..none }
    }

    /// The rows whose keys are kept in `K`, each with its key; `None` if there are
    /// none.
    pub(super) fn keys<K: Key>(&self) -> Option<impl Iterator<Item = (usize, K)> + use<'_, K>> {
        let rows = match (K::holds(self.layout, true), K::holds(self.layout, false)) {
            (true, true) => &self.both,
            (true, false) => &self.known,
            (false, true) => &self.unknown,
            (false, false) => return None,
        };
        if rows.is_none() {
            return None;
        }
        let flags = rows.flags();
        let keys = self.layout.encode::<K>(self.columns).into_iter().enumerate();
        Some(keys.filter(move |(row, _)| flags.is_none_or(|flags| flags[*row])))
    }
}
