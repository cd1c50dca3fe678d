//! What a dialect is made of: where each field stands, and in which form.

use crate::field::FieldId;
use crate::names::Adaptation;

/// A pipeline's way to name the fields.
#[derive(Debug)]
pub struct Dialect {
    /// What writes such documents.
    pub name: &'static str,
    /// What it changes of every flow: with counters as exported, and with those
    /// that it multiplied ([`Form::Scaled`]) of a sampled one.
    pub changes: Option<(Adaptation, Adaptation)>,
    /// A document is in this dialect if it has all the keys of one of these
    /// rows, as dotted paths; the first dialect that says so reads it.
    pub marks: &'static [&'static [&'static str]],
    /// Where the fields of v9 and IPFIX are, likewise; nowhere, if it has no such
    /// documents.
    pub templates: fn() -> Vec<Place>,
    /// Where its fields are. Of several places of one field the first counts in
    /// which something stands that the field can be.
    pub places: fn() -> Vec<Place>,
}

/// Where a field stands in a document, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The field.
    pub field: FieldId,
    /// Its key, as a dotted path.
    pub path: &'static str,
    /// How its value is written.
    pub form: Form,
}

/// How a value is written, where that is not what the field's kind says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As the kind of the field says.
    #[default]
    Plain,
    /// The same, in as many bits as NetFlow v9 and IPFIX have.
    Wide,
    /// A time in seconds since 1970; 0 is none.
    Seconds,
    /// A time in milliseconds since 1970; 0 is none.
    Milliseconds,
    /// A time in microseconds since 1970; 0 is none.
    Microseconds,
    /// A time in nanoseconds since 1970; 0 is none.
    Nanoseconds,
    /// A time as text; a number is none.
    TextTime,
    /// The upper of two bytes.
    TopByte,
    /// The lower of two bytes.
    BottomByte,
    /// An ICMP type, or type and code in two bytes.
    IcmpType,
    /// The code, if it stands with the type in two bytes.
    IcmpCode,
    /// The low 14 of 16 bits.
    Low14,
    /// The top 2 of 16 bits.
    Top2,
    /// `address:port`, of which the address counts.
    Endpoint,
    /// A network `10.0.0.0/8`, of which the length counts, or the length.
    Network,
    /// goflow2's word for a protocol: `NETFLOW_V5`.
    ExportType,
    /// A counter that the pipeline multiplied by the sampling interval.
    Scaled,
    /// The number of the sampler that chose the packets of a flow: 0 is none, so that the
    /// interval is 0; of another number options say the interval.
    Sampler,
    /// 1 where nfcapd multiplied the counters.
    SampledFlag,
    /// TCP flags as letters: `...AP.SF`.
    FlagLetters,
    /// A protocol's name as nfdump shortens it, or its number.
    NfdumpProtocol,
    /// A time whose decimals are a number of milliseconds: `.7` is 7 ms.
    ShortMs,
    /// An address, dotted or as a number.
    AnyAddress,
    /// The upper byte of a 16-bit field, the lower one staying.
    HighByte,
    /// The lower byte, the upper one staying.
    LowByte,
}

impl Form {
    /// A value of this form joined with what the field held before: only the
    /// halves of a number leave something of that.
    pub(in crate::document) fn joined(self, value: u64, before: u64) -> u64 {
        match self {
            Self::HighByte => value | before & 0xff,
            Self::LowByte => value | before & 0xff00,
            _ => value,
        }
    }
}

/// Rows of a table as places.
pub(super) fn places(rows: &[(FieldId, &'static str, Form)]) -> Vec<Place> {
    rows.iter().map(|(field, path, form)| Place { field: *field, path, form: *form }).collect()
}
