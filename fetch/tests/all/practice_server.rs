//! Whole fetches from the practice server, healthy and with faults.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use flowkit_fetch::{Cancel, Event, FetchError, Observer, Request, fetch};
use flowkit_model::document::Document as Parsed;
use flowkit_model::dump::{PartState, Read, STATE_END, Span, State};
use flowkit_model::filter::Expression;
use flowkit_model::window::{Typed, Window};
use flowkit_testdata::{Document, Fault, Server, practice_day};
use jiff::tz::TimeZone;

use crate::saved::{Documents, manifest, of_practice, saved};

/// A few documents of the practice day, made once: some pages, quick to fetch.
fn documents() -> Vec<Document> {
    static DAY: OnceLock<Vec<Document>> = OnceLock::new();
    DAY.get_or_init(|| practice_day().into_iter().step_by(53).collect()).clone()
}

fn request(server: &Server, output: &Path) -> Request {
    Request {
        url: Some(server.url()),
        page_size: 30,
        keep_alive: "1m".to_owned(),
        backoff: Duration::from_millis(1),
        output: output.to_owned(),
        ..Request::default()
    }
}

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

fn faults() -> Vec<Fault> {
    vec![
        Fault::Status(500, r#"{"error":{"root_cause":[{"type":"t","reason":"r"}]}}"#.to_owned()),
        Fault::Status(
            429,
            r#"{"error":{"root_cause":[{"type":"es_rejected_execution_exception","reason":"r"}]}}"#
                .to_owned(),
        ),
        Fault::Status(200, "{}".to_owned()),
        Fault::Reset,
        Fault::TruncatedBody,
        Fault::Html502,
        Fault::PartialShards,
        Fault::ShrunkTotal,
        Fault::TimedOut,
        Fault::Slow(Duration::from_millis(5)),
    ]
}

/// The requests of a healthy fetch, one part at a time.
fn healthy_requests(documents: &[Document]) -> Vec<String> {
    let healthy = Server::start(documents.to_vec(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let mut request = request(&healthy, place.path());
    request.jobs = Some(1);
    fetch(&request, &Cancel::new(), &()).unwrap();
    healthy.requests()
}

/// Without a second try, any fault at any request ends in a complete dump or in
/// an error and an incomplete one; never in a dump that claims more than it holds.
#[test]
fn whatever_goes_wrong_wherever_the_dump_never_lies() {
    let documents = documents();
    let requests = healthy_requests(&documents);
    let is_opening = |at: &String| at.contains("/_search?scroll");
    let opening = requests.iter().position(is_opening).unwrap();
    let (mut n_failed, mut n_whole) = (0, 0);
    for fault in faults() {
        for (number, at) in requests.iter().enumerate() {
            let server = Server::start(documents.clone(), 0).unwrap();
            server.fail_after(number, fault.clone());
            let place = tempfile::tempdir().unwrap();
            let once = Request { jobs: Some(1), retries: 0, ..request(&server, place.path()) };
            let fetched = fetch(&once, &Cancel::new(), &());
            let case = format!("{fault:?} at request {number}, {at}");
            match fetched {
                Ok(_) => {
                    assert_eq!(manifest(place.path()).state, State::Complete, "{case}");
                    assert_eq!(saved(place.path()), of_practice(&documents), "{case}");
                    n_whole += 1;
                }
                Err(error) => {
                    // Without a plan there is no dump yet.
                    if number >= opening || place.path().join("manifest.json").exists() {
                        let state = manifest(place.path()).state;
                        assert_eq!(state, State::Incomplete, "{case}: {error}");
                    }
                    assert!(!error.to_string().contains('\n'), "{case}: {error}");
                    n_failed += 1;
                    // The same command again goes on, and ends well.
                    fetch(&once, &Cancel::new(), &()).unwrap_or_else(|error| {
                        panic!("{case}, then {error}");
                    });
                    assert_eq!(saved(place.path()), of_practice(&documents), "{case}");
                }
            }
            // Closed, unless closing failed or its name never arrived.
            if !at.starts_with("DELETE") && !is_opening(at) {
                assert_eq!(server.open_scrolls(), 0, "{case}");
            }
        }
    }
    assert!(n_failed > 50 && n_whole > 20, "{n_failed} failed, {n_whole} whole: {requests:#?}");
}

/// With second tries, one fault at any request ends in the whole dump, and no
/// page was asked for twice through one scroll.
#[test]
fn one_fault_wherever_it_strikes_is_recovered_from() {
    let documents = documents();
    let requests = healthy_requests(&documents);
    for fault in faults() {
        for (number, at) in requests.iter().enumerate() {
            let server = Server::start(documents.clone(), 0).unwrap();
            server.fail_after(number, fault.clone());
            let place = tempfile::tempdir().unwrap();
            let case = format!("{fault:?} at request {number}, {at}");
            let one = Request { jobs: Some(1), ..request(&server, place.path()) };
            fetch(&one, &Cancel::new(), &()).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(manifest(place.path()).state, State::Complete, "{case}");
            assert_eq!(saved(place.path()), of_practice(&documents), "{case}");
            let (_, findings) = flowkit_fetch::verify(place.path(), Some(&one)).unwrap();
            assert_eq!(findings, [], "{case}");
        }
    }
}

/// Does something when the first page was written.
struct AtFirstPage<F: Fn() + Sync>(F);

impl<F: Fn() + Sync> Observer for AtFirstPage<F> {
    fn event(&self, event: Event<'_>) {
        if matches!(event, Event::PageWritten { .. }) {
            (self.0)();
        }
    }
}

#[test]
fn an_expired_scroll_is_told_and_what_came_is_gone_on_with() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    // By time, as after a first fault, so that it can go on.
    let expiring = AtFirstPage(|| server.expire_all());
    let slow =
        Request { page_size: 2, retries: 3, jobs: Some(1), ..request(&server, place.path()) };
    let error = fetch(&slow, &Cancel::new(), &expiring).unwrap_err();
    assert!(matches!(error, FetchError::ScrollExpired { .. }), "{error}");
    assert!(error.to_string().contains("--keep-alive longer than 1m"), "{error}");
    let names = fs::read_dir(place.path().join("parts")).unwrap();
    let names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let state = names.iter().find_map(|name| name.strip_suffix(STATE_END)).unwrap();
    let state = place.path().join("parts").join(format!("{state}{STATE_END}"));
    let state: PartState = serde_json::from_slice(&fs::read(state).unwrap()).unwrap();
    assert!(state.rows >= 2 && state.rows < state.expected && !state.at_last.is_empty());
    let partial = fs::read(place.path().join("parts").join(format!("{}.partial", state.name)));
    let lines = zstd::decode_all(&partial.unwrap()[..]).unwrap();
    assert_eq!(lines.len() as u64, state.bytes);
    let (_, findings) = flowkit_fetch::verify(place.path(), None).unwrap();
    assert!(findings[0].to_string().starts_with("incomplete: "), "{findings:?}");

    // The next run goes on, and says so.
    let noted = Notes::default();
    fetch(&request(&server, place.path()), &Cancel::new(), &noted).unwrap();
    let noted = noted.0.into_inner().unwrap();
    assert!(noted.iter().any(|event| event.starts_with("Resuming")), "{noted:?}");
    assert!(noted.iter().any(|event| event.starts_with("PartResumed")), "{noted:?}");
    assert_eq!(saved(place.path()), of_practice(&documents()));
    let left = fs::read_dir(place.path().join("parts")).unwrap();
    let manifest = manifest(place.path());
    assert_eq!(left.count(), manifest.parts.len());
    assert!(manifest.parts.iter().any(|part| part.proof.read == Read::Joined));
}

/// Remembers the events.
#[derive(Default)]
struct Notes(std::sync::Mutex<Vec<String>>);

impl Observer for Notes {
    fn event(&self, event: Event<'_>) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
}

#[test]
fn an_incomplete_dump_is_gone_on_with_only_for_the_same_request() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let window = |days: &str| {
        let typed = Typed { last: Some(days.to_owned()), ..Typed::default() };
        let now = "2018-09-22T00:00:00Z".parse().unwrap();
        Some(Window::new(typed, &TimeZone::UTC, now).unwrap())
    };
    let first = Request { window: window("30d"), ..request(&server, place.path()) };
    let cancel = Cancel::new();
    let stop = AtFirstPage(|| cancel.cancel());
    assert!(fetch(&first, &cancel, &stop).is_err());
    let there = manifest(place.path());
    for (other, expected) in [
        (Request { window: window("7d"), ..request(&server, place.path()) }, "another window"),
        (
            Request { index: Some("x".to_owned()), ..request(&server, place.path()) },
            "another --index",
        ),
    ] {
        let error = fetch(&other, &Cancel::new(), &()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(manifest(place.path()), there, "nothing changed");
    }
    // Without a window, and with the same words later on, it is the first window.
    let mut later = Request { window: window("30d"), ..request(&server, place.path()) };
    later.window.as_mut().unwrap().to_ms = Some(i64::MAX / 2);
    let whole = fetch(&later, &Cancel::new(), &()).unwrap();
    assert_eq!(whole.window, there.window);
    assert_eq!(saved(place.path()), of_practice(&documents()));
}

#[test]
fn a_plan_of_many_parts_covers_everything_once() {
    let documents = documents();
    let server = Server::start(documents.clone(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let small = Request { part_size: 20, jobs: Some(4), ..request(&server, place.path()) };
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

#[test]
fn damage_to_a_dump_is_found_and_named() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let small = Request { part_size: 100, ..request(&server, place.path()) };
    let whole = fetch(&small, &Cancel::new(), &()).unwrap();
    let check = |expected: &str| {
        let (_, findings) = flowkit_fetch::verify(place.path(), None).unwrap();
        let text: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert!(text.iter().any(|line| line.contains(expected)), "{expected}: {text:#?}");
    };
    assert_eq!(flowkit_fetch::verify(place.path(), None).unwrap().1, []);
    let path = place.path().join(whole.parts[1].path());
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 0x10;
    fs::write(&path, &bad).unwrap();
    check("the checksum is");
    fs::write(&path, &good[..middle]).unwrap();
    check("the file has");
    check("documents are here");
    fs::remove_file(&path).unwrap();
    check("No such file");
    // A part in place of another: the same documents twice.
    fs::copy(place.path().join(whole.parts[0].path()), &path).unwrap();
    check("documents are there twice");
    fs::write(&path, &good).unwrap();
    fs::write(place.path().join("parts/0099-x.ndjson.zst"), "").unwrap();
    check("no part that the manifest names");
    fs::remove_file(place.path().join("parts/0099-x.ndjson.zst")).unwrap();
    let mut fewer = whole.clone();
    fewer.parts.remove(1);
    fs::write(place.path().join("manifest.json"), serde_json::to_vec(&fewer).unwrap()).unwrap();
    check("documents came, not");
    let spans = |from_ms, to_ms| Span { from_ms, to_ms };
    let mut gap = whole.clone();
    let last = gap.parts.last_mut().unwrap();
    last.scope.window = spans(last.scope.window.from_ms.map(|ms| ms + 1), last.scope.window.to_ms);
    fs::write(place.path().join("manifest.json"), serde_json::to_vec(&gap).unwrap()).unwrap();
    check("no part covers the time");
}

/// A disk with room for so little, where a file system of that size can be had.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_what_came_is_gone_on_with() {
    let place = tempfile::tempdir().unwrap();
    let disk = place.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = |arguments: &[&str]| {
        let done = std::process::Command::new(arguments[0]).args(&arguments[1..]).output();
        done.is_ok_and(|output| output.status.success())
    };
    let path = disk.to_str().unwrap();
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path]) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let documents: Vec<_> = practice_day().into_iter().step_by(2).collect();
    let server = Server::start(documents.clone(), 0).unwrap();
    let small = Request { part_size: 300, jobs: Some(2), ..request(&server, &disk.join("dump")) };
    let error = fetch(&small, &Cancel::new(), &());
    let state = manifest(&disk.join("dump")).state;
    let grown = mount(&["mount", "-o", "remount,size=64m", path]);
    let fetched = fetch(&small, &Cancel::new(), &());
    let whole = fetched.is_ok().then(|| saved(&disk.join("dump")));
    mount(&["umount", path]);
    let error = error.unwrap_err();
    assert!(matches!(error, FetchError::DiskFull { .. }), "{error}");
    assert_eq!(state, State::Incomplete);
    assert!(grown);
    fetched.unwrap();
    assert_eq!(whole.unwrap(), of_practice(&documents));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to_and_a_second_fetch_are_told() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let dump = place.path().join("dump");
    let cancel = Cancel::new();
    // Two fetches into one dump: the second is told, the first ends well.
    let second = AtFirstPage(|| {
        let error = fetch(&request(&server, &dump), &Cancel::new(), &()).unwrap_err();
        assert!(matches!(error, FetchError::Locked { .. }), "{error}");
    });
    fetch(&request(&server, &dump), &cancel, &second).unwrap();
    assert_eq!(saved(&dump), of_practice(&documents()));
    let locked = place.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    // Whoever may write everywhere is not stopped by that.
    if fs::write(locked.join("probe"), "").is_err() {
        let error = fetch(&request(&server, &locked.join("d")), &cancel, &()).unwrap_err();
        assert!(error.to_string().starts_with("cannot create"), "{error}");
    }
}

#[test]
fn a_cancelled_fetch_closes_its_cursor_and_is_incomplete() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let cancel = Cancel::new();
    let observer = AtFirstPage(|| cancel.cancel());
    let error = fetch(&request(&server, place.path()), &cancel, &observer).unwrap_err();
    assert!(matches!(error, FetchError::Interrupted), "{error}");
    assert_eq!(manifest(place.path()).state, State::Incomplete);
    assert_eq!(server.open_scrolls(), 0);
}

#[test]
fn a_fetch_that_does_not_come_to_a_plan_binds_nobody() {
    let documents = documents();
    let server = Server::start(documents.clone(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let right = request(&server, place.path());
    let wrong = Request { index: Some("nothing-*".to_owned()), ..right.clone() };
    assert!(matches!(fetch(&wrong, &Cancel::new(), &()), Err(FetchError::NoIndex { .. })));
    assert!(!place.path().join("manifest.json").exists());
    fetch(&right, &Cancel::new(), &()).unwrap();
    assert_eq!(saved(place.path()), of_practice(&documents));
}

#[test]
fn a_complete_dump_outlives_a_forced_fetch_that_does_not_get_going() {
    let documents = documents();
    let place = tempfile::tempdir().unwrap();
    let url = {
        let server = Server::start(documents.clone(), 0).unwrap();
        fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
        let unforced = fetch(&request(&server, place.path()), &Cancel::new(), &());
        assert!(matches!(unforced, Err(FetchError::Exists { .. })));
        server.url()
    };
    let gone = Server::start(Vec::new(), 0).unwrap();
    let mut forced = request(&gone, place.path());
    forced.force = true;
    assert!(matches!(fetch(&forced, &Cancel::new(), &()), Err(FetchError::NoIndex { .. })));
    forced.url = Some(url);
    assert!(fetch(&forced, &Cancel::new(), &()).is_err());
    assert_eq!(manifest(place.path()).state, State::Complete);
    assert_eq!(saved(place.path()), of_practice(&documents));
}
