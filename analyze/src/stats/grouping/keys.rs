//! The key columns of a batch: fields as they are, or derived from them.

use std::borrow::Cow;

use flowkit_model::FieldId;
use flowkit_model::address::prefix_mask;
use flowkit_model::filter::End;
use flowkit_model::question::Key;
use jiff::tz::TimeZone;

use crate::batch::{Batch, Column, Values};
use crate::bins::{Bins, Days, Stretch};
use crate::group::key_part::KeyPart;

/// A part of a key that can be computed from batches.
#[derive(Clone, Debug)]
pub(crate) struct KeyColumn {
    key: Key,
    /// The bins, if it is one of time.
    bins: Option<Bins>,
}

impl KeyColumn {
    /// The columns of some keys; bins of time begin at midnight in a zone.
    pub(crate) fn of_all(keys: &[Key], zone: &TimeZone) -> Vec<Self> {
        keys.iter().map(|key| Self::new(key.clone(), zone)).collect()
    }

    fn new(key: Key, zone: &TimeZone) -> Self {
        let bins = match &key {
            Key::Bin { length_ms, .. } => Some(Bins::new(*length_ms, zone.clone())),
            _ => None,
        };
        Self { key, bins }
    }

    /// The key of the question.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// The bins, if it is one of time.
    pub(crate) fn bins(&self) -> Option<&Bins> {
        self.bins.as_ref()
    }

    /// The part of a packed key that holds it.
    pub(crate) fn part(&self) -> KeyPart {
        KeyPart::of(self.key.like().field())
    }

    /// Its values in a batch. A key at either end is that of `end`: 0 for the source,
    /// 1 for the destination.
    pub(crate) fn column<'b>(&self, batch: &'b Batch, end: usize) -> Cow<'b, Column> {
        match (&self.key, &self.bins) {
            (Key::Field(field), _) => Cow::Borrowed(batch.column(*field)),
            (Key::Either(either, None), _) => Cow::Borrowed(batch.column(either.fields()[end])),
            (Key::Network(field, bits), _) => Cow::Owned(networks(batch.column(*field), *bits)),
            (Key::Either(either, Some(bits)), _) => {
                Cow::Owned(networks(batch.column(either.fields()[end]), *bits))
            }
            (Key::Pair { higher }, _) => Cow::Owned(pair_end(batch, *higher)),
            (Key::Service, _) => Cow::Owned(services(batch)),
            (Key::Bin { .. }, Some(bins)) => {
                Cow::Owned(starts(batch.column(FieldId::Timestamp), bins))
            }
            (Key::Bin { .. }, None) => unreachable!("a key of time has its bins"),
        }
    }
}

/// Addresses cut to a prefix of `bits`.
fn networks(column: &Column, bits: u8) -> Column {
    let mask = prefix_mask(bits).unwrap_or(u32::MAX);
    match &column.values {
        Values::U32(values) => Column {
            values: Values::U32(values.iter().map(|value| value & mask).collect()),
            unknown: column.unknown.clone(),
        },
        _ => column.clone(),
    }
}

/// The sort order of an address: unknown is the highest.
fn rank(column: &Column, row: usize) -> u64 {
    column.get(row).unwrap_or(1 << 32)
}

fn pair_end(batch: &Batch, higher: bool) -> Column {
    let [src, dst] = End::Address.fields().map(|field| batch.column(field));
    let ranks = (0..batch.rows()).map(|row| {
        let (src, dst) = (rank(src, row), rank(dst, row));
        if higher { src.max(dst) } else { src.min(dst) }
    });
    let (values, unknown) =
        ranks.map(|rank| u32::try_from(rank).map_or((0, true), |rank| (rank, false))).unzip();
    Column { values: Values::U32(values), unknown: Some(unknown) }
}

/// Whether a flow goes from the lower address to the higher, row by row.
pub(crate) fn is_upward(batch: &Batch) -> Vec<bool> {
    let [src, dst] = End::Address.fields().map(|field| batch.column(field));
    (0..batch.rows()).map(|row| rank(src, row) <= rank(dst, row)).collect()
}

/// Whether the destination port is the service, row by row.
pub(crate) fn is_to_service(batch: &Batch) -> Vec<bool> {
    let [src, dst] = End::Port.fields().map(|field| batch.column(field));
    (0..batch.rows()).map(|row| dst.get(row) <= src.get(row)).collect()
}

fn services(batch: &Batch) -> Column {
    let [src, dst] = End::Port.fields().map(|field| batch.column(field));
    let protocol = batch.column(FieldId::Protocol);
    let value = |row| {
        let port =
            flowkit_model::filter::service(protocol.get(row)?, src.get(row)?, dst.get(row)?)?;
        u16::try_from(port).ok()
    };
    let (values, unknown) =
        (0..batch.rows()).map(value).map(|port| (port.unwrap_or(0), port.is_none())).unzip();
    Column { values: Values::U16(values), unknown: Some(unknown) }
}

fn starts(times: &Column, bins: &Bins) -> Column {
    let mut days = Days::default();
    let mut last = Stretch::default();
    let values = (0..times.len())
        .map(|row| {
            let Some(ms) = times.get(row) else { return 0 };
            if !last.contains(ms) {
                last = bins.stretch(ms, &mut days);
            }
            last.bin
        })
        .collect();
    Column { values: Values::U64(values), unknown: times.unknown.clone() }
}
