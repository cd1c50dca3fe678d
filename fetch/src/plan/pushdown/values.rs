//! Queries for the values of a field that pass a test, by its mapping.

use std::net::IpAddr;

use flowkit_model::address::{Address, pieces};
use flowkit_model::field::{Field, Kind};
use flowkit_model::filter::{Ranges, Test};
use flowkit_model::names;
use serde_json::{Value, json};

use super::mapping::{MappedField, StoredAs};

/// Maximum number of values in one `terms` query; servers allow 65,536.
const MAX_TERMS: usize = 65_536;

/// The query for values that pass a test. With `exact` it must not match others.
pub(super) fn passes(
    field: &Field,
    mapped: &MappedField,
    test: &Test,
    exact: bool,
) -> Result<Value, String> {
    let path = &mapped.path;
    if mapped.kind == StoredAs::Otherwise {
        return Ok(json!({"exists": {"field": path}}));
    }
    match test {
        Test::In(ranges) => in_ranges(field, mapped, ranges, exact),
        Test::Flags { mask, all } => {
            let fits = |value: &u8| {
                if *all { value & mask == *mask } else { value & mask != 0 }
            };
            let values: Vec<u128> = (0..=u8::MAX).filter(fits).map(u128::from).collect();
            terms(field, mapped, &values)
        }
        Test::Text(texts) if mapped.kind == StoredAs::Keyword => {
            // The filter is case-insensitive, the server is not. The lower- and
            // upper-case spellings are listed, which are not all.
            let lower = texts.iter().map(|text| text.to_ascii_lowercase());
            let upper = texts.iter().map(|text| text.to_ascii_uppercase());
            let has_letters =
                texts.iter().any(|text| text.bytes().any(|byte| byte.is_ascii_alphabetic()));
            if has_letters && !exact {
                return Err(format!("{} is compared case-insensitively", field.name));
            }
            let all: Vec<String> = lower.chain(upper).collect();
            Ok(json!({"terms": {path: all}}))
        }
        Test::Text(_) => Err(format!("{} is not mapped as text", field.name)),
    }
}

fn in_ranges(
    field: &Field,
    mapped: &MappedField,
    ranges: &Ranges,
    exact: bool,
) -> Result<Value, String> {
    let path = &mapped.path;
    let list = ranges.as_slice();
    let range = |from: Value, to: Value| json!({"range": {path: {"gte": from, "lte": to}}});
    match mapped.kind {
        StoredAs::Number(_) if field.kind == Kind::Time => {
            Err(format!("{} is mapped as a number of unknown unit", field.name))
        }
        StoredAs::Number(_) if field.kind == Kind::Address => {
            Err(format!("{} is mapped as a number", field.name))
        }
        StoredAs::Number(largest) => {
            // A number outside the range of the type would be an error.
            let largest = u128::from(largest);
            let fits = list.iter().filter(|(first, _)| *first <= largest);
            let ranges = fits.map(|(first, last)| {
                let mut bounds = json!({"gte": narrow(*first)});
                if *last < largest {
                    bounds["lte"] = json!(narrow(*last));
                }
                json!({"range": {path: bounds}})
            });
            Ok(any_of(ranges.collect()))
        }
        StoredAs::Address => {
            // A range of ours may have another family inside on the server.
            let ranges = list.iter().flat_map(|range| pieces(*range));
            let address = |value: u128| json!(Address::from_number(value).to_string());
            let ranges = ranges.map(|(first, last)| range(address(first), address(last)));
            Ok(any_of(ranges.collect()))
        }
        StoredAs::Otherwise => Ok(json!({"exists": {"field": path}})),
        StoredAs::Date => Ok(any_of(
            list.iter()
                .map(|(first, last)| date_range(path, (narrow(*first), narrow(*last))))
                .collect(),
        )),
        StoredAs::Keyword => {
            let n: u128 = list
                .iter()
                .fold(0, |n, (first, last)| n.saturating_add((last - first).saturating_add(1)));
            if n > MAX_TERMS as u128 {
                return complement(field, mapped, ranges, exact);
            }
            let values: Vec<u128> = list.iter().flat_map(|(first, last)| *first..=*last).collect();
            terms(field, mapped, &values)
        }
    }
}

