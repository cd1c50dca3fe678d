//! Reads what is typed after a comparator: a value, a range or a network.

use super::amount::{length_ms, number, plain};
use super::{Context, Derived, Subject, hint};
use crate::address::{Address, Family, Network, bounds, ends_of, parse_network, prefix_of_mask};
use crate::field::{FieldId, Kind};
use crate::names;
use crate::window;

/// A time in plain milliseconds since 1970 lies in 1973 or later; a smaller
/// number is more likely seconds, or a length of time.
const LEAST_MS: u64 = 100_000_000_000;

/// What is typed as one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// The addresses of a network; a single address is one of all its bits.
    Network(Network),
    /// First and last value, both included.
    Range(u128, u128),
}

/// The first and the last number of a network.
pub(super) fn numbers(network: Network) -> (u128, u128) {
    let (first, last) = bounds(network);
    (first.number(), last.number())
}

/// Reads a value, a range or a network.
pub(super) fn read(subject: Subject, text: &str, context: &Context<'_>) -> Result<Value, String> {
    if is_address(subject)
        && let Some(network) = network(text)
    {
        return Ok(Value::Network(network));
    }
    if let Some(value) = single(subject, text, context) {
        return value.map(|value| Value::Range(value, value));
    }
    let ends = text.split_once("..").or_else(|| text.split_once('-'));
    if let Some((first, last)) = ends
        && let (Some(first), Some(last)) =
            (single(subject, first, context), single(subject, last, context))
    {
        let (first, last) = (first?, last?);
        if is_address(subject) && family(first) != family(last) {
            return Err(format!("the range {text} is of two families of addresses"));
        }
        if first > last {
            return Err(format!("the range {text} ends before it begins"));
        }
        return Ok(Value::Range(first, last));
    }
    Err(hint::not_a_value(subject, text))
}

/// Whether values are written as addresses.
pub(super) fn is_address(subject: Subject) -> bool {
    subject.kind() == Kind::Address || subject == Subject::Field(FieldId::Exporter)
}

/// `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`, and `172.16/12`, where the octets that
/// are left out are 0; bits beyond the prefix do not matter.
fn network(text: &str) -> Option<Network> {
    match text.split_once('/') {
        Some((address, _)) if address.contains(':') => parse_network(text),
        Some((address, length)) => {
            let left_out = 4_usize.checked_sub(address.split('.').count())?;
            parse_network(&format!("{address}{}/{length}", ".0".repeat(left_out)))
        }
        None => {
            let address: Address = text.parse().ok()?;
            address.network(address.family().bits())
        }
    }
}

/// The least and the largest value that one is compared with: those of its family, if
/// it is an address.
pub(super) fn ends(subject: Subject, value: u128) -> (u128, u128) {
    if is_address(subject) { ends_of(family(value)) } else { (0, subject.largest()) }
}

/// The family of an address's number.
pub(super) fn family(number: u128) -> Family {
    Address::from_number(number).family()
}

/// The prefix length that a mask such as 255.0.0.0 has.
pub(super) fn mask_length(text: &str) -> Option<u8> {
    prefix_of_mask(text.parse().ok()?)
}

/// A value alone; `None` if the text has not its form.
fn single(subject: Subject, text: &str, context: &Context<'_>) -> Option<Result<u128, String>> {
    let value: u64 = match subject.kind() {
        _ if is_address(subject) => return Some(Ok(text.parse::<Address>().ok()?.number())),
        Kind::Address | Kind::Text => return None,
        Kind::Time => {
            let ms = text.parse().ok().filter(|ms| *ms >= LEAST_MS);
            let time = || window::time_ms("", text, &context.zone).ok()?.try_into().ok();
            let ms: u64 = ms.or_else(time)?;
            return Some(Ok(ms.into()));
        }
        Kind::Port => plain(text).or_else(|| names::service_port(text, None).map(u64::from))?,
        Kind::Protocol => plain(text).or_else(|| names::protocol_number(text).map(u64::from))?,
        Kind::Code if hint::is_as(subject) => plain(without_as(text))?,
        Kind::Flags => plain(text).or_else(|| flags(text).map(u64::from))?,
        Kind::Count if subject == Subject::Derived(Derived::Duration) => length_ms(text)?,
        Kind::Count => number(text)?,
        Kind::Family => names::family_number(text).or_else(|| plain(text))?,
        Kind::Direction => names::direction_number(text).or_else(|| plain(text))?,
        Kind::Mac => names::parse_mac(text)?,
        Kind::Version | Kind::Adaptation | Kind::Code => plain(text)?,
    };
    let (value, largest) = (u128::from(value), subject.largest());
    if value > largest {
        return Some(Err(format!("{} is at most {largest}", subject.name())));
    }
    Some(Ok(value))
}

/// The byte of flags written as letters; X is every flag from URG to FIN at once,
/// as nfdump has it.
pub(super) fn flags(text: &str) -> Option<u8> {
    if text.eq_ignore_ascii_case("x") { Some(0x3f) } else { names::parse_tcp_flags(text) }
}

fn without_as(text: &str) -> &str {
    match text.split_at_checked(2) {
        Some((letters, rest)) if letters.eq_ignore_ascii_case("as") => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_may_be_short_and_masks_must_be_whole() {
        for (text, expected) in [
            ("10.0.0.0/8", Some((0x0a00_0000, 0x0aff_ffff))),
            ("172.16/12", Some((0xac10_0000, 0xac1f_ffff))),
            ("192.0.2.77/24", Some((0xc000_0200, 0xc000_02ff))),
            ("192.0.2.1", Some((0xc000_0201, 0xc000_0201))),
            ("0.0.0.0/0", Some((0, 0xffff_ffff))),
            ("1.2.3.4/32", Some((0x0102_0304, 0x0102_0304))),
            ("10.0.0.0/33", None),
            ("10", None),
            ("1.2.3.4.5/8", None),
            ("1.2.3.256", None),
            ("1..2.3", None),
            ("1..2.3/24", None),
            (".1/24", None),
            ("10./8", None),
            ("/8", None),
            ("10/", None),
            ("10/8/8", None),
            ("2001:db8::/129", None),
            ("::ffff:10.0.0.0/104", Some((0x0a00_0000, 0x0aff_ffff))),
            ("::1", Some(((1 << 32) + 1, (1 << 32) + 1))),
        ] {
            assert_eq!(network(text).map(numbers), expected, "{text}");
        }
        assert_eq!(mask_length("255.255.0.0"), Some(16));
        assert_eq!(mask_length("0.0.0.0"), Some(0));
        assert_eq!(mask_length("255.255.255.255"), Some(32));
        assert_eq!(mask_length("255.0.255.0"), None);
    }
}
