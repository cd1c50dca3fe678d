//! `exporters` and `check`, which look at every packet in order, and the note on
//! missing flows, which every answer has from a few numbers, agree about the same
//! documents, in whatever order and from however many sources they come.
//!
//! The note counts flows and not packets: flows that came twice hide others of the
//! same packets that are missing. [`Case::hidden`] says how many.

use std::path::Path;

use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Source};
use flowkit_model::answer::{Answer, Cell};
use flowkit_model::dump::Manifest;
use flowkit_model::question::{Exporters, Question, Report};

use crate::asking::{answer, filtered, question};
use crate::random::Random;

/// An export packet: exporter and number of its engine, second, sequence number, flows
/// that it states to carry, and documents of it that are there.
#[derive(Clone, Copy, Debug)]
struct Packet(&'static str, u8, u32, u32, Option<u32>, u32);

/// Packets, and what they lost.
struct Case {
    name: &'static str,
    packets: Vec<Packet>,
    /// Flows missing between packets, and flows of packets without a document.
    lost: (u64, u64),
    /// What the note cannot tell of it.
    hidden: u64,
}

/// Packets of one engine, all of whose documents are there: second, sequence number,
/// flows.
fn case(name: &'static str, packets: &[(u32, u32, u32)], lost: u64) -> Case {
    let packet = |(second, number, flows): &(_, _, u32)| {
        Packet("r1", 0, *second, *number, Some(*flows), *flows)
    };
    Case { name, packets: packets.iter().map(packet).collect(), lost: (lost, 0), hidden: 0 }
}

/// The same with packets of 30 flows a second.
fn thirties(name: &'static str, numbers: &[u32], lost: u64) -> Case {
    let packets: Vec<_> =
        (0..).zip(numbers).map(|(second, number)| (second, *number, 30)).collect();
    case(name, &packets, lost)
}

/// Cases of one exporter with one engine.
fn of_one() -> Vec<Case> {
    let after = |first: u32, n: u32, step: u32| (0..n).map(move |n| first + n * step);
    let twice: Vec<u32> = after(0, 100, 60).chain(after(0, 100, 60)).collect();
    let restarted: Vec<u32> =
        after(0, 80, 30).chain(after(0, 50, 30)).chain(after(1560, 50, 30)).collect();
    vec![
        thirties("whole", &[0, 30, 60], 0),
        thirties("one packet lost", &[0, 30, 90], 30),
        thirties("every second packet lost", &[0, 60, 120, 180], 90),
        thirties("more gaps than spans are kept", &after(0, 200, 60).collect::<Vec<_>>(), 199 * 30),
        case(
            "over the wrap",
            &[(0, 4_294_967_290, 4), (1, 4_294_967_294, 5), (2, 3, 1), (3, 10, 2)],
            6,
        ),
        thirties("started again", &[900, 930, 0, 30], 0),
        thirties("started again after 3,000 million", &[3_000_000_000, 3_000_000_030, 0, 30], 0),
        // 1500 to 1560 is missing; the numbers came before the restart.
        thirties("a gap in numbers that came before", &restarted, 60),
        // 99 gaps before the restart and 99 after it.
        thirties("many gaps in numbers that came before", &twice, 198 * 30),
        thirties("one packet with any number", &[0, 30, 77_777_777, 60, 90], 0),
        case("swapped", &[(0, 0, 30), (1, 30, 30), (3, 60, 30), (2, 90, 30), (4, 120, 30)], 0),
        // 60 to 150 is missing until 90 to 120 comes late.
        thirties("late, fills a gap in part", &[0, 30, 150, 180, 90, 210, 240], 60),
        case(
            "several packets of one time",
            &[(0, 0, 30), (0, 30, 30), (0, 90, 30), (0, 120, 30)],
            30,
        ),
        thirties("counts packets", &after(7, 200, 1).collect::<Vec<_>>(), 0),
        thirties("counts nothing", &[0; 9], 0),
        // The numbers count their own flows; by the format 10 would be missing.
        case("counts its own flows", &[(0, 30, 30), (1, 50, 20), (2, 80, 30), (3, 90, 10)], 0),
        // 80 to 120 is missing.
        case(
            "counts its own flows, with a gap",
            &[(0, 30, 30), (1, 50, 20), (2, 80, 30), (3, 130, 10), (4, 150, 20)],
            40,
        ),
        case("nothing", &[], 0),
    ]
}

/// Cases of packets of which not all documents are there, or more than once.
fn of_documents() -> Vec<Case> {
    let of = |name, packets: &[(u32, Option<u32>, u32)], lost, hidden| Case {
        name,
        packets: (0..)
            .zip(packets)
            .map(|(second, (number, stated, there))| {
                Packet("r1", 0, second, *number, *stated, *there)
            })
            .collect(),
        lost,
        hidden,
    };
    let all = Some(30);
    vec![
        of("5 documents missing", &[(0, all, 30), (30, all, 25), (60, all, 30)], (0, 5), 0),
        of("5 missing beside a gap", &[(0, all, 30), (30, all, 25), (90, all, 30)], (30, 5), 0),
        of("one packet, in part", &[(0, all, 27)], (0, 3), 0),
        of("came twice", &[(0, all, 60), (30, all, 60), (60, all, 30)], (0, 0), 0),
        of("came twice beside a gap", &[(0, all, 60), (30, all, 60), (90, all, 30)], (30, 0), 0),
        of("twice, and 5 missing", &[(0, all, 60), (30, all, 25), (60, all, 30)], (0, 5), 5),
        // As goflow2, Akvorado and pmacct write them: how many flows a packet carried is
        // not said.
        of("unstated", &[(0, None, 3), (3, None, 1), (4, None, 7)], (0, 0), 0),
        of("unstated, with a gap", &[(0, None, 3), (3, None, 3), (9, None, 3)], (3, 0), 0),
        of("stated as 0", &[(0, Some(0), 3), (3, Some(0), 3), (6, Some(0), 3)], (0, 0), 0),
    ]
}

/// Cases of several engines, exporters, and exporters under one address.
fn of_several() -> Vec<Case> {
    let two = |name, other: (&'static str, u8), lost: u64| Case {
        name,
        packets: [("r1", 0, 0), other_at(other, 500), ("r1", 0, 60), other_at(other, 560)]
            .into_iter()
            .zip([0, 0, 1, 1])
            .map(|((exporter, engine, number), second)| {
                Packet(exporter, engine, second, number, Some(30), 30)
            })
            .collect(),
        lost: (lost, 0),
        hidden: 0,
    };
    let under_one_address = (0..40).flat_map(|n| {
        // From the 20th on, 30 flows of the second one are missing.
        let late = if n < 20 { 0 } else { 30 };
        let second = Packet("r1", 0, n * 2 + 1, 9_000_000 + n * 3 + late, Some(3), 3);
        [Packet("r1", 0, n * 2, n * 5, Some(5), 5), second]
    });
    vec![
        two("two engines", ("r1", 1), 60),
        two("two exporters", ("r2", 0), 60),
        Case {
            name: "two exporters under one address",
            packets: under_one_address.collect(),
            lost: (30, 0),
            hidden: 0,
        },
    ]
}

fn other_at((exporter, engine): (&'static str, u8), number: u32) -> (&'static str, u8, u32) {
    (exporter, engine, number)
}

/// The documents of packets, as Logstash's module writes them.
fn documents(packets: &[Packet]) -> Vec<String> {
    let document = |packet: &Packet, nth: u32| {
        let Packet(exporter, engine, second, number, stated, _) = packet;
        let records = stated.map_or(String::new(), |n| format!(r#""flow_records":{n},"#));
        let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        format!(
            r#"{{"@timestamp":"2018-09-21T{time}.000Z","host":"{exporter}","netflow":{{"version":5,"flow_seq_num":{number},{records}"engine_type":0,"engine_id":{engine},"bytes":1,"packets":1,"src_port":{nth}}}}}"#
        )
    };
    packets.iter().flat_map(|packet| (0..packet.5).map(move |nth| document(packet, nth))).collect()
}

/// Documents in several orders and files. Those of several shards come as runs of some.
fn orders(documents: &[String]) -> Vec<(&'static str, Vec<Vec<String>>)> {
    let reversed: Vec<String> = documents.iter().rev().cloned().collect();
    let of_shards = documents.chunks(64).flat_map(|chunk| {
        let of_shard = |odd: usize| chunk.iter().skip(odd).step_by(2).cloned();
        of_shard(1).chain(of_shard(0))
    });
    let half = documents.len().div_ceil(2).max(1);
    vec![
        ("in order", vec![documents.to_vec()]),
        ("reversed", vec![reversed]),
        ("by shards", vec![of_shards.collect()]),
        ("two files", documents.chunks(half).map(<[_]>::to_vec).collect()),
    ]
}

fn sources(folder: &Path, files: &[Vec<String>]) -> Vec<Source> {
    let source = |(n, lines): (usize, &Vec<String>)| {
        let path = folder.join(format!("{n}.ndjson"));
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        Source::open(&path).unwrap()
    };
    files.iter().enumerate().map(source).collect()
}

/// The sum of a column; 0 where it is unknown.
fn sum(answer: &Answer, name: &str) -> u64 {
    let at = answer.table.columns.iter().position(|column| column.name == name).unwrap();
    let number = |row: &Vec<Cell>| match row[at] {
        Cell::Number(n) => u64::try_from(n).unwrap(),
        _ => 0,
    };
    answer.table.rows.iter().map(number).sum()
}

/// Values of a finding of `check`, added up.
fn found(check: &Answer, finding: &str) -> u64 {
    let rows = check.table.rows.iter().filter(|row| row[0] == Cell::Text(finding.into()));
    rows.map(|row| match row[2] {
        Cell::Number(n) => u64::try_from(n).unwrap(),
        _ => 0,
    })
    .sum()
}

/// Flows missing between packets and in packets by `exporters` and by `check`, and what
/// the note counts.
fn told(sources: &[Source], of: impl Fn(Report) -> Question) -> [(u64, u64); 2] {
    let exporters = answer(sources, &of(Report::Exporters(Exporters::default())));
    let check = answer(sources, &of(Report::Check));
    let lost = (sum(&exporters, "lost_flows"), sum(&exporters, "missing_documents"));
    assert_eq!((found(&check, "lost_flows"), found(&check, "missing_documents")), lost);
    let noted = exporters.tally.sequences.missing();
    assert_eq!(check.tally.sequences.missing(), noted);
    [lost, (noted, 0)]
}

#[test]
fn check_and_the_note_agree_on_every_case() {
    for case in of_one().into_iter().chain(of_documents()).chain(of_several()) {
        let noted = case.lost.0 + case.lost.1 - case.hidden;
        for (order, files) in orders(&documents(&case.packets)) {
            let place = tempfile::tempdir().unwrap();
            let sources = sources(place.path(), &files);
            let words = format!("{}, {order}", case.name);
            assert_eq!(told(&sources, question), [case.lost, (noted, 0)], "{words}");
            // Both are silent where a filter leaves flows out, and not of one on engines.
            let of_ports = |report| filtered(question(report), "src_port = 0");
            assert_eq!(told(&sources, of_ports), [(0, 0); 2], "{words}");
            let of_engines = |report| filtered(question(report), "engine_id < 9");
            assert_eq!(told(&sources, of_engines), [case.lost, (noted, 0)], "{words}");
        }
    }
}

/// A dump whose columns are made part by part, and one that a fetch filtered.
#[test]
fn a_dump_tells_what_its_documents_do_unless_a_fetch_filtered_it() {
    for case in of_documents().into_iter().chain(of_several()) {
        let place = tempfile::tempdir().unwrap();
        let documents = sources(place.path(), &[documents(&case.packets)]);
        let dump = place.path().join("dump");
        let options = ReadOptions::default();
        import(&documents, &dump, String::new(), true, options).unwrap();
        let noted = case.lost.0 + case.lost.1 - case.hidden;
        let of_dump = || told(&[Source::open(&dump).unwrap()], question);
        assert_eq!(of_dump(), [case.lost, (noted, 0)], "{}", case.name);
        let path = dump.join("manifest.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut manifest: Manifest = serde_json::from_str(&text).unwrap();
        for (filter, expected) in
            [("src_port = 0", [(0, 0); 2]), ("engine_id < 9", [case.lost, (noted, 0)])]
        {
            manifest.filter_means = Some(filter.to_owned());
            std::fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
            assert_eq!(of_dump(), expected, "{}, fetched with {filter}", case.name);
        }
    }
}

/// Random packets of one to three engines: whichever is silent, the other is, too.
#[test]
fn check_and_the_note_speak_of_the_same_random_documents() {
    for seed in 1..=12 {
        let mut random = Random(seed * 7919);
        let mut packets = Vec::new();
        for (exporter, engine) in [("r1", 0), ("r1", 1), ("r2", 0)] {
            packets.extend(random_packets(&mut random, exporter, engine));
        }
        packets.sort_by_key(|packet| packet.2);
        for (order, files) in orders(&documents(&packets)) {
            let place = tempfile::tempdir().unwrap();
            let [(lost, missing), (noted, _)] = told(&sources(place.path(), &files), question);
            assert_eq!(noted > 0, lost + missing > 0, "seed {seed}, {order}: {noted}, {lost}");
        }
    }
}

/// Packets of an engine that may lose some, start again, count its own flows, or not
/// state how many it carries.
fn random_packets(random: &mut Random, exporter: &'static str, engine: u8) -> Vec<Packet> {
    let below = |random: &mut Random, most: u32| u32::try_from(random.below(most.into())).unwrap();
    let (kind, is_constant) = (random.below(4), random.below(2) == 0);
    let losses = [0, 30, 100][usize::try_from(random.below(3)).unwrap()];
    let mut number = [0, u32::MAX - 500, 77_777][usize::try_from(random.below(3)).unwrap()];
    let (mut second, mut packets) = (0, Vec::new());
    for _ in 0..below(random, 60) {
        let carried = if is_constant { 10 } else { 1 + below(random, 10) };
        let stated = if kind == 0 { number.wrapping_add(carried) } else { number };
        second += 1 + below(random, 3);
        if random.below(1000) >= losses {
            let records = (kind != 1).then_some(carried);
            packets.push(Packet(exporter, engine, second, stated, records, carried));
        }
        number = if random.below(50) == 0 { 0 } else { number.wrapping_add(carried) };
    }
    packets
}
