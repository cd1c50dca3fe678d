//! One member of a document as the value of a field, whatever form it has.
//!
//! Pipelines differ: a port is a number, a string, or `123.0`; the exporter is
//! a string, `{"ip": …}` or a list. A number must be whole and fit its field,
//! or the field is unknown. Only the exporter is read from objects and lists.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::entry::KeySeed;
use crate::field::{Access, Field, Kind};
use crate::record::FlowRecord;
use crate::time;

/// What a member turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A value of the field.
    Known,
    /// Null: the same as missing.
    Null,
    /// Nothing that the field can be.
    #[default]
    Impossible,
}

/// Reads the next value into a field of a record.
pub(super) struct ValueSeed<'f> {
    pub(super) flow: &'f mut FlowRecord,
    pub(super) field: &'static Field,
}

impl ValueSeed<'_> {
    fn write(self, value: Option<u64>) -> Outcome {
        let Access::Number { read, write, .. } = self.field.access else {
            return Outcome::Impossible;
        };
        write(self.flow, value);
        if read(self.flow).is_some() { Outcome::Known } else { Outcome::Impossible }
    }

    fn write_text(self, text: Option<&str>) -> Outcome {
        let Access::Text { write, .. } = self.field.access else { return Outcome::Impossible };
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        write(self.flow, text.map(str::to_owned));
        if text.is_some() { Outcome::Known } else { Outcome::Impossible }
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
        match self.field.access {
            Access::Number { write, .. } => write(self.flow, None),
            Access::Text { write, .. } => write(self.flow, None),
        }
        Outcome::Null
    }

    fn number(self, value: Option<u64>) -> Outcome {
        let value = match self.field.kind {
            Kind::Address | Kind::Text => None,
            Kind::Time => value.and_then(time::from_epoch),
            _ => value,
        };
        if self.field.kind == Kind::Text { self.write_text(None) } else { self.write(value) }
    }

    fn text(self, text: &str) -> Outcome {
        let text = text.trim();
        match self.field.kind {
            Kind::Text => self.write_text(Some(text)),
            Kind::Address => self.write(parse_address(text)),
            Kind::Time => self.write(time::parse_ms(text)),
            Kind::Version => {
                let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
                self.write(parse_whole(digits))
            }
            _ => self.write(parse_whole(text)),
        }
    }

    /// `host: {"ip": "192.0.2.1"}`, `{"ip": ["192.0.2.1", …]}`, `{"name": "r1"}`.
    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outcome, A::Error> {
        let (mut ip, mut name) = (None, None);
        while let Some(key) =
            map.next_key_seed(KeySeed(|key| ["ip", "name"].iter().position(|k| *k == key)))?
        {
            match key {
                Some(0) => ip = map.next_value_seed(FirstText)?,
                Some(_) => name = map.next_value_seed(FirstText)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(self.write_member(ip.or(name).as_deref()))
    }

    /// The first of several addresses.
    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Outcome, A::Error> {
        let first = FirstText.list(list)?;
        Ok(self.write_member(first.as_deref()))
    }
}

impl ValueSeed<'_> {
    /// What an object or a list held; only text fields take it.
    fn write_member(self, text: Option<&str>) -> Outcome {
        if self.field.kind == Kind::Text { self.write_text(text) } else { self.write(None) }
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
fn parse_address(text: &str) -> Option<u64> {
    let address = text.parse::<Ipv4Addr>().ok();
    address
        .or_else(|| text.parse::<Ipv6Addr>().ok()?.to_ipv4_mapped())
        .map(|address| address.to_bits().into())
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

/// A float that is a whole number, and exact.
fn whole(value: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    ((0.0..=EXACT).contains(&value) && value.fract() == 0.0).then_some(value as u64)
}

/// What to make of a JSON value of each form; nothing, unless it is said.
pub(super) trait FromJson<'de>: Sized {
    /// What comes of it; the default is made of forms that nothing is said of.
    type Output: Default;

    /// Null.
    fn null(self) -> Self::Output {
        Self::Output::default()
    }

    /// A number; `None` if it is not a whole number from 0 to 2^64 − 1.
    fn number(self, _: Option<u64>) -> Self::Output {
        Self::Output::default()
    }

    /// A string.
    fn text(self, _: &str) -> Self::Output {
        Self::Output::default()
    }

    /// An object; it must be read to its end.
    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Output, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::Output::default())
    }

    /// An array; it must be read to its end.
    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Output, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::Output::default())
    }
}

/// Takes whatever value comes, and hands it on by its form.
pub(super) struct OrNothing<T>(pub(super) T);

impl<'de, T: FromJson<'de>> Visitor<'de> for OrNothing<T> {
    type Value = T::Output;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<T::Output, E> {
        Ok(T::Output::default())
    }

    fn visit_i64<E>(self, value: i64) -> Result<T::Output, E> {
        Ok(self.0.number(value.try_into().ok()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<T::Output, E> {
        Ok(self.0.number(Some(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<T::Output, E> {
        Ok(self.0.number(whole(value)))
    }

    fn visit_str<E>(self, text: &str) -> Result<T::Output, E> {
        Ok(self.0.text(text))
    }

    fn visit_unit<E>(self) -> Result<T::Output, E> {
        Ok(self.0.null())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T::Output, A::Error> {
        self.0.map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T::Output, A::Error> {
        self.0.list(list)
    }
}
