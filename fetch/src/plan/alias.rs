//! The filters of the aliases by which an index was reached.

use serde_json::{Value, json};

use crate::error::{Excess, FetchError};
use crate::page::pattern::matches_any;

/// Maximum size of the filter of an alias, and its maximum depth: it becomes part of
/// every query, and of the manifest.
const ALIAS_BYTES: usize = 64 * 1024;
const ALIAS_DEPTH: usize = 32;

/// The combined filter of the aliases of an index that match a pattern; `None` if
/// one of them has no filter.
///
/// # Errors
/// If no manifest has room for it.
pub(super) fn alias_filter(
    aliases: &Value,
    index: &str,
    pattern: &str,
) -> Result<Option<Value>, FetchError> {
    match combined(aliases, pattern) {
        Some(filter) if is_excessive(&filter) => {
            let (index, bytes, depth) = (index.to_owned(), ALIAS_BYTES, ALIAS_DEPTH);
            Err(FetchError::TooMany(Excess::AliasFilter { index, bytes, depth }))
        }
        filter => Ok(filter),
    }
}

fn combined(aliases: &Value, pattern: &str) -> Option<Value> {
    let aliases = aliases["aliases"].as_object()?;
    let named = aliases.iter().filter(|(name, _)| matches_any(pattern, name));
    let filters: Option<Vec<Value>> =
        named.map(|(_, alias)| alias.get("filter").cloned()).collect();
    let mut filters = filters.filter(|filters| !filters.is_empty())?;
    Some(match filters.len() {
        1 => filters.swap_remove(0),
        _ => json!({"bool": {"should": filters}}),
    })
}

/// Whether the filter of an alias is larger or deeper than a query of a dump may be.
fn is_excessive(filter: &Value) -> bool {
    fn is_deeper(value: &Value, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        match value {
            Value::Array(list) => list.iter().any(|value| is_deeper(value, depth)),
            Value::Object(members) => members.values().any(|value| is_deeper(value, depth)),
            _ => false,
        }
    }
    is_deeper(filter, ALIAS_DEPTH) || filter.to_string().len() > ALIAS_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_of_an_alias_counts_unless_another_name_has_none() {
        let aliases = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let one = aliases(r#"{"aliases":{"web":{"filter":{"term":{"p":"443"}}},"all":{}}}"#);
        assert_eq!(combined(&one, "web"), Some(json!({"term": {"p": "443"}})));
        assert_eq!(combined(&one, "w*"), Some(json!({"term": {"p": "443"}})));
        assert_eq!(combined(&one, "web,all"), None);
        let two = aliases(r#"{"aliases":{"a":{"filter":{"x":1}},"b":{"filter":{"y":1}}}}"#);
        assert_eq!(combined(&two, "a,b"), Some(json!({"bool": {"should": [{"x": 1}, {"y": 1}]}})));
        assert_eq!(combined(&Value::Null, "a"), None);
    }

    #[test]
    fn a_filter_of_an_alias_that_no_manifest_could_hold_is_refused() {
        let nested = |depth: usize| (0..depth).fold(json!(1), |value, _| json!({"bool": value}));
        assert!(!is_excessive(&nested(ALIAS_DEPTH - 1)) && is_excessive(&nested(ALIAS_DEPTH)));
        let terms = |n: usize| json!({"terms": {"port": vec![443; n]}});
        assert!(!is_excessive(&terms(1_000)) && is_excessive(&terms(20_000)));
    }
}
