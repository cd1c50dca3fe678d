//! The content of a part after pages, rejected pages, crashes and second cursors.

use std::fs;
use std::path::Path;

use super::*;
use crate::page::document_id::KnownDocuments;
use flowkit_dump::checksum::sha256;
use flowkit_model::dump::{DocumentId, PartScope};

/// A page of hits given as (id, sort value).
fn page(hits: &[(&str, &str)]) -> Vec<u8> {
    let hits: Vec<_> = hits
        .iter()
        .map(|(id, sort)| {
            format!(r#"{{"_index":"n","_id":"{id}","_source":{{}},"sort":[{sort}]}}"#)
        })
        .collect();
    format!(
        r#"{{"timed_out":false,"_shards":{{"total":1,"successful":1,"failed":0}},"hits":{{"total":9,"hits":[{}]}}}}"#,
        hits.join(",")
    )
    .into_bytes()
}

static ALL: std::sync::LazyLock<Accept> = std::sync::LazyLock::new(Accept::default);

fn planned(order: Order) -> PartState {
    let (name, index) = ("0001-n".into(), "n".into());
    PartState {
        flowkit_dump: FORMAT,
        name,
        scope: PartScope { index, ..PartScope::default() },
        order,
        ..PartState::default()
    }
}

fn parts(folder: &Path) -> Arc<Place> {
    Arc::new(Place::open(folder).unwrap())
}

/// A writer sorted by time, with a cursor that counted `total`.
fn writer(folder: &Path, total: u64) -> PartWriter<'static> {
    let mut writer = PartWriter::create(&parts(folder), planned(Order::Time), &ALL).unwrap();
    writer.begin_cursor(total);
    writer
}

fn state(folder: &Path) -> PartState {
    serde_json::from_slice(&fs::read(folder.join("0001-n.state")).unwrap()).unwrap()
}

fn ids(folder: &Path) -> Vec<String> {
    let file = fs::read(folder.join("0001-n.ndjson.zst")).unwrap();
    let text = String::from_utf8(zstd::decode_all(&file[..]).unwrap()).unwrap();
    text.lines().map(|line| HitId::read(line.as_bytes()).unwrap().id.into_owned()).collect()
}

#[test]
fn a_whole_part_holds_each_hit_on_a_line_and_its_checksum() {
    let place = tempfile::tempdir().unwrap();
    let mut writer = writer(place.path(), 3);
    writer.write(&mut page(&[("a", "1000"), ("b", "2000")])).unwrap();
    let written = writer.write(&mut page(&[("c", "3000")])).unwrap();
    assert_eq!(written.documents, 1);
    writer.end_cursor().unwrap();
    let part = writer.finish().unwrap();
    let names: Vec<_> =
        fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["0001-n.ndjson.zst"]);
    assert_eq!(ids(place.path()), ["a", "b", "c"]);
    let file = fs::read(place.path().join("0001-n.ndjson.zst")).unwrap();
    assert_eq!(part.file_bytes, file.len() as u64);
    assert_eq!((part.first_ms, part.last_ms), (Some(1_000), Some(3_000)));
    assert_eq!((part.expected, part.proof.read), (3, Read::OneSnapshot));
    assert_eq!(part.sha256, sha256(&mut &file[..]).unwrap().1);
    // Frames have a checksum, and it is verified.
    let mut damaged = file.clone();
    let middle = damaged.len() / 3;
    damaged[middle] ^= 1;
    assert!(zstd::decode_all(&damaged[..]).is_err());
}

#[test]
fn the_state_tells_what_is_safe_and_what_stands_at_the_end() {
    let place = tempfile::tempdir().unwrap();
    let mut writer = writer(place.path(), 9);
    writer.write(&mut page(&[("a", "1000"), ("b", "2000")])).unwrap();
    writer.write(&mut page(&[("c", "2000")])).unwrap();
    assert_eq!(state(place.path()).rows, 0, "not synced yet");
    writer.sync().unwrap();
    let state = state(place.path());
    assert_eq!((state.rows, state.expected, state.last_ms), (3, 9, Some(2_000)));
    let ids: Vec<_> = state.at_last.iter().map(|document| document.id.as_str()).collect();
    assert_eq!(ids, ["b", "c"]);
    let file = fs::read(place.path().join("0001-n.partial")).unwrap();
    assert_eq!(file.len() as u64, state.file_bytes);
}

