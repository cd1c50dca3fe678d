//! What to try instead: the second half of a message.

use super::amount::{is_amount, length_ms, not_a_length, not_a_number, number};
use super::error::nearest;
use super::{Derived, End, Subject, words};
use crate::field::{Field, FieldId, Kind};
use crate::names;

/// Nothing stands where a value belongs.
pub(super) fn no_value(subject: Subject) -> String {
    format!("{} is compared with {}", subject.name(), in_words(subject))
}

/// What stands there is no value of the subject.
pub(super) fn not_a_value(subject: Subject, text: &str) -> String {
    let what = no_value(subject);
    of_value(subject, text).map_or_else(|| what.clone(), |hint| format!("{what}; {hint}"))
}

/// What a subject is compared with.
fn in_words(subject: Subject) -> &'static str {
    match subject.kind() {
        Kind::Address => {
            "an address such as 10.0.0.1 or 2001:db8::1, or a network such as 10.0.0.0/8; names of hosts are not looked up"
        }
        Kind::Text => "an address, or a name in quotes",
        Kind::Time => "a time such as 2018-09-21T10:00, with a zone or in that of --tz",
        Kind::Port => "a port such as 443, a range such as 8000-8100, or the name of a service",
        Kind::Protocol => "a protocol such as tcp or 6",
        Kind::Flags => "flags such as SA out of CEUAPRSF, or a number",
        Kind::Count if is_duration(subject) => {
            "a length of time such as 500ms, 10s, 10m or 1h30m, or a number of milliseconds"
        }
        Kind::Code if is_as(subject) => "an AS number such as 64500",
        Kind::Count => "a number such as 1500, 10k or 1.5M",
        Kind::Family => "ipv4 or ipv6",
        Kind::Direction => "ingress or egress",
        Kind::Mac => "an Ethernet address such as 00:00:5e:00:53:01",
        Kind::Version | Kind::Adaptation | Kind::Code => "a number",
    }
}

/// Whether values are AS numbers.
pub(super) fn is_as(subject: Subject) -> bool {
    matches!(subject, Subject::Either(End::As) | Subject::Field(FieldId::SrcAs | FieldId::DstAs))
}

fn is_duration(subject: Subject) -> bool {
    subject == Subject::Derived(Derived::Duration)
}

fn of_value(subject: Subject, text: &str) -> Option<String> {
    if text.starts_with('{') {
        return Some("a list is written in brackets, [80 443]".into());
    }
    let meant = |known: Option<&str>| known.map(|known| format!("did you mean {known}?"));
    match subject.kind() {
        Kind::Address => of_address(text),
        Kind::Protocol => meant(nearest(text, names::protocol::protocol_names())),
        Kind::Port if without_unit(text).is_some() => without_unit(text),
        Kind::Port => meant(nearest(text, names::service::service_names())),
        Kind::Flags => meant(flag(text)),
        Kind::Time => text
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| "a number would be milliseconds since 1970, and this lies before 1974".into()),
        Kind::Count if is_duration(subject) => not_a_length(text),
        Kind::Count => not_a_number(text),
        Kind::Code if subject == Subject::Field(FieldId::Tos) => {
            let of_class = |tos| format!("tos is the whole byte: {text} is tos {tos}");
            traffic_class(text).map(of_class).or_else(|| without_unit(text))
        }
        Kind::Version | Kind::Adaptation | Kind::Code => without_unit(text),
        Kind::Family | Kind::Direction | Kind::Mac | Kind::Text => None,
    }
}

fn of_address(text: &str) -> Option<String> {
    let most = if text.contains(':') { 128 } else { 32 };
    if text.split_once('/').is_some_and(|(_, bits)| bits.parse::<u32>().is_ok_and(|n| n > most)) {
        return Some(format!("a prefix has at most {most} bits"));
    }
    let given: Vec<&str> =
        text.split('.').take_while(|part| part.parse::<u8>().is_ok()).take(3).collect();
    let rest = &text[given.join(".").len()..];
    let is_open = rest.is_empty() || rest.chars().all(|letter| "*.x".contains(letter));
    (!given.is_empty() && is_open)
        .then(|| format!("did you mean {}/{}?", given.join("."), 8 * given.len()))
}

/// `syn` is S.
fn flag(text: &str) -> Option<&'static str> {
    let flags = [
        ("cwr", "C"),
        ("ece", "E"),
        ("urg", "U"),
        ("ack", "A"),
        ("psh", "P"),
        ("push", "P"),
        ("rst", "R"),
        ("reset", "R"),
        ("syn", "S"),
        ("fin", "F"),
        ("synack", "SA"),
        ("syn-ack", "SA"),
        ("syn+ack", "SA"),
    ];
    let found = flags.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    found.map(|(_, letters)| *letters)
}

