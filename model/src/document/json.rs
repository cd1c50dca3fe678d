//! JSON values by their form: what the readers of documents, pages and errors
//! are made of.
//!
//! [`Json`] looks at text that is known to be JSON. What is JSON and no value
//! that a program can hold (`1e999`, half of a surrogate pair) is
//! [`Json::Unreadable`] there, and no error: it spoils one field, not a document.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON value; its parts are text that is not looked at yet.
#[derive(Clone, Debug)]
pub(super) enum Json<'t> {
    Null,
    /// True or false.
    Bool,
    /// A number, as it is written.
    Number(&'t str),
    Text(Cow<'t, str>),
    Object(Members<'t>),
    List(Elements<'t>),
    /// A number beyond all that a program can hold, or a text that is none.
    Unreadable,
}

impl<'t> Json<'t> {
    /// The value that a JSON text without blanks around it is.
    pub(super) fn of(text: &'t str) -> Self {
        match text.as_bytes().first() {
            Some(b'"') => string(text).map_or(Self::Unreadable, Self::Text),
            Some(b'{') => Self::Object(Members(Elements::inside(text))),
            Some(b'[') => Self::List(Elements::inside(text)),
            Some(b'-' | b'0'..=b'9') => {
                let is_finite = text.len() < 300 && !text.contains(['e', 'E'])
                    || text.parse::<f64>().is_ok_and(f64::is_finite);
                if is_finite { Self::Number(text) } else { Self::Unreadable }
            }
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Bool,
        }
    }
}

/// A string, unescaped; `None` if it holds half of a surrogate pair.
pub(super) fn string(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(text).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The members of an object: key and value of each.
#[derive(Clone, Debug)]
pub(super) struct Members<'t>(Elements<'t>);

impl<'t> Iterator for Members<'t> {
    type Item = (Cow<'t, str>, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.next()?;
        let value = self.0.next()?;
        // A key that is no text is none that anybody looks for.
        Some((string(key).unwrap_or_default(), value))
    }
}

/// The text of each element of a list.
#[derive(Clone, Debug)]
pub(super) struct Elements<'t> {
    rest: &'t str,
}

impl<'t> Elements<'t> {
    /// Those of a list, or keys and values of an object in turns.
    fn inside(text: &'t str) -> Self {
        Self { rest: text.get(1..text.len() - 1).unwrap_or_default() }
    }
}

impl<'t> Iterator for Elements<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', ',', ':']);
        let (value, rest) = rest.split_at(end(rest.as_bytes()));
        self.rest = rest;
        (!value.is_empty()).then_some(value)
    }
}

/// Where the value ends that a text begins with.
fn end(text: &[u8]) -> usize {
    match text.first() {
        None => 0,
        Some(b'"') => string_end(text),
        Some(b'{' | b'[') => {
            let (mut depth, mut at) = (0_usize, 0);
            while let Some(byte) = text.get(at) {
                match byte {
                    b'"' => at += string_end(&text[at..]) - 1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth == 1 => return at + 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
            }
            text.len()
        }
        Some(_) => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b' ' | 9 | 10 | 13);
            text.iter().position(ends).unwrap_or(text.len())
        }
    }
}

/// Where the string ends that a text begins with, its quote included.
pub(super) fn string_end(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        at += found + 1;
        if text[at - 1] == b'"' {
            return at;
        }
        at = (at + 1).min(text.len());
    }
    text.len()
}

/// Calls `each` with key and value of each member of an object.
pub(super) fn each_member<'de, A: MapAccess<'de>>(
    map: &mut A,
    mut each: impl FnMut(Cow<'de, str>, &'de str),
) -> Result<(), A::Error> {
    while let Some(key) = next_key(map)? {
        let value: &RawValue = map.next_value()?;
        each(key, value.get());
    }
    Ok(())
}

/// The next key; one that is no text is an empty one.
pub(super) fn next_key<'de, A: MapAccess<'de>>(
    map: &mut A,
) -> Result<Option<Cow<'de, str>>, A::Error> {
    let key: Option<&RawValue> = map.next_key()?;
    Ok(key.map(|key| string(key.get()).unwrap_or_default()))
}

/// What becomes of a JSON value of each form; by default nothing.
pub(super) trait FromJson<'de>: Sized {
    /// The result; its default is that of forms without a method here.
    type Output: Default;

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

    fn visit_i64<E>(self, _: i64) -> Result<T::Output, E> {
        Ok(T::Output::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<T::Output, E> {
        Ok(T::Output::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<T::Output, E> {
        Ok(T::Output::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<T::Output, E> {
        Ok(self.0.text(text))
    }

    fn visit_unit<E>(self) -> Result<T::Output, E> {
        Ok(T::Output::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T::Output, A::Error> {
        self.0.map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T::Output, A::Error> {
        self.0.list(list)
    }
}

/// A value of JSON text as a seed reads it, or the default if it cannot be: a
/// document may use its key for something else.
pub(super) fn read_with<'de, S>(seed: S, text: &'de str) -> S::Value
where
    S: DeserializeSeed<'de>,
    S::Value: Default,
{
    seed.deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap_or_default()
}

/// A value of JSON text, or the default if it has another form: a document may
/// use its key for something else.
pub(super) fn lenient<'de, T: Default + Deserialize<'de>>(text: &'de str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

/// A float that is a whole number, and exact.
pub(super) fn whole(value: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    ((0.0..=EXACT).contains(&value) && value.fract() == 0.0).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each value of a document, taken apart by hand.
    #[test]
    fn values_are_told_by_their_form() {
        let text = "{ \"a\" : [1 ,\"x,]\\\"\", {\"b\":[]}] ,\"c\":{\"d\":null,\"e\":true}, \"\\u0066\":-0 }";
        let Json::Object(members) = Json::of(text) else { panic!("{text}") };
        let members: Vec<_> = members.collect();
        let (keys, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        assert_eq!(keys, ["a", "c", "f"]);
        assert_eq!(values, ["[1 ,\"x,]\\\"\", {\"b\":[]}]", "{\"d\":null,\"e\":true}", "-0"]);
        let Json::List(list) = Json::of(values[0]) else { panic!("{values:?}") };
        assert_eq!(list.collect::<Vec<_>>(), ["1", "\"x,]\\\"\"", "{\"b\":[]}"]);
        for text in ["[]", "[ ]", "{}", "{\n}"] {
            let n = match Json::of(text) {
                Json::List(list) => list.count(),
                Json::Object(members) => members.count(),
                other => panic!("{other:?}"),
            };
            assert_eq!(n, 0, "{text}");
        }
    }

    #[test]
    fn what_no_program_can_hold_is_no_error() {
        for text in ["1e999", "-1E400", r#""\ud800""#, r#""a\udc00b""#] {
            assert!(matches!(Json::of(text), Json::Unreadable), "{text}");
        }
        let huge = "9".repeat(400);
        assert!(matches!(Json::of(&huge), Json::Unreadable));
        assert!(matches!(Json::of("1e308"), Json::Number("1e308")));
        assert!(matches!(Json::of(r#""\ud83d\ude00""#), Json::Text(text) if text == "😀"));
    }
}
