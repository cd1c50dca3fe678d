//! Random faults between a fetch and its server: each schedule ends in a dump
//! that equals the index exactly, or in an error and a dump that says it is
//! incomplete. Never anything else.
//!
//! `FLOWKIT_SCHEDULES` is their number (40 by default), `FLOWKIT_FIRST_SEED`
//! the first seed. `FLOWKIT_TEST_URLS` names real servers, which are stood
//! behind the proxy as well. A seed that fails is printed; it alone is run by
//! `FLOWKIT_SCHEDULES=1 FLOWKIT_FIRST_SEED=SEED`.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]
#![allow(clippy::cast_possible_truncation, reason = "numbers of a random generator")]

use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use flowkit_fetch::{Cancel, Event, FetchError, Method, Observer, Request, fetch};
use flowkit_model::dump::State;
use flowkit_testdata::{Document, Server, practice_day};

use crate::fault_proxy::{FaultProxy, STALL};
use crate::saved::{self, Documents, manifest, saved};
use crate::server_index::{Index, servers, turn};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn documents() -> Vec<Document> {
    static DAY: OnceLock<Vec<Document>> = OnceLock::new();
    DAY.get_or_init(|| practice_day().into_iter().step_by(23).collect()).clone()
}

/// What is fetched of one server, through the proxy.
struct Place<'a> {
    url: &'a str,
    index: &'a str,
    expected: &'a Documents,
    page_size: u32,
}

fn request(url: String, place: &Place<'_>, seed: u64, output: &Path) -> Request {
    Request {
        url: Some(url),
        index: Some(place.index.to_owned()),
        page_size: place.page_size,
        part_size: Some([500_000, 100, 40][(seed % 3) as usize]),
        jobs: Some(1 + (seed / 3 % 3) as usize),
        method: if seed.is_multiple_of(2) { Method::Auto } else { Method::Scroll },
        retries: 12,
        backoff: Duration::from_millis(2),
        timeout: STALL / 2,
        output: output.to_owned(),
        ..Request::default()
    }
}

/// Stops a fetch after so many pages, as a person would.
struct StopAfter(Mutex<u64>, Cancel);

impl Observer for StopAfter {
    fn event(&self, event: Event<'_>) {
        if matches!(event, Event::PageWritten { .. }) {
            let mut left = self.0.lock().unwrap();
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.1.cancel();
            }
        }
    }
}

/// How schedules ended.
#[derive(Debug, Default)]
struct Tally {
    complete: u64,
    incomplete: u64,
    resumed: u64,
    requests: usize,
    struck: usize,
}

/// Runs one schedule: one or several runs into one dump, each of which may be
/// stopped, until it is complete or gives up.
fn run(place: &Place<'_>, seed: u64, per_mille: u64, tally: &mut Tally) {
    let proxy = FaultProxy::start(place.url, seed, per_mille);
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("dump");
    // Every fourth schedule is stopped in the middle, and run again.
    let mut stops = if seed.is_multiple_of(4) { 1 + seed / 4 % 3 } else { 0 };
    loop {
        let cancel = Cancel::new();
        let after = if stops > 0 { 1 + seed / 7 % 9 } else { u64::MAX };
        let observer = StopAfter(Mutex::new(after), cancel.clone());
        let fetched = fetch(&request(proxy.url(), place, seed, &output), &cancel, &observer);
        match fetched {
            Ok(_) => {
                assert_eq!(manifest(&output).state, State::Complete, "seed {seed}");
                let saved = saved(&output);
                assert!(saved == *place.expected, "seed {seed}: not what the index holds");
                tally.complete += 1;
                break;
            }
            Err(error) => {
                if output.join("manifest.json").exists() {
                    let state = manifest(&output).state;
                    assert_eq!(state, State::Incomplete, "seed {seed}: {error}");
                }
                let text = error.to_string();
                assert!(!text.contains('\n') && !text.is_empty(), "seed {seed}: {text}");
                if matches!(error, FetchError::Interrupted) && stops > 0 {
                    stops -= 1;
                    tally.resumed += 1;
                    continue;
                }
                eprintln!("seed {seed}: incomplete: {error}");
                tally.incomplete += 1;
                break;
            }
        }
    }
    let (requests, struck) = proxy.counts();
    tally.requests += requests;
    tally.struck += struck;
}

fn schedules(name: &str, place: &Place<'_>, share: u64) {
    let first = number("FLOWKIT_FIRST_SEED", 1);
    let n = (number("FLOWKIT_SCHEDULES", 40) / share).max(1);
    let (mut tally, start) = (Tally::default(), Instant::now());
    for seed in first..first + n {
        run(place, seed, 50, &mut tally);
    }
    eprintln!(
        "{name}: seeds {first} to {}, {tally:?}, {:.0} s",
        first + n - 1,
        start.elapsed().as_secs_f64()
    );
    assert_eq!(tally.complete + tally.incomplete, n);
    assert!(tally.complete * 100 >= (tally.complete + tally.incomplete) * 95, "{tally:?}");
}

#[test]
fn five_percent_faults_before_the_practice_server_lose_nothing() {
    let documents = documents();
    let expected = saved::of_practice(&documents);
    let server = Server::start(documents, 0).unwrap();
    let place =
        Place { url: &server.url(), index: "netflow-*", expected: &expected, page_size: 17 };
    schedules("practice server", &place, 1);
}

#[test]
fn thirty_percent_faults_end_in_the_whole_or_say_that_they_do_not() {
    let documents = documents();
    let expected = saved::of_practice(&documents);
    let server = Server::start(documents, 0).unwrap();
    let url = server.url();
    let place = Place { url: &url, index: "netflow-*", expected: &expected, page_size: 40 };
    let mut tally = Tally::default();
    for seed in 1..=number("FLOWKIT_SCHEDULES", 40) / 10 {
        run(&place, seed, 300, &mut tally);
    }
    eprintln!("30 %: {tally:?}");
}

#[test]
fn five_percent_faults_before_real_servers_lose_nothing() {
    let _turn = turn();
    for url in servers() {
        let index = Index::new(&url, "faults", r#"{"number_of_shards":2,"number_of_replicas":0}"#);
        let documents: Vec<_> = documents().into_iter().take(1_000).collect();
        let mut expected = Documents::new();
        let mut sources = std::collections::BTreeMap::new();
        for document in documents {
            sources.insert(document.id.clone(), document.source.clone());
            expected.insert((index.name.clone(), document.id), document.source);
        }
        index.load(&sources);
        let place = Place { url: &url, index: &index.name, expected: &expected, page_size: 50 };
        schedules(&url, &place, 4);
    }
}
