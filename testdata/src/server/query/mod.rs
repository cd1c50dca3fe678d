//! The queries that a window and a filter need, and which documents match them.
//!
//! `match_all`, `match_none`, `range`, `term`, `terms`, `exists` and `bool`. Any
//! other query is refused in Elasticsearch's words for an unknown one.

mod dates;
mod parse;
mod range;
mod value;

use self::value::{is_same, key, values};
use crate::document::Document;
use crate::server::http::{Cause, Failure};
use crate::server::index::Kind;
use crate::server::json::{members, name_position, position, token};

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
    /// value of `now`.
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
            "range" => range::range(value, body, now_ms),
            "term" => parse::term(value, body),
            "terms" => parse::terms(value, body),
            "exists" => parse::exists(value, body),
            "bool" => parse::compound(value, body, now_ms),
            _ => Err(parse::unknown_query(name, position(body, value))),
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

    /// The window of `@timestamp` outside of which nothing matches, in milliseconds.
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
