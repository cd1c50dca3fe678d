//! The flows of a source one by one: of documents, or of packets in a file.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Read as _;
use std::path::Path;

use anyhow::Context;
use flowkit_analyze::scan::ReadOptions;
use flowkit_analyze::{Source, documents};
use flowkit_model::document::entry::Hit;
use flowkit_model::{Entry, FlowRecord, NotAFlow, late, wire};

use crate::{datagrams, notes};

/// What is to be said of a source beside its flows.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) notes: Vec<String>,
    /// Something that should be there is missing.
    pub(super) incomplete: bool,
}

/// Hands on every flow, in the order of the source.
///
/// A document that is there twice (same `_index` and `_id`) counts once.
pub(super) fn each(
    path: &Path,
    repair_times: bool,
    mut take: impl FnMut(&FlowRecord) -> anyhow::Result<()>,
) -> anyhow::Result<Read> {
    let take = |flow: FlowRecord| take(&if repair_times { late::repaired(&flow) } else { flow });
    if holds_packets(path) { of_packets(path, take) } else { of_documents(path, take) }
}

/// A pcap file, or one that begins as a header of version 5.
fn holds_packets(path: &Path) -> bool {
    let mut start = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && (datagrams::is_pcap(&start) || start[..2] == [0, 5])
}

fn of_packets(
    path: &Path,
    mut take: impl FnMut(FlowRecord) -> anyhow::Result<()>,
) -> anyhow::Result<Read> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot open {}", path.display()))?;
    let (payloads, damage) = if datagrams::is_pcap(&bytes) {
        let (found, damage) = datagrams::of_pcap(&bytes)?;
        (found.into_iter().map(|(sender, payload)| (Some(sender), payload)).collect(), damage)
    } else {
        (wire::split(&bytes).map(|payload| (None, payload)).collect::<Vec<_>>(), None)
    };
    let mut read = Read { incomplete: damage.is_some(), notes: damage.into_iter().collect() };
    for ((sender, payload), number) in payloads.iter().zip(1_u64..) {
        let datagram = match wire::decode(payload) {
            Ok(datagram) => datagram,
            Err(error) => {
                read.notes.push(format!("datagram {number}: {error}"));
                continue;
            }
        };
        for fault in datagram.faults() {
            read.incomplete |= matches!(fault, wire::Fault::CutShort { .. });
            read.notes.push(format!("datagram {number}: {fault}"));
        }
        for flow in datagram.flows(sender.as_deref()) {
            take(flow)?;
        }
    }
    Ok(read)
}

fn of_documents(
    path: &Path,
    mut take: impl FnMut(FlowRecord) -> anyhow::Result<()>,
) -> anyhow::Result<Read> {
    let sources = [Source::open(path)?];
    let mut seen = Seen::default();
    let (mut skipped, mut result, mut n) = (BTreeMap::new(), Ok(()), 0_u64);
    let tally = documents::each(&sources, ReadOptions::default(), |found| {
        n += 1;
        let flow = match Entry::parse(found.whole.as_bytes()) {
            Ok(Entry::Hit(hit)) if seen.again(&hit) => return true,
            Ok(Entry::Hit(hit)) => hit.into_flow(),
            Ok(Entry::Bare(document)) => document.into_flow(),
            _ => Err(NotAFlow::NotJson),
        };
        match flow {
            Ok(flow) => result = take(flow),
            Err(cause) => skipped.entry(cause).or_insert((0, n)).0 += 1,
        }
        result.is_ok()
    })?;
    result?;
    let mut text = Vec::new();
    notes::of_tally(&tally, &mut text)?;
    let text = String::from_utf8_lossy(&text);
    let mut notes: Vec<String> =
        text.lines().map(|line| line.strip_prefix("note: ").unwrap_or(line).to_owned()).collect();
    for (cause, (n, first)) in skipped {
        notes.push(format!("skipped {n} ({}), the first is document {first}", cause.text()));
    }
    if seen.n_again > 0 {
        notes.push(format!(
            "{} documents are there more than once and were sent once",
            seen.n_again
        ));
    }
    Ok(Read { notes, incomplete: !tally.incomplete.is_empty() })
}

/// Which documents have come, by 128 bits of hash: a false match among 10⁹ is
/// as likely as one in 10²⁰.
#[derive(Default)]
struct Seen {
    hashers: (RandomState, RandomState),
    known: HashSet<(u64, u64)>,
    n_again: u64,
}

impl Seen {
    /// Whether a hit with an identity came before.
    fn again(&mut self, hit: &Hit<'_>) -> bool {
        let (Some(index), Some(id)) = (&hit.index, &hit.id) else { return false };
        let identity = (index, id, &hit.routing);
        let key = (self.hashers.0.hash_one(identity), self.hashers.1.hash_one(identity));
        let again = !self.known.insert(key);
        self.n_again += u64::from(again);
        again
    }
}
