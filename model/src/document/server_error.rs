//! What a server answers when it does not answer: its error and the reason.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};

use super::json::{FromJson, OrNothing};

/// What a server answered instead of hits.
#[derive(Clone, Debug, Default)]
pub struct ServerError {
    /// Elasticsearch's name of the error.
    pub kind: String,
    /// Its reason.
    pub reason: String,
}

/// The `error` of an answer: an object, or (some routes) plain text.
pub(super) struct ErrorSeed;

impl<'de> DeserializeSeed<'de> for ErrorSeed {
    type Value = ServerError;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ServerError, D::Error> {
        deserializer.deserialize_any(OrNothing(self))
    }
}

impl<'de> FromJson<'de> for ErrorSeed {
    type Output = ServerError;

    fn text(self, text: &str) -> ServerError {
        ServerError { kind: "error".into(), reason: text.into() }
    }

    /// The root cause says more than the wrapper around it.
    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<ServerError, A::Error> {
        let (mut error, mut root) = (ServerError::default(), None);
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match &*key {
                "type" => error.kind = map.next_value::<Option<String>>()?.unwrap_or_default(),
                "reason" => error.reason = map.next_value::<Option<String>>()?.unwrap_or_default(),
                "root_cause" => root = map.next_value_seed(RootCauseSeed)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(root.unwrap_or(error))
    }
}

/// The first of the root causes.
struct RootCauseSeed;

impl<'de> DeserializeSeed<'de> for RootCauseSeed {
    type Value = Option<ServerError>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(OrNothing(self))
    }
}

impl<'de> FromJson<'de> for RootCauseSeed {
    type Output = Option<ServerError>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Output, A::Error> {
        let first = list.next_element_seed(ErrorSeed)?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }
}
