//! The queries a window and a filter need: what they mean, and which documents match.
//!
//! `match_all`, `match_none`, `range`, `term`, `terms`, `exists` and `bool`. Any
//! other query is refused in Elasticsearch's words for an unknown one.

use std::net::Ipv4Addr;

use serde_json::Value;

use super::dates::{self, Format};
use super::failure::{Cause, Failure};
use super::fields::{Kind, kind};
use super::json::{items, members, name_position, position, scalar, token};
use super::pattern::matches;
use crate::document::Document;

/// A query, read and checked.
#[derive(Clone, Debug, Default)]
pub(super) enum Query {
    /// Every document.
    #[default]
    All,
    /// No document.
    Nothing,
    /// Documents whose field lies in `low..=high`.
    Range { field: String, kind: Kind, low: Option<Key>, high: Option<Key> },
    /// Documents whose field has one of the values.
    Terms { field: String, kind: Kind, values: Vec<String> },
    /// Documents that have the field.
    Exists(String),
    /// All of `must`, one of `should` unless that is empty, none of `must_not`.
    Bool { must: Vec<Query>, should: Vec<Query>, must_not: Vec<Query> },
}

/// A value to compare: a number (also a time or an address) or a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Number(i64),
    Text(String),
}

impl Query {
    /// Reads one query object, which must be part of `body`; `now_ms` is the
    /// time that `now` means.
    pub(super) fn parse(query: &str, body: &str, now_ms: i64) -> Result<Query, Failure> {
        let at = position(body, query);
        let Some(parts) = members(query) else {
            let reason = format!("Unknown key for a {} in [query].", token(query));
            return Err(Cause::parsing(reason, at).refused());
        };
        let Some((name, value)) = parts.first() else {
            let (line, column) = (at.0, at.1 + 1);
            let reason = format!("query malformed, empty clause found at [{line}:{column}]");
            return Err(Failure::argument(reason));
        };
        if parts.len() > 1 {
            let reason =
                format!("[{name}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]");
            return Err(
                Cause::parsing(reason, name_position(body, &parts[1].0, parts[1].1)).refused()
            );
        }
        match name.as_str() {
            "match_all" => Ok(Query::All),
            "match_none" => Ok(Query::Nothing),
            "range" => range(value, body, now_ms),
            "term" => term(value, body),
            "terms" => terms(value, body),
            "exists" => exists(value, body),
            "bool" => compound(value, body, now_ms),
            _ => Err(unknown_query(name, position(body, value))),
        }
    }

    /// Whether a document matches.
    pub(super) fn matches(&self, document: &Document) -> bool {
        match self {
            Query::All => true,
            Query::Nothing => false,
            Query::Range { field, kind, low, high } => {
                let is_inside = |key: &Key| {
                    low.as_ref().is_none_or(|low| low <= key)
                        && high.as_ref().is_none_or(|high| key <= high)
                };
                if field == "@timestamp" {
                    return is_inside(&Key::Number(document.timestamp_ms));
                }
                values(document, field)
                    .iter()
                    .filter_map(|text| key(*kind, text))
                    .any(|key| is_inside(&key))
            }
            Query::Terms { field, kind, values: wanted } => {
                let own = values(document, field);
                own.iter()
                    .any(|text| wanted.iter().any(|wanted| is_same(*kind, field, wanted, text)))
            }
            Query::Exists(field) => !values(document, field).is_empty(),
            Query::Bool { must, should, must_not } => {
                must.iter().all(|query| query.matches(document))
                    && (should.is_empty() || should.iter().any(|query| query.matches(document)))
                    && !must_not.iter().any(|query| query.matches(document))
            }
        }
    }

    /// Bounds of `@timestamp` outside of which nothing matches, in milliseconds.
    pub(super) fn window(&self) -> (i64, i64) {
        match self {
            Query::Range { field, low, high, .. } if field == "@timestamp" => {
                let bound = |key: &Option<Key>, open| match key {
                    Some(Key::Number(ms)) => *ms,
                    _ => open,
                };
                (bound(low, i64::MIN), bound(high, i64::MAX))
            }
            Query::Bool { must, .. } => must.iter().fold((i64::MIN, i64::MAX), |window, query| {
                let inner = query.window();
                (window.0.max(inner.0), window.1.min(inner.1))
            }),
            _ => (i64::MIN, i64::MAX),
        }
    }
}

