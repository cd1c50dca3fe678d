//! Broken and odd datagrams: what is kept of each, and what is told.

use flowkit_model::wire::templated::split;
use serde_json::json;

use super::{Rate, Taken, by_value, corpora, datagrams, number, read_json, values};

/// What is odd about each broken input, by name; nothing about the others.
const FAULTS: &[(&str, &[&str])] = &[
    ("ipfix-bytes-after-the-end", &["bytes_follow"]),
    ("ipfix-length-too-big", &["cut_short"]),
    ("ipfix-template-late", &["no_template"]),
    ("ipfix-withdrawn", &["no_template"]),
    ("v10-in-v9-numbers", &["reserved_set"]),
    ("v9-flowset-length-2", &["impossible_set_length"]),
    ("v9-never-a-template", &["no_template", "no_template"]),
    ("v9-template-huge-count", &["template_cut"]),
    ("v9-template-late", &["no_template", "no_template"]),
    ("v9-template-of-length-0", &["empty_template", "empty_template"]),
    ("v9-truncated", &["set_cut"]),
];

/// Sampling that the options of some tell.
const SAMPLING: &[(&str, &[Rate])] = &[
    ("v9-in-v6-exporter-sampled", &[(1000, Some(1))]),
    ("v9-options-only", &[(1000, Some(1)), (50, Some(2))]),
    ("v9-options-scope-length-0", &[(100, None)]),
];

fn of_case<'a, T>(table: &[(&str, &'a [T])], name: &str) -> &'a [T] {
    table.iter().find(|(case, _)| *case == name).map_or(&[], |(_, row)| row)
}

#[test]
fn broken_datagrams() {
    let Some(folder) = corpora() else { return };
    let cases = read_json(&folder.join("robust/wire.expected.json"));
    let cases = cases.as_object().unwrap();
    for (name, expected) in cases {
        let bytes = std::fs::read(folder.join(format!("robust/wire/{name}.bin"))).unwrap();
        let datagrams = datagrams(&bytes, expected);
        // Bytes after the end of an IPFIX datagram are cut off it.
        if name != "ipfix-bytes-after-the-end" {
            assert!(split(&bytes).eq(datagrams.iter().copied()), "{name}");
        }
        let taken = Taken::of(&datagrams);
        let faults: Vec<&str> = taken.faults.iter().map(|fault| fault.name()).collect();
        assert_eq!(faults, of_case(FAULTS, name), "{name}");
        assert_eq!(json!(taken.n_without_template()), expected["data_sets_without_template"]);
        assert_eq!(json!(taken.flows().count()), expected["flows"], "{name}");
        let n_options = taken.records.len() - taken.flows().count();
        assert_eq!(json!(n_options), expected["options_records"], "{name}");
        // A sum beyond 64 bits is read as the nearest float.
        if name != "v9-counters-64" {
            assert_eq!(taken.sum(|flow| flow.bytes), number(&expected["bytes"]), "{name}");
        }
        assert_eq!(taken.sum(|flow| flow.packets), number(&expected["packets"]), "{name}");
        assert_eq!(taken.sampling, of_case(SAMPLING, name), "{name}");
        for (own, record) in taken.flows().zip(expected["records"].as_array().unwrap()) {
            let values = values(own);
            for (field, value) in record.as_object().unwrap() {
                assert_eq!(values[field], by_value(value), "{name}: {field}");
            }
        }
    }
    assert_eq!(cases.len(), 30);
}

/// The difference is 4 s and 1 s back over the wrap, and 5 s and 6 s ahead.
#[test]
fn uptimes_across_the_wrap() {
    let Some(folder) = corpora() else { return };
    let bytes = std::fs::read(folder.join("robust/wire/v9-ahead-and-wrap.bin")).unwrap();
    let taken = Taken::of(&[&bytes]);
    let ages = taken.flows().map(|flow| {
        [flow.first_ms, flow.last_ms]
            .map(|ms| ms.unwrap().cast_signed() - flow.timestamp_ms.cast_signed())
    });
    assert!(ages.eq([[-4000, -1000], [5000, 6000]]));
}
