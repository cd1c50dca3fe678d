//! Captures of 22 devices: every field and value, against what other readers gave.

use flowkit_model::wire::templated::{Class, Exported, Fault, split};
use serde_json::{Map, Value, json};

use super::{OF_THE_HEADER, Taken, corpora, datagrams, is_no_template, number, read_json, values};

/// Where the rules of the reader say something else than the answers: the value
/// of a field, and why.
const DIFFERENCES: &[(&str, &str, Value)] = &[
    // The flow of this FortiGate is seven days after the header of its datagram,
    // and a time more than a day ahead is unknown.
    ("v9-fortigate-521", "first", Value::Null),
    ("v9-fortigate-521", "last", Value::Null),
];

/// The record that the reader is to give.
fn wanted(name: &str, own: &Exported, record: &Value) -> Map<String, Value> {
    let mut record = record.as_object().unwrap().clone();
    record.remove("datagram");
    record.remove("fields");
    if own.class == Class::Options {
        // What an options record counts or names is not that of a flow.
        record.retain(|key, _| ["class", "template"].contains(&key.as_str()));
    }
    for (_, field, value) in DIFFERENCES.iter().filter(|(place, ..)| *place == name) {
        if record.contains_key(*field) {
            record.insert((*field).to_owned(), value.clone());
        }
    }
    record.retain(|_, value| !value.is_null());
    record
}

#[test]
fn datagrams_of_devices() {
    let Some(folder) = corpora() else { return };
    let mut n_devices = 0;
    for entry in std::fs::read_dir(folder.join("device")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "bin") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let expected = read_json(&path.with_extension("expected.json"));
        let bytes = std::fs::read(&path).unwrap();
        let datagrams = datagrams(&bytes, &expected);
        assert!(split(&bytes).eq(datagrams.iter().copied()), "{name}");
        let taken = Taken::of(&datagrams);
        let records = expected["records"].as_array().unwrap();
        assert_eq!(taken.records.len(), records.len(), "{name}");
        for ((own, fields), record) in taken.records.iter().zip(&taken.fields).zip(records) {
            assert_eq!(json!(fields), record["fields"], "{name}");
            let mut values = values(own);
            values.retain(|key, _| !OF_THE_HEADER.contains(&key.as_str()));
            assert_eq!(values, wanted(name, own, record), "{name}");
        }
        let totals = &expected["totals"];
        assert_eq!(json!(taken.flows().count()), totals["flows"], "{name}");
        assert_eq!(taken.sum(|flow| flow.bytes), number(&totals["bytes"]), "{name}");
        assert_eq!(taken.sum(|flow| flow.packets), number(&totals["packets"]), "{name}");
        let headers = expected["headers"].as_array().unwrap();
        let missing: u128 = headers.iter().map(|header| number(&header["missing"])).sum();
        assert_eq!(taken.n_without_template(), missing, "{name}");
        let others = taken.faults.iter().filter(|fault| !is_no_template(fault));
        // The template of this capture is not that of its data.
        let fault = Fault::NotARecord { template: 256, bytes: 17 };
        assert!(others.eq((name == "v9-nprobe-dpi").then_some(&fault)), "{name}");
        n_devices += 1;
    }
    assert_eq!(n_devices, 22);
}