/// A number as JSON writes it: no field that is a number has more bits.
fn narrow(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The query for times from `first` to `last`, in ms since 1970-01-01 UTC.
fn date_range(path: &str, (first, last): (u64, u64)) -> Value {
    /// The year 10000, beyond the calendar of servers.
    const NO_END_MS: u64 = 253_402_300_800_000;
    let mut bounds = json!({"gte": first, "format": "epoch_millis"});
    if last < NO_END_MS {
        // Documents may have finer times than milliseconds, so that the end is
        // exclusive, at the next millisecond.
        bounds["lt"] = json!(last + 1);
    }
    json!({"range": {path: bounds}})
}

/// Too many keywords to list: excludes the complement instead, if that is
/// smaller. The query then also matches values that the field cannot have.
fn complement(
    field: &Field,
    mapped: &MappedField,
    ranges: &Ranges,
    exact: bool,
) -> Result<Value, String> {
    let refuse = || {
        let name = field.name;
        Err(format!("{name} is mapped as keyword, and the range holds too many values to list"))
    };
    let largest = field.most();
    if exact || largest >= MAX_TERMS as u128 {
        return refuse();
    }
    let others: Vec<u128> = (0..=largest).filter(|value| !ranges.contains(*value)).collect();
    let path = &mapped.path;
    let others = terms(field, mapped, &others)?;
    Ok(json!({"bool": {"filter": [{"exists": {"field": path}}], "must_not": [others]}}))
}

/// The query for these values, as a keyword in every spelling.
fn terms(field: &Field, mapped: &MappedField, values: &[u128]) -> Result<Value, String> {
    let path = &mapped.path;
    let texts: Vec<Value> = match mapped.kind {
        StoredAs::Number(largest) => {
            let values = values.iter().filter(|value| **value <= largest.into());
            values.map(|value| json!(narrow(*value))).collect()
        }
        StoredAs::Keyword => values.iter().flat_map(|value| keyword_forms(field, *value)).collect(),
        StoredAs::Address | StoredAs::Date | StoredAs::Otherwise => {
            return Err(format!("{} is not mapped as a number", field.name));
        }
    };
    // A value has several spellings, and a query a limit.
    if texts.len() > MAX_TERMS {
        let each = texts.chunks(MAX_TERMS).map(|some| json!({"terms": {path: some}}));
        return Ok(any_of(each.collect()));
    }
    Ok(json!({"terms": {path: texts}}))
}

fn keyword_forms(field: &Field, value: u128) -> Vec<Value> {
    let number = json!(value.to_string());
    match field.kind {
        // A text is compared with a number only if it is an address.
        Kind::Address | Kind::Text => {
            let address = Address::from_number(value);
            spellings(address).into_iter().map(|text| json!(text)).collect()
        }
        Kind::Protocol => {
            let name = u8::try_from(value).ok().and_then(names::protocol_name);
            let names =
                name.into_iter().flat_map(|name| [json!(name), json!(name.to_ascii_uppercase())]);
            std::iter::once(number).chain(names).collect()
        }
        Kind::Version => vec![number, json!(format!("Netflow v{value}"))],
        Kind::Direction => {
            let name = u64::try_from(value).ok().and_then(names::direction_name);
            std::iter::once(number).chain(name.map(|name| json!(name))).collect()
        }
        Kind::Mac => {
            let mac = names::mac_text(narrow(value));
            let upper = mac.replace(':', "-").to_ascii_uppercase();
            vec![json!(mac), json!(upper)]
        }
        _ => vec![number],
    }
}

/// How programs write an address: IPv4 in IPv6, too, and IPv6 in capitals and with every
/// digit.
fn spellings(address: Address) -> Vec<String> {
    let text = address.to_string();
    let IpAddr::V6(wide) = IpAddr::from(address) else {
        return vec![text.clone(), format!("::ffff:{text}")];
    };
    // Java leaves no zeros out, Ruby writes every one of them.
    let plain = wide.segments().map(|group| format!("{group:x}")).join(":");
    let padded = wide.segments().map(|group| format!("{group:04x}")).join(":");
    let mut all = vec![text.clone(), text.to_uppercase(), plain, padded];
    all.dedup();
    all
}

/// The disjunction of queries.
pub(super) fn any_of(mut queries: Vec<Value>) -> Value {
    match queries.len() {
        0 => match_none(),
        1 => queries.swap_remove(0),
        _ => json!({"bool": {"should": queries}}),
    }
}

/// A query that matches no document.
pub(super) fn match_none() -> Value {
    json!({"bool": {"must_not": [{"match_all": {}}]}})
}
