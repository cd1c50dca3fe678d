//! One query of each kind, from its JSON.

use super::value::key;
use super::{Key, Query};
use crate::server::dates;
use crate::server::failure::{Cause, Failure};
use crate::server::fields::{Kind, kind};
use crate::server::json::{items, members, name_position, position, scalar};

pub(super) fn range(value: &str, body: &str, now_ms: i64) -> Result<Query, Failure> {
    let (field, bounds) = one_field("range", value, body)?;
    let Some(bounds) = members(bounds) else {
        return Err(Cause::parsing(
            "[range] query malformed, no start_object after query name",
            position(body, value),
        )
        .refused());
    };
    let text = |name: &str| {
        bounds.iter().find(|(known, _)| known == name).and_then(|(_, value)| scalar(value))
    };
    let format = text("format").unwrap_or_else(|| dates::DEFAULT.to_owned());
    let formats = dates::formats(&format).map_err(|name| {
        Failure::argument(format!("Invalid format: [{name}]: unknown to the practice server"))
    })?;
    let zone_ms = match text("time_zone") {
        Some(zone) => dates::zone(&zone).ok_or_else(|| {
            Failure::argument(format!("Zone [{zone}] is unknown to the practice server"))
        })?,
        None => 0,
    };
    let kind = kind(&field);
    let (mut low, mut high) = (None, None);
    for (name, value) in &bounds {
        let (is_low, inclusive) = match name.as_str() {
            "gte" | "from" => (true, true),
            "gt" => (true, false),
            "lte" | "to" => (false, true),
            "lt" => (false, false),
            "format" | "time_zone" | "boost" | "relation" | "_name" => continue,
            _ => {
                let reason = format!("[range] query does not support [{name}]");
                return Err(Cause::parsing(reason, position(body, value)).refused());
            }
        };
        let Some(text) = scalar(value) else { continue };
        let round_up = is_low != inclusive;
        let key = match kind {
            Some(Kind::Date) if text == "now" => Some(Key::Number(now_ms)),
            Some(Kind::Date) => dates::parse(&text, &formats, zone_ms, round_up).map(Key::Number),
            Some(kind) => key(kind, &text),
            None => None,
        };
        let key = match key {
            Some(key) => key,
            None if kind.is_none() => return Ok(Query::Nothing),
            None if kind == Some(Kind::Date) => return Err(bad_date(&text, &format)),
            None => {
                return Err(Cause::new(
                    "number_format_exception",
                    format!("For input string: \"{text}\""),
                )
                .refused());
            }
        };
        let key = if inclusive { key } else { beside(key, is_low) };
        *(if is_low { &mut low } else { &mut high }) = Some(key);
    }
    Ok(match kind {
        Some(kind) => Query::Range { field, kind, low, high },
        None => Query::Nothing,
    })
}

/// The nearest key above (or below): how an exclusive bound becomes inclusive.
/// Of a text the one above is exact; the one below is off by what differs only
/// in further characters, which no field of a flow has.
fn beside(key: Key, above: bool) -> Key {
    match key {
        Key::Number(number) if above => Key::Number(number.saturating_add(1)),
        Key::Number(number) => Key::Number(number.saturating_sub(1)),
        Key::Text(text) if above => Key::Text(text + "\0"),
        Key::Text(mut text) => {
            let last =
                text.pop().and_then(|last| char::from_u32(u32::from(last).saturating_sub(1)));
            text.extend(last.into_iter().flat_map(|last| [last, char::MAX]));
            Key::Text(text)
        }
    }
}

fn bad_date(text: &str, format: &str) -> Failure {
    let reason = format!("failed to parse date field [{text}] with format [{format}]");
    let cause = Cause::new("parse_exception", format!("{reason}: [{reason}]")).caused_by(
        Cause::new("illegal_argument_exception", reason).caused_by(Cause::new(
            "date_time_parse_exception",
            "Failed to parse with all enclosed parsers",
        )),
    );
    Failure::Shards {
        status: 400,
        reason: "all shards failed",
        shards: vec![(None, cause)],
        caused_by: None,
    }
}

pub(super) fn term(value: &str, body: &str) -> Result<Query, Failure> {
    let (field, value) = one_field("term", value, body)?;
    let inner = members(value).and_then(|parts| {
        parts.into_iter().find(|(name, _)| name == "value").map(|(_, value)| value)
    });
    let Some(text) = scalar(inner.unwrap_or(value)) else {
        return Err(Cause::parsing(
            "[term] query does not support this value",
            position(body, value),
        )
        .refused());
    };
    Ok(terms_of(field, vec![text]))
}

pub(super) fn terms(value: &str, body: &str) -> Result<Query, Failure> {
    let (field, list) = one_field("terms", value, body)?;
    let Some(list) = items(list) else {
        return Err(Cause::parsing(
            "[terms] query requires an array of terms",
            position(body, list),
        )
        .refused());
    };
    Ok(terms_of(field, list.into_iter().filter_map(scalar).collect()))
}

fn terms_of(field: String, values: Vec<String>) -> Query {
    match kind(&field) {
        Some(kind) => Query::Terms { field, kind, values },
        None => Query::Nothing,
    }
}

pub(super) fn exists(value: &str, body: &str) -> Result<Query, Failure> {
    let field = members(value)
        .and_then(|parts| parts.into_iter().find(|(name, _)| name == "field"))
        .and_then(|(_, value)| scalar(value));
    field.map(Query::Exists).ok_or_else(|| {
        Cause::parsing("[exists] must be provided with a [field]", position(body, value)).refused()
    })
}

pub(super) fn compound(value: &str, body: &str, now_ms: i64) -> Result<Query, Failure> {
    let (mut must, mut should, mut must_not) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in members(value).unwrap_or_default() {
        let list = match name.as_str() {
            "must" | "filter" => &mut must,
            "should" => &mut should,
            "must_not" => &mut must_not,
            "boost" | "minimum_should_match" | "_name" => continue,
            _ => {
                let (line, column) = name_position(body, &name, value);
                let reason = format!("[{line}:{column}] [bool] unknown field [{name}]");
                return Err(Cause::new("x_content_parse_exception", reason).refused());
            }
        };
        let clauses = items(value).unwrap_or_else(|| vec![value]);
        for clause in clauses {
            list.push(Query::parse(clause, body, now_ms)?);
        }
    }
    if !must.is_empty() {
        should.clear(); // then it only weighs, and nothing here is weighed
    }
    Ok(Query::Bool { must, should, must_not })
}

fn one_field<'a>(query: &str, value: &'a str, body: &str) -> Result<(String, &'a str), Failure> {
    let mut parts = members(value).unwrap_or_default().into_iter();
    match (parts.next(), parts.next()) {
        (Some(part), None) => Ok(part),
        (_, second) => {
            let place = position(body, second.map_or(value, |(_, value)| value));
            let reason = format!("[{query}] query doesn't support multiple fields");
            Err(Cause::parsing(reason, place).refused())
        }
    }
}

pub(super) fn unknown_query(name: &str, (line, column): (usize, usize)) -> Failure {
    let inner = format!("[{line}:{column}] unknown field [{name}]");
    Cause::parsing(format!("unknown query [{name}]"), (line, column))
        .caused_by(Cause::new("named_object_not_found_exception", inner))
        .refused()
}
