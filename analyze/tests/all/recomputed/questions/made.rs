//! Random documents, and what is wrong with them: values that are missing, huge, of
//! another form, no value at all; times that are inverted or far off; copies.

use serde_json::{Map, Value, json};

use super::clocks::{instant, length};
use super::stories::{Story, Told};
use crate::random::Random;
use crate::recomputed::dialects::Dialect;
use crate::recomputed::flows::{FIELDS, Field, Flow, Form};
use crate::recomputed::held::of_documents;

/// Moments near which clocks are changed in one of the zones, and others, in seconds.
pub(super) const MOMENTS: [i64; 12] = [
    1_537_514_269, // 2018-09-21, a plain day
    1_540_688_400, // 2018-10-28T01:00Z, Europe/Berlin
    1_289_098_800, // 2010-11-07T03:00Z, America/St_Johns and Goose_Bay
    1_267_714_800, // 2010-03-04T15:00Z, Antarctica/Casey
    1_601_740_860, // 2020-10-03T16:01Z, Antarctica/Casey
    1_522_508_400, // 2018-03-31T15:00Z, Australia/Lord_Howe
    1_325_239_200, // 2011-12-30T10:00Z, Pacific/Apia
    1_541_300_400, // 2018-11-04T03:00Z, America/Sao_Paulo
    1_518_919_200, // 2018-02-18T02:00Z, America/Sao_Paulo
    1_301_608_860, // 2011-03-31T22:01Z, Asia/Gaza
    1_268_537_460, // 2010-03-14T03:31Z, America/St_Johns
    2_000_000,     // 1970-01-24
];

const SPANS_MS: [u64; 4] = [600_000, 7_200_000, 100_000_000, 700_000_000];

/// Whether one in `n` cases is one.
pub(super) fn one_in(random: &mut Random, n: u64) -> bool {
    random.below(n) == 0
}

pub(super) fn pick<T: Clone>(random: &mut Random, list: &[T]) -> T {
    list[usize::try_from(random.below(list.len() as u64)).unwrap()].clone()
}

fn signed(random: &mut Random, below: u64) -> i64 {
    i64::try_from(random.below(below)).unwrap()
}

/// The documents of one question about a report.
pub(super) fn documents(random: &mut Random, report: &str) -> Vec<Value> {
    let start = pick(random, &MOMENTS) * 1000;
    let span = pick(random, &SPANS_MS);
    let n = pick(random, &[0, 1, 7, 30, 30, 60, 60, 60, 60]);
    // How many values are fit for nothing: none, some, or many.
    let nasty = pick(random, &[u64::MAX, 60, 40, 12]);
    let mut story = Story::of(random, report, start);
    let mut documents: Vec<Value> = Vec::new();
    for number in 0..n {
        let mut next = |random: &mut Random| {
            let exported = start + signed(random, span) - i64::try_from(span / 2).unwrap();
            let told = story.next(random);
            source(random, exported, nasty, &told)
        };
        let number = format!("{number}");
        let (source, id) = match documents.last() {
            Some(last) if one_in(random, 15) => (last["_source"].clone(), json!(number)),
            Some(last) if one_in(random, 25) => (last["_source"].clone(), last["_id"].clone()),
            Some(last) if one_in(random, 20) => (next(random), last["_id"].clone()),
            _ => (next(random), json!(number)),
        };
        let mut document = json!({"_index": "netflow-a", "_id": id, "_source": source});
        if one_in(random, 25) {
            document["_routing"] = json!("elsewhere");
        }
        documents.push(document);
    }
    documents
}

fn source(random: &mut Random, exported: i64, nasty: u64, told: &Told) -> Value {
    let mut source = Map::new();
    if one_in(random, 40) {
        source.insert("message".into(), json!("restarted"));
        return Value::Object(source);
    }
    let (codec, is_dotted) = (usize::from(one_in(random, 2)), one_in(random, 3));
    let dialect = match random.below(12) {
        0 => Dialect::Filebeat,
        1 => Dialect::ElastiFlow,
        2 => Dialect::Fluentd,
        _ => Dialect::Logstash,
    };
    let is_text = one_in(random, 4);
    let mut times = times(random, told.exported.unwrap_or(exported).max(1000));
    if let Some(first) = told.first {
        times[1] = first.max(0);
    }
    for field in &FIELDS {
        let mut value = value(random, field, times);
        if let Some((_, told)) = told.values.iter().find(|(name, _)| *name == field.0) {
            value = told.clone();
        }
        let is_known_by = dialect.is_known_by(field.0);
        if is_known_by {
            if field.0 == "exporter" {
                value = json!(format!("{}:2055", value.as_str().unwrap_or("r1")));
            }
        } else if one_in(random, nasty) {
            value = fit_for_nothing(random);
        } else if value.is_number() && is_text {
            value = json!(value.to_string());
        } else if one_in(random, 50) {
            value = json!([value]);
        }
        // Countries and cities are looked up by some pipelines only.
        let is_looked_up = field.1[0].starts_with("geoip");
        if is_known_by || !one_in(random, if is_looked_up { 2 } else { 20 }) {
            let paths = dialect.paths(field);
            if let Some(path) = paths.get(codec).or(paths.first()) {
                put(&mut source, path, value, is_dotted);
            }
        }
    }
    Value::Object(source)
}

