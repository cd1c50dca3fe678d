//! The `range` query from its JSON: bounds of a field, dates by the format that it names.

use super::dates::{self, Format};
use super::parse::one_field;
use super::value::key;
use super::{Key, Query};
use crate::server::http::{Cause, Failure};
use crate::server::index::{Kind, kind};
use crate::server::json::{members, position, scalar};

pub(super) fn range(value: &str, body: &str, now_ms: i64) -> Result<Query, Failure> {
    let (field, bounds) = one_field("range", value, body)?;
    let Some(bounds) = members(bounds) else {
        return Err(Cause::parsing(
            "[range] query malformed, no start_object after query name",
            position(body, value),
        )
        .refused());
    };
    let dates = Dates::new(&bounds, now_ms)?;
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
        let Some(kind) = kind else { return Ok(Query::Nothing) };
        let key = dates.bound(kind, &text, is_low != inclusive)?;
        let key = if inclusive { key } else { beside(key, is_low) };
        *(if is_low { &mut low } else { &mut high }) = Some(key);
    }
    Ok(match kind {
        Some(kind) => Query::Range { field, kind, low, high },
        None => Query::Nothing,
    })
}

/// How the dates of a range are read.
struct Dates {
    /// As the query names it.
    format: String,
    formats: Vec<Format>,
    zone_ms: i64,
    now_ms: i64,
}

impl Dates {
    fn new(bounds: &[(String, &str)], now_ms: i64) -> Result<Dates, Failure> {
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
        Ok(Dates { format, formats, zone_ms, now_ms })
    }

    /// The key of a bound; a date that leaves something out is rounded up or down.
    fn bound(&self, kind: Kind, text: &str, round_up: bool) -> Result<Key, Failure> {
        match kind {
            Kind::Date if text == "now" => Ok(Key::Number(self.now_ms)),
            Kind::Date => dates::parse(text, &self.formats, self.zone_ms, round_up)
                .map(Key::Number)
                .ok_or_else(|| bad_date(text, &self.format)),
            kind => key(kind, text).ok_or_else(|| {
                let reason = format!("For input string: \"{text}\"");
                Cause::new("number_format_exception", reason).refused()
            }),
        }
    }
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
