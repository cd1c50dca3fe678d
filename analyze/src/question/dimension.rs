//! What flows are grouped by: a field, or something that is read from fields.

use std::borrow::Cow;

use flowkit_model::answer::Meaning;
use flowkit_model::filter::{Derived, End, nearest};
use flowkit_model::{FIELDS, Field, FieldId, Kind};
use jiff::tz::TimeZone;

use super::bins::{Bins, Days};
use crate::batch::{Batch, Column, Values};
use crate::question::key_part::KeyPart;

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// A field of the catalogue.
    Field(FieldId),
    /// The network of an address: so many of its bits.
    Network(FieldId, u8),
    /// The same thing at either end; addresses may be cut to a network.
    Either(End, Option<u8>),
    /// The lower of the two addresses, or the higher; unknown is the highest.
    Pair {
        /// The higher.
        higher: bool,
    },
    /// The lower of the two ports, where the protocol has ports.
    Service,
    /// The bin of the export time, under the name that was typed.
    Bin(String, Bins),
}

/// No dimension goes by that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnknownKey {
    message: String,
}

impl Dimension {
    /// Finds what a name means: a field by any of its names, `src_addr/24`,
    /// `addr`, `port`, `as`, `if`, `service`, `hour`, `day`, `5m`.
    ///
    /// # Errors
    /// If it means nothing; the message lists what there is.
    pub fn parse(name: &str, zone: &TimeZone) -> Result<Self, UnknownKey> {
        let name = name.trim();
        let (base, bits) = match name.split_once('/') {
            Some((base, bits)) => {
                let bits = bits.parse().ok().filter(|bits| *bits <= 32);
                let bits = bits.ok_or_else(|| UnknownKey {
                    message: format!("{name}: a prefix has 0 to 32 bits, as in src_addr/24"),
                })?;
                (base, Some(bits))
            }
            None => (name, None),
        };
        let is = |known: &str| known.eq_ignore_ascii_case(base);
        let end = End::ALL.into_iter().find(|end| is(end.name()));
        let found = match end.or_else(|| is("ip").then_some(End::Address)) {
            Some(end) => Some(Self::Either(end, None)),
            None if is(Derived::Service.name()) => Some(Self::Service),
            None => Field::by_name(base).map(|field| Self::Field(field.id)),
        };
        match (found, bits) {
            (Some(found), None) => Ok(found),
            (Some(Self::Either(End::Address, _)), bits) => Ok(Self::Either(End::Address, bits)),
            (Some(Self::Field(field)), Some(bits)) if field.field().kind == Kind::Address => {
                Ok(Self::Network(field, bits))
            }
            (Some(_), Some(_)) => {
                Err(UnknownKey { message: format!("{name}: only addresses have a prefix") })
            }
            (None, _) => Bins::parse(name, zone)
                .map(|bins| Self::Bin(name.to_ascii_lowercase(), bins))
                .ok_or_else(|| unknown(name)),
        }
    }

