//! The `sort` of a search: which keys are known, how they order, how they show.

use std::cmp::Ordering;

use crate::server::http::{Cause, Failure};
use crate::server::index::Store;
use crate::server::json::{items, members, name_position, position, quoted, scalar};
use crate::time::iso;

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SortKey {
    by: By,
    descending: bool,
    /// Show a time as text instead of milliseconds.
    as_text: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum By {
    Timestamp,
    /// Position in the index.
    Doc,
    /// Always equal here.
    Score,
    Id,
    /// A field that is not mapped but has `unmapped_type`: null everywhere.
    Unmapped,
    /// A field that is not mapped.
    Missing(String),
}

impl SortKey {
    fn new(field: &str, descending: bool) -> SortKey {
        let by = match field {
            "@timestamp" => By::Timestamp,
            "_doc" => By::Doc,
            "_score" => By::Score,
            "_id" => By::Id,
            _ => By::Missing(field.to_owned()),
        };
        SortKey { by, descending, as_text: false }
    }

    /// Whether hits are ranked by this key and not by their score.
    pub(super) fn is_no_score(&self) -> bool {
        self.by != By::Score
    }
}

/// The keys of any legal form of `sort`: a name, an object, or a list of both.
pub(super) fn parse(sort: &str, body: &str) -> Result<Vec<SortKey>, Failure> {
    let parts = items(sort).unwrap_or_else(|| vec![sort]);
    let mut keys = Vec::new();
    for part in parts {
        if let Some(field) = scalar(part) {
            keys.push(SortKey::new(&field, false));
            continue;
        }
        let Some(fields) = members(part) else {
            let reason = "malformed sort format, within the sort array, an object, or an actual string are allowed";
            return Err(Failure::argument(reason));
        };
        for (field, options) in fields {
            keys.push(with_options(SortKey::new(&field, false), options, body)?);
        }
    }
    Ok(keys)
}

/// The keys of the URI form, such as `@timestamp:desc,_doc`.
pub(super) fn parse_parameter(list: &str) -> Vec<SortKey> {
    let key = |part: &str| match part.rsplit_once(':') {
        Some((field, order @ ("asc" | "desc"))) => SortKey::new(field, order == "desc"),
        _ => SortKey::new(part, false),
    };
    list.split(',').map(key).collect()
}

fn with_options(mut key: SortKey, options: &str, body: &str) -> Result<SortKey, Failure> {
    if let Some(order) = scalar(options) {
        key.descending = descends(&order, options, body)?;
        return Ok(key);
    }
    for (name, value) in members(options).unwrap_or_default() {
        match name.as_str() {
            "order" => key.descending = descends(&scalar(value).unwrap_or_default(), value, body)?,
            "format" => key.as_text = true,
            "unmapped_type" => {
                if matches!(key.by, By::Missing(_)) {
                    key.by = By::Unmapped;
                }
            }
            "missing" | "mode" | "numeric_type" => {}
            _ => {
                let (line, column) = name_position(body, &name, value);
                let reason = format!("[{line}:{column}] [field_sort] unknown field [{name}]");
                return Err(Cause::new("x_content_parse_exception", reason).refused());
            }
        }
    }
    Ok(key)
}

fn descends(order: &str, value: &str, body: &str) -> Result<bool, Failure> {
    match order.to_ascii_lowercase().as_str() {
        "asc" => Ok(false),
        "desc" => Ok(true),
        upper => {
            let (line, column) = position(body, value);
            let reason = format!("[{line}:{column}] [field_sort] failed to parse field [order]");
            let inner = format!(
                "No enum constant org.elasticsearch.search.sort.SortOrder.{}",
                upper.to_ascii_uppercase()
            );
            Err(Cause::new("x_content_parse_exception", reason)
                .caused_by(Cause::new("illegal_argument_exception", inner))
                .refused())
        }
    }
}

/// Refuses a key that no index knows, as each shard would.
pub(super) fn check(keys: &[SortKey], store: &Store, indices: &[usize]) -> Result<(), Failure> {
    let missing = keys.iter().find_map(|key| match &key.by {
        By::Missing(field) => Some(field),
        _ => None,
    });
    let Some(field) = missing.filter(|_| !indices.is_empty()) else { return Ok(()) };
    let reason = format!("No mapping found for [{field}] in order to sort on");
    let shard = |&place: &usize| {
        let index = &store.indices[place];
        let extra = format!(r#","index_uuid":"{}","index":{}"#, index.uuid, quoted(&index.name));
        let cause = Cause::new("query_shard_exception", reason.clone()).with(extra);
        (Some(index.name.clone()), cause)
    };
    Err(Failure::Shards {
        status: 400,
        reason: "all shards failed",
        shards: indices.iter().map(shard).collect(),
        caused_by: None,
    })
}

/// Sorts hits (index, position in it); equal keys keep the order of the indices
/// and of the documents in them.
pub(super) fn sort(hits: &mut [(usize, usize)], keys: &[SortKey], store: &Store) {
    hits.sort_by(|a, b| {
        let (first, second) =
            (&store.indices[a.0].documents[a.1], &store.indices[b.0].documents[b.1]);
        keys.iter().fold(Ordering::Equal, |order, key| {
            order.then_with(|| {
                let order = match key.by {
                    By::Timestamp => first.timestamp_ms.cmp(&second.timestamp_ms),
                    By::Doc => a.1.cmp(&b.1),
                    By::Id => first.id.cmp(&second.id),
                    By::Score | By::Unmapped | By::Missing(_) => Ordering::Equal,
                };
                if key.descending { order.reverse() } else { order }
            })
        })
    });
}

/// The `sort` array of a hit.
pub(super) fn values(hit: (usize, usize), keys: &[SortKey], store: &Store) -> String {
    let document = &store.indices[hit.0].documents[hit.1];
    let value = |key: &SortKey| match key.by {
        By::Timestamp if key.as_text => quoted(&iso(document.timestamp_ms)),
        By::Timestamp => document.timestamp_ms.to_string(),
        By::Doc => hit.1.to_string(),
        By::Score => "1.0".to_owned(),
        By::Id => quoted(&document.id),
        By::Unmapped | By::Missing(_) => "null".to_owned(),
    };
    format!("[{}]", keys.iter().map(value).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_legal_forms_mean_the_same() {
        let expected = vec![SortKey::new("@timestamp", false)];
        for form in [
            r#""@timestamp""#,
            r#"["@timestamp"]"#,
            r#"{"@timestamp":"asc"}"#,
            r#"[{"@timestamp":{"order":"asc","unmapped_type":"date"}}]"#,
            r#"{"@timestamp":{"order":"ASC"}}"#,
            r#"{"@timestamp":{}}"#,
        ] {
            assert_eq!(parse(form, form).unwrap(), expected, "{form}");
        }
        assert_eq!(parse_parameter("@timestamp:desc,_doc").len(), 2);
        assert!(parse_parameter("@timestamp:desc")[0].descending);
    }

    #[test]
    fn refusals() {
        for form in [r#"{"@timestamp":{"order":"up"}}"#, r#"{"@timestamp":{"foo":1}}"#, "[[1]]"] {
            assert_eq!(parse(form, form).unwrap_err().status(), 400);
        }
    }
}