#[test]
fn a_part_by_time_goes_on_at_its_last_time_without_those_it_has() {
    let place = tempfile::tempdir().unwrap();
    let mut first = writer(place.path(), 6);
    first.write(&mut page(&[("a", "1000"), ("b", "2000"), ("c", "2000")])).unwrap();
    first.sync().unwrap();
    // A page that the state does not know of, as after a crash.
    first.write(&mut page(&[("d", "3000")])).unwrap();
    drop(first);
    let mut second = PartWriter::resume(&parts(place.path()), &planned(Order::Storage), &ALL)
        .unwrap()
        .expect("its file is as its state says");
    assert_eq!((second.state().rows, second.state().last_ms), (3, Some(2_000)));
    // The server has b and c again, and one that came late.
    second.begin_cursor(5);
    second.write(&mut page(&[("c", "2000"), ("late", "2000")])).unwrap();
    second.write(&mut page(&[("b", "2000"), ("d", "3000"), ("e", "4000")])).unwrap();
    second.end_cursor().unwrap();
    let part = second.finish().unwrap();
    assert_eq!(ids(place.path()), ["a", "b", "c", "late", "d", "e"]);
    assert_eq!((part.expected, part.received, part.proof.read), (6, 6, Read::Joined));
}

#[test]
fn what_cannot_go_on_begins_anew() {
    let place = tempfile::tempdir().unwrap();
    let mut first = writer(place.path(), 9);
    first.write(&mut page(&[("a", "1000"), ("b", "2000")])).unwrap();
    first.sync().unwrap();
    let resume = |planned: PartState| {
        PartWriter::resume(&parts(place.path()), &planned, &ALL).unwrap().is_some()
    };
    assert!(resume(planned(Order::Storage)));
    let mut other = planned(Order::Storage);
    other.scope.query = serde_json::json!({"x": 1});
    assert!(!resume(other), "another query");
    let path = place.path().join("0001-n.partial");
    let mut bytes = fs::read(&path).unwrap();
    bytes[9] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert!(!resume(planned(Order::Storage)), "a damaged file");
    fs::write(&path, &bytes[..9]).unwrap();
    assert!(!resume(planned(Order::Storage)), "a short file");
    fs::write(place.path().join("0001-n.state"), "{").unwrap();
    assert!(!resume(planned(Order::Storage)), "a broken state");
}

#[test]
fn storage_order_begins_anew_by_time_after_a_doubt() {
    let place = tempfile::tempdir().unwrap();
    let mut writer =
        PartWriter::create(&parts(place.path()), planned(Order::Storage), &ALL).unwrap();
    writer.begin_cursor(3);
    let times = r#","aggregations":{"first":{"value":1000},"last":{"value":3000}}}"#;
    let mut first = page(&[("c", "0"), ("a", "1")]);
    first.pop();
    first.extend_from_slice(times.as_bytes());
    writer.write(&mut first).unwrap();
    assert_eq!((writer.state().first_ms, writer.state().last_ms), (Some(1_000), Some(3_000)));
    let lost = writer.prepare_reopening().unwrap();
    assert_eq!((lost.documents, writer.state().order), (2, Order::Time));
    writer.begin_cursor(3);
    writer.write(&mut page(&[("a", "1000"), ("b", "2000"), ("c", "3000")])).unwrap();
    assert_eq!(writer.prepare_reopening().unwrap().documents, 0, "now it can go on");
    writer.begin_cursor(1);
    writer.write(&mut page(&[("c", "3000")])).unwrap();
    writer.end_cursor().unwrap();
    assert_eq!(writer.finish().unwrap().expected, 3);
    assert_eq!(ids(place.path()), ["a", "b", "c"]);
}

