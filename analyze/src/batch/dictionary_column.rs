//! A dictionary-encoded column: the distinct values of a row group, and for each
//! flow the code of its value.
//!
//! What depends on a value alone (its group, whether it passes a test) is then
//! computed once per value of a row group instead of once per flow.

use std::sync::Arc;

use super::{Column, Values};

/// One field of a batch, dictionary-encoded.
#[derive(Clone, Debug)]
pub struct DictionaryColumn {
    codes: Vec<u32>,
    values: Arc<Values>,
}

impl DictionaryColumn {
    /// A column of these codes; a flow whose value is unknown has the number of values
    /// as code. `None` if a code is larger.
    #[must_use]
    pub fn new(codes: Vec<u32>, values: Arc<Values>) -> Option<Self> {
        let most = codes.iter().fold(0, |most, code| most.max(*code));
        (most as usize <= values.len()).then_some(Self { codes, values })
    }

    /// A column of codes that were checked already.
    pub(crate) fn of_checked(codes: Vec<u32>, values: Arc<Values>) -> Self {
        Self { codes, values }
    }

    /// For each flow, the code of its value.
    ///
    /// A code equal to the number of values means unknown; none is larger.
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The values, the code as index. All batches of a row group share one dictionary,
    /// and no two row groups do. It may hold a value twice.
    #[must_use]
    pub fn values(&self) -> &Arc<Values> {
        &self.values
    }

    /// How many flows have no known value.
    #[must_use]
    pub fn n_unknown(&self) -> u64 {
        let unknown = self.values.len();
        // A count that is checked for overflow is not vectorised.
        let is_unknown = |code: &u32| u64::from(*code as usize == unknown);
        self.codes.iter().fold(0, |n: u64, code| n.wrapping_add(is_unknown(code)))
    }

    /// The plain column of these values.
    #[must_use]
    pub fn to_column(&self) -> Column {
        fn all<V: Copy + Default>(codes: &[u32], values: &[V]) -> Vec<V> {
            codes
                .iter()
                .map(|code| values.get(*code as usize).copied().unwrap_or_default())
                .collect()
        }
        let values = match &*self.values {
            Values::U8(values) => Values::U8(all(&self.codes, values)),
            Values::U16(values) => Values::U16(all(&self.codes, values)),
            Values::U32(values) => Values::U32(all(&self.codes, values)),
            Values::U64(values) => Values::U64(all(&self.codes, values)),
        };
        let last = self.values.len();
        let is_unknown = |code: &u32| *code as usize == last;
        let unknown =
            self.codes.iter().any(is_unknown).then(|| self.codes.iter().map(is_unknown).collect());
        Column { values, unknown }
    }

    /// The codes, to keep some of them.
    pub(crate) fn codes_mut(&mut self) -> &mut Vec<u32> {
        &mut self.codes
    }

    /// The codes, to reuse their memory.
    pub(crate) fn into_codes(self) -> Vec<u32> {
        self.codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_values_and_the_last_code_is_unknown() {
        let values = Arc::new(Values::U16(vec![443, 80]));
        let mut column = DictionaryColumn::new(vec![1, 0, 2, 0], Arc::clone(&values)).unwrap();
        assert_eq!(
            column.to_column(),
            Column {
                values: Values::U16(vec![80, 443, 0, 443]),
                unknown: Some(vec![false, false, true, false]),
            }
        );
        assert_eq!(column.n_unknown(), 1);
        crate::batch::select(column.codes_mut(), &[0, 3]);
        assert_eq!(
            column.to_column(),
            Column { values: Values::U16(vec![80, 443]), unknown: None }
        );
        assert!(DictionaryColumn::new(vec![3], values).is_none());
    }
}
