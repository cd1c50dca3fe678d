//! How serde writes the end of a window: milliseconds in Rust, RFC 3339 in
//! JSON; a bare number is read as well.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serializer, de};

use super::times::{read_time, utc};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(i64),
    Text(String),
}

#[expect(clippy::ref_option, reason = "the signature serde calls")]
pub(crate) fn serialize<S: Serializer>(ms: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match *ms {
        None => serializer.serialize_none(),
        Some(ms) if Timestamp::from_millisecond(ms).is_err() => serializer.serialize_i64(ms),
        Some(ms) => serializer.serialize_str(&utc(ms)),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Ok(match Option::<Written>::deserialize(deserializer)? {
        None => None,
        Some(Written::Number(ms)) => Some(ms),
        Some(Written::Text(text)) => Some(
            read_time(&text, &TimeZone::UTC)
                .ok_or_else(|| de::Error::custom(format_args!("not a time: {text}")))?,
        ),
    })
}
