//! What is on a server, what a fetch would do, and what appeared since.

use std::sync::OnceLock;

use flowkit_fetch::{Cancel, FetchError, Request, SearchBody, Update, dry_run, fetch, list};
use flowkit_model::window::{Typed, Window};
use flowkit_testdata::{Document, Server, practice_day};
use jiff::tz::TimeZone;

use super::request;
use crate::saved::{manifest, of_practice, saved};
use crate::scripted_http::{Reply, ScriptedHttp};

/// Some documents of the day, and those of the index of the next one.
fn documents() -> Vec<Document> {
    static DAY: OnceLock<Vec<Document>> = OnceLock::new();
    let is_some = |(n, document): &(usize, Document)| {
        n.is_multiple_of(53) || document.index == "netflow-2018.09.22"
    };
    let day = || practice_day().into_iter().enumerate().filter(is_some).map(|(_, day)| day);
    DAY.get_or_init(|| day().collect()).clone()
}

/// The documents of one index.
fn of_index(name: &str) -> Vec<Document> {
    documents().into_iter().filter(|document| document.index == name).collect()
}

#[test]
fn a_listing_tells_documents_times_and_dialect_of_each_index() {
    let mut all = documents();
    let log = r#"{"@timestamp":"2018-09-20T00:00:00.000Z","message":"x"}"#;
    let other = |index: &str, source: &str| Document {
        index: index.to_owned(),
        id: "1".to_owned(),
        timestamp_ms: 1_537_401_600_000,
        source: source.to_owned(),
    };
    all.extend([other("syslog-1", log), other(".kibana", log)]);
    let server = Server::start(all, 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let listing = list(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
    let names: Vec<_> = listing.indices.iter().map(|index| index.name.as_str()).collect();
    assert_eq!(names, ["netflow-2018.09.21", "netflow-2018.09.22", "syslog-1"]);
    let of_day = of_index("netflow-2018.09.21");
    let times = || of_day.iter().map(|document| document.timestamp_ms);
    let day = &listing.indices[0];
    assert_eq!(day.documents, Some(of_day.len() as u64));
    assert_eq!((day.first_ms, day.last_ms), (times().min(), times().max()));
    assert_eq!(day.dialect.as_deref(), Some("Logstash netflow module"));
    let words = listing.indices[2].dialect.as_deref().unwrap();
    assert_eq!(words, "no flow: no netflow object (keys: @timestamp, message)");
    assert!(!place.path().join("manifest.json").exists());

    // A pattern and a window narrow it.
    let window = Window { from_ms: Some(1_537_574_400_000), ..Window::default() };
    let index = Some("netflow-*".to_owned());
    let narrow = Request { index, window: Some(window), ..request(&server, place.path()) };
    let listing = list(&narrow, &Cancel::new(), &()).unwrap();
    assert_eq!(listing.empty, ["netflow-2018.09.21"]);
    assert_eq!(listing.indices[0].name, "netflow-2018.09.22");
}

#[test]
fn a_dry_run_shows_the_dialect_also_with_last_and_update() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let typed = Typed { last: Some("2h".to_owned()), ..Typed::default() };
    let now = "2018-09-21T12:00:00Z".parse().unwrap();
    let window = Some(Window::new(typed, &TimeZone::UTC, now).unwrap());
    let last = Request { window, ..request(&server, place.path()) };
    let plan = dry_run(&last, &Cancel::new(), &()).unwrap();
    let [index] = plan.indices.as_slice() else { panic!("{plan:?}") };
    assert_eq!(index.dialect.as_deref(), Some("Logstash netflow module"));
    // 10:00 to 12:00; the sample is of the window alone.
    let inside = |document: &&Document| {
        (1_537_524_000_000..1_537_531_200_000).contains(&document.timestamp_ms)
    };
    let n = documents().iter().filter(inside).count() as u64;
    assert_eq!((index.documents, index.sampled, index.flows), (Some(n), n.min(100), n.min(100)));

    let update = Update { overlap_ms: 3_600_000, to_ms: None, refetch: Vec::new() };
    let more = Request { update: Some(update), ..request(&server, place.path()) };
    let error = dry_run(&more, &Cancel::new(), &()).unwrap_err();
    assert!(matches!(error, FetchError::CannotUpdate { .. }), "{error}");
    fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
    let before = manifest(place.path());
    let plan = dry_run(&more, &Cancel::new(), &()).unwrap();
    let last = documents().iter().map(|document| document.timestamp_ms).max().unwrap();
    let late = documents().iter().filter(|d| d.timestamp_ms >= last - 3_600_000).count();
    let planned: Option<u64> = plan.indices.iter().map(|index| index.documents).sum();
    assert_eq!(planned, Some(late as u64));
    assert_eq!(manifest(place.path()), before, "nothing is written");
}

/// An index that appeared since, with documents of the window, is a difference,
/// and an update fetches all of it.
#[test]
fn an_index_that_appeared_since_is_told_and_an_update_fetches_it() {
    let (first, second) = ("netflow-2018.09.21", "netflow-2018.09.22");
    let place = tempfile::tempdir().unwrap();
    {
        let server = Server::start(of_index(first), 0).unwrap();
        fetch(&request(&server, place.path()), &Cancel::new(), &()).unwrap();
        let (_, findings) =
            flowkit_fetch::verify(place.path(), Some(&request(&server, place.path()))).unwrap();
        assert_eq!(findings, []);
    }
    // Older than all that the dump has, so that an update would not look there.
    let mut late = of_index(first);
    late.truncate(3);
    for document in &mut late {
        document.index = "netflow-1999".to_owned();
        // From one midnight to the other.
        document.timestamp_ms -= 1_537_488_000_000 - 946_598_400_000;
        document.source = document.source.replacen("2018-09-21", "1999-12-31", 1);
    }
    let all: Vec<_> =
        of_index(first).into_iter().chain(of_index(second)).chain(late.clone()).collect();
    let server = Server::start(all.clone(), 0).unwrap();
    let again = request(&server, place.path());
    let (_, findings) = flowkit_fetch::verify(place.path(), Some(&again)).unwrap();
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("netflow-1999: it appeared since the fetch, with 3 documents"));
    assert!(told[1].contains(second) && told[1].contains("--update"), "{told:?}");
    let update = Update { overlap_ms: 1_000, to_ms: None, refetch: Vec::new() };
    let updated =
        fetch(&Request { update: Some(update), ..again.clone() }, &Cancel::new(), &()).unwrap();
    assert_eq!(updated.notes, Vec::<String>::new());
    assert_eq!(saved(place.path()), of_practice(&all));
    let (_, findings) = flowkit_fetch::verify(place.path(), Some(&again)).unwrap();
    assert_eq!(findings, []);
    // One that is gone is told, and so is a server that is none.
    let server = Server::start(of_index(first), 0).unwrap();
    let (_, findings) =
        flowkit_fetch::verify(place.path(), Some(&request(&server, place.path()))).unwrap();
    let told = findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(told.contains("netflow-1999: it is not on the server any more"), "{told}");
}

