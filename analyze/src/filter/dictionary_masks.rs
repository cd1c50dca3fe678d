//! Tests of values that a file has in a list: each value is tested once a list,
//! and a row is one look-up or one comparison of its place.

use std::sync::Arc;

use crate::batch::{Coded, Values};

/// What is known of the lists of the row group at hand: for each test, and each
/// end it looks at, the last list that it was asked about.
#[derive(Debug, Default)]
pub(crate) struct Lists(Vec<Option<(Arc<Values>, Passing)>>);

/// The places whose values pass a test.
#[derive(Debug, PartialEq, Eq)]
enum Passing {
    None,
    One(u32),
    /// All before this one, which means unknown.
    Before(u32),
    /// One flag for each place; the last means unknown.
    Table(Vec<bool>),
}

impl Lists {
    /// One flag per row for the test with a number: `test` gives one for each
    /// value of the list. Unknown does not pass.
    pub(crate) fn mask(
        &mut self,
        number: usize,
        coded: &Coded,
        test: impl FnOnce(&Values) -> Vec<bool>,
    ) -> Vec<bool> {
        if self.0.len() <= number {
            self.0.resize_with(number + 1, || None);
        }
        let known = &mut self.0[number];
        let passing = match known {
            Some((list, passing)) if Arc::ptr_eq(list, coded.list()) => passing,
            other => {
                let passing = Passing::of(test(coded.list()));
                &mut other.insert((Arc::clone(coded.list()), passing)).1
            }
        };
        passing.mask(coded.codes())
    }
}

impl Passing {
    /// Of one flag for each value of a list.
    fn of(mut flags: Vec<bool>) -> Self {
        let n_passing = flags.iter().filter(|passes| **passes).count();
        let place = |place: usize| u32::try_from(place).ok();
        let behind = place(flags.len());
        match n_passing {
            0 => return Self::None,
            1 => {
                let first = flags.iter().position(|passes| *passes);
                if let Some(one) = first.and_then(place) {
                    return Self::One(one);
                }
            }
            n if n == flags.len() => {
                if let Some(behind) = behind {
                    return Self::Before(behind);
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
            Self::Before(behind) => codes.map(|code| code < behind).collect(),
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
    fn places_pass_as_their_values_do_and_unknown_does_not() {
        let list = Arc::new(Values::U16(vec![80, 443, 22, 443]));
        let coded = Coded::new(vec![0, 1, 2, 3, 4, 1], Arc::clone(&list)).unwrap();
        let mut lists = Lists::default();
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
            assert_eq!(lists.mask(number, &coded, test), expected);
            assert_eq!(lists.0[number].as_ref().unwrap().1, passing);
            // Of the same list nothing is tested again, of another it is.
            let again = lists.mask(number, &coded, |_| unreachable!());
            assert_eq!(again, expected);
            let other = Coded::new(vec![0, 1], Arc::new(Values::U16(vec![7]))).unwrap();
            assert_eq!(lists.mask(number, &other, |_| vec![true]), [true, false]);
        }
    }
}
