//! Tables that are no rankings: their columns, and the rows that are left of them, in the
//! order of a column.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::clocks::{Clock, length};
use super::conditions::{self, EXPORTER, Form, PLACE};
use super::made::pick;
use super::recomputed::{UNJUDGED, UNKNOWN};
use crate::random::Random;

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    form: Form,
    /// Ties are in the order of these.
    is_key: bool,
}

impl Column {
    pub(super) fn new(name: &str, form: Form) -> Self {
        Self { name: name.into(), form, is_key: false }
    }

    pub(super) fn key(name: &str, form: Form) -> Self {
        Self { is_key: true, ..Self::new(name, form) }
    }
}

/// Columns of one form.
pub(super) fn columns(form: Form, names: &[&str]) -> Vec<Column> {
    names.iter().map(|name| Column::new(name, form)).collect()
}

/// Columns of what is grouped by; no two columns have one name.
pub(super) fn keys(by: &[String]) -> Vec<Column> {
    let column = |key: &String| {
        let form = match key.split('/').next().unwrap() {
            "exporter" => EXPORTER,
            "src_country" | "dst_city" | "src_as_name" => PLACE,
            "first_switched" | "timestamp" => Form::Moment,
            "addr" | "src_addr" | "dst_addr" | "next_hop" => Form::Address,
            _ if length(key).is_some() => Form::Moment,
            _ => Form::Number,
        };
        let is_measure = ["bytes", "packets"].contains(&key.as_str());
        Column::key(&format!("{key}{}", if is_measure { "_key" } else { "" }), form)
    };
    by.iter().map(column).collect()
}

/// One of the columns, often one of the key, which is ordered in ways of its own.
fn any<'c>(random: &mut Random, columns: &'c [Column]) -> &'c Column {
    let keys: Vec<&Column> = columns.iter().filter(|column| column.is_key).collect();
    if random.below(3) == 0 {
        return pick(random, &keys);
    }
    pick(random, &columns.iter().collect::<Vec<_>>())
}

/// Draws a column to sort by, the direction, and conditions; `has_usual` tells whether the
/// rows are in the order of a column anyway.
pub(super) fn draw(random: &mut Random, options: &mut Value, columns: &[Column], has_usual: bool) {
    if random.below(2) == 0 {
        options["sort"] = json!(any(random, columns).name);
    }
    if (has_usual || !options["sort"].is_null()) && random.below(3) == 0 {
        options["bottom"] = json!(true);
    }
    if random.below(3) == 0 {
        let n = 1 + random.below(4) / 3;
        let condition = |_| {
            let column = any(random, columns);
            conditions::drawn(random, &column.name, column.form)
        };
        let all: Vec<String> = (0..n).map(condition).collect();
        options["having"] = json!(all.join(" and "));
    }
}

/// How the rows of a table are chosen.
pub(super) struct Chosen<'q> {
    columns: Vec<Column>,
    sort: Option<&'q str>,
    bottom: bool,
    having: Option<&'q str>,
    limit: usize,
    clock: &'q Clock,
}

impl<'q> Chosen<'q> {
    /// As options say, with the column that rows are sorted by anyway, and the name and
    /// the default of the number of rows.
    pub(super) fn new(
        columns: Vec<Column>,
        options: &'q Value,
        usual: Option<&'q str>,
        (limit, rows): (&str, u64),
        clock: &'q Clock,
    ) -> Self {
        let bottom = options["bottom"] == true;
        let sort = options["sort"].as_str().or(usual.filter(|_| bottom));
        let limit = usize::try_from(options[limit].as_u64().unwrap_or(rows)).unwrap();
        Self { columns, sort, bottom, having: options["having"].as_str(), limit, clock }
    }