/// A window that ends before the new index begins is not touched by it.
#[test]
fn an_index_without_documents_of_the_window_is_no_difference() {
    let place = tempfile::tempdir().unwrap();
    let window = Window { to_ms: Some(1_537_570_000_000), ..Window::default() };
    let server = Server::start(of_index("netflow-2018.09.21"), 0).unwrap();
    let early = Request { window: Some(window), ..request(&server, place.path()) };
    fetch(&early, &Cancel::new(), &()).unwrap();
    let server = Server::start(documents(), 0).unwrap();
    let (_, findings) =
        flowkit_fetch::verify(place.path(), Some(&request(&server, place.path()))).unwrap();
    assert_eq!(findings, []);
}

#[test]
fn fields_of_a_pasted_body_come_beside_each_document() {
    let server = Server::start(documents(), 0).unwrap();
    let place = tempfile::tempdir().unwrap();
    let body = r#"{"query":{"term":{"netflow.dst_port":"443"}},"fields":["netflow.dst_port"],"docvalue_fields":[{"field":"netflow.protocol"}]}"#;
    let query = SearchBody::parse(body).unwrap();
    let asked = Request { query: Some(query), ..request(&server, place.path()) };
    let manifest = fetch(&asked, &Cancel::new(), &()).unwrap();
    let web: Vec<_> = documents()
        .into_iter()
        .filter(|document| {
            document.source.contains(r#""dst_port":443,"#)
                || document.source.contains(r#""dst_port":"443""#)
        })
        .collect();
    assert!(!web.is_empty());
    assert_eq!(saved(place.path()), of_practice(&web), "documents are whole");
    let part = &manifest.parts[0];
    let lines =
        zstd::decode_all(&std::fs::read(place.path().join(part.path())).unwrap()[..]).unwrap();
    for line in String::from_utf8(lines).unwrap().lines() {
        let hit: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(hit["fields"]["netflow.protocol"].as_array().map(Vec::len), Some(1), "{line}");
        assert_eq!(hit["fields"]["netflow.dst_port"][0], hit["_source"]["netflow"]["dst_port"]);
    }
    // Another body is another request; none is the one of the dump.
    let (_, findings) =
        flowkit_fetch::verify(place.path(), Some(&request(&server, place.path()))).unwrap();
    assert_eq!(findings, []);
}

/// As Elasticsearch 7 answers, of ten thousand days of which three hold documents.
#[test]
fn ten_thousand_indices_are_listed_by_a_few_requests() {
    let name = |day: usize| format!("netflow-{day:05}");
    let settings: Vec<String> =
        (0..10_000).map(|day| format!(r#""{}":{{"settings":{{}}}}"#, name(day))).collect();
    let settings = format!("{{{}}}", settings.join(","));
    let shards = r#""timed_out":false,"_shards":{"total":1,"successful":1,"failed":0}"#;
    let bucket = |day| {
        format!(
            r#"{{"key":"{}","doc_count":7,"first":{{"value":1537513200000.0}},"last":{{"value":1537513201000.0}}}}"#,
            name(day)
        )
    };
    let buckets = [8, 5_000, 9_999].map(bucket).join(",");
    let search = format!(
        r#"{{{shards},"hits":{{"total":21,"hits":[]}},"aggregations":{{"indices":{{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{buckets}]}}}}}}"#
    );
    let one = format!(
        r#"{{{shards},"hits":{{"total":7,"hits":[{{"_index":"x","_id":"1","_source":{{"netflow":{{"version":5,"dst_port":443}}}}}}]}}}}"#
    );
    let server = ScriptedHttp::start(move |asked| match asked.line.as_str() {
        "GET /" => {
            Reply::json(200, r#"{"version":{"number":"7.17.28"},"tagline":"You Know, for Search"}"#)
        }
        "GET /*/_settings" => Reply::json(200, settings.clone()),
        "POST /*/_search" => Reply::json(200, search.clone()),
        _ => Reply::json(200, one.clone()),
    });
    let asked = Request { url: Some(server.url()), ..Request::default() };
    let listing = list(&asked, &Cancel::new(), &()).unwrap();
    assert_eq!((listing.indices.len(), listing.empty.len()), (3, 9_997));
    let day = &listing.indices[1];
    assert_eq!((day.name.as_str(), day.documents), ("netflow-05000", Some(7)));
    assert_eq!((day.first_ms, day.last_ms), (Some(1_537_513_200_000), Some(1_537_513_201_000)));
    assert_eq!(day.dialect.as_deref(), Some("Logstash netflow module"));
    assert!(server.requests().len() < 10, "{:?}", server.requests());
}
