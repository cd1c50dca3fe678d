//! One json object: where the flows came from, the sums, the rows. What is
//! unknown is null, shares are fractions with six decimals.

use std::io::{self, Write};

use flowkit_model::answer::{Cell, Column, Meaning};
use flowkit_model::{Answer, Sums};
use jiff::tz::TimeZone;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value::{Value, moment, value};

/// Prints the object, indented.
pub(super) fn write(answer: &Answer, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Object(answer, zone)).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Prints one object per row, one per line; the single values as one, where these
/// alone were asked for.
pub(super) fn write_rows(answer: &Answer, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    if answer.table.columns.is_empty() && answer.facts_alone {
        serde_json::to_writer(&mut *out, &Facts(answer, zone)).map_err(io::Error::from)?;
        return out.write_all(b"\n");
    }
    for row in &answer.table.rows {
        let row = Row(&answer.table.columns, row, zone);
        serde_json::to_writer(&mut *out, &row).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

struct Facts<'a>(&'a Answer, &'a TimeZone);

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let facts = self.0.facts.iter();
        let members = facts.map(|(name, meaning, cell)| (name, Member(cell, *meaning, self.1)));
        serializer.collect_map(members)
    }
}

struct Object<'a>(&'a Answer, &'a TimeZone);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(answer, zone) = *self;
        let mut map = serializer.serialize_map(None)?;
        if !answer.sources.is_empty() {
            map.serialize_entry("source", &answer.sources)?;
            map.serialize_entry(
                "window",
                &answer.window.map(|window| {
                    let (from, to) = window.flow_times();
                    Window(from, to, zone)
                }),
            )?;
            let clock = answer.question.as_ref().map(|question| question.flows.time);
            if let Some(clock) = clock.filter(|clock| !clock.is_export()) {
                map.serialize_entry("time", &clock)?;
            }
            if let Some(filter) = &answer.filter {
                map.serialize_entry("filter", filter)?;
            }
        }
        for (name, meaning, cell) in &answer.facts {
            map.serialize_entry(name, &Member(cell, *meaning, zone))?;
        }
        if let Some(ranking) = &answer.ranking {
            map.serialize_entry("total", &Totals(ranking.total))?;
            map.serialize_entry("other", &Totals(ranking.other))?;
            map.serialize_entry("keys", &ranking.keys)?;
        }
        if !answer.sources.is_empty() {
            let tally = &answer.tally;
            let skipped = tally.skipped.iter().map(|skipped| (skipped.cause.name(), skipped.n));
            map.serialize_entry("skipped", &Counts(skipped.collect()))?;
            let unknown = tally.unknown.iter().map(|(field, n)| (field.field().name, *n));
            map.serialize_entry("unknown", &Counts(unknown.collect()))?;
            map.serialize_entry("duplicates", &tally.duplicates.n)?;
            map.serialize_entry("incomplete", &tally.incomplete)?;
        }
        let table = &answer.table;
        let rows: Vec<_> = table.rows.iter().map(|row| Row(&table.columns, row, zone)).collect();
        map.serialize_entry(table.name, &rows)?;
        map.end()
    }
}

/// Milliseconds, half open.
struct Window<'a>(Option<u64>, Option<u64>, &'a TimeZone);

impl Serialize for Window<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("from", &self.0.map(|ms| moment(ms.into(), self.2)))?;
        map.serialize_entry("to", &self.1.map(|ms| moment(ms.into(), self.2)))?;
        map.end()
    }
}

struct Totals(Sums);

impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("bytes", &self.0.bytes)?;
        map.serialize_entry("packets", &self.0.packets)?;
        map.serialize_entry("flows", &self.0.flows)?;
        map.end()
    }
}

struct Counts(Vec<(&'static str, u64)>);

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

struct Row<'a>(&'a [Column], &'a [Cell], &'a TimeZone);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.0.iter().zip(self.1);
        serializer.collect_map(
            columns.map(|(column, cell)| (&column.name, Member(cell, column.meaning, self.2))),
        )
    }
}

struct Member<'a>(&'a Cell, Meaning, &'a TimeZone);

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match value(self.0, self.1, self.2) {
            Value::Unknown => serializer.serialize_none(),
            Value::Number(number) => serializer.serialize_u128(number),
            Value::Minus(number) => serializer
                .serialize_i128(i128::try_from(number).map_or(i128::MIN, |number| -number)),
            Value::Millionths(number) => serializer.serialize_f64(number as f64 / 1e6),
            Value::Text(text) => serializer.serialize_str(&text),
        }
    }
}
