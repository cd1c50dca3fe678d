//! The catalogue: one row per field that can be shown, grouped or summed.
//!
//! To add a field, add it to [`FlowRecord`], a variant to [`FieldId`] and
//! a row to [`FIELDS`]; the tests check the row. Decoding of documents of
//! Logstash, `--by`, column headers, csv columns, json keys and `flowkit fields`
//! need nothing more; names in documents of other pipelines are rows of
//! [`dialect`](crate::document::dialect).
//!
//! Names are those of the module's documents, but for `exporter` (`host`) and
//! `timestamp` (`@timestamp`). Aliases are what people know from the plain
//! codec, Cisco's table and nfdump.
//!
//! ```
//! use flowkit_model::Field;
//! use flowkit_model::field::Wire;
//!
//! let field = Field::by_name("l4_dst_port").unwrap(); // the codec's name
//! assert_eq!(field.name, "dst_port");
//! assert_eq!(field.wire, Wire::Record(34, 2)); // bytes 34 and 35 of 48
//! assert_eq!(field.module_key, "netflow.dst_port");
//! ```

mod catalogue;
mod other_names;

use std::fmt;

use crate::address::Address;
use crate::record::FlowRecord;
use crate::time;

pub use catalogue::FIELDS;

/// Which row of [`FIELDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the rows of FIELDS say what each is")]
pub enum FieldId {
    Timestamp,
    Exporter,
    Version,
    FlowRecords,
    FlowSeqNum,
    EngineType,
    EngineId,
    SamplingAlgorithm,
    SamplingInterval,
    SrcAddr,
    DstAddr,
    NextHop,
    InputSnmp,
    OutputSnmp,
    Packets,
    Bytes,
    FirstSwitched,
    LastSwitched,
    SrcPort,
    DstPort,
    TcpFlags,
    Protocol,
    Tos,
    SrcAs,
    DstAs,
    SrcMaskLen,
    DstMaskLen,
    SrcCountry,
    DstCountry,
    SrcCity,
    DstCity,
    SrcAsName,
    DstAsName,
    Adapted,
    Family,
    Direction,
    Vlan,
    SrcMac,
    DstMac,
    Event,
    RevBytes,
    RevPackets,
    IcmpType,
    IcmpCode,
    NatSrcAddr,
    NatDstAddr,
    NatSrcPort,
    NatDstPort,
    Flowset,
    Domain,
}

/// What a value means, hence how it is read and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Milliseconds since 1970-01-01 UTC, shown as RFC 3339.
    Time,
    /// Text.
    Text,
    /// An amount, which can be added up.
    Count,
    /// An [`Address`], by its number.
    Address,
    /// A [`Family`](crate::address::Family) of addresses, which has a name.
    Family,
    /// Which way a flow was observed, which has a name.
    Direction,
    /// An Ethernet address: 48 bits, the first octet the highest.
    Mac,
    /// A port, which has a service's name.
    Port,
    /// An IP protocol, which has a name.
    Protocol,
    /// TCP flags, one bit each.
    Flags,
    /// The export format: a number, or text that ends in one (`Netflow v5`).
    Version,
    /// What a pipeline changed, which has a name.
    Adaptation,
    /// Any other number, which stands for something and is not added up.
    Code,
}

/// Where a field stands in the export packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Bytes of the 24-byte header: offset, length.
    Header(u8, u8),
    /// Bytes of a 48-byte record: offset, length.
    Record(u8, u8),
    /// Not in the packet.
    Nowhere,
}

/// How a field of a [`FlowRecord`] is read and written.
#[derive(Clone, Copy)]
pub enum Access {
    /// A number.
    Number {
        /// Largest width a value can have.
        bits: u32,
        /// Reads the value; unknown is `None`.
        read: fn(&FlowRecord) -> Option<u64>,
        /// Writes a value, or unknown where it does not fit.
        write: fn(&mut FlowRecord, Option<u64>),
    },
    /// An address.
    Address {
        /// Reads the value; unknown is `None`.
        read: fn(&FlowRecord) -> Option<Address>,
        /// Writes a value.
        write: fn(&mut FlowRecord, Option<Address>),
    },
    /// Worked out from other fields: a number that is read and not written.
    Worked {
        /// Largest width a value can have.
        bits: u32,
        /// Reads the value; unknown is `None`.
        read: fn(&FlowRecord) -> Option<u64>,
    },
    /// Text.
    Text {
        /// Reads the value; unknown is `None`.
        read: fn(&FlowRecord) -> Option<&str>,
        /// Writes a value.
        write: fn(&mut FlowRecord, Option<String>),
    },
}

