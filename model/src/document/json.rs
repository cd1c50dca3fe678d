//! JSON values by their form: what the readers of documents, pages and errors
//! are made of.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What becomes of a JSON value of each form; by default nothing.
pub(super) trait FromJson<'de>: Sized {
    /// The result; its default is that of forms without a method here.
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

/// A float that is a whole number, and exact.
pub(super) fn whole(value: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    ((0.0..=EXACT).contains(&value) && value.fract() == 0.0).then_some(value as u64)
}

/// Reads a key and says at once what it is, without keeping it.
pub(super) struct KeySeed<F>(pub(super) F);

impl<'de, T, F: FnOnce(&str) -> T> DeserializeSeed<'de> for KeySeed<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<T, F: FnOnce(&str) -> T> Visitor<'_> for KeySeed<F> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<T, E> {
        Ok(self.0(key))
    }
}

/// Text, borrowed where it has no escapes; anything else is `None`.
pub(super) struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Text<'a> {
            Borrowed(&'a str),
            Owned(String),
            Other(IgnoredAny),
        }
        Ok(match Text::deserialize(deserializer)? {
            Text::Borrowed(text) => Some(Cow::Borrowed(text)),
            Text::Owned(text) => Some(Cow::Owned(text)),
            Text::Other(_) => None,
        })
    }
}

/// The next value, or the default if it has another form: a document may use
/// these keys for something else.
pub(super) fn lenient<'de, A: MapAccess<'de>, T: Default + Deserialize<'de>>(
    map: &mut A,
) -> Result<T, A::Error> {
    let raw: &RawValue = map.next_value()?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}
