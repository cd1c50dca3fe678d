//! Which rows of a finished table are shown, and in which order: for reports that are
//! no rankings.

use std::cmp::Ordering;

use jiff::tz::TimeZone;

use super::{Cell, Column, millionths};
use crate::filter::nearest;
use crate::question::{Choice, Condition, Measure};
use crate::{Kind, Meaning};

/// What is wrong with the rows that a question chooses, and which option says it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowOrderError {
    /// No column has the name that rows are to be sorted by.
    #[error("--sort: {0}")]
    Sort(String),
    /// The smallest first, but nothing to sort by.
    #[error("--bottom needs a column to sort by; there are: {0}")]
    Bottom(String),
    /// A condition is invalid, or about no column.
    #[error("--having: {0}")]
    Having(String),
}

/// An order of rows and conditions on them, by the columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowOrder {
    /// The column to sort by, the largest cell first; `None` leaves the order.
    sort: Option<usize>,
    /// The smallest cell first.
    bottom: bool,
    /// On columns, each as the part of a key at its place.
    having: Vec<Condition>,
    /// Number of rows; 0 is all.
    limit: usize,
    columns: Vec<Column>,
}

impl RowOrder {
    /// The order and the conditions of a question, with moments by the clock of a zone.
    /// `usual` is the column that rows are sorted by, largest first, without a choice.
    ///
    /// # Errors
    /// If there is no such column, or a condition is invalid.
    pub fn new(
        columns: Vec<Column>,
        choice: Choice<'_>,
        usual: Option<&str>,
        zone: &TimeZone,
    ) -> Result<Self, RowOrderError> {
        let Choice { sort, bottom, having, limit } = choice;
        if bottom && sort.or(usual).is_none() {
            return Err(RowOrderError::Bottom(names(&columns)));
        }
        let named = |name: &str| named(&columns, name.trim());
        let sort = sort.or_else(|| usual.filter(|_| bottom)).map(named).transpose();
        let sort = sort.map_err(RowOrderError::Sort)?;
        let measure = |name: &str| {
            let (place, meaning) = named(name)?;
            let place = u8::try_from(place).map_err(|_| "too many columns".to_owned())?;
            Ok((Measure::Key(place), Some(meaning)))
        };
        let having = having.map(|text| Condition::parse_all_with(text, &measure)).transpose();
        let having = having.map_err(RowOrderError::Having)?.unwrap_or_default().into_iter();
        let having = having.map(|condition| condition.in_zone(zone)).collect();
        Ok(Self { sort: sort.map(|(place, _)| place), bottom, having, limit, columns })
    }

