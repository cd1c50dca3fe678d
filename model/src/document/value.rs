//! A value of a document as the value of a flow's field, whatever form it has.
//!
//! Pipelines differ: a port is a number, a string, `123.0`, or a list of one of
//! these; flags are a number, letters or names. A number must be whole and fit its
//! field, or the field is unknown. A list of two or more values is unknown, but
//! for the exporter, which keeps its first.

use super::dialect::{Form, Place, version_of_word};
use super::json::{Elements, Json, whole};
use crate::address::Address;
use crate::field::{Access, FieldId, Kind};
use crate::names::protocol::nfdump_protocol_number;
use crate::names::{
    Adaptation, direction_number, parse_mac, parse_tcp_flag_names, parse_tcp_flags, protocol_number,
};
use crate::time;

/// What a value of a document says of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing at all: null, or what no program can hold.
    Missing,
    /// Nothing that the field can be.
    Impossible,
    /// A number that is too large for the field: it is unknown, and no copy of it
    /// elsewhere is more.
    TooLarge,
    Number(u64),
    Address(Address),
    Text(String),
}

/// What stands in a document, before it is known what it is for.
#[derive(Clone, Copy)]
pub(super) enum Scalar<'t> {
    /// A number as it is written.
    Number(&'t str),
    Text(&'t str),
}

/// The value of a field, of the JSON that stands in its place.
pub(super) fn find(place: &Place, json: Json<'_>) -> Found {
    match json {
        Json::Null | Json::Unreadable => Found::Missing,
        Json::Bool | Json::Object(_) => Found::Impossible,
        Json::Number(text) => of_scalar(place, Scalar::Number(text)),
        Json::Text(text) => of_scalar(place, Scalar::Text(&text)),
        Json::List(list) => of_list(place, list),
    }
}

/// A list of one is its value; nulls in it are none.
fn of_list(place: &Place, list: Elements<'_>) -> Found {
    let mut values = list.clone().filter(|text| !text.starts_with('n'));
    let Some(first) = values.next() else { return Found::Missing };
    let is_one = values.next().is_none();
    match (Json::of(first), place.field) {
        // Lists in lists are no form of a value.
        (Json::List(_), _) => Found::Impossible,
        (json, _) if is_one => find(place, json),
        (json, FieldId::Exporter) => find(place, json),
        (_, FieldId::TcpFlags) => flag_names(list).map_or(Found::Impossible, Found::Number),
        _ => Found::Impossible,
    }
}

/// `["FIN", "SYN", "PSH", "ACK"]`.
fn flag_names(list: Elements<'_>) -> Option<u64> {
    list.map(Json::of).try_fold(0, |mask, json| match json {
        Json::Text(name) => Some(mask | u64::from(parse_tcp_flag_names(&name)?)),
        _ => None,
    })
}

/// The value of a field, of the number or text that stands in its place.
pub(super) fn of_scalar(place: &Place, scalar: Scalar<'_>) -> Found {
    let field = place.field.field();
    match (field.access, scalar) {
        (Access::Text { .. }, Scalar::Number(_)) => Found::Impossible,
        (Access::Text { .. }, Scalar::Text(text)) => match text_in(place.form, text) {
            "" => Found::Impossible,
            text => Found::Text(text.to_owned()),
        },
        (Access::Address { .. }, Scalar::Number(_)) | (Access::Worked { .. }, _) => {
            Found::Impossible
        }
        (Access::Address { .. }, Scalar::Text(text)) => {
            text.trim().parse().map_or(Found::Impossible, Found::Address)
        }
        (Access::Number { .. }, _) => {
            let bits = bits(place);
            match number_in(place.form, field.kind, scalar) {
                None => Found::Impossible,
                Some(value) if bits < 64 && value >> bits != 0 => Found::TooLarge,
                Some(value) => Found::Number(value),
            }
        }
    }
}

/// The widest number of a place, in bits.
pub(super) fn bits(place: &Place) -> u32 {
    let field = place.field.field();
    let bits = match place.form {
        Form::Wide => field.bits(),
        _ => field.bits_of_version_5(),
    };
    bits.unwrap_or(0)
}

/// Whether a number can be the value of a place; of a text or an address none can.
pub(super) fn takes_numbers(place: &Place) -> bool {
    let is_number = matches!(place.field.field().access, Access::Number { .. });
    is_number && place.form != Form::TextTime
}

/// The text of a text field.
pub(super) fn text_in(form: Form, text: &str) -> &str {
    let text = text.trim();
    match form {
        Form::Endpoint => match text.rsplit_once(':') {
            // IPv6 stands in brackets there; without any, its end is no port.
            Some((address, port))
                if port.bytes().all(|byte| byte.is_ascii_digit())
                    && (address.ends_with(']') || !address.contains(':')) =>
            {
                address.trim_matches(['[', ']'])
            }
            _ => text.strip_prefix("::ffff:").unwrap_or(text),
        },
        _ => text,
    }
}

/// The number of a number field.
pub(super) fn number_in(form: Form, kind: Kind, scalar: Scalar<'_>) -> Option<u64> {
    let plain = |kind| match scalar {
        Scalar::Number(text) => number(kind, text),
        Scalar::Text(text) => parse(kind, text.trim()),
    };
    match form {
        Form::Plain | Form::Wide | Form::Endpoint | Form::Scaled => plain(kind),
        Form::Seconds => since_1970(scalar, 1000.0, |count| count.checked_mul(1000)),
        Form::Milliseconds => since_1970(scalar, 1.0, Some),
        Form::Microseconds => since_1970(scalar, 1e-3, |count| Some(count / 1000)),
        Form::Nanoseconds => since_1970(scalar, 1e-6, |count| Some(count / 1_000_000)),
        Form::Low14 => plain(Kind::Count).filter(|bits| bits >> 16 == 0).map(|bits| bits & 0x3fff),
        Form::Top2 => plain(Kind::Count).filter(|bits| bits >> 16 == 0).map(|bits| bits >> 14),
        Form::Network => match scalar {
            Scalar::Text(text) => parse_whole(text.rsplit('/').next().unwrap_or(text)),
            Scalar::Number(_) => plain(kind),
        },
        Form::ExportType => match scalar {
            Scalar::Text(word) => version_of_word(word),
            Scalar::Number(_) => None,
        },
        Form::TextTime => match scalar {
            Scalar::Text(text) if text.contains(':') => plain(kind),
            _ => None,
        },
        Form::TopByte => two_bytes(plain(Kind::Count)).map(|bytes| bytes >> 8),
        Form::BottomByte => two_bytes(plain(kind)).map(|bytes| bytes & 0xff),
        Form::IcmpType => {
            two_bytes(plain(Kind::Count)).map(|bytes| if bytes > 0xff { bytes >> 8 } else { bytes })
        }
        Form::IcmpCode => {
            two_bytes(plain(Kind::Count)).filter(|bytes| *bytes > 0xff).map(|bytes| bytes & 0xff)
        }
        Form::Sampler => plain(Kind::Count).filter(|sampler| *sampler == 0),
        Form::SampledFlag => (plain(Kind::Count)? > 0).then(|| Adaptation::NfcapdScaled.number()),
        Form::HighByte => byte(plain(kind)).map(|byte| byte << 8),
        Form::LowByte => byte(plain(kind)),
        Form::FlagLetters | Form::NfdumpProtocol | Form::ShortMs | Form::AnyAddress => match scalar
        {
            Scalar::Text(text) => number_in_text(form, kind, text.trim()),
            Scalar::Number(_) => plain(kind),
        },
    }
}

/// The end of the first day of 1970, of which a time with a date stands for 0.
pub(super) const FIRST_DAY_MS: u64 = 86_400_000;

/// A time since 1970 in some unit: exact where the count is, else as a float has
/// it. 0 is what stands where the time is not known.
fn since_1970(scalar: Scalar<'_>, to_ms: f64, exactly: impl Fn(u64) -> Option<u64>) -> Option<u64> {
    let (Scalar::Number(text) | Scalar::Text(text)) = scalar;
    let text = text.trim();
    let ms = match parse_whole(text) {
        // With a date: 1970-01-01 stands for 0, in whatever zone.
        None if text.contains(':') => time::parse_ms(text).filter(|ms| *ms > FIRST_DAY_MS)?,
        Some(count) => exactly(count)?,
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => return None,
        None => whole((text.parse::<f64>().ok()? * to_ms).floor())?,
    };
    time::from_epoch(ms).filter(|ms| *ms > 0)
}

/// The number that a cell of a csv says.
fn number_in_text(form: Form, kind: Kind, text: &str) -> Option<u64> {
    match form {
        Form::NfdumpProtocol => parse_whole(text)
            .or_else(|| nfdump_protocol_number(text).map(u64::from))
            .or_else(|| protocol_number(text).map(u64::from)),
        // Aggregated rows have the first moment of 1970 where they have no time.
        Form::ShortMs => match text.split_once('.') {
            Some((second, ms)) if (1..3).contains(&ms.len()) => {
                parse(kind, &format!("{second}.{ms:0>3}"))
            }
            _ => parse(kind, text),
        }
        .filter(|ms| *ms > 0),
        _ => parse(kind, text),
    }
}

fn two_bytes(value: Option<u64>) -> Option<u64> {
    value.filter(|value| value >> 16 == 0)
}

fn byte(value: Option<u64>) -> Option<u64> {
    value.filter(|value| value >> 8 == 0)
}

/// A JSON number as the value of a field.
fn number(kind: Kind, text: &str) -> Option<u64> {
    match kind {
        Kind::Address | Kind::Family | Kind::Text => None,
        Kind::Time => time::parse_ms(text).or_else(|| time::from_epoch(parse_whole(text)?)),
        _ => parse_whole(text),
    }
}

/// Text without blanks around it as the value of a number field.
pub(super) fn parse(kind: Kind, text: &str) -> Option<u64> {
    match kind {
        Kind::Address | Kind::Family | Kind::Text => None,
        Kind::Direction => direction_number(text).or_else(|| parse_whole(text)),
        Kind::Mac => parse_mac(text),
        Kind::Time => time::parse_ms(text),
        Kind::Version => parse_whole(text.trim_start_matches(|c: char| !c.is_ascii_digit())),
        Kind::Flags => parse_whole(text).or_else(|| {
            parse_tcp_flag_names(text).or_else(|| parse_tcp_flags(text)).map(u64::from)
        }),
        Kind::Protocol => parse_whole(text).or_else(|| protocol_number(text).map(u64::from)),
        _ => parse_whole(text),
    }
}

/// `443`, `443.0`, `1.5e3`, `-0`; not `1,234`, `0x10`, `-1` or `nan`.
fn parse_whole(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    whole(text.parse().ok()?)
}
