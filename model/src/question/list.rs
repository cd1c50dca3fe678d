//! The options of `list`: single flows, their columns and their order.

use std::fmt;
use std::ops::Not;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text;
use crate::filter::{Derived, nearest};
use crate::{FIELDS, Field, FieldId, Kind, Meaning};

/// Single flows, one row each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the options of list: an object")]
pub struct List {
    /// The columns; `None` for the default ones and the one that rows are sorted by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<FlowColumn>>,
    /// The column to sort by, largest first; `None` is the order of the sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<FlowColumn>,
    /// Smallest first.
    #[serde(skip_serializing_if = "Not::not")]
    pub bottom: bool,
    /// Number of rows; 0 is all, and `None` leaves it to the format of the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// A column of a list of flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowColumn {
    /// A field of the catalogue.
    Field(FieldId),
    /// A value that is worked out from fields of the flow, as in filters.
    Derived(Derived),
}

impl List {
    /// The columns without a choice.
    pub const USUAL: [FlowColumn; 11] = [
        FlowColumn::Field(FieldId::FirstSwitched),
        FlowColumn::Derived(Derived::Duration),
        FlowColumn::Field(FieldId::Protocol),
        FlowColumn::Field(FieldId::SrcAddr),
        FlowColumn::Field(FieldId::SrcPort),
        FlowColumn::Field(FieldId::DstAddr),
        FlowColumn::Field(FieldId::DstPort),
        FlowColumn::Field(FieldId::TcpFlags),
        FlowColumn::Field(FieldId::Packets),
        FlowColumn::Field(FieldId::Bytes),
        FlowColumn::Field(FieldId::Exporter),
    ];

    /// The columns that are shown, none of them twice.
    #[must_use]
    pub fn shown(&self) -> Vec<FlowColumn> {
        let chosen = self.columns.as_ref().filter(|columns| !columns.is_empty());
        let sorted_by = self.sort.filter(|_| chosen.is_none());
        let mut shown = Vec::new();
        for column in chosen.map_or(&Self::USUAL[..], Vec::as_slice).iter().chain(&sorted_by) {
            if !shown.contains(column) {
                shown.push(*column);
            }
        }
        shown
    }
}

impl FlowColumn {
    /// Parses a column: a field by any of its names, or `duration`, `bps`, `pps`, `bpp`,
    /// `service`.
    ///
    /// # Errors
    /// If there is none of that name; the message names what is near.
    pub fn parse(name: &str) -> Result<Self, String> {
        let name = name.trim();
        let derived =
            Derived::ALL.into_iter().find(|derived| derived.name().eq_ignore_ascii_case(name));
        let field = || Field::by_name(name).map(|field| Self::Field(field.id));
        derived.map(Self::Derived).or_else(field).ok_or_else(|| {
            let derived = Derived::ALL.map(Derived::name);
            let known = FIELDS.iter().map(|field| field.name).chain(derived);
            let near = nearest(name, known)
                .map_or_else(|| ";".into(), |near| format!("; did you mean {near}?"));
            format!(
                "no column of a flow is called {name}{near} there are: the fields that `flowkit \
                 fields` lists, {}",
                derived.join(", ")
            )
        })
    }

    /// Its name, which [`parse`](Self::parse) accepts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.field().name,
            Self::Derived(derived) => derived.name(),
        }
    }

    /// What its values mean.
    #[must_use]
    pub fn meaning(self) -> Meaning {
        match self {
            Self::Field(FieldId::Bytes | FieldId::RevBytes)
            | Self::Derived(Derived::BytesPerPacket) => Meaning::Bytes,
            Self::Field(FieldId::Packets | FieldId::RevPackets) => Meaning::Count,
            Self::Field(field) => Meaning::Key(field.field().kind),
            Self::Derived(Derived::Duration) => Meaning::Duration,
            Self::Derived(Derived::BitsPerSecond) => Meaning::BitRate,
            Self::Derived(Derived::PacketsPerSecond) => Meaning::PacketRate,
            Self::Derived(Derived::Service) => Meaning::Key(Kind::Port),
        }
    }

    /// The fields that it is made of.
    #[must_use]
    pub fn fields(self) -> Vec<FieldId> {
        match self {
            Self::Field(field) => vec![field],
            Self::Derived(derived) => derived.fields().to_vec(),
        }
    }
}

impl fmt::Display for FlowColumn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Serialize for FlowColumn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text::write(self, serializer)
    }
}

impl<'de> Deserialize<'de> for FlowColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::read(deserializer, Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field and every derived value is a column under its name.
    #[test]
    fn every_field_and_derived_value_is_a_column() {
        let fields = FIELDS.iter().map(|field| FlowColumn::Field(field.id));
        for column in fields.chain(Derived::ALL.map(FlowColumn::Derived)) {
            assert_eq!(FlowColumn::parse(column.name()), Ok(column));
        }
        assert_eq!(FlowColumn::parse("FIRST"), Ok(List::USUAL[0]));
        let told = FlowColumn::parse("dst_prot").unwrap_err();
        assert!(told.starts_with("no column of a flow is called dst_prot; did you mean dst_port?"));
    }

    #[test]
    fn what_rows_are_sorted_by_is_shown_unless_columns_are_chosen() {
        let [bytes, bps] = ["bytes", "bps"].map(|name| FlowColumn::parse(name).unwrap());
        let usual = List { sort: Some(bps), ..List::default() };
        assert_eq!(usual.shown(), [&List::USUAL[..], &[bps]].concat());
        assert_eq!(List { sort: Some(bytes), ..List::default() }.shown(), List::USUAL);
        let chosen = List { columns: Some(vec![bytes, bytes]), ..usual };
        assert_eq!(chosen.shown(), [bytes]);
    }
}
