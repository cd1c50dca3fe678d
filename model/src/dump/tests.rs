//! Names, manifests and states: as they are, older, newer and damaged.

use super::names::NAME_LIMIT;
use super::*;

#[test]
fn a_part_name_cannot_leave_its_folder() {
    let hostile = ["../../x", "..", "/etc/passwd", "a\0b", "C:\\x", "a b", "netflow-*,x", ".", ""];
    for index in hostile {
        let name = part_name(1, index);
        assert!(!name.contains(['/', '\\', '\0', ':', ' ']) && !name.contains(".."), "{name}");
        assert!(name.starts_with("0001-") && !name.ends_with('.'), "{name}");
    }
    assert_eq!(part_name(1, "netflow-2018.09.21"), "0001-netflow-2018.09.21");
    assert_eq!(part_name(7, "été"), "0007-_t_");
    assert!(part_name(12_345, &"x".repeat(1_000)).len() <= NAME_LIMIT);
}

#[test]
fn every_name_we_give_is_known_as_ours_and_no_other() {
    for index in ["netflow-2018.09.21", "../../x", ""] {
        let parts = PartForm::ALL.iter().map(|form| form.end());
        for end in parts.chain([PARTIAL_END, STATE_END, COLUMNS_END]) {
            let name = part_name(3, index) + end;
            // Replaced by this version, and by earlier ones.
            for new in ["", ".new", ".0123456789abcdef.new", ".4711.new"] {
                assert!(is_ours(&format!("{name}{new}")), "{name}{new}");
            }
        }
    }
    for name in [
        "notes.txt",
        "0001-x",
        "x.ndjson.zst",
        "001-x.state",
        "0001x.state",
        ".new",
        "0001-x.state.notes.new",
    ] {
        assert!(!is_ours(name), "{name}");
    }
}

#[test]
fn who_began_something_unfinished_stands_in_its_name() {
    for (name, expected) in [
        ("0001-n.parquet.0123456789abcdef.new", Some(("0001-n.parquet", Begun::Locked))),
        ("0001-n.parquet.4711.new", Some(("0001-n.parquet", Begun::By(4711)))),
        ("0001-n.parquet.new", Some(("0001-n.parquet", Begun::Unknown))),
        ("0001-n.parquet.-1.new", Some(("0001-n.parquet.-1", Begun::Unknown))),
        ("0001-n.parquet.0.new", Some(("0001-n.parquet.0", Begun::Unknown))),
        ("0001-n.parquet", None),
        ("", None),
    ] {
        assert_eq!(unfinished(name), expected, "{name}");
    }
    let name = unfinished_name("0001-n.state", 7);
    assert_eq!(unfinished(&name), Some(("0001-n.state", Begun::Locked)), "{name}");
}

#[test]
fn a_manifest_of_a_later_version_is_read_as_far_as_it_is_known() {
    let later = r#"{"flowkit_dump": 1, "state": "verified", "colour": "red",
        "parts": [{"name": "0001-x", "received": 3, "first": "2018-09-21T00:00:00.001Z",
                   "proof": {"read": "three_snapshots"}}]}"#;
    let manifest: Manifest = serde_json::from_str(later).unwrap();
    assert_eq!(manifest.state, State::Incomplete);
    assert_eq!(manifest.documents(), 3);
    assert_eq!(manifest.parts[0].first_ms, Some(1_537_488_000_001));
    assert_eq!(manifest.parts[0].proof.read, Read::Joined);
    assert_eq!(manifest.parts[0].path(), "parts/0001-x.ndjson.zst");
    assert!(manifest.is_readable());
}

