//! A value of a document as the value of a flow's field, whatever form it has.
//!
//! Pipelines differ: a port is a number, a string, or `123.0`; the exporter is
//! a string, `{"ip": …}` or a list. A number must be whole and fit its field,
//! or the field is unknown. Only the exporter is read from objects and lists.

use std::net::Ipv6Addr;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};

use super::dialect::{Form, Place};
use super::json::{FromJson, KeySeed, OrNothing, whole};
use crate::address::Address;
use crate::field::{Access, Kind};
use crate::names::protocol::nfdump_protocol_number;
use crate::names::{parse_tcp_flags, protocol_number};
use crate::record::FlowRecord;
use crate::time;

/// What was read for a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A value of the field.
    Known,
    /// Null, which counts as missing.
    Null,
    /// Nothing that the field can be.
    #[default]
    Impossible,
}

/// Reads the next value into the fields that stand in its place.
pub(super) struct ValueSeed<'f> {
    pub(super) flow: &'f mut FlowRecord,
    pub(super) places: &'static [Place],
    /// A value that is known stays where the next one is not.
    pub(super) keep: bool,
}

/// What stands in a document, before it is known what it is for.
#[derive(Clone, Copy)]
pub(super) enum Scalar<'t> {
    Number(Option<u64>),
    Text(&'t str),
    /// From an object or a list; only text fields take it.
    Member(Option<&'t str>),
}

impl ValueSeed<'_> {
    fn write(self, scalar: Scalar<'_>) -> Outcome {
        let mut outcome = Outcome::Impossible;
        for place in self.places {
            outcome = write(self.flow, place, scalar, self.keep);
        }
        outcome
    }
}

/// Writes a value into a field, or unknown if it is none that the field has.
pub(super) fn write(
    flow: &mut FlowRecord,
    place: &Place,
    scalar: Scalar<'_>,
    keep: bool,
) -> Outcome {
    let kind = place.field.field().kind;
    match place.field.field().access {
        Access::Text { write, .. } => {
            let text = match scalar {
                Scalar::Number(_) => None,
                Scalar::Text(text) => Some(text),
                Scalar::Member(text) => text,
            };
            let text = text.map(|text| text_in(place.form, text)).filter(|text| !text.is_empty());
            if text.is_some() || !keep {
                write(flow, text.map(str::to_owned));
            }
            if text.is_some() { Outcome::Known } else { Outcome::Impossible }
        }
        Access::Number { read, write, .. } => {
            let before = read(flow);
            write(flow, number_in(place.form, kind, scalar, before));
            let is_known = read(flow).is_some();
            if keep && !is_known {
                write(flow, before);
            }
            if is_known { Outcome::Known } else { Outcome::Impossible }
        }
    }
}

/// The text of a text field.
fn text_in(form: Form, text: &str) -> &str {
    let text = text.trim();
    match form {
        Form::Endpoint => text.rsplit_once(':').map_or(text, |(address, port)| {
            if port.bytes().all(|byte| byte.is_ascii_digit()) { address } else { text }
        }),
        _ => text,
    }
}

/// The number of a number field.
pub(super) fn number_in(
    form: Form,
    kind: Kind,
    scalar: Scalar<'_>,
    before: Option<u64>,
) -> Option<u64> {
    let plain = |kind| match scalar {
        Scalar::Number(value) => number(kind, value),
        Scalar::Text(text) => parse(kind, text.trim()),
        Scalar::Member(_) => None,
    };
    match form {
        Form::Plain | Form::Endpoint => plain(kind),
        Form::Seconds => time::from_epoch(plain(Kind::Count)?.checked_mul(1000)?),
        Form::Nanoseconds => time::from_epoch(plain(Kind::Count)? / 1_000_000),
        Form::Low14 => plain(Kind::Count).filter(|bits| bits >> 16 == 0).map(|bits| bits & 0x3fff),
        Form::Top2 => plain(Kind::Count).filter(|bits| bits >> 16 == 0).map(|bits| bits >> 14),
        Form::ProtocolName => plain(kind).or_else(|| match scalar {
            Scalar::Text(text) => protocol_number(text.trim()).map(u64::from),
            _ => None,
        }),
        Form::Network => match scalar {
            Scalar::Text(text) => parse_whole(text.rsplit('/').next().unwrap_or(text)),
            _ => plain(kind),
        },
        Form::ExportType => match scalar {
            Scalar::Text("NETFLOW_V5") => Some(5),
            _ => None,
        },
        Form::HighByte => byte(plain(kind)).map(|byte| byte << 8 | before.unwrap_or(0) & 0xff),
        Form::LowByte => byte(plain(kind)).map(|byte| byte | before.unwrap_or(0) & 0xff00),
        Form::FlagLetters | Form::NfdumpProtocol | Form::ShortMs | Form::AnyAddress => match scalar
        {
            Scalar::Text(text) => number_in_text(form, kind, text.trim()),
            _ => plain(kind),
        },
    }
}

