//! Stands for a flow in 24 bytes: what two routers would see alike, and what
//! else there is.

use flowkit_model::{FIELDS, FieldId};

use crate::columns::{Batch, Column, Values};
use crate::group::stored::Stored;

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

/// Two independent hashes of some fields of each flow.
///
/// Field by field over the rows, so that the width of a column is looked at
/// once a batch: an eighth of the time of `check`.
pub(crate) fn hashes(batch: &Batch, fields: &[FieldId]) -> Vec<(u64, u64)> {
    let mut hashes = vec![(0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344); batch.rows()];
    for field in fields {
        let column = batch.column(*field);
        match &column.values {
            Values::U8(values) => mix_all(&mut hashes, values, column),
            Values::U16(values) => mix_all(&mut hashes, values, column),
            Values::U32(values) => mix_all(&mut hashes, values, column),
            Values::U64(values) => mix_all(&mut hashes, values, column),
        }
    }
    hashes
}

fn mix_all<V: Copy + Into<u64>>(hashes: &mut [(u64, u64)], values: &[V], column: &Column) {
    match &column.unknown {
        None => {
            for (hash, value) in hashes.iter_mut().zip(values) {
                mix(hash, (*value).into(), false);
            }
        }
        Some(unknown) => {
            for ((hash, value), unknown) in hashes.iter_mut().zip(values).zip(unknown) {
                mix(hash, (*value).into(), *unknown);
            }
        }
    }
}

/// Multiplications by odd numbers, each with a rotation after it, so that
/// every bit of a value reaches all of the hash within two fields.
#[inline]
fn mix(hash: &mut (u64, u64), value: u64, unknown: bool) {
    let value = value ^ (u64::from(unknown) << 63 | u64::from(unknown));
    let folded = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
        half(product >> 64) ^ half(product)
    };
    hash.0 = folded(hash.0 ^ value, 0x9e37_79b9_7f4a_7c15).wrapping_add(hash.1);
    hash.1 = (hash.1 ^ value).wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(29) ^ hash.0;
}
