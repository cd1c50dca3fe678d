//! A column as a file has it: a list of distinct values, and for each flow a
//! place in the list.
//!
//! What depends on a value alone (its group, whether it passes a test) is then
//! worked out once per value of a row group instead of once per flow.

use std::sync::Arc;

use super::{Column, Values};

/// One field of a batch, by places in a list.
#[derive(Clone, Debug)]
pub struct Coded {
    codes: Vec<u32>,
    list: Arc<Values>,
}

impl Coded {
    /// Places in a list; a flow whose value is unknown has the place behind the
    /// last. `None` if one is beyond that.
    #[must_use]
    pub fn new(codes: Vec<u32>, list: Arc<Values>) -> Option<Self> {
        let most = codes.iter().fold(0, |most, code| most.max(*code));
        (most as usize <= list.len()).then_some(Self { codes, list })
    }

    /// The same of places that were checked already.
    pub(crate) fn of_checked(codes: Vec<u32>, list: Arc<Values>) -> Self {
        Self { codes, list }
    }

    /// For each flow, the place of its value.
    ///
    /// None is larger than the length of the list, which means unknown.
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The values. All batches of a row group share one list, and no two row
    /// groups do. A list may hold a value twice.
    #[must_use]
    pub fn list(&self) -> &Arc<Values> {
        &self.list
    }

    /// How many flows have no known value.
    #[must_use]
    pub fn n_unknown(&self) -> u64 {
        let unknown = self.list.len();
        self.codes.iter().filter(|code| **code as usize == unknown).count() as u64
    }

    /// The same, value by value.
    #[must_use]
    pub fn to_column(&self) -> Column {
        fn all<V: Copy + Default>(codes: &[u32], list: &[V]) -> Vec<V> {
            codes.iter().map(|code| list.get(*code as usize).copied().unwrap_or_default()).collect()
        }
        let values = match &*self.list {
            Values::U8(list) => Values::U8(all(&self.codes, list)),
            Values::U16(list) => Values::U16(all(&self.codes, list)),
            Values::U32(list) => Values::U32(all(&self.codes, list)),
            Values::U64(list) => Values::U64(all(&self.codes, list)),
        };
        let last = self.list.len();
        let is_unknown = |code: &u32| *code as usize == last;
        let unknown =
            self.codes.iter().any(is_unknown).then(|| self.codes.iter().map(is_unknown).collect());
        Column { values, unknown }
    }

    /// The places, to keep some of them.
    pub(crate) fn codes_mut(&mut self) -> &mut Vec<u32> {
        &mut self.codes
    }

    /// Gives back the memory of the places.
    pub(crate) fn into_codes(self) -> Vec<u32> {
        self.codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_become_values_and_the_last_place_is_unknown() {
        let list = Arc::new(Values::U16(vec![443, 80]));
        let mut coded = Coded::new(vec![1, 0, 2, 0], Arc::clone(&list)).unwrap();
        assert_eq!(
            coded.to_column(),
            Column {
                values: Values::U16(vec![80, 443, 0, 443]),
                unknown: Some(vec![false, false, true, false]),
            }
        );
        assert_eq!(coded.n_unknown(), 1);
        crate::batch::select(coded.codes_mut(), &[0, 3]);
        assert_eq!(coded.to_column(), Column { values: Values::U16(vec![80, 443]), unknown: None });
        assert!(Coded::new(vec![3], list).is_none());
    }
}
