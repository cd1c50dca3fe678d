//! The measures of a group of flows: columns, and what rows are sorted by.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text;
use crate::filter::{End, nearest};
use crate::names::PortKind;
use crate::{FIELDS, Field, FieldId, Kind, Meaning, Metric};

/// A measure of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Bytes, packets or flows.
    Sum(Metric),
    /// Share in the total.
    Share(Metric),
    /// Bytes in the forward direction ([`Forward`](super::Forward)).
    Forward,
    /// Bytes in the other direction.
    Backward,
    /// Start of the first flow.
    First,
    /// End of the last flow.
    Last,
    /// From the start of the first to the end of the last flow, in ms.
    Duration,
    /// Bits per second over its duration, at least 1 ms, or over the bin of time of its
    /// key as far as that lies in the window; truncated.
    BitsPerSecond,
    /// Packets per second, likewise.
    PacketsPerSecond,
    /// Bytes per packet; truncated.
    BytesPerPacket,
    /// A point of the distribution over its flows.
    Spread(Of, Point),
    /// What the port of the key is: a word, not a number
    /// ([`PortKind`]).
    PortKind,
    /// Number of distinct values; unknown is not counted.
    Distinct(Counted),
    /// A part of the key, by its place from 0: `key_1` is the first.
    Key(u8),
}

/// The value of a flow whose distribution is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Bytes of each flow, where they are known.
    Bytes,
    /// Duration of each flow in ms, where it is known.
    Duration,
}

/// A point of a distribution; median and p95 by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Mean, truncated to a whole number.
    Mean,
    /// Median: half of the values are not larger.
    Median,
    /// 95th percentile: 95 % of the values are not larger.
    P95,
}

/// What distinct values are counted of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// A field.
    Field(FieldId),
    /// A value at either end.
    End(End),
    /// The address at the end that is not the key, unless the two are equal.
    Peer,
}

impl Counted {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.field().name,
            Self::End(end) => end.name(),
            Self::Peer => "peer",
        }
    }

    /// A field whose values have the same width.
    #[must_use]
    pub fn field(self) -> FieldId {
        match self {
            Self::Field(field) => field,
            Self::End(end) => end.fields()[0],
            Self::Peer => FieldId::DstAddr,
        }
    }
}

/// Name of the number of distinct addresses at the other end.
const PEERS: &str = "peers";

const OF: [(&str, Of); 2] = [("bytes", Of::Bytes), ("duration", Of::Duration)];

const POINTS: [(&str, Point); 5] = [
    ("min", Point::Min),
    ("max", Point::Max),
    ("mean", Point::Mean),
    ("median", Point::Median),
    ("p95", Point::P95),
];

/// Measures with a fixed name.
const NAMED: [(&str, Measure); 14] = [
    ("bytes", Measure::Sum(Metric::Bytes)),
    ("packets", Measure::Sum(Metric::Packets)),
    ("flows", Measure::Sum(Metric::Flows)),
    ("bytes_share", Measure::Share(Metric::Bytes)),
    ("packets_share", Measure::Share(Metric::Packets)),
    ("flows_share", Measure::Share(Metric::Flows)),
    ("first", Measure::First),
    ("last", Measure::Last),
    ("duration", Measure::Duration),
    ("bps", Measure::BitsPerSecond),
    ("pps", Measure::PacketsPerSecond),
    ("bpp", Measure::BytesPerPacket),
    ("sent_bytes", Measure::Forward),
    ("received_bytes", Measure::Backward),
];

/// The column that is no number, and no measure where there is no port in the key.
const PORT_KIND: &str = "port_kind";

impl Measure {
    /// The default columns of a ranking.
    pub const USUAL: [Self; 6] = [
        Self::Sum(Metric::Bytes),
        Self::Sum(Metric::Packets),
        Self::Sum(Metric::Flows),
        Self::Share(Metric::Bytes),
        Self::Share(Metric::Packets),
        Self::Share(Metric::Flows),
    ];

