//! Which rows of a finished table are shown, and in which order: for reports that are
//! no rankings.

use std::cmp::Ordering;

use jiff::tz::TimeZone;

use super::{Cell, Column, millionths};
use crate::Meaning;
use crate::filter::nearest;
use crate::question::{Condition, Measure};

/// An order of rows and conditions on them, by the columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowOrder {
    /// The column to sort by, largest first; `None` leaves the order.
    sort: Option<usize>,
    /// On columns, each as the part of a key at its place.
    having: Vec<Condition>,
}

impl RowOrder {
    /// The order by a column, and conditions joined by `and`, with moments by the clock
    /// of a zone.
    ///
    /// # Errors
    /// If there is no such column, or a condition is invalid.
    pub fn new(
        columns: &[Column],
        sort: Option<&str>,
        having: Option<&str>,
        zone: &TimeZone,
    ) -> Result<Self, String> {
        let named = |name: &str| named(columns, name.trim());
        let sort = sort.map(named).transpose()?.map(|(place, _)| place);
        let measure = |name: &str| {
            let (place, meaning) = named(name)?;
            let place = u8::try_from(place).map_err(|_| "too many columns".to_owned())?;
            Ok((Measure::Key(place), meaning))
        };
        let having = having.map(|text| Condition::parse_all_with(text, &measure)).transpose()?;
        let having = having.unwrap_or_default().into_iter();
        Ok(Self { sort, having: having.map(|condition| condition.in_zone(zone)).collect() })
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a row fulfils all conditions; a cell that is unknown fulfils none.
    #[must_use]
    pub fn has_row(&self, row: &[Cell]) -> bool {
        self.having.iter().all(|condition| {
            let Measure::Key(place) = condition.measure else { return false };
            match row.get(usize::from(place)) {
                Some(Cell::Number(number)) => condition.holds(Some(*number)),
                Some(Cell::Text(text)) => condition.holds_for_text(text),
                Some(Cell::Share { part, whole }) => {
                    condition.holds_for_share(millionths(*part, *whole))
                }
                _ => false,
            }
        })
    }

    /// The order of two rows: the largest cell first, no value last.
    #[must_use]
    pub fn compare(&self, a: &[Cell], b: &[Cell]) -> Ordering {
        let Some(place) = self.sort else { return Ordering::Equal };
        let is_known = |cell: &Cell| !matches!(cell, Cell::Unknown | Cell::None);
        match (a.get(place), b.get(place)) {
            (Some(a), Some(b)) if is_known(a) && is_known(b) => b.cmp(a),
            (a, b) => b.is_some_and(is_known).cmp(&a.is_some_and(is_known)),
        }
    }
}

fn named(columns: &[Column], name: &str) -> Result<(usize, Meaning), String> {
    let found = columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    found.map(|place| (place, columns[place].meaning)).ok_or_else(|| {
        let known: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
        let near = nearest(name, known.iter().copied());
        let near = near.map_or_else(|| ";".into(), |near| format!("; did you mean {near}?"));
        format!("no column is called {name}{near} there are: {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Metric};

    fn columns() -> Vec<Column> {
        Column::list([
            ("kind", Meaning::Words),
            ("port", Meaning::Key(Kind::Port)),
            ("targets", Meaning::Count),
            ("share", Meaning::Share(Metric::Bytes)),
            ("first", Meaning::Value(Kind::Time)),
        ])
    }

    fn rows() -> Vec<Vec<Cell>> {
        let row = |kind: &str, port: Cell, targets: u64, part, first: Cell| {
            let share = Cell::Share { part, whole: 8 };
            vec![Cell::Text(kind.into()), port, Cell::from(targets), share, first]
        };
        vec![
            row("hosts", Cell::from(443), 20, 1, Cell::from(1_537_488_000_000)),
            row("ports", Cell::None, 30, 7, Cell::Unknown),
            row("hosts", Cell::from(22), 12, 0, Cell::from(1_537_491_600_000)),
        ]
    }

    fn targets(sort: Option<&str>, having: Option<&str>) -> Vec<u128> {
        let order = RowOrder::new(&columns(), sort, having, &TimeZone::UTC).unwrap();
        let mut rows: Vec<_> = rows().into_iter().filter(|row| order.has_row(row)).collect();
        rows.sort_by(|a, b| order.compare(a, b));
        let number = |row: Vec<Cell>| match row[2] {
            Cell::Number(number) => number,
            _ => unreachable!(),
        };
        rows.into_iter().map(number).collect()
    }

    #[test]
    fn rows_are_ordered_and_left_out_by_any_column() {
        for (sort, having, expected) in [
            (None, None, vec![20, 30, 12]),
            (Some("targets"), None, vec![30, 20, 12]),
            (Some("port"), None, vec![20, 12, 30]),
            (Some("first"), None, vec![12, 20, 30]),
            (None, Some("targets > 12"), vec![20, 30]),
            (None, Some("kind = hosts and targets < 1k"), vec![20, 12]),
            (None, Some("share = 12.5 %"), vec![20]),
            (None, Some("port = https"), vec![20]),
            (None, Some("first > 2018-09-21"), vec![12]),
        ] {
            assert_eq!(targets(sort, having), expected, "{sort:?} {having:?}");
        }
    }

    #[test]
    fn what_is_no_column_lists_what_there_is() {
        let wrong = RowOrder::new(&columns(), Some("target"), None, &TimeZone::UTC).unwrap_err();
        assert_eq!(
            wrong,
            "no column is called target; did you mean targets? there are: kind, port, targets, \
             share, first"
        );
        assert!(RowOrder::new(&columns(), None, Some("targets > 1s"), &TimeZone::UTC).is_err());
    }
}
