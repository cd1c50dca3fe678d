//! `check`: what is wrong with the data, finding by finding.

mod findings;
pub(crate) mod fingerprint;

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Quality, Tally};
use flowkit_model::{FIELDS, FieldId};
use hashbrown::HashMap;

use self::fingerprint::Fingerprint;
use crate::batch::Batch;
use crate::quality::loss::Packets;
use crate::spill::memory::Memory;
use crate::spill::partitions::{PARTITIONS, Partitions, each_part};
use crate::statistic::Statistic;

/// The quality of the data.
#[derive(Clone, Copy, Debug, Default)]
pub struct Check;

/// What one thread has found.
#[derive(Debug)]
pub struct Checked {
    /// By exporter's number in the dictionary.
    times: HashMap<Option<u64>, Quality>,
    packets: Packets,
    /// Every flow, likes in one partition.
    flows: Partitions<Fingerprint>,
    /// Sampled without saying how.
    sampled_without_mode: u64,
}

/// Flows that are there more than once.
#[derive(Clone, Copy, Debug, Default)]
struct Copies {
    /// Equal to another in every field, but for the first of each.
    equal: u64,
    /// With a like at another exporter.
    seen_twice: u64,
}

impl Statistic for Check {
    type Partial = Checked;

    fn fields(&self) -> Vec<FieldId> {
        FIELDS.iter().map(|field| field.id).collect()
    }

    fn start(&self, memory: &Arc<Memory>) -> Checked {
        Checked {
            times: HashMap::new(),
            packets: Packets::new(memory),
            flows: Partitions::new(Arc::clone(memory)),
            sampled_without_mode: 0,
        }
    }

    fn add(&self, checked: &mut Checked, batch: &Batch) {
        add_times(&mut checked.times, batch);
        let column = |field| batch.column(field);
        let (mode, interval) =
            (column(FieldId::SamplingAlgorithm), column(FieldId::SamplingInterval));
        let without_mode = |row: &usize| mode.get(*row) == Some(0) && interval.get(*row) > Some(1);
        checked.sampled_without_mode += (0..batch.rows()).filter(without_mode).count() as u64;
        for flow in Fingerprint::of(batch) {
            checked.flows.push(flow.place(), flow);
        }
        checked.packets.add(batch);
    }

    fn merge(&self, checked: &mut Checked, other: Checked) {
        for (exporter, times) in other.times {
            checked.times.entry(exporter).or_default().merge(&times);
        }
        checked.packets.merge(other.packets);
        checked.flows.append(other.flows);
        checked.sampled_without_mode += other.sampled_without_mode;
    }

    fn answer(&self, checked: Checked, texts: &[String], tally: &Tally) -> io::Result<Answer> {
        let parts = if checked.flows.is_empty() { 0 } else { PARTITIONS };
        let mut copies = Copies::default();
        for part in each_part(parts, |part| of_part(&checked.flows, part))? {
            copies.equal += part.equal;
            copies.seen_twice += part.seen_twice;
        }
        findings::answer(checked, copies, texts, tally)
    }
}

/// Adds the times of a batch; flows of one exporter mostly come in a row.
fn add_times(times: &mut HashMap<Option<u64>, Quality>, batch: &Batch) {
    let column = |field| batch.column(field);
    let exporters = column(FieldId::Exporter);
    let (sent, first, last) =
        (column(FieldId::Timestamp), column(FieldId::FirstSwitched), column(FieldId::LastSwitched));
    let mut row = 0;
    while row < batch.rows() {
        let exporter = exporters.get(row);
        let quality = times.entry(exporter).or_default();
        while row < batch.rows() && exporters.get(row) == exporter {
            quality.add(sent.get(row), first.get(row), last.get(row));
            row += 1;
        }
    }
}

fn of_part(flows: &Partitions<Fingerprint>, part: usize) -> io::Result<Copies> {
    let mut all = Vec::with_capacity(flows.len(part));
    flows.each(part, |flow| all.push(flow))?;
    // By one word, which is faster than by all; few have it in common.
    all.sort_unstable_by_key(Fingerprint::place);
    let mut copies = Copies::default();
    for near in all.chunk_by_mut(|a, b| a.place() == b.place()).filter(|near| near.len() > 1) {
        near.sort_unstable();
        for likes in near.chunk_by(|a, b| a.alike() == b.alike()) {
            let first = likes[0];
            if first.is_telling() && likes.iter().any(|flow| flow.exporter != first.exporter) {
                copies.seen_twice += likes.len() as u64;
            }
            copies.equal += likes.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
        }
    }
    Ok(copies)
}