fn range(value: &str, body: &str, now_ms: i64) -> Result<Query, Failure> {
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
            Some(kind) => self::key(kind, &text),
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

fn term(value: &str, body: &str) -> Result<Query, Failure> {
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

fn terms(value: &str, body: &str) -> Result<Query, Failure> {
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

fn exists(value: &str, body: &str) -> Result<Query, Failure> {
    let field = members(value)
        .and_then(|parts| parts.into_iter().find(|(name, _)| name == "field"))
        .and_then(|(_, value)| scalar(value));
    field.map(Query::Exists).ok_or_else(|| {
        Cause::parsing("[exists] must be provided with a [field]", position(body, value)).refused()
    })
}

fn compound(value: &str, body: &str, now_ms: i64) -> Result<Query, Failure> {
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

fn unknown_query(name: &str, (line, column): (usize, usize)) -> Failure {
    let inner = format!("[{line}:{column}] unknown field [{name}]");
    Cause::parsing(format!("unknown query [{name}]"), (line, column))
        .caused_by(Cause::new("named_object_not_found_exception", inner))
        .refused()
}

fn key(kind: Kind, text: &str) -> Option<Key> {
    match kind {
        Kind::Keyword => Some(Key::Text(text.to_owned())),
        Kind::Number => text.parse().ok().map(Key::Number),
        Kind::Ip => text.parse::<Ipv4Addr>().ok().map(|addr| Key::Number(addr.to_bits().into())),
        Kind::Date => {
            let formats = [Format::OptionalTime, Format::EpochMillis];
            dates::parse(text, &formats, 0, false).map(Key::Number)
        }
    }
}

fn is_same(kind: Kind, field: &str, wanted: &str, text: &str) -> bool {
    if field == "_index" {
        return matches(wanted, text);
    }
    if let (Kind::Ip, Some((network, length))) = (kind, wanted.split_once('/')) {
        let bits = |text: &str| text.parse::<Ipv4Addr>().ok().map(Ipv4Addr::to_bits);
        let length = length.parse::<u32>().ok().filter(|length| *length <= 32);
        let (Some(network), Some(addr), Some(length)) = (bits(network), bits(text), length) else {
            return false;
        };
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        return network & mask == addr & mask;
    }
    match (key(kind, wanted), key(kind, text)) {
        (Some(wanted), Some(own)) => wanted == own,
        _ => false,
    }
}

/// The values of a field as texts; none if it is missing or null.
fn values(document: &Document, field: &str) -> Vec<String> {
    match field {
        "_index" => return vec![document.index.clone()],
        "_id" => return vec![document.id.clone()],
        _ => {}
    }
    let Ok(source) = serde_json::from_str::<Value>(&document.source) else { return Vec::new() };
    let mut value = &source;
    for name in field.split('.') {
        match value.get(name) {
            Some(inner) => value = inner,
            None => return Vec::new(),
        }
    }
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    match value {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        other => text(other).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"{"@timestamp":"2018-09-21T07:00:02.231Z","netflow":{"dst_port":443,"bytes":9,"src_addr":"10.1.2.3","tcp_flag_tags":["SYN","ACK"],"none":null}}"#;

    fn hits(query: &str) -> Result<bool, String> {
        let document = Document {
            index: "netflow-2018.09.21".to_owned(),
            id: "x".to_owned(),
            timestamp_ms: 1_537_513_202_231,
            source: SOURCE.to_owned(),
        };
        let query =
            Query::parse(query, query, 1_537_513_202_231).map_err(|failure| failure.body(""))?;
        Ok(query.matches(&document))
    }

    #[test]
    fn which_documents_match() {
        let yes = [
            r#"{"match_all":{}}"#,
            r#"{"range":{"@timestamp":{"lte":"2018-09-21T07:00:02+00:00","format":"date_time_no_millis"}}}"#,
            r#"{"range":{"@timestamp":{"gte":1537513202231,"lt":1537513202232,"format":"epoch_millis"}}}"#,
            r#"{"range":{"@timestamp":{"gt":"2018-09-20","lt":"2018-09-22"}}}"#,
            r#"{"range":{"@timestamp":{"lte":"now"}}}"#,
            r#"{"range":{"@timestamp":{"lte":"2018-09-21T09:00:02","time_zone":"+02:00"}}}"#,
            r#"{"term":{"netflow.dst_port":443}}"#,
            r#"{"term":{"netflow.dst_port":{"value":"443"}}}"#,
            r#"{"term":{"netflow.src_addr":"10.0.0.0/8"}}"#,
            r#"{"term":{"netflow.src_addr":"0.0.0.0/0"}}"#,
            r#"{"term":{"_index":"netflow-2018*"}}"#,
            r#"{"terms":{"netflow.tcp_flag_tags":["FIN","ACK"]}}"#,
            r#"{"range":{"netflow.bytes":{"gt":8,"lt":10}}}"#,
            r#"{"range":{"netflow.dst_port":{"gt":"44","lt":"5"}}}"#,
            r#"{"exists":{"field":"netflow.bytes"}}"#,
            r#"{"bool":{"filter":{"match_all":{}},"must_not":[{"term":{"netflow.bytes":8}}]}}"#,
            r#"{"bool":{"should":[{"match_none":{}},{"match_all":{}}]}}"#,
        ];
        for query in yes {
            assert_eq!(hits(query), Ok(true), "{query}");
        }
        let no = [
            r#"{"match_none":{}}"#,
            r#"{"range":{"@timestamp":{"lt":"2018-09-21T07:00:02Z"}}}"#,
            r#"{"range":{"@timestamp":{"gt":"2018-09-21"}}}"#,
            r#"{"range":{"netflow.nothing":{"gt":1}}}"#,
            r#"{"term":{"netflow.src_addr":"11.0.0.0/8"}}"#,
            r#"{"exists":{"field":"netflow.none"}}"#,
            r#"{"exists":{"field":"a.b"}}"#,
            r#"{"bool":{"must":[{"match_all":{}},{"match_none":{}}]}}"#,
        ];
        for query in no {
            assert_eq!(hits(query), Ok(false), "{query}");
        }
    }

    #[test]
    fn refusals_in_elasticsearchs_words() {
        let cases = [
            (
                r#"{"rnge":{}}"#,
                r#""type":"parsing_exception","reason":"unknown query [rnge]","line":1,"col":9"#,
            ),
            (r"{}", "query malformed, empty clause found at [1:2]"),
            (
                r#"{"range":{"@timestamp":{"gx":1}}}"#,
                r#""reason":"[range] query does not support [gx]","line":1,"col":30"#,
            ),
            (r#"{"bool":{"foo":[]}}"#, "[1:10] [bool] unknown field [foo]"),
            (
                r#"{"range":{"@timestamp":{"gte":"yesterday","format":"date_time_no_millis"}}}"#,
                "failed to parse date field [yesterday] with format [date_time_no_millis]: [failed to parse",
            ),
            (r"7", "Unknown key for a VALUE_NUMBER in [query]."),
        ];
        for (query, words) in cases {
            let body = hits(query).unwrap_err();
            assert!(body.contains(words), "{body}");
        }
    }
}
