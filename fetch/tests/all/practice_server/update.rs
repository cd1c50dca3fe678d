//! Updates of a dump: what is new, what came late, and nothing twice.

use flowkit_fetch::{Cancel, Request, fetch};
use flowkit_model::window::Window;
use flowkit_testdata::Server;

use super::{documents, request};
use crate::saved::{of_practice, saved};

#[test]
fn an_update_adds_what_is_new_and_late_and_nothing_twice() {
    let mut all = documents();
    all.sort_by_key(|document| document.timestamp_ms);
    let third = all.len() / 3;
    let (early, rest) = all.split_at(2 * third);
    // One document of the old end comes late.
    let late = early.len() - 3;
    let first: Vec<_> = early
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != late)
        .map(|(_, document)| document.clone())
        .collect();
    let place = tempfile::tempdir().unwrap();
    let end = early.last().unwrap().timestamp_ms + 1;
    {
        let server = Server::start(first.clone(), 0).unwrap();
        let window = Window { to_ms: Some(end), ..Window::default() };
        let begin = Request { window: Some(window), ..request(&server, place.path()) };
        fetch(&begin, &Cancel::new(), &()).unwrap();
    }
    assert_eq!(saved(place.path()), of_practice(&first));
    let server = Server::start(all.clone(), 0).unwrap();
    let update = flowkit_fetch::Update {
        overlap_ms: 3_600_000,
        to_ms: Some(rest.last().unwrap().timestamp_ms + 1),
        refetch: Vec::new(),
    };
    let more = Request { update: Some(update.clone()), ..request(&server, place.path()) };
    let updated = fetch(&more, &Cancel::new(), &()).unwrap();
    assert_eq!(
        saved(place.path()),
        of_practice(&all),
        "saved() refuses a document that is there twice"
    );
    assert!(updated.counts.iter().all(|count| count.counted == count.received));
    assert_eq!(updated.window.to_ms, update.to_ms);
    let (_, findings) = flowkit_fetch::verify(place.path(), Some(&more)).unwrap();
    assert_eq!(findings, []);

    // One that came too late is told, with the part it belongs to, and fetched.
    let place = tempfile::tempdir().unwrap();
    let gone: Vec<_> = all.iter().skip(1).cloned().collect();
    {
        let server = Server::start(gone, 0).unwrap();
        fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
    }
    let narrow = flowkit_fetch::Update { overlap_ms: 1, to_ms: None, refetch: Vec::new() };
    let more = Request { update: Some(narrow.clone()), ..request(&server, place.path()) };
    let updated = fetch(&more, &Cancel::new(), &()).unwrap();
    let note = updated.notes.iter().find(|note| note.contains("--again")).unwrap();
    let name = note.rsplit("--again ").next().unwrap().to_owned();
    let again = flowkit_fetch::Update { refetch: vec![name], ..narrow };
    let more = Request { update: Some(again), ..request(&server, place.path()) };
    let updated = fetch(&more, &Cancel::new(), &()).unwrap();
    assert_eq!(saved(place.path()), of_practice(&all));
    assert_eq!(updated.notes, Vec::<String>::new());
}
