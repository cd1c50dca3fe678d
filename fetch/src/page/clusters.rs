//! What an answer over several clusters says of those that did not answer.
//!
//! Source: Elasticsearch reference, "Search across clusters", `_clusters`: a
//! cluster that is `skipped`, or answers in part, leaves the status at 200.

use serde_json::Value;

use crate::error::printable;

/// Which clusters are missing, in words; `None` if none is, or only one was asked.
pub(crate) fn missing_clusters(clusters: &Value) -> Option<String> {
    let number = |name: &str| clusters[name].as_u64().unwrap_or(0);
    let counted: Vec<String> = ["skipped", "partial", "failed", "running"]
        .into_iter()
        .filter(|name| number(name) > 0)
        .map(|name| format!("{} {name}", number(name)))
        .collect();
    let is_short = clusters["successful"].as_u64().is_some_and(|n| n < number("total"));
    if counted.is_empty() && !is_short {
        return None;
    }
    let details = clusters["details"].as_object();
    let named: Vec<String> = details
        .into_iter()
        .flatten()
        .filter(|(_, cluster)| cluster["status"].as_str().is_some_and(|word| word != "successful"))
        .map(|(name, cluster)| {
            let cause = &cluster["failures"][0]["reason"];
            let word = |name: &str| cause[name].as_str().unwrap_or_default();
            let name = if name.is_empty() { "the local one" } else { name };
            format!("{name} {} {}", word("type"), word("reason"))
        })
        .collect();
    let mut words = format!("of {} clusters {}", number("total"), counted.join(", "));
    if counted.is_empty() {
        words = format!("{} of {} clusters answered", number("successful"), number("total"));
    }
    if !named.is_empty() {
        words = format!("{words} ({})", named.join("; "));
    }
    Some(printable(&words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cluster_that_is_missing_is_counted_and_named() {
        let words = |clusters: Value| missing_clusters(&clusters);
        assert_eq!(words(Value::Null), None);
        assert_eq!(words(json!({"total": 2, "successful": 2, "skipped": 0, "partial": 0})), None);
        let skipped = json!({"total": 2, "successful": 1, "skipped": 1, "details": {
            "(local)": {"status": "successful"},
            "eu": {"status": "skipped", "failures": [{"reason": {"type": "connect_transport_exception", "reason": "no route"}}]}}});
        assert_eq!(
            words(skipped).unwrap(),
            "of 2 clusters 1 skipped (eu connect_transport_exception no route)"
        );
        assert_eq!(
            words(json!({"total": 3, "successful": 1, "partial": 1, "running": 1})).unwrap(),
            "of 3 clusters 1 partial, 1 running"
        );
        assert_eq!(
            words(json!({"total": 2, "successful": 1})).unwrap(),
            "1 of 2 clusters answered"
        );
    }
}
