//! Whatever a table shows, some csv has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Flows, practice};

/// Every report, as it is asked.
const REPORTS: [&[&str]; 13] = [
    &["top", "--by", "dst_port"],
    &["top", "--by", "5m,src_addr", "--sort", "bps"],
    &["talkers"],
    &["ports"],
    &["protocols"],
    &["pairs"],
    &["summary"],
    &["timeline", "--by", "protocol"],
    &["scans"],
    &["beacons"],
    &["exporters"],
    &["check"],
    &["diff", "--by", "protocol", "--a", "..2018-09-21T12:00", "--b", "2018-09-21T12:00.."],
];

/// The values of each column of csv.
fn by_column(csv: &str) -> BTreeMap<String, Vec<String>> {
    let mut lines = csv.lines().map(fields);
    let head = lines.next().unwrap();
    let rows: Vec<Vec<String>> = lines.collect();
    let column = |place: usize| rows.iter().map(|row| row[place].clone()).collect();
    head.iter().enumerate().map(|(place, name)| (name.clone(), column(place))).collect()
}

fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut is_quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            letter => fields.last_mut().unwrap().push(letter),
        }
    }
    fields
}

/// A value of json as csv has it; fractions are compared by name alone.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.replace('"', "")),
        Value::Number(number) if number.is_f64() => None,
        value => Some(value.to_string()),
    }
}

fn csv(day: &Flows, report: &[&str], columns: &str) -> BTreeMap<String, Vec<String>> {
    let mut arguments = [report, &["-q", "--format", "csv", "flowkit-demo"]].concat();
    if !columns.is_empty() {
        arguments.extend(["--columns", columns]);
    }
    by_column(&day.out(&arguments))
}

/// The rows of a list, column by column, and which columns it has.
fn rows_of(list: &Value) -> BTreeMap<String, Vec<Option<String>>> {
    let mut columns: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for row in list.as_array().unwrap() {
        for (name, value) in row.as_object().unwrap() {
            columns.entry(name.clone()).or_default().push(text(value));
        }
    }
    columns
}

fn assert_has(csv: &BTreeMap<String, Vec<String>>, name: &str, values: &[Option<String>]) {
    let found = csv.get(name).unwrap_or_else(|| panic!("{name} is not among {:?}", csv.keys()));
    assert_eq!(found.len(), values.len(), "{name}");
    for (found, value) in found.iter().zip(values) {
        assert!(value.as_ref().is_none_or(|value| value == found), "{name}: {value:?} {found}");
    }
}

#[test]
fn what_a_table_shows_some_csv_has() {
    let day = practice();
    for report in REPORTS {
        let json = day.out(&[report, &["-q", "--format", "json", "flowkit-demo"]].concat());
        let json: Value = serde_json::from_str(&json).unwrap();
        let list = if json["rows"].is_array() { "rows" } else { "exporters" };
        let rows = rows_of(&json[list]);
        let names: Vec<&str> = rows.keys().map(String::as_str).collect();
        // As it is, or by naming the columns.
        let mut plain = csv(&day, report, "");
        if !rows.keys().all(|name| plain.contains_key(name)) {
            plain = csv(&day, report, &names.join(","));
        }
        for (name, values) in &rows {
            assert_has(&plain, name, values);
        }
        // Single values: members that are neither lists nor about the sources.
        let about = ["source", "window", "filter", "keys", "duplicates"];
        let single = json.as_object().unwrap().iter().filter(|(name, value)| {
            !value.is_object() && !value.is_array() && !about.contains(&name.as_str())
        });
        for (name, value) in single {
            assert_has(&csv(&day, report, name), name, &[text(value)]);
        }
    }
}

/// Two exporters, with the sampling intervals that they stated.
#[test]
fn the_exporters_of_a_summary_have_their_csv() {
    let day = practice();
    let columns = "exporter,flows,sampling_interval_min,sampling_interval_max";
    let csv = day.out(&["summary", "--columns", columns, "--format", "csv", "-q", "flowkit-demo"]);
    assert_eq!(
        csv,
        "exporter,flows,sampling_interval_min,sampling_interval_max\n\
         192.168.10.254,5086,1,1\n\
         192.168.20.254,408,100,100\n"
    );
    let rates =
        day.out(&["timeline", "--columns", "bps_max", "--format", "csv", "-q", "flowkit-demo"]);
    assert_eq!(rates, "bps_max\n7080200\n");
    let one = ["timeline", "--columns", "bps_max", "--format", "ndjson", "-q", "flowkit-demo"];
    assert_eq!(day.out(&one), "{\"bps_max\":7080200}\n");
    let mixed =
        day.told(&["summary", "--columns", "exporter,first", "--format", "csv", "flowkit-demo"]);
    assert!(mixed.contains("first is a single value and exporter a column of the rows"), "{mixed}");
}

const FORMULA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/formula.ndjson");

/// Every report and export, in csv and tsv: no text begins with what a spreadsheet would
/// run, and nothing else changes. Read again, the apostrophe is told.
#[test]
fn csv_that_is_safe_has_no_formula() {
    let day = practice();
    let flow = std::fs::read_to_string(FORMULA).unwrap();
    let names = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\\t=1", "-5", "r1"];
    let flows = names.map(|name| flow.replace("=1+1", name).replace("flow-1", name)).concat();
    std::fs::write(day.path("formulas.ndjson"), flows).unwrap();
    std::fs::write(day.path("one.ndjson"), &flow).unwrap();
    for report in [
        &["top", "--by", "exporter"][..],
        &["top", "--by", "exporter,dst_port"],
        &["exporters"],
        &["summary", "--columns", "exporter,flows"],
        &["timeline", "--by", "exporter"],
        &["diff", "--by", "exporter", "one.ndjson"],
        &["check"],
        &["export"],
    ] {
        for format in ["csv", "tsv"] {
            if (report[0], format) == ("export", "tsv") {
                continue;
            }
            let run = |safe: &[&str]| {
                let more = ["-q", "--format", format, "formulas.ndjson"];
                day.out(&[report, &more, safe].concat())
            };
            let (plain, safe) = (run(&[]), run(&["--csv-safe"]));
            let separator = if format == "csv" { ',' } else { '\t' };
            let cell = |line: &str| line.split(separator).map(str::to_owned).collect::<Vec<_>>();
            let is_formula = |cell: &String| {
                let cell = cell.trim_start_matches('"');
                cell.starts_with(['=', '+', '@']) || (cell.starts_with('-') && cell.contains('+'))
            };
            assert!(
                plain.lines().flat_map(cell).any(|cell| is_formula(&cell)),
                "{report:?} {plain}"
            );
            assert!(
                !safe.lines().flat_map(cell).any(|cell| is_formula(&cell)),
                "{report:?} {safe}"
            );
            assert_eq!(safe.replace('\'', ""), plain, "{report:?}");
        }
    }
    let note = day.told(&["export", "--format", "csv", "--csv-safe", "formulas.ndjson"]);
    assert!(
        note.contains("note: 5 texts that a spreadsheet would run have an apostrophe"),
        "{note}"
    );
    let refused = day.told(&["top", "--by", "exporter", "--csv-safe", "formulas.ndjson"]);
    assert!(refused.contains("--csv-safe applies to csv and tsv"), "{refused}");
}