/// What is known about one field.
#[derive(Clone, Copy)]
pub struct Field {
    /// Which row this is.
    pub id: FieldId,
    /// Name in flowkit: `--by`, filters, column headers.
    pub name: &'static str,
    /// Other names that people type.
    pub aliases: &'static [&'static str],
    /// Key in a document of Logstash's netflow module, as a dotted path.
    pub module_key: &'static str,
    /// Key in a document of the plain codec, as a dotted path.
    pub codec_key: &'static str,
    /// Bytes in the export packet.
    pub wire: Wire,
    /// What the value means.
    pub kind: Kind,
    /// Unit, or the values there are; for people.
    pub unit: &'static str,
    /// What the field says; for people.
    pub meaning: &'static str,
    /// How to read and write it.
    pub access: Access,
}

impl Field {
    /// Finds a field by name, alias or document key, in any case; last by what documents
    /// of v9 and IPFIX call it.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        Self::by_own_name(name).or_else(|| {
            let plain = other_names::without_object(name);
            plain
                .and_then(Self::by_own_name)
                .or_else(|| other_names::find(plain.unwrap_or(name)).map(FieldId::field))
        })
    }

    fn by_own_name(name: &str) -> Option<&'static Self> {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        FIELDS.iter().find(|field| is(field.name)).or_else(|| {
            FIELDS.iter().find(|field| {
                field.aliases.iter().any(|alias| is(alias))
                    || is(field.module_key)
                    || is(field.codec_key)
            })
        })
    }

    /// Whether it is no part of a flow, but looked up by the pipeline.
    #[must_use]
    pub fn is_looked_up(&self) -> bool {
        self.module_key.starts_with("geoip_")
    }

    /// Whether it is the pipeline's: looked up by it, or what it did. Where it is
    /// unknown, nothing is missing.
    #[must_use]
    pub fn is_of_pipeline(&self) -> bool {
        self.is_looked_up() || self.id == FieldId::Adapted
    }

    /// The largest number that a value can be: of times the last that is written.
    #[must_use]
    pub fn most(&self) -> u128 {
        match (self.kind, self.bits()) {
            (Kind::Time, _) => time::LAST_MS.into(),
            (_, Some(bits)) => u128::MAX >> (u128::BITS - bits),
            (_, None) => u64::MAX.into(),
        }
    }

    /// Widest value in bits; text has none. An address of either family has a number of
    /// 128.
    #[must_use]
    pub fn bits(&self) -> Option<u32> {
        match self.access {
            Access::Number { bits, .. } | Access::Worked { bits, .. } => Some(bits),
            Access::Address { .. } => Some(u128::BITS),
            Access::Text { .. } => None,
        }
    }

    /// Widest value in bits that a flow of version 5 has: a code as many as there are in
    /// its packet. What is more was looked up by somebody else.
    #[must_use]
    pub fn bits_of_version_5(&self) -> Option<u32> {
        match (self.kind, self.wire) {
            (Kind::Code, Wire::Record(_, bytes)) => Some(u32::from(bytes) * 8),
            _ => self.bits(),
        }
    }

    /// Whether only NetFlow v9 and IPFIX have it. Where a flow of version 5 lacks it,
    /// nothing is missing.
    #[must_use]
    pub fn is_of_templates(&self) -> bool {
        self.id > FieldId::Adapted
    }

    /// Whether only version 5 has it, in the header of its packets. Where a flow of v9 or
    /// IPFIX lacks it, nothing is missing.
    #[must_use]
    pub fn is_of_version_5(&self) -> bool {
        matches!(self.wire, Wire::Header(..))
            && !matches!(self.id, FieldId::Timestamp | FieldId::Version)
    }

    /// Whether every flow should have it: something is missing where it is unknown.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        !self.is_of_pipeline() && !self.is_of_templates()
    }

    /// The number of a record's field, that of its address included; unknown is `None`.
    #[must_use]
    pub fn number(&self, flow: &FlowRecord) -> Option<u128> {
        match self.access {
            Access::Number { read, .. } | Access::Worked { read, .. } => read(flow).map(u128::from),
            Access::Address { read, .. } => read(flow).map(Address::number),
            Access::Text { .. } => None,
        }
    }

    /// Whether a record lacks it.
    #[must_use]
    pub fn is_unknown(&self, flow: &FlowRecord) -> bool {
        match self.access {
            Access::Text { read, .. } => read(flow).is_none(),
            _ => self.number(flow).is_none(),
        }
    }
}

impl FieldId {
    /// The row.
    #[must_use]
    pub fn field(self) -> &'static Field {
        &FIELDS[self as usize]
    }

    /// Whether its values are addresses. The exporter's is a text, which may be
    /// one.
    #[must_use]
    pub fn is_address(self) -> bool {
        self.field().kind == Kind::Address
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Field").field(&self.name).finish()
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
