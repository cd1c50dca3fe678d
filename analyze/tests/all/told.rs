//! What exporters of NetFlow v9 and IPFIX tell in options records, what `check` finds in
//! their flows, and what the summary says they hold, of a day in all its forms, against
//! values that were computed from the datagrams.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder, and says so where not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Source};
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::question::{Flows, Question, Report};
use serde_json::Value;

use crate::asking::{answer, question, summary};
use crate::oracle;

/// Forms of the mixed day; that of Logstash 6 has no IPFIX.
const FORMS: [&str; 8] = [
    "export.pcap",
    "es6.elasticdump.ndjson.gz",
    "es6.pages.jsonl.gz",
    "es7-plain.elasticdump.ndjson.gz",
    "es7-v10filter.elasticdump.ndjson.gz",
    "es7.elasticdump.ndjson.gz",
    "es8.pages.jsonl.gz",
    "filebeat8.elasticdump.ndjson.gz",
];

fn folder(name: &str) -> Option<PathBuf> {
    oracle::corpora().map(|corpora| corpora.join("v9").join(name))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn ask(path: &Path, question: &Question) -> Answer {
    answer(&[Source::open(path).unwrap()], question)
}

/// The findings of a name: place, count, meaning.
fn findings(answer: &Answer, name: &str) -> Vec<(String, u128, String)> {
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let rows = answer.table.rows.iter().filter(|row| text(&row[0]) == name);
    rows.map(|row| match row[2] {
        Cell::Number(n) => (text(&row[1]), n, text(&row[5])),
        ref other => panic!("{other:?}"),
    })
    .collect()
}

#[test]
fn sampling_and_interfaces_are_told_in_every_form() {
    let Some(mixed) = folder("mixed") else { return };
    let expected = json(&mixed.join("expected.json"));
    for form in FORMS {
        let tally = ask(&mixed.join(form), &summary()).tally;
        let found: BTreeMap<&str, u64> = tally
            .exporters
            .iter()
            .filter_map(|(exporter, of)| Some((exporter?, of.interval()?)))
            .collect();
        let wanted: BTreeMap<&str, u64> = expected["exporters"]
            .as_object()
            .unwrap()
            .iter()
            // Version 5 states it in the header.
            .filter(|(_, of)| of["version"] == 9 || of["version"] == 10 && !form.starts_with("es6"))
            .filter_map(|(exporter, of)| Some((&**exporter, of["sampling_interval"].as_u64()?)))
            .collect();
        assert_eq!(found, wanted, "{form}");
        let router = tally.exporters.get(Some("192.0.2.2")).unwrap();
        let names: Vec<String> =
            router.interfaces.iter().map(|(number, name)| format!("{number} {name}")).collect();
        assert!(names.contains(&"3 Gi0/0/3".to_owned()), "{form}: {names:?}");
        assert!(names.iter().all(|name| {
            let (number, name) = name.split_once(' ').unwrap();
            name == format!("Gi0/0/{number}")
        }));
        let options = tally.skipped.iter().map(|skipped| skipped.n).sum::<u64>();
        let of_form = expected["forms"][form]["options_documents"].as_u64();
        let of_exporters = expected["exporters"].as_object().unwrap().values();
        let on_the_wire = of_exporters.filter_map(|of| of["options_records"].as_u64()).sum();
        assert_eq!(options, of_form.unwrap_or(on_the_wire), "{form}");
    }
    println!("{} forms of a day tell how their exporters sample", FORMS.len());
}

#[test]
fn told_rates_scale_only_where_that_is_asked_for() {
    let Some(mixed) = folder("mixed") else { return };
    let expected = json(&mixed.join("expected.json"));
    for form in FORMS {
        let of = &expected[if form.starts_with("es6") { "v5_v9_only" } else { "all" }];
        let sums = |scale_sampling| {
            let flows = Flows { scale_sampling, ..Flows::default() };
            let total = ask(&mixed.join(form), &Question::new(Report::Summary, flows)).tally.total;
            (total.flows, total.packets, total.bytes)
        };
        let wanted = |sums: &Value| {
            let number = |name: &str| sums[name].as_u64().unwrap();
            (number("flows"), number("packets").into(), number("bytes").into())
        };
        assert_eq!(sums(false), wanted(&of["totals"]), "{form}");
        let scaled = &of["alternatives"]["multiplied_by_sampling_interval"];
        assert_eq!(sums(true), wanted(scaled), "{form}");
    }
}

/// Two flows of 4 and 5 packets: sampler 1 chose one in a thousand, none the others.
#[test]
fn flows_of_no_sampler_are_not_scaled() {
    let Some(wire) = folder("robust").map(|robust| robust.join("wire")) else { return };
    let packets = |scale_sampling| {
        let flows = Flows { scale_sampling, ..Flows::default() };
        let capture = wire.join("v9-in-v6-exporter-sampled.pcap");
        ask(&capture, &Question::new(Report::Summary, flows)).tally.total.packets
    };
    assert_eq!((packets(false), packets(true)), (9, 4005));
}

#[test]
fn the_summary_counts_by_version_and_family() {
    let Some(mixed) = folder("mixed") else { return };
    let expected = json(&mixed.join("expected.json"));
    for form in FORMS {
        let answer = ask(&mixed.join(form), &summary());
        let fact = |name: &str| {
            let found = answer.facts.iter().find(|fact| fact.0 == name);
            found.map(|(_, _, cell)| match cell {
                Cell::Number(n) => u64::try_from(*n).unwrap(),
                other => panic!("{other:?}"),
            })
        };
        let of = &expected[if form.starts_with("es6") { "v5_v9_only" } else { "all" }];
        for (name, group) in [
            ("flows_v5", &of["by_version"]["v5"]),
            ("flows_v9", &of["by_version"]["v9"]),
            ("flows_ipfix", &of["by_version"]["ipfix"]),
            ("flows_ipv4", &of["by_family"]["ipv4"]),
            ("flows_ipv6", &of["by_family"]["ipv6"]),
            ("flows_without_addresses", &of["by_family"]["none"]),
            ("events_without_counters", &of["by_class"]["event"]),
        ] {
            assert_eq!(fact(name), group["flows"].as_u64().or(Some(0)), "{form}: {name}");
        }
        let reverse = &of["alternatives"]["reverse_counters_of_biflows_and_firewall_updates"];
        assert_eq!(fact("rev_bytes"), reverse["bytes"].as_u64(), "{form}");
        assert_eq!(fact("rev_packets"), reverse["packets"].as_u64(), "{form}");
    }
    // Of version 5 over IPv4 alone there is nothing to tell apart.
    let Some(day) = oracle::corpora().map(|corpora| corpora.join("day/export.pcap")) else {
        return;
    };
    let facts = ask(&day, &summary()).facts;
    assert!(facts.iter().all(|(name, ..)| !name.starts_with("flows_")), "{facts:?}");
}

#[test]
fn check_finds_what_is_reported_twice_and_nothing_that_is_not() {
    let Some(mixed) = folder("mixed") else { return };
    let expected = &json(&mixed.join("expected.json"))["reported_twice"];
    for form in FORMS {
        let answer = ask(&mixed.join(form), &question(Report::Check));
        let twice = findings(&answer, "reported_twice");
        let [(exporter, flows, words)] = twice.as_slice() else { panic!("{form}: {twice:?}") };
        assert_eq!(exporter, expected["exporter"].as_str().unwrap(), "{form}");
        assert_eq!(*flows, u128::from(expected["flows"].as_u64().unwrap()), "{form}");
        let counted = format!("{} packets and {} bytes", expected["packets"], expected["bytes"]);
        assert!(words.contains(&counted), "{form}: {words}");
        for none in ["other_template", "lost_datagrams", "lost_records", "sampling_conflict"] {
            assert_eq!(findings(&answer, none), [], "{form}");
        }
        // Times of Logstash that wrapped, and nothing else, cannot be: those of one switch.
        let impossible = findings(&answer, "impossible");
        assert!(
            impossible.iter().all(|(place, ..)| {
                place.starts_with("192.0.2.8 ")
                    && (place.ends_with(" first") || place.ends_with(" last"))
            }),
            "{form}: {impossible:?}"
        );
        let wrapped: u128 = impossible.iter().map(|(_, n, _)| n).sum();
        let times = &expected_times(&mixed, form)["v9: 49.7 days late (uptime wrap), besides"];
        assert_eq!(wrapped, u128::from(times.as_u64().unwrap_or(0)), "{form}");
    }
}

/// How many times of a form are how late.
fn expected_times(mixed: &Path, form: &str) -> Value {
    let by_release = &json(&mixed.join("expected.json"))["times_in_documents"];
    match form {
        "export.pcap" => Value::Null,
        form if form.starts_with("filebeat") => Value::Null,
        form => by_release[&form[..3]].clone(),
    }
}

#[test]
fn times_of_version_9_are_told_and_repaired() {
    let Some(mixed) = folder("mixed") else { return };
    let repaired = |form: &str, repair_times| {
        let flows = Flows { repair_times, filter: Some("version 9".into()), ..Flows::default() };
        let answer = ask(&mixed.join(form), &Question::new(Report::Summary, flows));
        let time = |name: &str| match answer.facts.iter().find(|fact| fact.0 == name).unwrap().2 {
            Cell::Number(ms) => ms,
            ref other => panic!("{other:?}"),
        };
        (time("first_switched"), time("last_switched"))
    };
    // Those of the switch whose uptime wraps are unknown in documents; it does not send
    // the first or last flow.
    let right = repaired("export.pcap", false);
    assert_eq!(repaired("export.pcap", true), right);
    assert_eq!(repaired("filebeat8.elasticdump.ndjson.gz", true), right);
    for form in
        ["es7.elasticdump.ndjson.gz", "es7-plain.elasticdump.ndjson.gz", "es8.pages.jsonl.gz"]
    {
        assert_eq!(repaired(form, true), right, "{form}");
        assert_eq!(repaired(form, false), (right.0 + 1000, right.1 + 1000), "{form}");
        let late = findings(&ask(&mixed.join(form), &question(Report::Check)), "late_uptimes");
        let times = expected_times(&mixed, form);
        // Each flow has two times; those that wrapped are unknown.
        let n = times["v9: exactly 1 s late"].as_u64().unwrap();
        assert!(u128::from(n / 2 - 55) <= late[0].1 && late[0].1 <= u128::from(n / 2 + 55));
    }
    let old = repaired("es6.elasticdump.ndjson.gz", true);
    assert!(old.0 - right.0 < 1000 && old.1 - right.1 < 1000, "{old:?} {right:?}");
}

#[test]
fn documents_by_another_exporters_template_are_told() {
    let Some(collision) = folder("collision") else { return };
    let documents =
        ask(&collision.join("es7-plain.elasticdump.ndjson.gz"), &question(Report::Check));
    let found: Vec<String> =
        findings(&documents, "other_template").into_iter().map(|(place, ..)| place).collect();
    let wanted = ["192.0.2.2 template 256", "192.0.2.3 template 256", "192.0.2.3 template 257"];
    assert_eq!(found, wanted);
    let kinds = findings(&documents, "impossible");
    let of = |place: &str| kinds.iter().find(|(known, ..)| known == place).map(|(_, n, _)| *n);
    // Counted in the documents by another program.
    assert_eq!(of("192.0.2.3 template 256 ip_version"), Some(8));
    assert_eq!(of("192.0.2.3 template 256 direction"), Some(6));
    assert_eq!(of("192.0.2.3 template 256 mask"), Some(4));
    assert_eq!(of("192.0.2.2 template 256 ip_version"), Some(7));
    assert_eq!(of("192.0.2.2 template 256 number"), Some(1));
    let capture = ask(&collision.join("export.pcap"), &question(Report::Check));
    for none in ["other_template", "impossible"] {
        assert_eq!(findings(&capture, none), []);
    }
}

/// A capture without some of its frames lacks what they held.
#[test]
fn frames_that_are_missing_are_lost_by_sequence_numbers() {
    let Some(mixed) = folder("mixed") else { return };
    let capture = std::fs::read(mixed.join("export.pcap")).unwrap();
    let (header, mut rest) = capture.split_at(24);
    let mut kept = header.to_vec();
    let mut dropped = 0_u128;
    let mut n_of_source = 0;
    while rest.len() >= 16 {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let (frame, after) = rest.split_at(16 + length);
        // Ethernet, IPv4 and UDP: 42 bytes before the payload.
        let payload = frame.get(16 + 42..).unwrap_or_default();
        let is_of_router = frame.get(16 + 26..16 + 30) == Some(&[192, 0, 2, 2])
            && payload.starts_with(&[0, 9])
            && frame[16 + 12..16 + 14] == [8, 0];
        n_of_source += u32::from(is_of_router);
        if is_of_router && ((20..23).contains(&n_of_source) || n_of_source == 90) {
            dropped += 1;
        } else {
            kept.extend_from_slice(frame);
        }
        rest = after;
    }
    assert_eq!((dropped, n_of_source > 200), (4, true));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("less.pcap");
    std::fs::write(&path, kept).unwrap();
    let answer = ask(&path, &question(Report::Check));
    let lost = findings(&answer, "lost_datagrams");
    assert_eq!(lost.len(), 1);
    assert_eq!((&*lost[0].0, lost[0].1), ("192.0.2.2 source id 0", dropped));
    assert!(lost[0].2.contains("in 2 places"), "{}", lost[0].2);
    assert_eq!(findings(&answer, "lost_records"), []);
}

/// Of a dump the answer is from columns, and says the same.
#[test]
fn a_dump_keeps_what_exporters_told() {
    let Some(mixed) = folder("mixed") else { return };
    let folder = tempfile::tempdir().unwrap();
    for form in ["export.pcap", "es7.elasticdump.ndjson.gz"] {
        let dump = folder.path().join(form);
        let sources = [Source::open(&mixed.join(form)).unwrap()];
        import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
        let (direct, kept) = (ask(&mixed.join(form), &summary()), ask(&dump, &summary()));
        assert_eq!(kept.tally.exporters, direct.tally.exporters, "{form}");
        assert_eq!(kept.facts, direct.facts, "{form}");
        assert!(!kept.notes.is_empty());
        assert_eq!(kept.notes, direct.notes, "{form}");
    }
}

/// Data without a template is told by exporter and template, each of them.
#[test]
fn every_template_that_is_missing_is_named() {
    let Some(robust) = folder("robust") else { return };
    let of = |name: &str| ask(&robust.join("wire").join(name), &summary()).tally.incomplete;
    let told = of("v9-template-late.pcap");
    assert_eq!(told.len(), 2, "{told:?}");
    for (sentence, template) in told.iter().zip(["no template 256 of ", "no template 257 of "]) {
        assert!(sentence.contains(template), "{told:?}");
    }
    let Some(devices) = folder("device") else { return };
    let told = ask(&devices.join("v9-iptnetflow-reduced-size.pcap"), &summary()).tally.incomplete;
    for template in ["no template 259 of ", "no template 262 of "] {
        assert!(told.iter().any(|sentence| sentence.contains(template)), "{told:?}");
    }
}
