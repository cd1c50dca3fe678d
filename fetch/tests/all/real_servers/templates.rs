//! An index with documents of versions 5, 9 and IPFIX: a filter on the server means what
//! it means here, and what was recorded of the same filters elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use flowkit_fetch::{Cancel, FetchError, Filter, Request, fetch};
use flowkit_model::FlowRecord;
use flowkit_model::document::Document;
use flowkit_model::filter::Expression;
use serde_json::{Value, json};

use super::{Documents, request, saved};
use crate::server_index::{Index, ask, servers, turn, version};

/// Filters that a server can apply, and the flows that it then finds, as far as the
/// recorded answers say.
const PUSHED: &[(&str, Option<usize>)] = &[
    ("ipv6", Some(586)),
    ("inet6 and proto tcp", Some(422)),
    ("family = ipv6 and packets >= 3", None),
    ("src net 2a01:cb01::/32", Some(191)),
    ("net 2a01:cb01:2049::/48", Some(382)),
    ("dst net ff00::/8", Some(52)),
    ("src net 2001:db8::/32", Some(3)),
    ("host 2a01:cb01:2049:8b07:991d:ec85:28df:f629", Some(382)),
    ("src host 64:ff9b::9765:798c", Some(34)),
    ("dst host ::1", Some(17)),
    ("host 127.0.0.1", Some(893)),
    ("src net 192.168.0.0/16", Some(1555)),
    ("net 10.0.0.0/8 or net fe80::/10", Some(981)),
    ("src ip in [192.168.0.0/16 fe80::/10 2a01:cb01::/32]", None),
    ("proto tcp and dst port 443", Some(614)),
    ("src as 65536", Some(18)),
    ("next_hop = 2001:db8:0:fe::2", Some(60)),
    ("bytes > 10000", Some(324)),
    ("direction = egress", None),
    ("vlan > 0", None),
    ("event = 1", None),
    ("flowset = 256 and proto udp", None),
    ("rev_bytes > 1000", None),
    ("not dst net 2000::/3 and ipv6", None),
];

/// Hits of a recorded file by id, and those of them that are flows.
fn recorded(path: &Path) -> Documents {
    let text = std::io::read_to_string(MultiGzDecoder::new(fs::File::open(path).unwrap())).unwrap();
    let hits = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    hits.map(|hit| (hit["_id"].as_str().unwrap().to_owned(), hit["_source"].to_string())).collect()
}

/// Maps addresses as addresses, and what is a number here and a text there as keywords.
fn mapped(index: &Index<'_>) {
    let strings = |pattern: &str, kind: &str| json!({"match_mapping_type": "string", "path_match": pattern, "mapping": {"type": kind}});
    let templates: Vec<Value> = [
        ("*.*mac*", "keyword"),
        ("*.*Mac*", "keyword"),
        ("netflow.*_addr*", "ip"),
        ("netflow.*IPv*Address", "ip"),
        ("netflow.*next_hop", "ip"),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, (pattern, kind))| json!({format!("strings_{n}"): strings(pattern, kind)}))
    .chain([json!({"others": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}})])
    .collect();
    let keyword = json!({"type": "keyword"});
    let date = json!({"type": "date", "ignore_malformed": true});
    let netflow = json!({
        "version": keyword, "direction": keyword, "flowDirection": keyword, "ip_version": keyword,
        "first_switched": date, "last_switched": date,
    });
    let mapping = json!({
        "date_detection": false,
        "dynamic_templates": templates,
        "properties": {"@timestamp": {"type": "date"}, "netflow": {"properties": netflow}},
    });
    let kind = if version(index.url).starts_with("6.") { "/_doc" } else { "" };
    let url = format!("{}/{}/_mapping{kind}", index.url, index.name);
    let answer = ask("PUT", &url, &mapping.to_string());
    assert_eq!(answer["acknowledged"], true, "{answer}");
}

/// The flows among documents, by id.
fn flows(documents: &Documents) -> BTreeMap<&String, FlowRecord> {
    let flow = |source: &String| Document::parse(source.as_bytes()).unwrap().into_flow().ok();
    documents.iter().filter_map(|(id, source)| Some((id, flow(source)?))).collect()
}

/// Fetches by a filter from an index that holds `loaded`, and compares with the filter
/// applied here. Gives how many were found.
fn check(
    index: &Index<'_>,
    loaded: &Documents,
    flows: &BTreeMap<&String, FlowRecord>,
    text: &str,
) -> usize {
    let Ok(expression) = Expression::parse(text) else { panic!("{text}") };
    let matching = flows.iter().filter(|(_, flow)| expression.matches(flow));
    let expected: Documents =
        matching.map(|(id, _)| ((*id).clone(), loaded[*id].clone())).collect();
    let place = tempfile::tempdir().unwrap();
    let filter = Filter { text: text.to_owned(), expression };
    let by = Request { filter: Some(filter), ..request(index.url, &index.name, place.path()) };
    let manifest =
        fetch(&by, &Cancel::new(), &()).unwrap_or_else(|error| panic!("{text}: {error}"));
    let saved = saved(place.path());
    let differing = saved.keys().filter(|id| !expected.contains_key(*id)).count();
    assert_eq!((saved.len(), differing), (expected.len(), 0), "{} {text}", index.url);
    assert_eq!(saved, expected, "{} {text}", index.url);
    let came: u64 = manifest.parts.iter().map(|part| part.expected).sum();
    assert!(came < loaded.len() as u64, "{} {text}: nothing was pushed", index.url);
    expected.len()
}

#[test]
fn a_filter_means_the_same_in_an_index_of_all_versions() {
    let _turn = turn();
    let Ok(corpora) = std::env::var("FLOWKIT_CORPORA") else {
        eprintln!("skipped: FLOWKIT_CORPORA names no folder");
        return;
    };
    for form in ["es7", "es7-plain"] {
        let path = format!("v9/mixed/{form}.elasticdump.ndjson.gz");
        let loaded = recorded(&Path::new(&corpora).join(path));
        assert_eq!(loaded.len(), 5_349);
        for url in servers() {
            let index = Index::new(&url, form, &json!({"number_of_replicas": 0}).to_string());
            mapped(&index);
            index.load(&loaded);
            let flows = flows(&loaded);
            assert_eq!(flows.len(), 4_970);
            let place = tempfile::tempdir().unwrap();
            fetch(&request(&url, &index.name, place.path()), &Cancel::new(), &()).unwrap();
            assert_eq!(saved(place.path()), loaded, "{url} {form}");
            for (text, known) in PUSHED {
                let n = check(&index, &loaded, &flows, text);
                assert!(n > 0, "{form}: {text}");
                assert!(known.is_none_or(|known| known == n), "{form}: {text} finds {n}");
            }
            // The family is that of the source, which a server cannot say of what it lacks.
            let Ok(expression) = Expression::parse("not ipv6") else { panic!() };
            let filter = Some(Filter { text: "not ipv6".to_owned(), expression });
            let place = tempfile::tempdir().unwrap();
            let by = Request { filter, ..request(&url, &index.name, place.path()) };
            let error = fetch(&by, &Cancel::new(), &()).map(drop);
            assert!(matches!(error, Err(FetchError::Filter { .. })), "{error:?}");
        }
    }
}
