//! Fingerprints of flows in 24 bytes: a hash of the fields that two routers on the
//! path see alike, and one of all fields.

use flowkit_model::{FIELDS, FieldId};

use crate::batch::Batch;
use crate::dedup::row_hash::hashes;
use crate::spill::record::Record;

/// The fields that two routers on the path of a flow see alike.
const ALIKE: [FieldId; 7] = [
    FieldId::SrcAddr,
    FieldId::DstAddr,
    FieldId::Protocol,
    FieldId::SrcPort,
    FieldId::DstPort,
    FieldId::Packets,
    FieldId::Bytes,
];

/// Flows of fewer packets are alike by chance: pings, DNS queries.
const FEWEST_PACKETS: u64 = 3;

/// A flow as hashes: 96 bits of the fields seen alike. That any two of 10^9 flows share
/// them by chance has a probability of 10^-11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fingerprint {
    alike: (u64, u32),
    /// The dictionary code of the exporter plus 1; 0 is unknown.
    pub(super) exporter: u32,
    /// A hash of all fields; the lowest bit instead tells whether the flow has enough
    /// packets that a similar flow is no coincidence.
    rest: u64,
}

impl Fingerprint {
    /// The hash that flows have in common if two routers saw them as one.
    pub(super) fn alike(&self) -> (u64, u32) {
        self.alike
    }

    /// The hash that tells the partition.
    pub(super) fn partition_hash(&self) -> u64 {
        self.alike.0
    }

    /// Whether a similar flow is no coincidence.
    pub(super) fn is_telling(&self) -> bool {
        self.rest & 1 == 1
    }

    /// The fingerprint of each flow of a batch that has all fields.
    pub(super) fn of(batch: &Batch) -> impl Iterator<Item = Self> {
        let alike = hashes(batch, &ALIKE);
        let all: Vec<FieldId> = FIELDS.iter().map(|field| field.id).collect();
        let rest = hashes(batch, &all);
        let (exporters, packets) =
            (batch.column(FieldId::Exporter), batch.column(FieldId::Packets));
        alike.into_iter().zip(rest).enumerate().map(move |(row, (alike, rest))| {
            let is_telling = packets.get(row) >= Some(FEWEST_PACKETS);
            let exporter = exporters.get(row).map_or(0, |code| code + 1);
            Self {
                alike: (alike.0, u32::try_from(alike.1 >> 32).expect("32 bits are left")),
                exporter: u32::try_from(exporter).unwrap_or(u32::MAX),
                rest: rest.0 & !1 | u64::from(is_telling),
            }
        })
    }
}

impl Record for Fingerprint {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.alike, self.exporter), self.rest).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let ((alike, exporter), rest) = Record::read(bytes)?;
        Some(Self { alike, exporter, rest })
    }
}