/// The number that a cell of a csv says.
fn number_in_text(form: Form, kind: Kind, text: &str) -> Option<u64> {
    match form {
        Form::FlagLetters => parse_tcp_flags(text).map(u64::from).or_else(|| parse(kind, text)),
        Form::NfdumpProtocol => parse(kind, text)
            .or_else(|| nfdump_protocol_number(text).map(u64::from))
            .or_else(|| protocol_number(text).map(u64::from)),
        Form::ShortMs => match text.split_once('.') {
            Some((second, ms)) if (1..3).contains(&ms.len()) => {
                parse(kind, &format!("{second}.{ms:0>3}"))
            }
            _ => parse(kind, text),
        },
        Form::AnyAddress => parse(kind, text).or_else(|| parse_whole(text)),
        _ => parse(kind, text),
    }
}

fn byte(value: Option<u64>) -> Option<u64> {
    value.filter(|value| value >> 8 == 0)
}

/// A number as the value of a field.
pub(super) fn number(kind: Kind, value: Option<u64>) -> Option<u64> {
    match kind {
        Kind::Address | Kind::Text => None,
        Kind::Time => value.and_then(time::from_epoch),
        _ => value,
    }
}

/// Text without blanks around it as the value of a number field.
pub(super) fn parse(kind: Kind, text: &str) -> Option<u64> {
    match kind {
        Kind::Text => None,
        Kind::Address => parse_address(text).map(Address::number),
        Kind::Time => time::parse_ms(text),
        Kind::Version => parse_whole(text.trim_start_matches(|c: char| !c.is_ascii_digit())),
        _ => parse_whole(text),
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Outcome;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Outcome, D::Error> {
        deserializer.deserialize_any(OrNothing(self))
    }
}

impl<'de> FromJson<'de> for ValueSeed<'_> {
    type Output = Outcome;

    fn null(self) -> Outcome {
        if !self.keep {
            for place in self.places {
                match place.field.field().access {
                    Access::Number { write, .. } => write(self.flow, None),
                    Access::Text { write, .. } => write(self.flow, None),
                }
            }
        }
        Outcome::Null
    }

    fn number(self, value: Option<u64>) -> Outcome {
        self.write(Scalar::Number(value))
    }

    fn text(self, text: &str) -> Outcome {
        self.write(Scalar::Text(text))
    }

    /// `host: {"ip": "192.0.2.1"}`, `{"ip": ["192.0.2.1", …]}`, `{"name": "r1"}`.
    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outcome, A::Error> {
        let (mut ip, mut name) = (None, None);
        while let Some(key) =
            map.next_key_seed(KeySeed(|key: &str| ["ip", "name"].iter().position(|k| *k == key)))?
        {
            match key {
                Some(0) => ip = map.next_value_seed(FirstText)?,
                Some(_) => name = map.next_value_seed(FirstText)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(self.write(Scalar::Member(ip.or(name).as_deref())))
    }

    /// The first of several addresses.
    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Outcome, A::Error> {
        let first = FirstText.list(list)?;
        Ok(self.write(Scalar::Member(first.as_deref())))
    }
}

/// The text that stands here, or first in the list that stands here.
struct FirstText;

impl<'de> DeserializeSeed<'de> for FirstText {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(OrNothing(self))
    }
}

impl<'de> FromJson<'de> for FirstText {
    type Output = Option<String>;

    fn text(self, text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<String>, A::Error> {
        let first = list.next_element_seed(Self)?.flatten();
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }
}

/// A dotted IPv4 address, or one mapped into IPv6; `010.0.0.1` is none.
fn parse_address(text: &str) -> Option<Address> {
    let mapped = || text.parse::<Ipv6Addr>().ok()?.to_ipv4_mapped().map(Address::from);
    text.parse().ok().or_else(mapped)
}

/// `443`, `443.0`, `1.5e3`; not `1,234`, `0x10`, `-1` or `nan`.
fn parse_whole(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    whole(text.parse().ok()?)
}
