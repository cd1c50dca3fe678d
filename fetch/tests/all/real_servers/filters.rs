//! A filter means the same whatever an index is mapped as.

use flowkit_fetch::{Cancel, FetchError, Filter, Request, fetch};
use flowkit_model::document::Document;
use flowkit_model::filter::Expression;
use serde_json::json;

use super::{Documents, request, saved};
use crate::server_index::{Index, ask, servers, turn, version};

/// A mapping with each field mapped as Logstash's netflow module does, or as
/// numbers, or not at all.
fn mapped(index: &Index<'_>, kind: &str) {
    let mut netflow = serde_json::Map::new();
    for name in ["src_port", "dst_port", "protocol", "tos"] {
        netflow.insert(name.to_owned(), json!({"type": kind}));
    }
    for name in ["src_addr", "dst_addr"] {
        netflow.insert(name.to_owned(), json!({"type": "ip"}));
    }
    for name in ["bytes", "packets"] {
        netflow.insert(name.to_owned(), json!({"type": "long"}));
    }
    netflow.insert("tcp_flags".to_owned(), json!({"type": "integer"}));
    let mapping =
        json!({"properties": {"@timestamp": {"type": "date"}, "netflow": {"properties": netflow}}});
    let kind = if version(index.url).starts_with("6.") { "/_doc" } else { "" };
    let answer =
        ask("PUT", &format!("{}/{}/_mapping{kind}", index.url, index.name), &mapping.to_string());
    assert_eq!(answer["acknowledged"], true, "{answer}");
}

fn flows(count: usize) -> Documents {
    (0..count)
        .map(|n| {
            let port = [443, 80, 53, 8080, 22][n % 5];
            let protocol = if n % 5 == 2 { 17 } else { 6 };
            let source = format!(
                r#"{{"@timestamp":"2018-09-21T07:{:02}:{:02}.000Z","host":"10.0.0.1","netflow":{{"version":"Netflow v5","src_addr":"10.{}.0.{}","dst_addr":"192.168.1.{}","src_port":{},"dst_port":{port},"protocol":{protocol},"tos":0,"bytes":{},"packets":{},"tcp_flags":{}}}}}"#,
                n / 60 % 60, n % 60, n % 3, n % 250, n % 7, 1_024 + n * 13 % 60_000, n * 37, n % 11, n % 32
            );
            (format!("f{n}"), source)
        })
        .collect()
}

#[test]
fn a_filter_means_the_same_whatever_the_mapping() {
    let _turn = turn();
    for url in servers() {
        for kind in ["keyword", "integer", "dynamic"] {
            let index = Index::new(&url, "filter", &json!({"number_of_replicas": 0}).to_string());
            if kind != "dynamic" {
                mapped(&index, kind);
            }
            let loaded = flows(600);
            index.load(&loaded);
            for text in [
                "dst port 443",
                "port in [22 53] and proto tcp",
                "dst port > 1000",
                "src port < 4000 or proto udp",
                "src net 10.1.0.0/16 and bytes > 1k",
                "not (host 192.168.1.3 or dst port 53)",
                "dst_port != 443",
                "flags S and not flags A",
                "packets >= 5 and bpp > 1000",
                "@timestamp >= 2018-09-21T07:03",
            ] {
                let Ok(expression) = Expression::parse(text) else { panic!("{text}") };
                let means = |source: &str| {
                    let flow = Document::parse(source.as_bytes()).unwrap().into_flow();
                    flow.is_ok_and(|flow| expression.matches(&flow))
                };
                let expected: Documents = loaded
                    .iter()
                    .filter(|(_, source)| means(source))
                    .map(|(id, source)| (id.clone(), source.clone()))
                    .collect();
                assert!(!expected.is_empty(), "{text}");
                let place = tempfile::tempdir().unwrap();
                let filter = Filter { text: text.to_owned(), expression };
                let by =
                    Request { filter: Some(filter), ..request(&url, &index.name, place.path()) };
                match fetch(&by, &Cancel::new(), &()) {
                    Ok(manifest) => {
                        assert_eq!(saved(place.path()), expected, "{url} {kind} {text}");
                        let came: u64 = manifest.parts.iter().map(|part| part.expected).sum();
                        assert!(came < 600, "{url} {kind} {text}: nothing was pushed");
                    }
                    // Addresses are text with a keyword where nothing is mapped.
                    Err(FetchError::Filter { why, .. }) => assert!(
                        kind == "dynamic" && why.contains("too many values"),
                        "{url} {kind} {text}: {why}"
                    ),
                    Err(error) => panic!("{url} {kind} {text}: {error}"),
                }
            }
        }
    }
}