#[test]
fn an_answer_that_comes_twice_or_out_of_order_is_never_written() {
    let place = tempfile::tempdir().unwrap();
    let mut planned = planned(Order::Time);
    planned.scope.window.to_ms = Some(2_000);
    let mut writer = PartWriter::create(&parts(place.path()), planned, &ALL).unwrap();
    writer.begin_cursor(9);
    let pages = [("a", "1000"), ("b", "1000")];
    writer.write(&mut page(&pages)).unwrap();
    let twice = writer.write(&mut page(&pages));
    assert!(matches!(twice, Err(FetchError::Twice { page: 2, .. })), "{twice:?}");
    let early = writer.write(&mut page(&[("c", "999")]));
    assert!(matches!(early, Err(FetchError::Unsorted { .. })), "{early:?}");
    let undated = writer.write(&mut page(&[("d", "9223372036854775807")]));
    assert!(matches!(undated, Err(FetchError::Unsorted { .. })), "{undated:?}");
    let other = String::from_utf8(page(&[("e", "1500")])).unwrap();
    let mut other = other.replace(r#""_index":"n""#, r#""_index":"m""#).into_bytes();
    assert!(matches!(writer.write(&mut other), Err(FetchError::Unsorted { .. })));
    assert_eq!(writer.state().rows, 2);
    let outside = writer.write(&mut page(&[("e", "2000")]));
    assert!(matches!(outside, Err(FetchError::Unsorted { .. })), "{outside:?}");
}

#[test]
fn a_wrong_count_never_becomes_a_part() {
    let place = tempfile::tempdir().unwrap();
    let mut few = writer(place.path(), 2);
    few.write(&mut page(&[("a", "1000")])).unwrap();
    let error = few.end_cursor().unwrap_err();
    assert!(matches!(error, FetchError::WrongCount { received: 1, expected: 2, .. }), "{error}");
    let mut many = writer(place.path(), 1);
    let error = many.write(&mut page(&[("a", "1000"), ("b", "1000")])).unwrap_err();
    assert!(matches!(error, FetchError::WrongCount { received: 2, expected: 1, .. }), "{error}");
}

#[test]
fn half_a_page_is_neither_in_the_state_nor_in_the_file() {
    let place = tempfile::tempdir().unwrap();
    let mut writer = writer(place.path(), 9);
    writer.write(&mut page(&[("a", "1000")])).unwrap();
    let text = String::from_utf8(page(&[("b", "2000"), ("c", "2000"), ("d", "2000")])).unwrap();
    let mut bad = text.replace(r#""_id":"b","#, "").into_bytes();
    assert!(matches!(writer.write(&mut bad), Err(FetchError::BadPage { page: 2, .. })));
    writer.sync().unwrap();
    let state = state(place.path());
    assert_eq!((state.rows, state.last_ms, state.at_last.len()), (1, Some(1_000), 1));
    let file = fs::read(place.path().join("0001-n.partial")).unwrap();
    assert_eq!(file.len() as u64, state.file_bytes);
    assert_eq!(zstd::decode_all(&file[..]).unwrap().len() as u64, state.bytes);
}

#[test]
fn what_is_left_out_is_counted() {
    let place = tempfile::tempdir().unwrap();
    let mut known = KnownDocuments::new();
    known.add(DocumentId { index: b"n", id: b"b", routing: b"" });
    let filter = flowkit_model::filter::Expression::parse("bytes > 0").unwrap();
    let accept =
        Accept { filter: Some(filter.into()), known: Some(known.into()), ..Accept::default() };
    let mut writer =
        PartWriter::create(&parts(place.path()), planned(Order::Time), &accept).unwrap();
    writer.begin_cursor(3);
    let text = String::from_utf8(page(&[("a", "1"), ("b", "1"), ("c", "1")])).unwrap();
    let flow = r#""_id":"c","_source":{"netflow":{"version":5,"bytes":7}}"#;
    let mut page = text.replace(r#""_id":"c","_source":{}"#, flow).into_bytes();
    assert_eq!(writer.write(&mut page).unwrap().documents, 1);
    writer.end_cursor().unwrap();
    let part = writer.finish().unwrap();
    assert_eq!((part.received, part.left_out, part.known, part.expected), (1, 1, 1, 3));
    assert_eq!(ids(place.path()), ["c"]);
}

#[test]
fn a_part_of_nothing_is_a_zstd_file_of_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mut writer = writer(place.path(), 0);
    writer.end_cursor().unwrap();
    let part = writer.finish().unwrap();
    let file = fs::read(place.path().join("0001-n.ndjson.zst")).unwrap();
    assert_eq!((part.received, zstd::decode_all(&file[..]).unwrap().len()), (0, 0));
}
