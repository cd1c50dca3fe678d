//! The documents of the corpora as JSON, as they are and with faults.

use serde_json::{Value, json};

/// One hit a line, or one answer of a search a line; names of the module and of
/// the codec; Logstash 6, 7 and 8.
pub(crate) const FORMS: [&str; 8] = [
    "day/es6.elasticdump.ndjson.gz",
    "day/es7.elasticdump.ndjson.gz",
    "day/es8.pages.jsonl.gz",
    "edge/es6-plain.elasticdump.ndjson.gz",
    "edge/es7.elasticdump.ndjson.gz",
    "edge/es8-plain.pages.jsonl.gz",
    "years/es6.elasticdump.ndjson.gz",
    "years/es8.elasticdump.ndjson.gz",
];

/// The hits of a file.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let mut hits = Vec::new();
    for line in text.lines() {
        let mut value: Value = serde_json::from_str(line).unwrap();
        match value.pointer_mut("/hits/hits") {
            Some(of_page) => hits.append(of_page.as_array_mut().unwrap()),
            None => hits.push(value),
        }
    }
    hits
}

/// The same with faults: some documents are gone, some there again, under the
/// same id or another, changed or not, or from another exporter too.
pub(crate) fn doctored(hits: &[Value]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for (n, hit) in hits.iter().enumerate() {
        if n % 19 != 3 {
            all.push(hit.clone());
        }
    }
    for (n, hit) in hits.iter().enumerate() {
        let mut copy = hit.clone();
        let source = &mut copy["_source"];
        match n {
            _ if n % 23 == 0 => {}
            _ if n % 29 == 0 => source["netflow"]["last_switched"] = source["@timestamp"].clone(),
            _ if n % 31 == 0 => copy["_id"] = json!(format!("again-{n}")),
            _ if n % 37 == 0 => {
                source["host"] = json!("192.0.2.99");
                source["netflow"]["engine_id"] = json!(7);
                copy["_id"] = json!(format!("other-{n}"));
            }
            _ if n % 41 == 0 => copy["_routing"] = json!("elsewhere"),
            _ if n % 43 == 0 => {
                source["netflow"]["sampling_algorithm"] = json!(0);
                source["netflow"]["sampling_interval"] = json!(512);
                copy["_id"] = json!(format!("sampled-{n}"));
            }
            _ => continue,
        }
        all.push(copy);
    }
    all
}
