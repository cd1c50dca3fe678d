//! How long parts of an answer take, on synthetic flows: reading JSON,
//! writing and decoding columns, grouping, filtering.
//!
//!     cargo bench -p flowkit-analyze
//!
//! What whole programs take over 10 M flows is in `README.md` beside this file.

#![expect(clippy::unwrap_used, reason = "a bench has nobody to tell")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use flowkit_analyze::export::{Addresses, Export, Form};
use flowkit_analyze::in_memory::{Batch, FieldSet, Memory, ask_batches};
use flowkit_analyze::{ReadOptions, Selection, Source, ask};
use flowkit_model::question::{Flows, Key, Order, Question, Report, Top};
use flowkit_model::{FieldId, FlowRecord};

fn main() {
    divan::main();
}

const N_FLOWS: u64 = 200_000;

/// Keys as questions have them: a narrow one, a wide one, two wide ones.
const KEYS: &[&[FieldId]] =
    &[&[FieldId::DstPort], &[FieldId::SrcAddr], &[FieldId::SrcAddr, FieldId::DstAddr]];

/// Numbers that look random and are the same each time (splitmix64).
fn scattered(n: u64) -> u64 {
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 32
}

/// A few ports and addresses carry most flows, and very many the rest.
fn flow(n: u64) -> FlowRecord {
    let few = |salt: u64, most: u64| {
        let random = scattered(n * 8 + salt);
        if random.is_multiple_of(3) { random / 3 % most } else { random / 3 % 20 }
    };
    let at = 1_537_488_000_000 + n / 30 * 250;
    let packets = scattered(n * 8) % 30 + 1;
    FlowRecord {
        timestamp_ms: Some(at),
        exporter: Some("192.0.2.1".into()),
        version: Some(5),
        first_switched_ms: Some(at - scattered(n) % 60_000),
        last_switched_ms: Some(at - scattered(n) % 60_000 / 2),
        src_addr: Some(u32::try_from(0x0a00_0000 + few(1, 1 << 16)).unwrap().into()),
        dst_addr: Some(u32::try_from(0x0a00_0000 + few(2, 1 << 16)).unwrap().into()),
        src_port: Some(u16::try_from(few(3, 60_000)).unwrap()),
        dst_port: Some(u16::try_from(few(4, 60_000)).unwrap()),
        protocol: Some(if n.is_multiple_of(4) { 17 } else { 6 }),
        packets: Some(packets),
        bytes: Some(packets * (40 + scattered(n * 8 + 5) % 1400)),
        ..FlowRecord::default()
    }
}

fn time(ms: Option<u64>) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms.unwrap().try_into().unwrap()).unwrap()
}

/// The flows as hits, one a line.
fn hits() -> String {
    let mut text = String::new();
    for n in 0..N_FLOWS {
        let flow = flow(n);
        let _ = writeln!(
            text,
            r#"{{"_index":"netflow","_id":"{n}","_source":{{"@timestamp":"{}","host":"192.0.2.1","netflow":{{"version":5,"first_switched":"{}","last_switched":"{}","ipv4_src_addr":"{}","ipv4_dst_addr":"{}","l4_src_port":{},"l4_dst_port":{},"protocol":{},"in_pkts":{},"in_bytes":{}}}}}}}"#,
            time(flow.timestamp_ms),
            time(flow.first_switched_ms),
            time(flow.last_switched_ms),
            flow.src_addr.unwrap(),
            flow.dst_addr.unwrap(),
            flow.src_port.unwrap(),
            flow.dst_port.unwrap(),
            flow.protocol.unwrap(),
            flow.packets.unwrap(),
            flow.bytes.unwrap(),
        );
    }
    text
}

/// The flows in files: hits, and columns made of them.
struct Files {
    folder: tempfile::TempDir,
    hits: PathBuf,
    columns: PathBuf,
}

fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (hits_path, columns) =
            (folder.path().join("hits.ndjson"), folder.path().join("flows.parquet"));
        fs::write(&hits_path, hits()).unwrap();
        write_columns(&hits_path, &columns);
        Files { folder, hits: hits_path, columns }
    })
}

fn write_columns(hits: &Path, columns: &Path) {
    let export = Export {
        sources: &[Source::open(hits).unwrap()],
        selection: &Selection::default(),
        anonymiser: None,
        addresses: Addresses::default(),
        options: ReadOptions::default(),
    };
    let exported = export.write(Form::Parquet, File::create(columns).unwrap()).unwrap();
    assert_eq!(exported.flows, N_FLOWS);
}

fn top(keys: &[FieldId], flows: Flows) -> Question {
    let by = keys.iter().map(|field| Key::Field(*field)).collect();
    Question::new(Report::Top(Top { by, columns: None, order: Order::default() }), flows)
}

/// JSON read and added up.
#[divan::bench]
fn documents_read(bencher: Bencher<'_, '_>) {
    let path = &files().hits;
    let question = Question::new(Report::Summary, Flows::default());
    bencher
        .counter(BytesCount::new(fs::metadata(path).unwrap().len()))
        .bench(|| ask(&[Source::open(path).unwrap()], &question).unwrap());
}

/// JSON read and written as columns.
#[divan::bench]
fn columns_written(bencher: Bencher<'_, '_>) {
    let files = files();
    let again = files.folder.path().join("again.parquet");
    bencher
        .counter(BytesCount::new(fs::metadata(&files.hits).unwrap().len()))
        .bench(|| write_columns(&files.hits, &again));
}

/// Columns read, decoded and grouped.
#[divan::bench(args = KEYS)]
fn columns_grouped(bencher: Bencher<'_, '_>, keys: &[FieldId]) {
    let sources = [Source::open(&files().columns).unwrap()];
    let question = top(keys, Flows::default());
    bencher.counter(ItemsCount::new(N_FLOWS)).bench(|| ask(&sources, &question).unwrap());
}

/// The same of the flows that match a filter.
#[divan::bench(args = ["proto tcp and dst port 7", "src net 10.0.0.0/28", "bytes > 1k"])]
fn columns_filtered(bencher: Bencher<'_, '_>, filter: &str) {
    let sources = [Source::open(&files().columns).unwrap()];
    let question = top(KEYS[0], Flows { filter: Some(filter.into()), ..Flows::default() });
    bencher.counter(ItemsCount::new(N_FLOWS)).bench(|| ask(&sources, &question).unwrap());
}

/// Batches in memory grouped, value by value.
#[divan::bench(args = KEYS)]
fn batches_grouped(bencher: Bencher<'_, '_>, keys: &[FieldId]) {
    let question = top(keys, Flows::default());
    let dictionary = Arc::default();
    let mut batches = Vec::new();
    for start in (0..N_FLOWS).step_by(16_384) {
        let mut batch = Batch::new(FieldSet::all(), 16_384, Arc::clone(&dictionary));
        (start..N_FLOWS.min(start + 16_384)).for_each(|n| batch.push(&flow(n)));
        batches.push(batch);
    }
    bencher
        .counter(ItemsCount::new(N_FLOWS))
        .with_inputs(|| batches.clone())
        .bench_values(|batches| ask_batches(batches, &question, Memory::default()).unwrap());
}
