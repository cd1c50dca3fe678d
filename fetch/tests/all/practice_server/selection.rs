//! A window, a filter, some fields: what was selected comes, and nothing else.

use flowkit_fetch::{Cancel, Request, fetch};
use flowkit_model::document::Document as Parsed;
use flowkit_model::dump::State;
use flowkit_model::filter::Expression;
use flowkit_model::window::{Typed, Window};
use flowkit_testdata::{Document, Server, practice_day};
use jiff::tz::TimeZone;

use super::{documents, request};
use crate::saved::{Documents, manifest, of_practice, saved};

#[test]
fn a_window_holds_what_the_server_counts_in_it() {
    let documents = documents();
    let server = Server::start(documents, 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let everything = fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
    let part = &everything.parts[0];
    let (first, last) = (part.first_ms.unwrap(), part.last_ms.unwrap());
    let place = tempfile::tempdir().unwrap();
    let mut windowed = request(&server, place.path());
    windowed.window =
        Some(Window { from_ms: Some(first + 1), to_ms: Some(last), ..Window::default() });
    let manifest = fetch(&windowed, &Cancel::new(), &()).unwrap();
    let part = &manifest.parts[0];
    assert!(part.received > 0 && part.first_ms > Some(first) && part.last_ms < Some(last));
}

#[test]
fn nothing_in_the_window_is_a_complete_dump_of_nothing() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let mut nothing = request(&server, place.path());
    let typed = Typed { day: Some("1999-12-31".to_owned()), ..Typed::default() };
    let window = Window::new(typed, &TimeZone::UTC, jiff::Timestamp::UNIX_EPOCH).unwrap();
    nothing.window = Some(window);
    fetch(&nothing, &Cancel::new(), &()).unwrap();
    let manifest = manifest(place.path());
    assert_eq!((manifest.state, manifest.documents()), (State::Complete, 0));
    assert!(!manifest.empty_indices.is_empty());
}

#[test]
fn a_filter_selects_on_the_server_as_it_would_offline() {
    let documents: Vec<_> = practice_day().into_iter().step_by(7).collect();
    let server = Server::start(documents.clone(), 0).unwrap();
    for text in [
        "dst port 443",
        "proto tcp and not port in [80 443]",
        "net 192.168.0.0/16 and bytes > 1000",
        "src ip 10.0.0.0/8 or dst ip 10.0.0.0/8 or packets >= 10",
        "not dst port 53",
        "dst_port != 53",
        "flags S and not flags A",
        "proto udp and (port 53 or bps > 100)",
    ] {
        let expression = Expression::parse(text).unwrap();
        let means = |source: &str| {
            let flow = Parsed::parse(source.as_bytes()).unwrap().into_flow();
            flow.is_ok_and(|flow| expression.matches(&flow))
        };
        let expected: Vec<_> =
            documents.iter().filter(|document| means(&document.source)).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < documents.len(), "{text}");
        let place = tempfile::tempdir().unwrap();
        let filter = flowkit_fetch::Filter { text: text.to_owned(), expression };
        let selected =
            Request { filter: Some(filter), page_size: 10_000, ..request(&server, place.path()) };
        let manifest = fetch(&selected, &Cancel::new(), &()).unwrap();
        assert_eq!(saved(place.path()), of_practice(&expected), "{text}");
        assert!(manifest.parts.iter().all(|part| !part.scope.query.is_null()), "{text}");
        // Pushed down, and not only checked on what came.
        let came: u64 = manifest.parts.iter().map(|part| part.expected).sum();
        assert!(came < documents.len() as u64, "{text}");
    }
}

#[test]
fn only_the_members_that_flowkit_reads_come_if_asked_for() {
    let documents = documents();
    let server = Server::start(documents.clone(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let slim = Request { only_known_fields: true, ..request(&server, place.path()) };
    fetch(&slim, &Cancel::new(), &()).unwrap();
    let flow = |source: &str| Parsed::parse(source.as_bytes()).unwrap().into_flow();
    let (slim, whole) = (saved(place.path()), of_practice(&documents));
    assert_eq!(slim.len(), whole.len());
    for (id, source) in &slim {
        assert_eq!(flow(source), flow(&whole[id]), "the same flow");
    }
    let bytes = |all: &Documents| -> usize { all.values().map(String::len).sum() };
    assert!(bytes(&slim) < bytes(&whole));
}

/// Documents of every pipeline, as it writes them: each is the same flow with
/// `--source-fields` as without.
#[test]
fn the_members_that_come_are_those_of_every_dialect() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/dialects");
    let mut documents = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        documents.push(Document {
            index: "netflow-a".to_owned(),
            id: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            timestamp_ms: 1_537_524_000_123,
            source: std::fs::read_to_string(path).unwrap(),
        });
    }
    assert!(documents.len() >= 12);
    let server = Server::start(documents.clone(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let slim = Request { only_known_fields: true, ..request(&server, place.path()) };
    fetch(&slim, &Cancel::new(), &()).unwrap();
    let flow = |source: &str| Parsed::parse(source.as_bytes()).unwrap().into_flow();
    let slim = saved(place.path());
    assert_eq!(slim.len(), documents.len());
    for (id, source) in &of_practice(&documents) {
        assert_eq!(flow(&slim[id]), flow(source), "{id:?}");
        assert!(flow(source).is_ok(), "{id:?}");
    }
}