    /// Whether the rows and their order are those of the report, but for their number.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.sort.is_none() && self.having.is_empty()
    }

    /// The column to sort by, if it is not the usual one.
    #[must_use]
    pub fn sorted_by(&self) -> Option<usize> {
        self.sort
    }

    /// The rows that are shown, in order.
    #[must_use]
    pub fn choose(&self, rows: Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
        self.choose_by(rows, Vec::as_slice)
    }

    /// The rows that are shown, in order, of whatever has the cells of a row.
    #[must_use]
    pub fn choose_by<R>(&self, mut rows: Vec<R>, cells: impl Fn(&R) -> &[Cell]) -> Vec<R> {
        rows.retain(|row| self.has_row(cells(row)));
        if self.sort.is_some() {
            rows.sort_by(|a, b| self.compare(cells(a), cells(b)));
        }
        rows.truncate(if self.limit == 0 { usize::MAX } else { self.limit });
        rows
    }

    /// Whether a row fulfils all conditions; a cell that is unknown fulfils none.
    #[must_use]
    pub fn has_row(&self, row: &[Cell]) -> bool {
        self.having.iter().all(|condition| {
            let Measure::Key(place) = condition.measure else { return false };
            match row.get(usize::from(place)) {
                Some(Cell::Number(number)) => condition.holds(Some(*number)),
                Some(Cell::Minus(number)) => condition.holds_below_zero(*number),
                Some(Cell::Text(text)) => condition.holds_for_text(text),
                Some(Cell::Share { part, whole }) => {
                    condition.holds_for_share(millionths(*part, *whole))
                }
                _ => false,
            }
        })
    }

    /// The order of two rows: the largest cell first, or the smallest; no value last;
    /// ties by key.
    #[must_use]
    pub fn compare(&self, a: &[Cell], b: &[Cell]) -> Ordering {
        let Some(place) = self.sort else { return Ordering::Equal };
        let known =
            |row: &[Cell]| row.get(place).filter(|cell| self.is_known(place, cell)).cloned();
        let by_value = match (known(a), known(b)) {
            (Some(a), Some(b)) if self.bottom => by_size(&a, &b),
            (Some(a), Some(b)) => by_size(&b, &a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let keys = self.columns.iter().enumerate().filter(|(_, column)| column.meaning.is_key());
        let by_key = keys.map(|(place, _)| a.get(place).cmp(&b.get(place)));
        by_value.then_with(|| by_key.fold(Ordering::Equal, Ordering::then))
    }

    /// Whether a cell has a value of its column: `other`, in the place of a port or a
    /// network, is none.
    fn is_known(&self, place: usize, cell: &Cell) -> bool {
        let meaning = self.columns.get(place).map(|column| column.meaning);
        match cell {
            Cell::Unknown | Cell::None | Cell::Filtered => false,
            Cell::Text(_) => match meaning {
                Some(Meaning::Key(kind)) => kind == Kind::Text,
                Some(Meaning::Network(_)) => false,
                _ => true,
            },
            Cell::Minus(_) | Cell::Number(_) | Cell::Share { .. } => true,
        }
    }

    /// What is said if a column that rows are chosen by has no values under a filter.
    #[must_use]
    pub fn note_on(&self, rows: &[Vec<Cell>]) -> Option<String> {
        let compared = self.having.iter().filter_map(|condition| match condition.measure {
            Measure::Key(place) => Some(usize::from(place)),
            _ => None,
        });
        let is_filtered =
            |place: &usize| rows.iter().any(|row| row.get(*place) == Some(&Cell::Filtered));
        let place = compared.chain(self.sort).find(is_filtered)?;
        let name = self.columns.get(place).map(|column| &*column.name)?;
        Some(format!("{name} is not known under a filter: rows cannot be sorted or chosen by it"))
    }

    /// The column that is drawn as bars: the one sorted by, if it is an amount.
    #[must_use]
    pub fn bars(&self, usual: &str) -> Option<String> {
        let Some(place) = self.sort else { return Some(usual.to_owned()) };
        let column = self.columns.get(place)?;
        let is_amount = matches!(
            column.meaning,
            Meaning::Sum(_)
                | Meaning::Bytes
                | Meaning::Duration
                | Meaning::BitRate
                | Meaning::PacketRate
                | Meaning::Count
        );
        is_amount.then(|| column.name.clone())
    }
}

/// The order of values of one column, shares as the fractions that they are.
fn by_size(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Share { part: a, whole: of_a }, Cell::Share { part: b, whole: of_b }) => {
            by_fraction((*a, *of_a), (*b, *of_b))
        }
        // The larger the absolute value, the smaller the number.
        (Cell::Minus(a), Cell::Minus(b)) => b.cmp(a),
        _ => a.cmp(b),
    }
}

/// The order of two fractions, by their whole parts and then by those of what is left,
/// upside down; the share of nothing is 0.
fn by_fraction(a: (u128, u128), b: (u128, u128)) -> Ordering {
    let whole = |(part, whole): (u128, u128)| part.checked_div(whole).unwrap_or(0);
    let rest = |(part, whole): (u128, u128)| part.checked_rem(whole).unwrap_or(0);
    whole(a).cmp(&whole(b)).then_with(|| match (rest(a), rest(b)) {
        (0, rest) => 0.cmp(&rest),
        (rest, 0) => rest.cmp(&0),
        (rest_a, rest_b) => by_fraction((b.1, rest_b), (a.1, rest_a)),
    })
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| &*column.name).collect::<Vec<_>>().join(", ")
}

