//! Words to what they name: nfdump's words, then the names of fields.

use super::{Derived, End, Subject};
use crate::field::{FIELDS, Field, FieldId};

/// Some words that stand for a subject.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// What is typed, words apart by one blank.
    pub typed: &'static str,
    /// What it names.
    pub subject: Subject,
}

const fn field(typed: &'static str, field: FieldId) -> Word {
    Word { typed, subject: Subject::Field(field) }
}

const fn either(typed: &'static str, end: End) -> Word {
    Word { typed, subject: Subject::Either(end) }
}

const fn derived(typed: &'static str, derived: Derived) -> Word {
    Word { typed, subject: Subject::Derived(derived) }
}

/// Words for subjects, beside the names of fields. After `src` and `dst`, and
/// after `src or dst`, the words for either end stand too.
#[rustfmt::skip]
pub const WORDS: &[Word] = &[
    either("addr", End::Address), either("ip", End::Address), either("host", End::Address), either("net", End::Address),
    either("port", End::Port), either("as", End::As), either("if", End::Interface), either("mask", End::MaskLength),
    either("mac", End::Mac), either("nip", End::NatAddress), either("xip", End::NatAddress), either("xnet", End::NatAddress),
    either("nport", End::NatPort), either("xport", End::NatPort),
    field("flowdir", FieldId::Direction), field("observation domain id", FieldId::Domain),
    field("in if", FieldId::InputSnmp), field("out if", FieldId::OutputSnmp),
    field("in bytes", FieldId::Bytes), field("in packets", FieldId::Packets),
    field("next ip", FieldId::NextHop), field("nexthop", FieldId::NextHop),
    field("router ip", FieldId::Exporter), field("exporter ip", FieldId::Exporter),
    field("engine id", FieldId::EngineId), field("engine type", FieldId::EngineType),
    field("src tos", FieldId::Tos), field("first seen", FieldId::FirstSwitched), field("last seen", FieldId::LastSwitched),
    derived("duration", Derived::Duration), derived("bps", Derived::BitsPerSecond),
    derived("pps", Derived::PacketsPerSecond), derived("bpp", Derived::BytesPerPacket), derived("service", Derived::Service),
];

/// What begins at these words, and how many of them it takes.
pub(super) fn named(words: &[&str]) -> Option<(Subject, usize)> {
    directed(words).or_else(|| phrase(words)).or_else(|| {
        let field = Field::by_name(words.first()?)?;
        Some((Subject::Field(field.id), 1))
    })
}

/// `src port`, `dst net`.
fn directed(words: &[&str]) -> Option<(Subject, usize)> {
    let (place, rest) = (place(words.first()?)?, words.get(1)?);
    let (subject, _) = phrase(std::slice::from_ref(rest))?;
    let Subject::Either(end) = subject else { return None };
    // nfdump has no `src if`: interfaces are `in` and `out`.
    (end != End::Interface).then_some((Subject::Field(end.fields()[place]), 2))
}

/// The place of an end's field: 0 for `src`, 1 for `dst`.
pub(super) fn place(word: &str) -> Option<usize> {
    ["src", "dst"].into_iter().position(|known| known.eq_ignore_ascii_case(word))
}

fn phrase(words: &[&str]) -> Option<(Subject, usize)> {
    WORDS.iter().find_map(|word| {
        let mut n = 0;
        let fits = word.typed.split(' ').all(|known| {
            n += 1;
            words.get(n - 1).is_some_and(|word| word.eq_ignore_ascii_case(known))
        });
        fits.then_some((word.subject, n))
    })
}

/// Every word there is, for suggestions; names of fields come before aliases,
/// of which the shortest are left out: they are near to everything.
pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
    let words = WORDS.iter().flat_map(|word| word.typed.split(' '));
    let names = FIELDS.iter().map(|field| field.name);
    let aliases = FIELDS.iter().flat_map(|field| field.aliases.iter().copied());
    let signs = ["src", "dst", "any", "icmp-type", "icmp-code", "and", "or", "not"];
    signs.into_iter().chain(names).chain(words).chain(aliases.filter(|alias| alias.len() > 3))
}
