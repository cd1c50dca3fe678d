//! Bins of time: rates over them, bins that later exports reach into, and late
//! times.

use std::process::Command;

use serde_json::json;

use super::{FLOW, Flow, Flows, practice};

/// Two columns of csv, by name.
fn columns(csv: &str, names: [&str; 2]) -> Vec<[String; 2]> {
    let head: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let places = names.map(|name| head.iter().position(|known| *known == name).unwrap());
    let cells = csv.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    cells.map(|cells| places.map(|place| cells[place].to_owned())).collect()
}

/// A bin of the day on which Berlin's clocks went back is 25 hours long: 9 MB are 800
/// bit/s. Of a bin that a window cuts, the part in the window counts: 1500 bytes in the
/// two minutes from 10:02 are 100 bit/s.
#[test]
fn rates_of_a_bin_are_over_the_bin() {
    let flows = Flows::new(&[
        Flow { day: "2018-10-28", bytes: 9_000_000, ..FLOW },
        Flow { exported: "10:03:00.000", first: "10:02:59.000", ..FLOW },
    ]);
    let asked = |by: &str, window: &[&str], expected: [&str; 2]| {
        let top = ["top", "flows.ndjson", "--by", by, "--columns", "bps,pps", "--format", "csv"];
        let csv = flows.out(&[&top[..], window].concat());
        assert_eq!(columns(&csv, ["bps", "pps"]), [expected.map(str::to_owned)], "{csv}");
    };
    let berlin = ["--tz", "Europe/Berlin", "--from", "2018-10-01"];
    asked("day", &berlin, ["800", "0"]);
    asked("day,dst_port", &berlin, ["800", "0"]);
    let two_minutes = ["--from", "2018-09-21T10:02", "--to", "2018-09-21T10:04"];
    asked("5m", &two_minutes, ["100", "0"]);
    asked("hour,5m", &two_minutes, ["100", "0"]);
    // Without a window the whole bin: 12,000 bits in 300 s.
    asked("5m", &["--to", "2018-09-22"], ["40", "0"]);
    let sorted = ["top", "flows.ndjson", "--by", "day", "--sort", "bps", "--format", "csv"];
    let csv = flows.out(&sorted);
    assert_eq!(columns(&csv, ["bytes", "bps"])[0], ["9000000", "833"], "{csv}");
    let csv = flows.out(&[&sorted[..], &["--having", "bps > 100"]].concat());
    assert_eq!(csv.lines().count(), 2, "{csv}");
}

/// The header and json name the time of a flow that counts, if it is not the export.
#[test]
fn another_time_than_the_export_is_named() {
    let flows = Flows::new(&[FLOW]);
    for (clock, words, member) in [
        ("export", "", serde_json::Value::Null),
        ("first", "by the time of the first packet", json!("first")),
        ("active", "by the time between the first and the last packet", json!("active")),
    ] {
        let asked = ["top", "--by", "dst_port", "--time", clock, "flows.ndjson"];
        let table = flows.out(&asked);
        assert_eq!(table.contains("by the time"), !words.is_empty(), "{table}");
        assert!(table.contains(words), "{table}");
        let answer = flows.out(&[&asked[..], &["--format", "json"]].concat());
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["time"], member, "{answer}");
    }
}

#[test]
fn top_by_a_bin_and_a_timeline_by_export_agree() {
    let day = practice();
    for (bin, window) in [
        ("5m", &["--from", "2018-09-21T10:02", "--to", "2018-09-21T11:01"][..]),
        ("hour", &["--tz", "Asia/Kathmandu"][..]),
        ("day", &[][..]),
    ] {
        let common = [window, &["--format", "csv", "-q", "flowkit-demo"]].concat();
        let top = ["top", "--by", bin, "-n", "0", "--columns", "bytes,bps,pps"];
        let top = day.out(&[&top[..], &common].concat());
        let timeline =
            day.out(&[&["timeline", "--bin", bin, "--load", "export"], &common[..]].concat());
        for names in [["bytes", "bps"], ["bytes", "pps"]] {
            let mut top = columns(&top, names);
            let mut timeline = columns(&timeline, names);
            timeline.retain(|[bytes, _]| bytes != "0");
            top.sort();
            timeline.sort();
            assert_eq!(top, timeline, "{bin} {names:?}");
        }
    }
}

