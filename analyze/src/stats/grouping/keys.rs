//! The key columns of a batch: fields as they are, or derived from them.

use std::borrow::Cow;

use flowkit_model::address::Prefix;
use flowkit_model::filter::End;
use flowkit_model::question::Key;
use flowkit_model::{Address, FieldId};
use jiff::tz::TimeZone;

use crate::batch::dictionary::{CodeCache, FIRST_CODED, has_coded};
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
            (Key::Network(field, bits), _) => Cow::Owned(networks(batch, *field, *bits)),
            (Key::Either(either, Some(bits)), _) => {
                Cow::Owned(networks(batch, either.fields()[end], *bits))
            }
            (Key::Pair { higher }, _) => Cow::Owned(pair_end(batch, *higher)),
            (Key::Service, _) => Cow::Owned(services(batch)),
            (Key::Bin { time, .. }, Some(bins)) => Cow::Owned(starts(batch.column(*time), bins)),
            (Key::Bin { .. }, None) => unreachable!("a key of time has its bins"),
        }
    }
}

/// Addresses cut to a prefix; those of a family without one are unknown.
fn networks(batch: &Batch, field: FieldId, prefix: Prefix) -> Column {
    let column = batch.column(field);
    let Values::U32(codes) = &column.values else { return column.clone() };
    let mask = prefix.ipv4_mask();
    if let Some(mask) = mask.filter(|_| !has_coded(codes)) {
        let values = Values::U32(codes.iter().map(|code| code & mask).collect());
        return Column { values, unknown: column.unknown.clone() };
    }
    let network = |address: Address| match address.ipv4_bits() {
        Some(bits) => mask.map(|mask| Address::from_bits(bits & mask)),
        None => prefix.first(address),
    };
    let (dictionary, mut cache) = (batch.dictionary(), CodeCache::default());
    // Not while the dictionary is lent: networks are new to it.
    let addresses = dictionary.addresses_of(codes.iter().copied()).into_iter().enumerate();
    column_of(addresses.map(|(row, address)| {
        let address = address.filter(|_| !column.is_unknown(row))?;
        Some(cache.address_code(network(address)?, dictionary))
    }))
}

/// A column of codes.
fn column_of(codes: impl Iterator<Item = Option<u32>>) -> Column {
    let (values, unknown) = codes.map(|code| (code.unwrap_or(0), code.is_none())).unzip();
    Column { values: Values::U32(values), unknown: Some(unknown) }
}

/// The rank of an unknown address: above all others.
const UNKNOWN: u64 = 1 << 32;

/// Both ends of the flows of a batch, to be put in order.
struct Ends<'b> {
    columns: [&'b Column; 2],
    /// What the codes stand for, where both ends have codes of the dictionary: others
    /// are in the order of their addresses.
    addresses: Option<[Vec<Option<Address>>; 2]>,
}

impl<'b> Ends<'b> {
    fn of(batch: &'b Batch) -> Self {
        let columns = End::Address.fields().map(|field| batch.column(field));
        let codes = columns.map(|column| match &column.values {
            Values::U32(codes) => &codes[..],
            _ => &[],
        });
        let addresses = codes
            .iter()
            .all(|codes| has_coded(codes))
            .then(|| codes.map(|codes| batch.dictionary().addresses_of(codes.iter().copied())));
        Self { columns, addresses }
    }

    /// The code of a row at an end.
    #[inline]
    fn rank(&self, end: usize, row: usize) -> u64 {
        self.columns[end].get(row).unwrap_or(UNKNOWN)
    }

    /// Whether the destination of a row is the lower address.
    #[inline]
    fn is_downward(&self, row: usize) -> bool {
        let (src, dst) = (self.rank(0, row), self.rank(1, row));
        match &self.addresses {
            Some([of_src, of_dst])
                if src.min(dst) >= u64::from(FIRST_CODED) && src.max(dst) < UNKNOWN =>
            {
                of_dst[row] < of_src[row]
            }
            _ => dst < src,
        }
    }
}

/// The higher or the lower address of each row.
fn pair_end(batch: &Batch, higher: bool) -> Column {
    let ends = Ends::of(batch);
    let code = |rank: u64| u32::try_from(rank).ok();
    let rows = 0..batch.rows();
    if ends.addresses.is_some() {
        let end = |row| usize::from(ends.is_downward(row) != higher);
        return column_of(rows.map(|row| code(ends.rank(end(row), row))));
    }
    column_of(rows.map(|row| {
        let (src, dst) = (ends.rank(0, row), ends.rank(1, row));
        code(if higher { src.max(dst) } else { src.min(dst) })
    }))
}

/// Whether a flow goes from the lower address to the higher, row by row.
pub(crate) fn is_upward(batch: &Batch) -> Vec<bool> {
    let ends = Ends::of(batch);
    (0..batch.rows()).map(|row| !ends.is_downward(row)).collect()
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
