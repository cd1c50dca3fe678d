//! `check`: what is wrong with the data, finding by finding.

mod directed;
mod findings;
pub(crate) mod fingerprint;
mod templated;

use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Tally};
use flowkit_model::{FIELDS, FieldId};

use self::directed::Directed;
use self::fingerprint::Fingerprint;
use self::templated::Records;
use crate::batch::Batch;
use crate::batch::dictionary::Codebook;
use crate::quality::loss::Packets;
use crate::spill::memory::Memory;
use crate::spill::partitions::{PARTITIONS, Partitions, each_part};
use crate::statistic::{NoAnswer, Statistic};

/// The quality of the data.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Check;

/// What one thread has found.
#[derive(Debug)]
pub(crate) struct Checked {
    packets: Packets,
    /// Fingerprints of all flows; those that two routers may share are in one partition.
    flows: Partitions<Fingerprint>,
    /// Flows of which it is known which way they were observed.
    directed: Partitions<Directed>,
    /// Records of v9 and IPFIX by exporter and template.
    records: Records,
    /// Flows that state a sampling interval and no sampling mode.
    sampled_without_mode: u64,
}

/// Flows that occur more than once.
#[derive(Clone, Copy, Debug, Default)]
struct Duplicates {
    /// Flows equal to an earlier one in every field.
    equal: u64,
    /// Flows that another exporter saw too.
    seen_twice: u64,
}

impl Statistic for Check {
    type Partial = Checked;

    fn fields(&self) -> Vec<FieldId> {
        let of_version_5 = FIELDS.iter().filter(|field| !field.is_of_templates());
        of_version_5.map(|field| field.id).collect()
    }

    fn fields_if_any(&self) -> Vec<FieldId> {
        FIELDS.iter().filter(|field| field.is_of_templates()).map(|field| field.id).collect()
    }

    fn start(&self, memory: &Arc<Memory>) -> Checked {
        Checked {
            packets: Packets::new(memory),
            flows: Partitions::new(Arc::clone(memory)),
            directed: Partitions::new(Arc::clone(memory)),
            records: Records::default(),
            sampled_without_mode: 0,
        }
    }

    fn add(&self, checked: &mut Checked, batch: &Batch) {
        let column = |field| batch.column(field);
        let (mode, interval) =
            (column(FieldId::SamplingAlgorithm), column(FieldId::SamplingInterval));
        let without_mode = |row: &usize| mode.get(*row) == Some(0) && interval.get(*row) > Some(1);
        checked.sampled_without_mode += (0..batch.rows()).filter(without_mode).count() as u64;
        for (row, flow) in Fingerprint::of(batch).enumerate() {
            checked.flows.push(flow.partition_hash(), flow);
            if let Some(directed) = Directed::of(batch, row, &flow) {
                checked.directed.push(flow.partition_hash(), directed);
            }
        }
        checked.records.add(batch);
        checked.packets.add(batch);
    }

    fn merge(&self, checked: &mut Checked, other: Checked) {
        checked.packets.merge(other.packets);
        checked.flows.append(other.flows);
        checked.directed.append(other.directed);
        checked.records.merge(other.records);
        checked.sampled_without_mode += other.sampled_without_mode;
    }

    fn answer(
        &self,
        checked: Checked,
        codes: &Codebook,
        tally: &Tally,
    ) -> Result<Answer, NoAnswer> {
        let parts = if checked.flows.is_empty() { 0 } else { PARTITIONS };
        let mut duplicates = Duplicates::default();
        for part in each_part(parts, |part| of_part(&checked.flows, part))? {
            duplicates.equal += part.equal;
            duplicates.seen_twice += part.seen_twice;
        }
        let twice = directed::reported_twice(&checked.directed)?;
        Ok(findings::answer(checked, &duplicates, &twice, codes, tally)?)
    }
}

fn of_part(flows: &Partitions<Fingerprint>, part: usize) -> io::Result<Duplicates> {
    let mut all = Vec::with_capacity(flows.len(part));
    flows.each(part, |flow| all.push(flow))?;
    // By one word, which is faster than by all of it; few flows share that word.
    all.sort_unstable_by_key(Fingerprint::partition_hash);
    let mut duplicates = Duplicates::default();
    for near in all
        .chunk_by_mut(|a, b| a.partition_hash() == b.partition_hash())
        .filter(|near| near.len() > 1)
    {
        near.sort_unstable();
        for likes in near.chunk_by(|a, b| a.alike() == b.alike()) {
            let first = likes[0];
            if first.is_telling() && likes.iter().any(|flow| flow.exporter != first.exporter) {
                duplicates.seen_twice += likes.len() as u64;
            }
            duplicates.equal += likes.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
        }
    }
    Ok(duplicates)
}
