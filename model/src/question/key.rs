//! What flows are grouped by: a field, or a value derived from fields.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Measure, text};
use crate::address::Prefix;
use crate::filter::{Derived, End, length_ms, nearest};
use crate::{FIELDS, Field, FieldId, Kind, Meaning};

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A field of the catalogue.
    Field(FieldId),
    /// The network of an address, by prefix length.
    Network(FieldId, Prefix),
    /// A value of either end: a flow is in the group of its source and in that of
    /// its destination. For addresses optionally the network, by prefix length.
    Either(End, Option<Prefix>),
    /// The lower or the higher of the two addresses; unknown counts as the
    /// highest.
    Pair {
        /// Whether it is the higher one.
        higher: bool,
    },
    /// The lower of the two ports, if the protocol has ports.
    Service,
    /// The bin of a time of the flow.
    Bin {
        /// As it was typed, in lower case: `hour`, `5m`.
        name: String,
        /// Length of a bin, in milliseconds; not 0.
        length_ms: u64,
        /// The time, by the clock of the question; of the export if that names none.
        time: FieldId,
    },
}

/// There is no key of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnknownKey {
    message: String,
}

impl Key {
    /// Parses a key: a field by any of its names, `src_addr/24`, `addr`, `port`,
    /// `as`, `if`, `service`, `hour`, `day`, `5m`.
    ///
    /// # Errors
    /// If there is none of that name; the message lists the keys.
    pub fn parse(name: &str) -> Result<Self, UnknownKey> {
        let name = name.trim();
        let (base, bits) = match name.split_once('/') {
            Some((base, bits)) => {
                let prefix = bits
                    .parse::<Prefix>()
                    .map_err(|error| UnknownKey { message: format!("{name}: {error}") })?;
                (base, Some(prefix))
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
            (None, _) => bin_length_ms(name)
                .map(|length_ms| Self::Bin {
                    name: name.to_ascii_lowercase(),
                    length_ms,
                    time: FieldId::Timestamp,
                })
                .ok_or_else(|| match not_a_bin(name) {
                    Some(message) => UnknownKey { message },
                    None => unknown(name),
                }),
        }
    }

    /// Name of its column, which [`parse`](Self::parse) accepts, except those of
    /// a pair.
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
            Self::Bin { name, .. } => name.clone(),
        }
    }

    /// Name of its column in a table that has a column for each measure:
    /// `bytes_key`, where its own is that of a measure.
    #[must_use]
    pub fn beside_measures(&self) -> String {
        let name = self.name();
        if Measure::parse(&name).is_ok() { format!("{name}_key") } else { name }
    }

    /// What its values mean.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::Network(_, bits) | Self::Either(_, Some(bits)) => Meaning::Network(*bits),
            _ => Meaning::Key(self.like().field().kind),
        }
    }

    /// A field whose values have the same width and kind.
    #[must_use]
    pub fn like(&self) -> FieldId {
        match self {
            Self::Field(field) | Self::Network(field, _) => *field,
            Self::Either(end, _) => end.fields()[0],
            Self::Pair { .. } => FieldId::SrcAddr,
            Self::Service => FieldId::SrcPort,
            Self::Bin { .. } => FieldId::Timestamp,
        }
    }

    /// The fields that it is derived from.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldId> {
        match self {
            Self::Field(field) | Self::Network(field, _) => vec![*field],
            Self::Either(end, _) => end.fields().to_vec(),
            Self::Pair { .. } => End::Address.fields().to_vec(),
            Self::Service => Derived::Service.fields().to_vec(),
            Self::Bin { time, .. } => vec![*time],
        }
    }

    /// Whether it is the port of one end, which protocols without ports have no port
    /// in.
    #[must_use]
    pub fn is_port(&self) -> bool {
        match self {
            Self::Field(field) => field.field().kind == Kind::Port,
            Self::Either(end, _) => *end == End::Port,
            Self::Network(..) | Self::Pair { .. } | Self::Service | Self::Bin { .. } => false,
        }
    }

    /// Whether a flow has a value at both ends.
    #[must_use]
    pub fn is_either(&self) -> bool {
        matches!(self, Self::Either(..))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name())
    }
}

/// As its name.
impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text::write(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::read(deserializer, Self::parse)
    }
}

/// Milliseconds of a day without a change of the clocks.
pub const DAY_MS: u64 = 86_400_000;

/// Which bins of time there are.
pub const BINS: &str = "bins of up to 24h start at midnight, longer ones are of whole days (2d, \
                        48h, week) and are counted from 1970-01-01";

/// Parses the length of a time bin, in milliseconds, not 0: `5m`, `30s`, `1h`,
/// `2d`, `1w`, or `minute`, `hour`, `day`, `week`. Beyond a day only whole days are
/// lengths: where the bins of 36h would begin, nobody could say.
#[must_use]
pub fn bin_length_ms(text: &str) -> Option<u64> {
    let named = [("minute", 60_000), ("hour", 3_600_000), ("day", DAY_MS), ("week", 7 * DAY_MS)];
    let named = named.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    let length_ms = if let Some((_, length)) = named {
        length
    } else {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => DAY_MS,
            "w" => 7 * DAY_MS,
            _ => return None,
        };
        number.parse::<u32>().ok().map(u64::from)?.checked_mul(unit)?
    };
    let is_whole = length_ms <= DAY_MS || length_ms.is_multiple_of(DAY_MS);
    (length_ms > 0 && is_whole).then_some(length_ms)
}

/// Why a text is no length of a bin, though it is a length of time.
#[must_use]
pub fn not_a_bin(text: &str) -> Option<String> {
    let ms = length_ms(text).filter(|_| bin_length_ms(text).is_none())?;
    let is_length = text.ends_with(|last: char| last.is_ascii_alphabetic()) && ms > DAY_MS;
    is_length.then(|| format!("{text} is no whole number of days: {BINS}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for field in FIELDS {
            assert_eq!(Key::parse(field.name), Ok(Key::Field(field.id)));
        }
        for name in [
            "src_addr/24",
            "dst_addr/64",
            "next_hop/24+48",
            "addr",
            "addr/16",
            "port",
            "as",
            "if",
            "service",
            "hour",
            "5m",
        ] {
            assert_eq!(Key::parse(name).unwrap().name(), name);
        }
    }

    #[test]
    fn what_is_no_key_lists_what_there_is() {
        for (name, message) in [
            ("dst_prot", "did you mean dst_port?"),
            ("colour", "no field is called colour; there are: timestamp, exporter"),
            ("src_addr/129", "a prefix has 0 to 32 bits of IPv4, as /24, up to 128 of IPv6"),
            ("dst_port/8", "only addresses have a prefix"),
            ("36h", "36h is no whole number of days: bins of up to 24h start at midnight"),
        ] {
            let error = Key::parse(name).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in
            ["", "0m", "m", "5", "5 m", "-1h", "1.5h", "99999999999d", "fortnight", "36h", "25h"]
        {
            assert_eq!(bin_length_ms(text), None, "{text}");
        }
        assert_eq!(bin_length_ms("Hour"), Some(3_600_000));
        assert_eq!(bin_length_ms("48h"), Some(2 * DAY_MS));
        assert_eq!(bin_length_ms("1440m"), Some(DAY_MS));
    }
}
