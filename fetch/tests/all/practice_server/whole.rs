//! What a server holds comes whole, in however many parts, and no cursor stays open.

use flowkit_fetch::{Cancel, Request, fetch};
use flowkit_model::dump::{Read, State};
use flowkit_testdata::Server;

use super::{documents, request};
use crate::saved::{manifest, of_practice, saved};

fn count(requests: &[String], start: &str) -> usize {
    requests.iter().filter(|request| request.starts_with(start)).count()
}

#[test]
fn a_day_comes_whole_one_part_an_index_one_cursor_a_part() {
    let documents = documents();
    let server = Server::start(documents.clone(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let returned = fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
    assert_eq!(saved(place.path()), of_practice(&documents));
    let manifest = manifest(place.path());
    assert_eq!(manifest, returned);
    assert_eq!((manifest.state, manifest.documents()), (State::Complete, documents.len() as u64));
    for part in &manifest.parts {
        assert_eq!(part.proof.read, Read::OneSnapshot);
        assert_eq!(part.received, part.expected);
        assert!(part.first_ms <= part.last_ms && part.first_ms.is_some());
    }
    let requests = server.requests();
    let parts = manifest.parts.len();
    assert_eq!(count(&requests, "DELETE /_search/scroll"), parts);
    assert_eq!(server.open_scrolls(), 0);
    // Each part: the pages with hits, the first of them opened, and one empty one.
    let pages: u64 = manifest.parts.iter().map(|part| part.received.div_ceil(30)).sum();
    assert_eq!(count(&requests, "POST /_search/scroll") as u64, pages);
}

#[test]
fn a_plan_of_many_parts_covers_everything_once() {
    let documents = documents();
    let server = Server::start(documents.clone(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let small = Request { part_size: Some(20), jobs: Some(4), ..request(&server, place.path()) };
    let outline = flowkit_fetch::dry_run(&small, &Cancel::new(), &()).unwrap();
    assert!(!place.path().join("manifest.json").exists(), "a dry run writes nothing");
    let manifest = fetch(&small, &Cancel::new(), &()).unwrap();
    assert_eq!(saved(place.path()), of_practice(&documents));
    assert!(manifest.parts.len() >= documents.len() / 20, "{}", manifest.parts.len());
    let planned: usize = outline.indices.iter().map(|index| index.parts).sum();
    assert_eq!(planned, manifest.parts.len());
    let counted: Option<u64> = outline.indices.iter().map(|index| index.documents).sum();
    assert_eq!(counted, Some(documents.len() as u64));
    assert!(outline.indices.iter().all(|index| index.bytes > index.documents));
    let (_, findings) = flowkit_fetch::verify(place.path(), Some(&small)).unwrap();
    assert_eq!(findings, []);
    assert_eq!(server.open_scrolls(), 0);
}
