//! Stands for a flow in 24 bytes: what two routers would see alike, and what
//! else there is.

use flowkit_model::{FIELDS, FieldId};

use crate::batch::Batch;
use crate::dedup::row_hash::hashes;
use crate::spill::record::Stored;

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

/// A flow. Two of 10^9 flows have the same 96 bits by chance with a
/// probability of 10^-11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fingerprint {
    alike: (u64, u32),
    /// The exporter's number in the dictionary, from 1; 0 is unknown.
    pub(super) exporter: u32,
    /// A hash of all fields, but that the lowest bit tells whether the flow has
    /// so many packets that a like is no chance.
    rest: u64,
}

impl Fingerprint {
    /// What flows that may be alike have in common.
    pub(super) fn alike(&self) -> (u64, u32) {
        self.alike
    }

    /// The hash that tells the partition: likes are in one.
    pub(super) fn place(&self) -> u64 {
        self.alike.0
    }

    /// Whether a like of it is more than chance.
    pub(super) fn is_telling(&self) -> bool {
        self.rest & 1 == 1
    }

    /// Of each flow of a batch of all fields.
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

impl Stored for Fingerprint {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.alike, self.exporter), self.rest).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let ((alike, exporter), rest) = Stored::read(bytes)?;
        Some(Self { alike, exporter, rest })
    }
}