/// The byte of a traffic class by its name: EF, AF41, CS5 (RFC 4594).
fn traffic_class(text: &str) -> Option<u32> {
    let text = text.to_ascii_uppercase();
    let digits: Vec<u32> = text.get(2..)?.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    match (text.get(..2)?, digits.as_slice()) {
        ("EF", []) => Some(46 * 4),
        ("CS", [class @ 0..=7]) => Some(class * 8 * 4),
        ("AF", [class @ 1..=4, drop @ 1..=3]) => Some((class * 8 + drop * 2) * 4),
        _ => None,
    }
}

/// A number with a unit, where there are none.
fn without_unit(text: &str) -> Option<String> {
    let number = number(text)?;
    Some(format!("it has no unit: did you mean {number}?"))
}

/// Whether a word, apart from the number before it, looks like its unit.
pub(super) fn is_unit(subject: Subject, before: &str, word: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphabetic();
    let goes_on = is_duration(subject) && before.ends_with(is_letter);
    let is_time = word.ends_with(is_letter)
        && (word.starts_with(is_letter) || goes_on)
        && length_ms(&format!("{before}{word}")).is_some();
    subject.kind() == Kind::Count && (is_amount(&word.to_ascii_lowercase()) || is_time)
}

/// What is known under another name, or not at all.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("source", "did you mean src?"),
    ("from", "did you mean src?"),
    ("destination", "did you mean dst?"),
    ("dest", "did you mean dst?"),
    ("to", "did you mean dst?"),
    ("asn", "did you mean as, src as or dst as?"),
    ("interface", "did you mean if, in if or out if?"),
    ("iface", "did you mean if, in if or out if?"),
    ("ifindex", "did you mean if, in if or out if?"),
    ("in", "did you mean in if?"),
    ("country", "did you mean src_country or dst_country?"),
    ("city", "did you mean src_city or dst_city?"),
    ("time", "did you mean first, last or timestamp?"),
    ("start", "did you mean first?"),
    ("end", "did you mean last?"),
    ("dscp", "it is the top six bits of tos: DSCP 46 is tos 184"),
    ("length", "did you mean bytes, or bpp (bytes a packet)?"),
    ("size", "did you mean bytes, or bpp (bytes a packet)?"),
    ("ident", "which files are read is said by the sources, not by the filter"),
    ("mpls", NO_SUCH_FIELD),
    ("ttl", NO_SUCH_FIELD),
    ("vrf", NO_SUCH_FIELD),
    ("nat", "did you mean nip or nport, which are after translation?"),
    ("xlate", "did you mean nip or nport, which are after translation?"),
    ("payload", NO_SUCH_FIELD),
    ("ethertype", NO_SUCH_FIELD),
    ("geo", NO_SUCH_FIELD),
];

const NO_SUCH_FIELD: &str = "flows that flowkit reads do not have it";

/// What to try instead of a word that begins no comparison.
pub(super) fn unknown_word(word: &str) -> String {
    let plain = word.to_ascii_lowercase().replace(['-', '.'], "_");
    let other = OTHER_WORDS.iter().find(|(known, _)| *known == plain).map(|(_, hint)| *hint);
    let hint = match (other, Field::by_name(&plain)) {
        (Some(hint), _) => hint.to_owned(),
        (None, Some(field)) => format!("did you mean {}?", field.name),
        (None, None) => match nearest(word, words::all_names()) {
            Some(near) => format!("did you mean {near}?"),
            None => "`flowkit fields` lists what there is".into(),
        },
    };
    format!("no field is called {word}; {hint}")
}

/// What a flow has at both ends.
const FOLLOWS: &str = "ip, net, port, as, mask, mac, nip or nport";

/// What to try where a word after `src` or `dst` names no end.
pub(super) fn after_place(place: &str, word: &str) -> String {
    let together = format!("{place}_{word}");
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.');
    if word.eq_ignore_ascii_case("vlan") {
        return "a flow has one VLAN, that of its source if both are sent; did you mean vlan?"
            .into();
    }
    let ends = ["addr", "ip", "net", "host", "port", "as", "mask", "mac", "nip", "nport"];
    let meant = match nearest(word, ends.into_iter()) {
        _ if word.eq_ignore_ascii_case("if") => "in if or out if".to_owned(),
        _ if is_number => format!("{place} port {word}"),
        _ if is_address => format!("{place} ip {word}"),
        _ if Field::by_name(&together).is_some() => together.to_ascii_lowercase(),
        Some(near) => format!("{place} {near}"),
        None => return format!("{place} is followed by {FOLLOWS}"),
    };
    format!("{place} is followed by {FOLLOWS}; did you mean {meant}?")
}
