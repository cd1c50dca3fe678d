//! The aggregations that planning a fetch needs: `min`, `max` and `date_histogram` of
//! `@timestamp`, and `terms` of `_index`.

use crate::server::http::{Cause, Failure};
use crate::server::index::Store;
use crate::server::json::{members, position, quoted, scalar};
use crate::time::iso;

/// A named aggregation.
#[derive(Clone, Debug)]
pub(super) struct Aggregation {
    name: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Min,
    Max,
    Indices {
        size: usize,
    },
    /// Counts by intervals of `step_ms` milliseconds; empty ones are left out.
    Histogram {
        step_ms: i64,
    },
}

/// The aggregations of the object under `aggs`.
pub(super) fn parse(aggs: &str, body: &str) -> Result<Vec<Aggregation>, Failure> {
    let mut list = Vec::new();
    for (name, definition) in members(aggs).unwrap_or_default() {
        for (kind, options) in members(definition).unwrap_or_default() {
            let kind = read(&kind, options, body)?;
            list.push(Aggregation { name: name.clone(), kind });
        }
    }
    Ok(list)
}

fn read(kind: &str, options: &str, body: &str) -> Result<Kind, Failure> {
    let at = position(body, options);
    let option = |name: &str| {
        members(options)?
            .into_iter()
            .find(|(known, _)| known == name)
            .and_then(|(_, value)| scalar(value))
    };
    let field = option("field").unwrap_or_default();
    match (kind, field.as_str()) {
        ("min", "@timestamp") => Ok(Kind::Min),
        ("max", "@timestamp") => Ok(Kind::Max),
        ("date_histogram", "@timestamp") => {
            let interval = option("fixed_interval").or_else(|| option("interval"));
            let step = interval.and_then(|text| text.strip_suffix("ms")?.parse().ok());
            let step_ms = step.filter(|step| *step > 0).ok_or_else(|| {
                Failure::argument("the practice server counts in steps such as [1000ms]")
            })?;
            Ok(Kind::Histogram { step_ms })
        }
        ("terms", "_index") => {
            let size = option("size").and_then(|size| size.parse().ok()).unwrap_or(10);
            Ok(Kind::Indices { size })
        }
        ("min" | "max" | "terms", _) => Err(Failure::argument(format!(
            "the practice server aggregates @timestamp by min and max and _index by terms, not [{field}] by [{kind}]"
        ))),
        _ => {
            let inner = format!("[{}:{}] unknown field [{kind}]", at.0, at.1);
            Err(Cause::parsing(format!("Unknown aggregation type [{kind}]"), at)
                .caused_by(Cause::new("named_object_not_found_exception", inner))
                .refused())
        }
    }
}

/// The object under `aggregations`.
pub(super) fn answer(list: &[Aggregation], hits: &[(usize, usize)], store: &Store) -> String {
    let times = || hits.iter().map(|hit| store.indices[hit.0].documents[hit.1].timestamp_ms);
    let parts: Vec<String> = list
        .iter()
        .map(|aggregation| {
            let value = match aggregation.kind {
                Kind::Min => time(times().min()),
                Kind::Max => time(times().max()),
                Kind::Histogram { step_ms } => histogram(times(), step_ms),
                Kind::Indices { size } => buckets(hits, store, size),
            };
            format!("{}:{value}", quoted(&aggregation.name))
        })
        .collect();
    format!("{{{}}}", parts.join(","))
}

fn histogram(times: impl Iterator<Item = i64>, step_ms: i64) -> String {
    let mut counts = std::collections::BTreeMap::<i64, u64>::new();
    for ms in times {
        *counts.entry(ms.div_euclid(step_ms) * step_ms).or_default() += 1;
    }
    let buckets: Vec<String> = counts
        .into_iter()
        .map(|(key, count)| {
            format!(r#"{{"key_as_string":"{}","key":{key},"doc_count":{count}}}"#, iso(key))
        })
        .collect();
    format!(r#"{{"buckets":[{}]}}"#, buckets.join(","))
}

/// A time as the double it is to Elasticsearch, such as `1.537488E12`.
fn time(ms: Option<i64>) -> String {
    match ms {
        Some(ms) => format!(r#"{{"value":{:E},"value_as_string":"{}"}}"#, ms as f64, iso(ms)),
        None => r#"{"value":null}"#.to_owned(),
    }
}

fn buckets(hits: &[(usize, usize)], store: &Store, size: usize) -> String {
    let mut counts: Vec<(usize, &str)> = store
        .indices
        .iter()
        .enumerate()
        .map(|(place, index)| {
            (hits.iter().filter(|hit| hit.0 == place).count(), index.name.as_str())
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    counts.sort_by_key(|&(count, name)| (std::cmp::Reverse(count), name));
    let others: usize = counts.iter().skip(size).map(|(count, _)| count).sum();
    let shown: Vec<String> = counts
        .iter()
        .take(size)
        .map(|(count, name)| format!(r#"{{"key":{},"doc_count":{count}}}"#, quoted(name)))
        .collect();
    format!(
        r#"{{"doc_count_error_upper_bound":0,"sum_other_doc_count":{others},"buckets":[{}]}}"#,
        shown.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_counted_by_time() {
        let buckets = histogram([0, 5, 1_000, 2_999].into_iter(), 1_000);
        assert!(buckets.starts_with(
            r#"{"buckets":[{"key_as_string":"1970-01-01T00:00:00.000Z","key":0,"doc_count":2},"#
        ));
        assert_eq!(buckets.matches("doc_count").count(), 3);
    }

    #[test]
    fn numbers_as_java_writes_doubles() {
        assert_eq!(
            time(Some(1_537_513_200_231)),
            r#"{"value":1.537513200231E12,"value_as_string":"2018-09-21T07:00:00.231Z"}"#
        );
        assert_eq!(time(None), r#"{"value":null}"#);
    }
}