/// The first flow begins before the window and gives half of its 1000 bytes to the row
/// before; the second is exported after the window and reaches back to 10:40.
fn across_the_window() -> Flows {
    Flows::new(&[
        Flow {
            exported: "10:05:00.000",
            first: "09:59:50.000",
            last: "10:00:10.000",
            bytes: 1000,
            ..FLOW
        },
        Flow { exported: "11:05:00.000", first: "10:40:00.000", last: "11:04:00.000", ..FLOW },
    ])
}

const WINDOW: [&str; 8] =
    ["--from", "2018-09-21T10:00", "--to", "2018-09-21T11:00", "--bin", "30m", "--format", "csv"];

#[test]
fn bins_that_later_exports_reach_into_are_edges_and_start_holds_times_only() {
    let flows = across_the_window();
    let all = [&["timeline", "flows.ndjson"], &WINDOW[..]].concat();
    let csv = flows.out(&all);
    assert_eq!(
        csv,
        "start,bytes,packets,flows,bps,pps,kind\n\
         ,500,5,1,,,before\n\
         2018-09-21T10:00:00.000Z,500,5,0,2,0,bin\n\
         2018-09-21T10:30:00.000Z,0,0,0,0,0,edge\n"
    );
    let told = flows.told(&all);
    assert!(told.contains("1 bin is incomplete (edge)"), "{told}");
    let json = flows.out(&[&all[..8], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let first = &json["rows"][0];
    assert!(first["start"].is_null() && first["kind"] == "before", "{json}");
    assert_eq!(json["rows"][2]["kind"], "edge");
    let table = flows.out(&all[..8]);
    assert!(table.contains("before ") && table.contains("incomplete"), "{table}");
    // The flow that was exported later is in no sum and no count.
    assert!(table.contains("| 1 flow |"), "{table}");
}

/// What reaches into a bin depends on what a bin is given.
#[test]
fn edges_follow_the_time_distribution() {
    let flows = across_the_window();
    for (load, kinds) in [
        ("proportional", ["bin", "edge"]),
        ("uniform", ["bin", "edge"]),
        ("start", ["bin", "edge"]),
        ("end", ["bin", "bin"]),
        ("export", ["bin", "bin"]),
    ] {
        let csv = flows.out(&[&["timeline", "flows.ndjson", "--load", load], &WINDOW[..]].concat());
        let found: Vec<String> = columns(&csv, ["start", "kind"])
            .into_iter()
            .filter(|[start, _]| !start.is_empty())
            .map(|[_, kind]| kind)
            .collect();
        assert_eq!(found, kinds, "{load}");
    }
    // By a filter that the later flow does not match, nothing reaches into the window.
    let small = ["timeline", "flows.ndjson", "-f", "bytes < 1200"];
    let csv = flows.out(&[&small[..], &WINDOW].concat());
    assert!(!csv.contains("edge"), "{csv}");
}

/// Where a dump ends with its window, nobody knows what was exported later: flows are
/// taken to reach as far back as the longest one did, here 310 s.
#[test]
fn the_end_of_a_fetched_window_is_an_edge() {
    let flows = Flows::new(&[Flow {
        exported: "10:05:00.000",
        first: "09:59:50.000",
        last: "10:00:10.000",
        ..FLOW
    }]);
    let window = json!({
        "from": "2018-09-21T10:00:00.000Z", "to": "2018-09-21T10:30:00.000Z",
        "typed": {"from": "2018-09-21T10:00", "to": "2018-09-21T10:30"}, "tz": "UTC"
    });
    flows.dump(&[("window", window)]);
    let csv = flows.out(&["timeline", "dump", "--bin", "5m", "--format", "csv"]);
    let kinds: Vec<String> =
        columns(&csv, ["start", "kind"]).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(kinds, ["before", "bin", "bin", "bin", "bin", "edge", "edge"], "{csv}");
    let early = ["--to", "2018-09-21T10:20"];
    let csv =
        flows.out(&[&["timeline", "dump", "--bin", "5m", "--format", "csv"], &early[..]].concat());
    assert!(!csv.contains("edge"), "{csv}");
}

/// Of four flows one starts a second late (and so before its end), two end so.
#[test]
fn the_note_on_late_times_has_the_shares_of_check_where_times_are_used() {
    let flow = |first, last| Flow { exported: "10:00:09.200", first, last, ..FLOW };
    let flows = Flows::new(&[
        flow("10:00:01.500", "10:00:01.100"),
        flow("10:00:01.100", "10:00:02.900"),
        flow("10:00:01.100", "10:00:02.900"),
        flow("10:00:01.100", "10:00:01.150"),
    ]);
    let words = "25.0 % of the starts and 50.0 % of the ends are 1 s late (Logstash 7 and later)";
    for (arguments, is_told) in [
        (&["top", "--by", "dst_port"][..], false),
        (&["talkers"], false),
        (&["exporters"], false),
        (&["timeline", "--load", "export"], false),
        (&["top", "--by", "5m", "--sort", "bps"], false),
        (&["timeline"], true),
        (&["summary"], true),
        (&["top", "--by", "dst_port", "--columns", "duration"], true),
        (&["top", "--by", "dst_port", "--sort", "bps"], true),
        (&["top", "--by", "dst_port", "-f", "duration < 100000 or bytes > 0"], true),
    ] {
        let told = flows.told(&[arguments, &["flows.ndjson"]].concat());
        assert_eq!(told.matches(words).count(), usize::from(is_told), "{arguments:?}: {told}");
        assert_eq!(told.matches("1 s late").count(), usize::from(is_told), "{arguments:?}: {told}");
        let explained = flows.told(&[arguments, &["flows.ndjson", "--explain", "-q"]].concat());
        assert!(!explained.contains("half"), "{explained}");
    }
    let check = flows.out(&["check", "flows.ndjson", "--format", "csv"]);
    assert!(check.contains("late_first,192.0.2.1,1,4,0.250000"), "{check}");
    assert!(check.contains("late_last,192.0.2.1,2,4,0.500000"), "{check}");
    // The flow that starts late is not selected: neither speaks of late times.
    let some = ["-f", "duration >= 0", "flows.ndjson"];
    assert!(!flows.told(&[&["summary"], &some[..]].concat()).contains("late"));
    assert!(!flows.out(&[&["check"], &some[..]].concat()).contains("late_"));
}

/// The system's zone is that of `TZ`; a name that no zone has is not taken for UTC.
#[test]
fn the_local_zone_is_one() {
    let flows = Flows::new(&[FLOW]);
    let summary = |zone: &str| {
        Command::new(env!("CARGO_BIN_EXE_flowkit"))
            .args(["summary", "--tz", "local", "flows.ndjson"])
            .env("TZ", zone)
            .current_dir(flows.folder.path())
            .output()
            .unwrap()
    };
    for (zone, code, words) in [
        ("Asia/Tokyo", 0, "2018-09-21T19:00:00.000+09:00"),
        ("", 0, "2018-09-21T10:00:00.000"),
        ("Mars/Olympus", 2, "--tz local: no such time zone; TZ is Mars/Olympus"),
    ] {
        let output = summary(zone);
        assert_eq!(output.status.code(), Some(code), "{zone}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains(words), "{zone}: {said}");
    }
}