    /// Name of its column.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Field(field) => field.field().name.into(),
            Self::Network(field, bits) => format!("{}/{bits}", field.field().name),
            Self::Either(end, None) => end.name().into(),
            Self::Either(end, Some(bits)) => format!("{}/{bits}", end.name()),
            Self::Pair { higher: false } => "addr_a".into(),
            Self::Pair { higher: true } => "addr_b".into(),
            Self::Service => Derived::Service.name().into(),
            Self::Bin(name, _) => name.clone(),
        }
    }

    /// What its values mean.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::Network(_, bits) | Self::Either(_, Some(bits)) => Meaning::Network(*bits),
            _ => Meaning::Key(self.part().kind),
        }
    }

    /// The same as part of a packed key.
    #[must_use]
    pub fn part(&self) -> KeyPart {
        let of = |field: FieldId| KeyPart { name: self.name(), ..KeyPart::of(field.field()) };
        match self {
            Self::Field(field) | Self::Network(field, _) => of(*field),
            Self::Either(end, _) => of(end.fields()[0]),
            Self::Pair { .. } => of(FieldId::SrcAddr),
            Self::Service => of(FieldId::SrcPort),
            Self::Bin(..) => of(FieldId::Timestamp),
        }
    }

    /// The fields it reads.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldId> {
        match self {
            Self::Field(field) | Self::Network(field, _) => vec![*field],
            Self::Either(end, _) => end.fields().to_vec(),
            Self::Pair { .. } => End::Address.fields().to_vec(),
            Self::Service => Derived::Service.fields().to_vec(),
            Self::Bin(..) => vec![FieldId::Timestamp],
        }
    }

    /// Whether a flow has it at both ends.
    #[must_use]
    pub fn is_either(&self) -> bool {
        matches!(self, Self::Either(..))
    }

    /// Its values in a batch; those at either end at `end`, 0 for the source
    /// and 1 for the destination.
    #[must_use]
    pub fn column<'b>(&self, batch: &'b Batch, end: usize) -> Cow<'b, Column> {
        match self {
            Self::Field(field) => Cow::Borrowed(batch.column(*field)),
            Self::Either(either, None) => Cow::Borrowed(batch.column(either.fields()[end])),
            Self::Network(field, bits) => Cow::Owned(networks(batch.column(*field), *bits)),
            Self::Either(either, Some(bits)) => {
                Cow::Owned(networks(batch.column(either.fields()[end]), *bits))
            }
            Self::Pair { higher } => Cow::Owned(pair_end(batch, *higher)),
            Self::Service => Cow::Owned(services(batch)),
            Self::Bin(_, bins) => Cow::Owned(starts(batch.column(FieldId::Timestamp), bins)),
        }
    }
}

fn unknown(name: &str) -> UnknownKey {
    let others = ["addr", "port", "as", "if", "mask", "service", "hour", "day"];
    let names = || FIELDS.iter().map(|field| field.name).chain(others);
    let aliases = FIELDS.iter().flat_map(|field| field.aliases.iter().copied());
    let aliases = aliases.filter(|alias| alias.len() > 3);
    let near = nearest(name, names().chain(aliases))
        .map_or_else(|| ";".into(), |near| format!("; did you mean {near}?"));
    let list: Vec<_> = names().collect();
    UnknownKey {
        message: format!(
            "no field is called {name}{near} there are: {}, prefixes such as src_addr/24, and \
             times such as 5m",
            list.join(", ")
        ),
    }
}

/// Addresses cut to so many bits.
fn networks(column: &Column, bits: u8) -> Column {
    let mask = !u32::MAX.checked_shr(bits.into()).unwrap_or(0);
    match &column.values {
        Values::U32(values) => Column {
            values: Values::U32(values.iter().map(|value| value & mask).collect()),
            unknown: column.unknown.clone(),
        },
        _ => column.clone(),
    }
}

/// Addresses as they sort: unknown is the highest.
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

/// Whether the receiver's port is the service, row by row.
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
    let mut last = (0, 0);
    let values = (0..times.len())
        .map(|row| {
            let Some(ms) = times.get(row) else { return 0 };
            if ms < last.0 || ms >= last.1 {
                last = bins.bin(ms, &mut days);
            }
            last.0
        })
        .collect();
    Column { values: Values::U64(values), unknown: times.unknown.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for field in FIELDS {
            assert_eq!(
                Dimension::parse(field.name, &TimeZone::UTC),
                Ok(Dimension::Field(field.id))
            );
        }
        for name in ["src_addr/24", "addr", "addr/16", "port", "as", "if", "service", "hour", "5m"]
        {
            let found = Dimension::parse(name, &TimeZone::UTC).unwrap();
            assert_eq!(found.name(), name);
            assert_eq!(found.part().name, name);
        }
    }

    #[test]
    fn what_is_no_key_lists_what_there_is() {
        for (name, message) in [
            ("dst_prot", "did you mean dst_port?"),
            ("colour", "no field is called colour; there are: timestamp, exporter"),
            ("src_addr/33", "a prefix has 0 to 32 bits"),
            ("dst_port/8", "only addresses have a prefix"),
        ] {
            let error = Dimension::parse(name, &TimeZone::UTC).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