/// Export, first and last, mostly in order.
fn times(random: &mut Random, exported: i64) -> [i64; 3] {
    const HOUR: u64 = 3_600_000;
    let last = exported - signed(random, 40_000);
    let length = pick(random, &[1, 30_000, HOUR, 20 * HOUR]);
    let first = last - signed(random, length);
    let (first, last) = match random.below(20) {
        0 => (last + 700, last),
        1 => (first + (1 << 32), last + (1 << 32)),
        2 => (first - 40 * 3_600_000, last),
        3 => (first, last + 2 * 3_600_000),
        4 => (first + 1000, last + 1000),
        5 => (last, last),
        _ => (first, last),
    };
    [exported, first.max(0), last.max(0)]
}

fn value(random: &mut Random, (name, _, _, form): &Field, times: [i64; 3]) -> Value {
    match *name {
        "timestamp" => time(random, times[0]),
        "first_switched" => time(random, times[1]),
        "last_switched" => time(random, times[2]),
        "exporter" => match random.below(12) {
            0 => json!(["r1", "r2"]),
            1 => json!("192.0.2.1"),
            2 => json!("198.51.100.7"),
            n => json!(format!("r{}", n % 3)),
        },
        "version" => pick(
            random,
            &[json!(5), json!(5), json!(5), json!("Netflow v5"), json!(null), json!(9)],
        ),
        "src_addr" | "dst_addr" => {
            json!(format!("10.{}.{}.{}", random.below(2), random.below(3), random.below(5)))
        }
        "next_hop" => {
            pick(random, &[json!("0.0.0.0"), json!("192.0.2.254"), json!("::ffff:192.0.2.9")])
        }
        "bytes" | "packets" => match random.below(30) {
            0 => json!(u64::MAX - random.below(3)),
            1 => json!(0),
            _ => json!(random.below(if *name == "bytes" { 100_000 } else { 90 }) + 1),
        },
        "sampling_interval" => {
            pick(random, &[json!(0), json!(1), json!(2), json!(100), json!(16_383)])
        }
        "protocol" => {
            pick(random, &[json!(6), json!(6), json!(17), json!(1), json!(50), json!(132)])
        }
        "src_port" | "dst_port" => {
            pick(random, &[json!(443), json!(53), json!(0), json!(2048), json!(65_535)])
        }
        "tcp_flags" => json!(random.below(64)),
        _ if *form == Form::Text => {
            pick(random, &[json!("DE"), json!("JP"), json!("Żabbar"), json!(" x ")])
        }
        _ => json!(random.below(4)),
    }
}

/// Keeps the documents of some hundred bins, so that a timeline has no more.
pub(super) fn keep_near(documents: &mut Vec<Value>, options: &Value) {
    let length = length(options["bin"].as_str().unwrap()).unwrap();
    let exported = |document: &Value| {
        of_documents(std::slice::from_ref(document)).flows.first().and_then(Flow::exported)
    };
    let mut all: Vec<i64> = documents.iter().filter_map(exported).collect();
    all.sort_unstable();
    let middle = all.get(all.len() / 2).copied().unwrap_or(0);
    documents
        .retain(|document| exported(document).is_none_or(|ms| (ms - middle).abs() / length < 100));
}

/// A moment in one of the forms of a time.
fn time(random: &mut Random, ms: i64) -> Value {
    match random.below(8) {
        0 => json!(ms),
        1 => json!(format!("{:.6}", instant(ms)).replace("000Z", "999Z")),
        2 => {
            let zone = jiff::tz::Offset::constant(9);
            json!(instant(ms).display_with_offset(zone).to_string())
        }
        _ => json!(format!("{:.3}", instant(ms))),
    }
}

fn fit_for_nothing(random: &mut Random) -> Value {
    pick(
        random,
        &[
            json!(null),
            json!(""),
            json!("?"),
            json!(-1),
            json!(70_000),
            json!(1_u64 << 32),
            json!(3.5),
            json!(1e20),
            json!(true),
            json!({}),
            json!([]),
            json!([1, 2]),
            json!([null, 7]),
            json!([[7]]),
            json!(" 12 "),
            json!("443.0"),
            json!(1e3),
            json!("1,5"),
            json!("0x10"),
            json!("-0"),
            json!("10.0.0.256"),
            json!("2018-09-21T25:00:00Z"),
            json!("18446744073709551616"),
        ],
    )
}

/// `a.b` as `b` in `a`, or under this name.
fn put(source: &mut Map<String, Value>, path: &str, value: Value, is_dotted: bool) {
    match path.split_once('.') {
        Some((outer, inner)) if !is_dotted => {
            let outer = source.entry(outer).or_insert_with(|| json!({}));
            put(outer.as_object_mut().unwrap(), inner, value, is_dotted);
        }
        _ => _ = source.insert(path.into(), value),
    }
}
