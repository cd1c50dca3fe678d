//! Flows that one exporter reports twice: as they come in and as they leave.
//!
//! A router that watches an interface both ways has each flow that crosses two of its
//! interfaces in two records, one ingress and one egress, with equal ends, ports,
//! protocol and counters. A probe that uses the two words for the sides of a conversation
//! has no such pairs, and its egress flows are half of the traffic. So only pairs are
//! told, and nothing is dropped.

use std::collections::BTreeMap;
use std::io;

use flowkit_model::{FieldId, Sums};

use super::fingerprint::Fingerprint;
use crate::batch::Batch;
use crate::spill::partitions::{PARTITIONS, Partitions, each_part};
use crate::spill::record::Record;

/// A flow of which it is known which way it was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Directed {
    /// The dictionary code of the exporter plus 1; 0 is unknown.
    exporter: u32,
    alike: (u64, u32),
    bytes: u64,
    packets: u64,
    is_egress: bool,
}

impl Directed {
    /// A row that says its direction and counts something.
    pub(super) fn of(batch: &Batch, row: usize, flow: &Fingerprint) -> Option<Self> {
        let value = |field| batch.column(field).get(row);
        let is_egress = batch.column_if_any(FieldId::Direction)?.get(row)? == 1;
        let (bytes, packets) = (value(FieldId::Bytes), value(FieldId::Packets));
        bytes.or(packets)?;
        let (bytes, packets) = (bytes.unwrap_or(0), packets.unwrap_or(0));
        Some(Self { exporter: flow.exporter, alike: flow.alike(), bytes, packets, is_egress })
    }
}

impl Record for Directed {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.alike, self.exporter), u32::from(self.is_egress)).write(out);
        (self.bytes, self.packets).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let ((alike, exporter), is_egress) = <((_, _), u32)>::read(bytes)?;
        let (bytes, packets) = Record::read(bytes)?;
        Some(Self { exporter, alike, bytes, packets, is_egress: is_egress == 1 })
    }
}

/// What each exporter reports twice: the sums of one record of each pair, by the
/// dictionary code of the exporter.
pub(super) fn reported_twice(
    flows: &Partitions<Directed>,
) -> io::Result<BTreeMap<Option<u64>, Sums>> {
    let parts = if flows.is_empty() { 0 } else { PARTITIONS };
    let mut twice: BTreeMap<Option<u64>, Sums> = BTreeMap::new();
    for part in each_part(parts, |part| of_part(flows, part))? {
        for (exporter, sums) in part {
            let exporter = u64::from(exporter).checked_sub(1);
            twice.entry(exporter).or_default().add(&sums);
        }
    }
    Ok(twice)
}

fn of_part(flows: &Partitions<Directed>, part: usize) -> io::Result<BTreeMap<u32, Sums>> {
    let mut all = Vec::with_capacity(flows.len(part));
    flows.each(part, |flow| all.push(flow))?;
    all.sort_unstable();
    let mut twice: BTreeMap<u32, Sums> = BTreeMap::new();
    for likes in all.chunk_by(|a, b| (a.exporter, a.alike) == (b.exporter, b.alike)) {
        let egress = likes.iter().filter(|flow| flow.is_egress).count();
        let pairs = egress.min(likes.len() - egress) as u64;
        if pairs > 0 {
            let sum = |n: u64| u128::from(pairs) * u128::from(n);
            let (bytes, packets) = (sum(likes[0].bytes), sum(likes[0].packets));
            twice.entry(likes[0].exporter).or_default().add(&Sums { bytes, packets, flows: pairs });
        }
    }
    Ok(twice)
}