fn named(columns: &[Column], name: &str) -> Result<(usize, Meaning), String> {
    let found = columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    found.map(|place| (place, columns[place].meaning)).ok_or_else(|| {
        let near = nearest(name, columns.iter().map(|column| &*column.name));
        let near = near.map_or_else(|| ";".into(), |near| format!("; did you mean {near}?"));
        format!("no column is called {name}{near} there are: {}", names(columns))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Metric};

    fn columns() -> Vec<Column> {
        Column::list([
            ("kind", Meaning::Word(&["hosts", "ports"])),
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
        let choice = Choice { sort, having, ..Choice::default() };
        let order = RowOrder::new(columns(), choice, None, &TimeZone::UTC).unwrap();
        let rows = order.choose(rows());
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
        let wrong = |choice: Choice<'_>| {
            RowOrder::new(columns(), choice, None, &TimeZone::UTC).unwrap_err().to_string()
        };
        assert_eq!(
            wrong(Choice { sort: Some("target"), ..Choice::default() }),
            "--sort: no column is called target; did you mean targets? there are: kind, port, \
             targets, share, first"
        );
        let having = |text| wrong(Choice { having: Some(text), ..Choice::default() });
        assert!(having("targets > 1s").starts_with("--having: 1s: "));
        assert!(having("target > 1").starts_with("--having: no column is called target; did"));
        let bottom = wrong(Choice { bottom: true, ..Choice::default() });
        assert!(bottom.starts_with("--bottom needs a column to sort by; there are: kind"));
    }

    /// A row could never have it, so that no row would be the answer.
    #[test]
    fn a_word_that_a_column_never_has_is_refused() {
        let told = |name: &str, meaning, word: &str| {
            let having = format!("{name} = {word}");
            let choice = Choice { having: Some(&having), ..Choice::default() };
            let columns = Column::list([(name, meaning)]);
            RowOrder::new(columns, choice, None, &TimeZone::UTC)
                .map_or_else(|why| why.to_string(), |_| String::new())
        };
        let sides = Meaning::Word(&["hosts", "ports"]);
        for (name, meaning, wrong, why) in [
            ("kind", sides, "nope", "nope; there are: hosts, ports"),
            ("kind", sides, "host", "host; did you mean hosts? there are: hosts, ports"),
            (
                "port_kind",
                Measure::PortKind.meaning(),
                "tcp",
                "tcp; there are: icmp, mixed, none, port",
            ),
        ] {
            assert_eq!(told(name, meaning, wrong), format!("--having: {name} is never {why}"));
            for word in meaning.words().unwrap() {
                assert_eq!(told(name, meaning, word), "");
            }
        }
        assert_eq!(told("exporter", Meaning::Key(Kind::Text), "nope"), "");
    }

    /// 1/3 is more than 3,333 of 10,000 and less than 3,334 of them, -5 less than -2.
    #[test]
    fn fractions_and_numbers_below_zero_are_in_their_order() {
        let share = |part, whole| Cell::Share { part, whole };
        let parts = [(0, 0), (1, u128::MAX), (3_333, 10_000), (1, 3), (3_334, 10_000), (5, 2)];
        let shares = parts.map(|(part, whole)| share(part, whole));
        let numbers = [Cell::Minus(5), Cell::Minus(2), Cell::Number(0), Cell::Number(3)];
        for cells in [&shares[..], &numbers] {
            for (smaller, larger) in cells.iter().zip(&cells[1..]) {
                assert!(by_size(smaller, larger).is_lt() && by_size(larger, smaller).is_gt());
            }
        }
        assert!(by_size(&share(1, 2), &share(50, 100)).is_eq());
    }
}
