//! The lies of a server, in the words of its answers.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::Write;
use std::sync::{Arc, LazyLock};

use flate2::{Compression, write::GzEncoder};

use super::truth::{count, hit, page_of};

/// A lie: its name, status, whether it is packed, and its body.
#[derive(Clone)]
pub(super) struct Lie {
    pub(super) name: String,
    pub(super) status: u16,
    pub(super) is_packed: bool,
    pub(super) body: Arc<[u8]>,
}

/// Lies that may stand in place of any answer.
pub(super) static EVERYWHERE: LazyLock<Vec<Lie>> = LazyLock::new(everywhere);

fn lie(name: &str, status: u16, body: impl Into<Vec<u8>>) -> Lie {
    Lie { name: name.to_owned(), status, is_packed: false, body: body.into().into() }
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(body).unwrap();
    packer.finish().unwrap()
}

fn everywhere() -> Vec<Lie> {
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    let mut lies = vec![
        lie("nothing", 200, ""),
        lie("half", 200, r#"{"hits":"#),
        lie("another kind", 200, "[]"),
        lie("null", 200, "null"),
        lie("a text", 200, "\"\u{1b}[31m\u{202e}\""),
        lie("a page of HTML", 200, "<html>\u{1b}]0;x\u{7}\u{202e}"),
        lie("zeros", 200, vec![0; 1_000_000]),
        lie("no UTF-8", 200, vec![0xff; 1_000]),
        lie("lists in lists", 200, deep("[", "]")),
        lie("objects in objects", 200, deep(r#"{"a":"#, "}").replacen('}', "1}", 1)),
        lie("causes of causes", 500, deep(r#"{"error":{"caused_by":"#, "}}")),
        lie("a long error", 500, "x".repeat(1_200_000)),
        lie("a long error of JSON", 503, format!(r#"{{"error":"{}"}}"#, "x".repeat(1_200_000))),
        lie(
            "errors without end",
            429,
            format!(r#"{{"error":{{"root_cause":[{}1]}}}}"#, "{},".repeat(50_000)),
        ),
        lie(
            "escapes",
            400,
            "{\"error\":{\"type\":\"a\u{1b}[2J\",\"reason\":\"b\\u001b\\u202e\\u0007\",\"index\":\"\\u009b\"},\"status\":400}",
        ),
        lie("an error as success", 200, r#"{"error":{"type":"x","reason":"y"},"status":500}"#),
        lie(
            "every member wrong",
            200,
            r#"{"_scroll_id":5,"pit_id":[],"id":{},"count":"x","timed_out":"no","_shards":7,"hits":"none","aggregations":9,"version":3,"nodes":[]}"#,
        ),
    ];
    for (name, body) in [
        ("a bomb", " ".repeat(17 << 20)),
        ("a bomb of lists", format!("[{}1]", "[],".repeat(200_000))),
    ] {
        for status in [200, 500] {
            let (name, body) = (format!("{name}, {status}"), packed(body.as_bytes()).into());
            lies.push(Lie { name, status, is_packed: true, body });
        }
    }
    lies
}

/// Numbers that are none, or that nothing has so many of.
const NUMBERS: [&str; 10] = [
    "-1",
    "1.5",
    "1e308",
    "-1e308",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "\"5\"",
    "null",
    "[]",
];

/// Names that no index has.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "",
        " ",
        ".",
        "..",
        "../../x",
        "a/b",
        "/etc/passwd",
        "a\\\\b",
        "a\\u0000b",
        "a\\u001b[31m",
        "\\u202eevil",
        "a\\nb",
        "*",
        "netflow-*",
        "a,b",
        "-a b",
        "?",
        "<x>",
        "a#b",
        "\\ud800",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    names.extend(["x".repeat(10_000), "é".repeat(5_000)]);
    names
}

/// Lies that fit one step.
pub(super) fn fitting(step: &str) -> Vec<Lie> {
    let ok = |name: &str, body: String| lie(name, 200, body);
    let mut lies = Vec::new();
    match step {
        "list" => {
            for name in names() {
                lies.push(ok(
                    &format!("index {name:.20}"),
                    format!(r#"{{"{name}":{{"settings":{{}}}}}}"#),
                ));
            }
            for number in NUMBERS.into_iter().chain(["4294967295", "0"]) {
                let text = number.trim_matches('"');
                lies.push(ok(
                    &format!("shards and pages {number}"),
                    format!(r#"{{"netflow-a":{{"settings":{{"index.number_of_shards":"{text}","index.max_result_window":"{text}"}}}}}}"#),
                ));
            }
            let many: Vec<_> = (0..50_000).map(|n| format!(r#""n{n}":{{}}"#)).collect();
            lies.push(ok("too many indices", format!("{{{}}}", many.join(","))));
        }
        "count" => {
            let with = |number: &str| count(0).replacen(":0", &format!(":{number}"), 1);
            lies.extend(NUMBERS.map(|number| ok(&format!("count {number}"), with(number))));
            lies.push(ok("shards", count(3).replace(":1,", ":18446744073709551615,")));
        }
        "aggregate" => {
            let answer = |aggregations: &str| {
                format!(
                    r#"{{"timed_out":false,"_shards":{{"total":1,"successful":1,"failed":0}},"hits":{{"total":0,"hits":[]}},"aggregations":{{{aggregations}}}}}"#
                )
            };
            for number in NUMBERS {
                let ends = format!(r#""first":{{"value":{number}}},"last":{{"value":{number}}}"#);
                lies.push(ok(&format!("times {number}"), answer(&ends)));
                let buckets = format!(
                    r#""first":{{"value":0}},"last":{{"value":1e15}},"times":{{"buckets":[{{"key":{number},"doc_count":{number}}},{{"key":0,"doc_count":9}}]}},"indices":{{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{{"key":"netflow-a","doc_count":{number}}}]}}"#
                );
                lies.push(ok(&format!("buckets {number}"), answer(&buckets)));
            }
            let bucket = r#"{"key":5,"doc_count":9007199254740991},"#.repeat(20_000);
            let many = format!(
                r#""first":{{"value":0}},"last":{{"value":1e15}},"times":{{"buckets":[{bucket}{{}}]}}"#
            );
            lies.push(ok("twenty thousand buckets", answer(&many)));
        }
        "alias" | "nodes" | "limits" | "stats" | "types" | "info" => {
            for number in NUMBERS {
                let body = format!(
                    r#"{{"transient":{{"search":{{"max_open_scroll_context":{number}}}}},"nodes":{{"a":{{"name":{number},"indices":{{"search":{{"open_contexts":{number}}}}}}}}},"shards":[[{{"node":{number}}}]],"version":{{"number":{number}}},"fields":{{"@timestamp":{number}}},"netflow-a":{{"aliases":{number}}}}}"#
                );
                lies.push(ok(&format!("number {number}"), body));
            }
        }
        "open" | "page" | "open-pit" | "page-pit" => lies.extend(pages(step)),
        _ => {}
    }
    lies
}

/// Pages that lie.
fn pages(step: &str) -> Vec<Lie> {
    let id_name = if step.ends_with("pit") { "pit_id" } else { "_scroll_id" };
    let three = [hit(0), hit(1), hit(2)].join(",");
    let of = |name: &str, id: &str, total: &str, hits: &str| {
        lie(
            name,
            200,
            page_of(id_name, id, total, hits).replace("pit_id\":", "id\":\"x\",\"pit_id\":"),
        )
    };
    let mut lies = vec![
        of("the first page for ever", "c", "3", &three),
        of("an id of two megabytes", &"i".repeat(2 << 20), "3", &three),
        of("no id", "", "3", &three),
        of("a lower bound", "c", r#"{"value":3,"relation":"gte"}"#, &three),
        of("a lower bound of another case", "c", r#"{"value":3,"relation":"GTE"}"#, &three),
        of("no total", "c", "null", &three),
        of("one document too many", "c", "3", &[three.as_str(), &hit(3)].join(",")),
        of("one document twice", "c", "3", &[hit(0), hit(1), hit(1)].join(",")),
        of("one document too few", "c", "3", &[hit(0), hit(1)].join(",")),
        of("hits that are none", "c", "3", "0,1,2"),
        of("many hits that are none", "c", "1000000", &format!("{}0", "0,".repeat(200_000))),
        of("hits without ids", "c", "3", "{},{},{}"),
        of(
            "a long id",
            "c",
            "3",
            &three.replace(r#""_id":"1""#, &format!(r#""_id":"{}""#, "1".repeat(100_000))),
        ),
        of("another index", "c", "3", &three.replace("netflow-a", "../x")),
        of(
            "numbers",
            "c",
            "3",
            &three.replace(
                r#""sort""#,
                r#""_seq_no":18446744073709551616,"_primary_term":-1,"_score":1e999,"sort""#,
            ),
        ),
        of(
            "sort values",
            "c",
            "3",
            &three.replace("\"sort\":[", "\"sort\":[9223372036854775807,-1e308,"),
        ),
        of(
            "a deep document",
            "c",
            "3",
            &three.replace(
                r#""_source":{"#,
                &format!(r#""_source":{{"x":{}{},"#, "[".repeat(100_000), "]".repeat(100_000)),
            ),
        ),
    ];
    lies.extend(documents_that_are_none(id_name));
    lies.extend(numbers_in_pages(id_name));
    lies
}

/// Pages whose hits have no document, or members twice.
fn documents_that_are_none(id_name: &str) -> Vec<Lie> {
    let three = [hit(0), hit(1), hit(2)].join(",");
    let of = |name: &str, hits: &str| lie(name, 200, page_of(id_name, "c", "3", hits));
    let others = ["", r#""_source":null,"#, r#""_source":"x","#, r#""_source":{},"_source":[],"#];
    let without = others.map(|other| {
        let hits = three.replace(r#""_source":"#, &format!(r#"{other}"source":"#));
        of(&format!("documents that are none: {other}"), &hits)
    });
    let twice = of("sort values twice", &three.replace("\"sort\"", "\"sort\":5,\"sort\""));
    without.into_iter().chain([twice]).collect()
}

/// Pages with numbers that are none, and with lists that are longer than any.
fn numbers_in_pages(id_name: &str) -> Vec<Lie> {
    let three = [hit(0), hit(1), hit(2)].join(",");
    let of = |name: &str, total: &str| lie(name, 200, page_of(id_name, "c", total, &three));
    let mut lies = Vec::new();
    for number in NUMBERS {
        lies.push(of(&format!("total {number}"), number));
        lies.push(of(
            &format!("total of value {number}"),
            &format!(r#"{{"value":{number},"relation":"eq"}}"#),
        ));
        let bounds = format!(
            r#""aggregations":{{"first":{{"value":{number}}},"last":{{"value":{number}}}}},"hits":{{"total""#
        );
        let body = page_of(id_name, "c", "3", &three).replacen(r#""hits":{"total""#, &bounds, 1);
        lies.push(lie(&format!("bounds {number}"), 200, body));
        let took = page_of(id_name, "c", "3", &three)
            .replace(r#""took":1"#, &format!(r#""took":{number}"#));
        lies.push(lie(&format!("took {number}"), 200, took));
        let shards = page_of(id_name, "c", "3", &three).replace(
            r#""total":1,"successful":1"#,
            &format!(r#""total":{number},"successful":{number}"#),
        );
        lies.push(lie(&format!("shards {number}"), 200, shards));
    }
    let failures =
        format!(r#""failed":1,"failures":[{}{{}}]"#, r#"{"reason":{"type":5}},"#.repeat(50_000));
    let failed = page_of(id_name, "c", "3", &three).replace(r#""failed":0"#, &failures);
    lies.push(lie("fifty thousand failures", 200, failed));
    let clusters = format!(
        r#""took":1,"_clusters":{{"total":2,"details":{{{}"z":{{}}}}}}"#,
        r#""a":{"status":"x"},"#.repeat(50_000)
    );
    let clustered = page_of(id_name, "c", "3", &three).replace(r#""took":1"#, &clusters);
    lies.push(lie("fifty thousand clusters", 200, clustered));
    lies
}
