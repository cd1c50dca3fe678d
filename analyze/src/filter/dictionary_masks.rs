//! Tests of dictionary-encoded columns: each dictionary value is tested once per
//! row group, and a row costs one lookup or one comparison of its code.

use std::sync::Arc;

use crate::batch::{DictionaryColumn, Values};

/// Which codes of the current row group pass: for each test, and for source and
/// destination apart, the last dictionary and the result of its values.
#[derive(Debug, Default)]
pub(crate) struct DictionaryMasks(Vec<Option<(Arc<Values>, Passing)>>);

/// The codes whose values pass a test.
#[derive(Debug, PartialEq, Eq)]
enum Passing {
    None,
    One(u32),
    /// All codes before this one, which means unknown.
    Before(u32),
    /// One flag for each code; the last means unknown.
    Table(Vec<bool>),
}

impl DictionaryMasks {
    /// One flag per row for the test with a number: `test` gives one flag for each
    /// dictionary value. Unknown does not pass.
    pub(crate) fn mask(
        &mut self,
        number: usize,
        column: &DictionaryColumn,
        test: impl FnOnce(&Values) -> Vec<bool>,
    ) -> Vec<bool> {
        if self.0.len() <= number {
            self.0.resize_with(number + 1, || None);
        }
        let known = &mut self.0[number];
        let passing = match known {
            Some((values, passing)) if Arc::ptr_eq(values, column.values()) => passing,
            other => {
                let passing = Passing::of(test(column.values()));
                &mut other.insert((Arc::clone(column.values()), passing)).1
            }
        };
        passing.mask(column.codes())
    }
}

impl Passing {
    /// From one flag for each dictionary value.
    fn of(mut flags: Vec<bool>) -> Self {
        let n_passing = flags.iter().filter(|passes| **passes).count();
        let code = |index: usize| u32::try_from(index).ok();
        let unknown = code(flags.len());
        match n_passing {
            0 => return Self::None,
            1 => {
                let first = flags.iter().position(|passes| *passes);
                if let Some(one) = first.and_then(code) {
                    return Self::One(one);
                }
            }
            n if n == flags.len() => {
                if let Some(unknown) = unknown {
                    return Self::Before(unknown);
                }
            }
            _ => {}
        }
        flags.push(false);
        Self::Table(flags)
    }

    fn mask(&self, codes: &[u32]) -> Vec<bool> {
        let codes = codes.iter();
        match self {
            Self::None => vec![false; codes.len()],
            Self::One(one) => codes.map(|code| code == one).collect(),
            Self::Before(unknown) => codes.map(|code| code < unknown).collect(),
            Self::Table(passes) => {
                codes.map(|code| passes.get(*code as usize) == Some(&true)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_pass_as_their_values_do_and_unknown_does_not() {
        let values = Arc::new(Values::U16(vec![80, 443, 22, 443]));
        let column = DictionaryColumn::new(vec![0, 1, 2, 3, 4, 1], Arc::clone(&values)).unwrap();
        let mut masks = DictionaryMasks::default();
        for (number, ports, passing) in [
            (5, vec![], Passing::None),
            (0, vec![22], Passing::One(2)),
            (1, vec![80, 443, 22], Passing::Before(4)),
            (2, vec![443], Passing::Table(vec![false, true, false, true, false])),
        ] {
            let test = |values: &Values| -> Vec<bool> {
                let Values::U16(values) = values else { unreachable!() };
                values.iter().map(|port| ports.contains(port)).collect()
            };
            let expected = [80, 443, 22, 443, 0, 443].map(|port| ports.contains(&port));
            assert_eq!(masks.mask(number, &column, test), expected);
            assert_eq!(masks.0[number].as_ref().unwrap().1, passing);
            // The values of a dictionary are tested once, those of another again.
            let again = masks.mask(number, &column, |_| unreachable!());
            assert_eq!(again, expected);
            let other = DictionaryColumn::new(vec![0, 1], Arc::new(Values::U16(vec![7]))).unwrap();
            assert_eq!(masks.mask(number, &other, |_| vec![true]), [true, false]);
        }
    }
}