/// What a stranger's manifest may not say, and how it is refused.
#[test]
fn a_manifest_names_parts_as_flowkit_does() {
    let of = |parts: &str, pending: &str| {
        let json = format!(r#"{{"flowkit_dump": 1, "parts": [{parts}], "pending": [{pending}]}}"#);
        Manifest::from_json(json.as_bytes()).map_err(|error| error.to_string())
    };
    assert!(of(r#"{"name": "0001-netflow-2018.09.21"}"#, r#"{"name": "10000-x"}"#).is_ok());
    let too_long = format!("0001-{}", "x".repeat(NAME_LIMIT));
    for name in [
        "../../x",
        "0001-../x",
        "0001-a/b",
        "0001-..",
        "/etc/passwd",
        "..",
        "",
        "x",
        "1-x",
        "0001-x\\u0000",
        "0001-x\\u001b",
        "0001-é",
        "0001-x.",
        "0001x",
        "0001-a\\\\b",
        &too_long,
    ] {
        let part = format!(r#"{{"name": "{name}"}}"#);
        for refused in [of(&part, ""), of("", &part)] {
            let told = refused.unwrap_err();
            assert!(told.contains("is no name that flowkit gives to a part"), "{name}: {told}");
            assert!(!told.contains('\u{1b}'), "{told:?}");
        }
    }
    let told = of(r#"{"name": "0001-x"}"#, r#"{"name": "0001-x"}"#).unwrap_err();
    assert!(told.contains(r#"two parts are called "0001-x""#), "{told}");
    for size in ["expected", "received", "left_out", "known", "bytes", "file_bytes"] {
        let part = |n: u64| format!(r#"{{"name": "000{n}-x", "{size}": {}}}"#, 1_u64 << 62);
        let told = of(&[part(1), part(2)].join(","), "").unwrap_err();
        assert!(told.contains("than there can be"), "{size}: {told}");
    }
}

#[test]
fn a_state_is_of_a_part_that_a_dump_can_have() {
    let of = |json: &str| PartState::from_json(json.as_bytes());
    assert!(of(r#"{"name": "0001-x", "rows": 5}"#).is_ok());
    assert!(of(r#"{"name": "../x"}"#).is_err());
    assert!(of(r#"{"rows": 5}"#).is_err());
    assert!(of(r#"{"name": "0001-x", "file_bytes": 18446744073709551615}"#).is_err());
}

/// One bit of a name that is always there would otherwise be a dump without
/// flows.
#[test]
fn a_manifest_without_parts_is_an_error() {
    let manifest = Manifest { flowkit_dump: FORMAT, ..Manifest::default() };
    let json = serde_json::to_string(&manifest).unwrap();
    assert_eq!(Manifest::from_json(json.as_bytes()).unwrap(), manifest);
    let damaged = json.replace("\"parts\"", "\"qarts\"");
    let error = Manifest::from_json(damaged.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("parts"), "{error}");
    // What is no manifest is told as such.
    for json in ["{}", r#"{"flowkit_dump": 2}"#] {
        assert!(!Manifest::from_json(json.as_bytes()).unwrap().is_readable(), "{json}");
    }
}

#[test]
fn other_json_and_other_layouts_are_not_readable() {
    for json in ["{}", r#"{"flowkit_dump": 2}"#, r#"{"name": "npm package"}"#] {
        assert!(!serde_json::from_str::<Manifest>(json).unwrap().is_readable(), "{json}");
    }
}

#[test]
fn a_manifest_and_a_state_survive_json() {
    let part = Part { name: "0001-x".into(), last_ms: Some(1), ..Part::default() };
    let manifest = Manifest {
        flowkit_dump: FORMAT,
        state: State::Complete,
        parts: vec![part],
        ..Manifest::default()
    };
    let json = serde_json::to_string_pretty(&manifest).unwrap();
    assert_eq!(serde_json::from_str::<Manifest>(&json).unwrap(), manifest);
    let state = PartState {
        at_last: vec![IdInPart { id: "a".into(), ..IdInPart::default() }],
        order: Order::Time,
        ..PartState::default()
    };
    let json = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<PartState>(&json).unwrap(), state);
}

/// As flowkit 0.1.0 wrote them, member by member.
#[test]
fn what_was_written_before_is_read_as_it_was_meant() {
    let state = r#"{"flowkit_dump":1,"name":"0001-n","index":"n","window":{"from":"1970-01-01T00:00:00.001Z","to":null},
        "slice":{"id":1,"max":2},"without_time":true,"query":{"match_all":{}},"order":"time","expected":9,"rows":3,
        "left_out":1,"known":2,"is_joined":true,"bytes":50,"file_bytes":40,"first":null,"last":"1970-01-01T00:00:00.002Z",
        "sha256":"ab","at_last":[{"index":"m","id":"a","routing":"r"},{"id":"b"}]}"#;
    let state: PartState = serde_json::from_str(state).unwrap();
    let scope = PartScope {
        index: "n".into(),
        window: Span { from_ms: Some(1), to_ms: None },
        slice: Some(Slice { id: 1, max: 2 }),
        without_time: true,
        query: serde_json::json!({"match_all": {}}),
    };
    assert_eq!((&state.scope, state.order, state.rows), (&scope, Order::Time, 3));
    assert_eq!((state.left_out, state.known, state.file_bytes), (1, 2, 40));
    let ids: Vec<_> = state.at_last.iter().map(|id| id.document_id("n")).collect();
    let expected = [("m", "a", "r"), ("n", "b", "")].map(|(index, id, routing)| DocumentId {
        index: index.as_bytes(),
        id: id.as_bytes(),
        routing: routing.as_bytes(),
    });
    assert_eq!(ids, expected);
    let pending = r#"{"name":"0002-n","index":"n","window":{"from":"1970-01-01T00:00:00.001Z","to":null},
        "slice":{"id":1,"max":2},"without_time":true,"skips_known":true,"query":{"match_all":{}},"documents":7}"#;
    let pending: Pending = serde_json::from_str(pending).unwrap();
    assert_eq!((&pending.scope, pending.skips_known, pending.documents), (&scope, true, Some(7)));
}

/// Programs and people read them: members keep their names and their order, and
/// what says nothing is left out.
#[test]
fn members_are_written_under_their_names_in_their_order() {
    let part = r#"{"name":"0001-n","form":"rows","index":"n","window":{"from":"1970-01-01T00:00:00.001Z","to":null},"slice":{"id":1,"max":2},"without_time":true,"query":{"match_all":{}},"order":"time","expected":9,"received":3,"left_out":1,"known":2,"bytes":50,"file_bytes":40,"sha256":"ab","first":null,"last":"1970-01-01T00:00:00.002Z","undated":4,"proof":{"read":"one_snapshot","against":"x","counted":"y"}}"#;
    let pending = r#"{"name":"0001-n","index":"n","window":{"from":null,"to":null},"slice":null,"without_time":true,"query":{},"skips_known":true,"documents":7}"#;
    let state = r#"{"flowkit_dump":1,"name":"0001-n","index":"n","window":{"from":null,"to":null},"slice":null,"without_time":true,"query":null,"order":"time","expected":9,"rows":3,"left_out":1,"known":2,"is_joined":true,"bytes":50,"file_bytes":40,"first":null,"last":"1970-01-01T00:00:00.002Z","sha256":"ab","at_last":[{"index":"m","id":"a","routing":"r"},{"id":"b"}]}"#;
    let read: Part = serde_json::from_str(part).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), part);
    let read: Pending = serde_json::from_str(pending).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), pending);
    let read: PartState = serde_json::from_str(state).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), state);
    let least = r#"{"name":"","index":"","window":{"from":null,"to":null},"slice":null,"query":null,"order":"storage","expected":0,"received":0,"bytes":0,"file_bytes":0,"sha256":"","first":null,"last":null,"undated":0,"proof":{"read":"joined","against":"","counted":""}}"#;
    assert_eq!(serde_json::to_string(&Part::default()).unwrap(), least);
    assert_eq!(serde_json::from_str::<Part>("{}").unwrap(), Part::default());
}