    /// Parses a measure: `bytes`, `bps`, `p95_duration`, `distinct:dst_addr`.
    ///
    /// # Errors
    /// If there is none of that name; the message lists the measures.
    pub fn parse(text: &str) -> Result<Self, String> {
        let name = text.trim().to_ascii_lowercase();
        if let Some((_, measure)) = NAMED.iter().find(|(known, _)| *known == name) {
            return Ok(*measure);
        }
        if name == PEERS {
            return Ok(Self::Distinct(Counted::Peer));
        }
        let place = name.strip_prefix("key_").and_then(|place| place.parse::<u16>().ok());
        let place = place.and_then(|place| place.checked_sub(1));
        if let Some(place) = place.and_then(|place| u8::try_from(place).ok()) {
            return Ok(Self::Key(place));
        }
        if let Some(field) =
            name.strip_prefix("distinct:").or_else(|| name.strip_prefix("distinct_"))
        {
            let end = End::ALL.into_iter().find(|end| end.name() == field).map(Counted::End);
            return end
                .or_else(|| Field::by_name(field).map(|field| Counted::Field(field.id)))
                .map(Self::Distinct)
                .ok_or_else(|| {
                    let near = nearest(field, FIELDS.iter().map(|field| field.name));
                    let near = near.map(|near| format!("; did you mean {near}?"));
                    format!("there is no field {field}{}", near.unwrap_or_default())
                });
        }
        for (point_name, point) in POINTS {
            for (of_name, of) in OF {
                if name == format!("{point_name}_{of_name}")
                    || name == format!("{point_name}:{of_name}")
                {
                    return Ok(Self::Spread(of, point));
                }
            }
        }
        let names: Vec<&str> = NAMED.iter().map(|(known, _)| *known).collect();
        let near = nearest(&name, names.iter().copied());
        let near = near.map_or_else(|| ";".into(), |near| format!("; did you mean {near}?"));
        Err(format!(
            "no measure is called {name}{near} there are: {}, distinct:FIELD, and min, max, mean, \
             median or p95 with _bytes or _duration",
            names.join(", ")
        ))
    }

    /// Parses a measure that is shown, sorted by or compared: any, and `port_kind`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_column(text: &str) -> Result<Self, String> {
        if text.trim().eq_ignore_ascii_case(PORT_KIND) {
            return Ok(Self::PortKind);
        }
        Self::parse(text)
    }

    /// Name of its column.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Spread(of, point) => {
                let of =
                    OF.into_iter().find(|(_, known)| *known == of).map_or("", |(name, _)| name);
                let point = POINTS
                    .into_iter()
                    .find(|(_, known)| *known == point)
                    .map_or("", |(name, _)| name);
                format!("{point}_{of}")
            }
            Self::PortKind => PORT_KIND.into(),
            Self::Distinct(Counted::Peer) => PEERS.into(),
            Self::Distinct(counted) => format!("distinct_{}", counted.name()),
            Self::Key(place) => format!("key_{}", u16::from(place) + 1),
            fixed => NAMED
                .into_iter()
                .find(|(_, known)| *known == fixed)
                .map_or_else(String::new, |(name, _)| name.to_owned()),
        }
    }

    /// Whether only some reports have it, or some questions.
    pub(super) fn is_of_some(self) -> bool {
        matches!(self, Self::Distinct(Counted::Peer) | Self::Key(_))
    }

    /// What its values mean.
    #[must_use]
    pub fn meaning(self) -> Meaning {
        match self {
            Self::Sum(metric) => Meaning::Sum(metric),
            Self::Forward | Self::Backward | Self::BytesPerPacket | Self::Spread(Of::Bytes, _) => {
                Meaning::Bytes
            }
            Self::Distinct(_) | Self::Key(_) => Meaning::Count,
            Self::Share(metric) => Meaning::Share(metric),
            Self::First | Self::Last => Meaning::Value(Kind::Time),
            Self::Duration | Self::Spread(Of::Duration, _) => Meaning::Duration,
            Self::BitsPerSecond => Meaning::BitRate,
            Self::PacketsPerSecond => Meaning::PacketRate,
            Self::PortKind => Meaning::Class(&PortKind::NAMES),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name())
    }
}

/// As its name.
impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text::write(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::read(deserializer, Self::parse_column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        let spreads =
            OF.iter().flat_map(|(_, of)| POINTS.map(|(_, point)| Measure::Spread(*of, point)));
        let counted = [Counted::Field(FieldId::DstAddr), Counted::End(End::Port), Counted::Peer];
        for measure in NAMED
            .into_iter()
            .map(|(_, measure)| measure)
            .chain(spreads)
            .chain(counted.map(Measure::Distinct))
            .chain([Measure::Key(0), Measure::Key(255)])
        {
            assert_eq!(Measure::parse(&measure.name()), Ok(measure));
        }
        assert_eq!(
            Measure::parse("distinct:dst_adr").unwrap_err(),
            "there is no field dst_adr; did you mean dst_addr?"
        );
        assert!(Measure::parse("byte").unwrap_err().contains("; did you mean bytes?"));
    }
}
