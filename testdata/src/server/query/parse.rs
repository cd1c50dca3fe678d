//! Queries from their JSON, all but `range`.

use super::Query;
use crate::server::http::{Cause, Failure};
use crate::server::index::kind;
use crate::server::json::{items, members, name_position, position, scalar};

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
        should.clear(); // optional beside `must`: it would only raise the score
    }
    Ok(Query::Bool { must, should, must_not })
}

/// The only member of a query: a field and its conditions.
pub(super) fn one_field<'a>(
    query: &str,
    value: &'a str,
    body: &str,
) -> Result<(String, &'a str), Failure> {
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