    /// What rows are sorted by.
    pub(super) fn sort(&self) -> Option<&'q str> {
        self.sort
    }

    pub(super) fn has_conditions(&self) -> bool {
        self.having.is_some()
    }

    fn place(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column.name == name).unwrap()
    }

    fn conditions(&self) -> impl Iterator<Item = [&'q str; 3]> {
        self.having.into_iter().flat_map(|text| text.split(" and ")).map(conditions::words)
    }

    /// Whether rows are chosen by a cell that is not judged.
    pub(super) fn is_unjudged(&self, rows: &[Vec<String>]) -> bool {
        let names = self.conditions().map(|[name, ..]| name).chain(self.sort);
        let mut places = names.map(|name| self.place(name));
        places.any(|place| rows.iter().any(|row| row[place] == UNJUDGED))
    }

    /// The rows that fulfil all conditions.
    pub(super) fn matching(&self, mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
        rows.retain(|row| self.conditions().all(|condition| self.fulfils(row, condition)));
        rows
    }

    fn fulfils(&self, row: &[String], [name, sign, limit]: [&str; 3]) -> bool {
        let (place, form) = (self.place(name), self.columns[self.place(name)].form);
        if !is_known(&row[place], form) {
            return false;
        }
        if matches!(form, Form::Text(_)) {
            return conditions::holds(row[place].as_str().cmp(conditions::unquoted(limit)), sign);
        }
        let own = match form {
            Form::Share => {
                let (part, whole) = fraction(&row[place]);
                i128::try_from(conditions::millionths(part, whole)).unwrap() * 1000
            }
            _ => row[place].parse::<i128>().unwrap() * 1_000_000_000,
        };
        conditions::holds(own.cmp(&conditions::billionths(form, limit, self.clock)), sign)
    }

    /// The rows in the order that is asked for, as many as are wanted.
    pub(super) fn first(&self, mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
        if let Some(sort) = self.sort {
            let (place, form) = (self.place(sort), self.columns[self.place(sort)].form);
            rows.sort_by(|a, b| {
                let are_known = [a, b].map(|row| is_known(&row[place], form));
                let by_value = match are_known {
                    [true, true] if self.bottom => compare(&a[place], &b[place], form),
                    [true, true] => compare(&b[place], &a[place], form),
                    [a, b] => b.cmp(&a),
                };
                by_value.then_with(|| self.compare_keys(a, b))
            });
        }
        rows.truncate(if self.limit == 0 { rows.len() } else { self.limit });
        rows
    }

    fn compare_keys(&self, a: &[String], b: &[String]) -> Ordering {
        let keys = (0..).zip(&self.columns).filter(|(_, column)| column.is_key);
        let mut orders = keys.map(|(place, column)| {
            let [a, b]: [&str; 2] = [&a[place], &b[place]];
            match [a, b].map(|cell| class(cell, column.form)) {
                [class, other] if class != other => class.cmp(&other),
                [0, _] => compare(a, b, column.form),
                _ => a.cmp(b),
            }
        });
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Both.
    pub(super) fn choose(&self, rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
        self.first(self.matching(rows))
    }
}

/// The order of keys: values, the row of all others, unknown, none.
fn class(cell: &str, form: Form) -> u8 {
    match cell {
        _ if is_known(cell, form) => 0,
        UNKNOWN => 2,
        "-" => 3,
        _ => 1,
    }
}

/// Whether a cell has a value of its form; `other` has none, if it is not among texts.
fn is_known(cell: &str, form: Form) -> bool {
    match form {
        Form::Text(_) => ![UNKNOWN, "-"].contains(&cell),
        Form::Share => cell.contains('/') && !cell.starts_with("n/a"),
        _ => cell.parse::<i128>().is_ok(),
    }
}

fn fraction(cell: &str) -> (u128, u128) {
    let (part, whole) = cell.split_once('/').unwrap();
    (part.parse().unwrap(), whole.parse().unwrap())
}

/// The order of two values.
fn compare(a: &str, b: &str, form: Form) -> Ordering {
    match form {
        Form::Text(_) => a.cmp(b),
        Form::Share => {
            let ((a, of_a), (b, of_b)) = (fraction(a), fraction(b));
            if of_a == of_b {
                return a.cmp(&b);
            }
            a.checked_mul(of_b).unwrap().cmp(&b.checked_mul(of_a).unwrap())
        }
        _ => a.parse::<i128>().unwrap().cmp(&b.parse::<i128>().unwrap()),
    }
}
