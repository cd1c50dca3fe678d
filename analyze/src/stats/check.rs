//! `check`: what is wrong with the data, finding by finding.

mod findings;

use flowkit_model::{FIELDS, FieldId};
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_128;

use super::Statistic;
use super::loss::Packets;
use crate::answer::Answer;
use crate::columns::Batch;
use crate::quality::Quality;
use crate::tally::Tally;

/// The quality of the data.
#[derive(Clone, Copy, Debug, Default)]
pub struct Check;

/// What one thread has found.
#[derive(Debug, Default)]
pub struct Checked {
    /// By exporter's number in the dictionary.
    times: HashMap<Option<u64>, Quality>,
    packets: Packets,
    /// By hash of all fields: how often.
    equal: HashMap<u128, u64>,
    /// By hash of what two exporters on one path would agree on: the first
    /// exporter, whether there was another, and how many flows.
    sightings: HashMap<u128, Sighting>,
    /// Sampled without saying how.
    sampled_without_mode: u64,
}

#[derive(Clone, Copy, Debug)]
struct Sighting {
    exporter: Option<u64>,
    by_others: bool,
    flows: u64,
}

/// What two routers on the path of a flow see alike.
const ALIKE: [FieldId; 7] = [
    FieldId::SrcAddr,
    FieldId::DstAddr,
    FieldId::Protocol,
    FieldId::SrcPort,
    FieldId::DstPort,
    FieldId::Packets,
    FieldId::Bytes,
];

/// Flows of fewer packets are alike by chance: pings, requests for names.
const FEWEST_PACKETS: u64 = 3;

impl Statistic for Check {
    type Partial = Checked;

    fn fields(&self) -> Vec<FieldId> {
        FIELDS.iter().map(|field| field.id).collect()
    }

    fn start(&self) -> Checked {
        Checked::default()
    }

    fn add(&self, checked: &mut Checked, batch: &Batch) {
        let column = |field| batch.column(field);
        let exporters = column(FieldId::Exporter);
        let (sent, first, last) = (
            column(FieldId::Timestamp),
            column(FieldId::FirstSwitched),
            column(FieldId::LastSwitched),
        );
        let (mode, interval) =
            (column(FieldId::SamplingAlgorithm), column(FieldId::SamplingInterval));
        let all: Vec<FieldId> = self.fields();
        for row in 0..batch.rows() {
            let exporter = exporters.get(row);
            checked.times.entry(exporter).or_default().add(
                sent.get(row),
                first.get(row),
                last.get(row),
            );
            checked.sampled_without_mode +=
                u64::from(mode.get(row) == Some(0) && interval.get(row) > Some(1));
            *checked.equal.entry(hash(batch, &all, row)).or_default() += 1;
            if column(FieldId::Packets).get(row) >= Some(FEWEST_PACKETS) {
                let seen = Sighting { exporter, by_others: false, flows: 1 };
                see(&mut checked.sightings, hash(batch, &ALIKE, row), seen);
            }
        }
        checked.packets.add(batch);
    }

    fn merge(&self, checked: &mut Checked, other: Checked) {
        for (exporter, times) in other.times {
            checked.times.entry(exporter).or_default().merge(&times);
        }
        checked.packets.merge(other.packets);
        for (flow, n) in other.equal {
            *checked.equal.entry(flow).or_default() += n;
        }
        for (flow, seen) in other.sightings {
            see(&mut checked.sightings, flow, seen);
        }
        checked.sampled_without_mode += other.sampled_without_mode;
    }

    fn answer(&self, checked: Checked, texts: &[String], tally: &Tally) -> Answer {
        findings::answer(checked, texts, tally)
    }
}

fn see(sightings: &mut HashMap<u128, Sighting>, flow: u128, seen: Sighting) {
    let known = sightings.entry(flow).or_insert(Sighting { flows: 0, ..seen });
    known.by_others |= seen.by_others || known.exporter != seen.exporter;
    known.flows += seen.flows;
}

/// A hash of a flow's values; among 10^9 flows two differ in it.
pub(crate) fn hash(batch: &Batch, fields: &[FieldId], row: usize) -> u128 {
    let mut bytes = Vec::with_capacity(fields.len() * 9);
    for field in fields {
        let value = batch.column(*field).get(row);
        bytes.push(u8::from(value.is_some()));
        bytes.extend_from_slice(&value.unwrap_or(0).to_le_bytes());
    }
    xxh3_128(&bytes)
}
