//! Reads documents that look like one that was read before.
//!
//! The documents of one dump are made by one program: they agree in key order,
//! blanks and quotes, and differ in values only. Of a document that the JSON reader
//! has read, a [`Shape`] keeps the literal bytes between the values and what
//! each value is. The next document is compared with those bytes, and only its
//! values are read. Whatever differs, be it one blank, an escape or a value
//! that is not in its usual form, is left to the JSON reader.
//!
//! A shape accepts a document only if the JSON reader would read an equal flow
//! from it; the tests hold the two against each other.
//!
//! | to learn | read |
//! | --- | --- |
//! | how a shape is made of a document | `learn` |
//! | what the value of a field is read as | `fields` |
//! | how the bytes between values are compared | `literal` |
//! | how values that never change are passed over | `narrow` |
//! | how numbers, strings and addresses are read | `text` |
//! | how times are read | `day` |

use std::ops::Range;

use super::dialect::{self, Form, Place};
use super::entry::KeysOf;
use super::json::Json;
use super::templated;
use super::value::{self, Found, Scalar};
use crate::address::Address;
use crate::dump::DocumentId;
use crate::field::FieldId;
use crate::names::Adaptation;
use crate::row::Row;
use crate::wire::templated::Impossibles;

mod day;
mod fields;
mod learn;
mod literal;
mod narrow;
#[cfg(test)]
mod tests;
mod text;

pub use day::DayCache;
use literal::{Literal, Literals};
pub use narrow::Narrowing;
use text::{address, digits, list_end, number_end, plain_bytes, string_end, trimmed_string};

/// A document that was read by its shape, beside what its row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shaped<'t> {
    /// Which document it is; none if it has no id.
    pub id: Option<DocumentId<'t>>,
    /// Bytes of its text.
    pub length: usize,
}

/// The bytes between the values of a document, and what the values are.
#[derive(Debug, Default)]
pub struct Shape {
    literals: Literals,
    /// For each value: the literal before it, and what it is.
    steps: Vec<(Literal, Slot)>,
    /// Values that are part of the literal bytes.
    constants: Vec<(FieldId, u64)>,
    /// Addresses that are, likewise.
    addresses: Vec<(FieldId, Address)>,
    /// Whose documents have this shape, which says what was changed of the flow, and
    /// whether rules of v9 and IPFIX hold.
    keys: KeysOf,
    /// Bytes or packets stand where the pipeline multiplies them.
    is_scaled: bool,
    /// A time of the flow is text, which Logstash works out from an uptime.
    has_text_times: bool,
}

/// What a value is, hence how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// Digits.
    Number(FieldId, u64),
    /// Digits in quotes.
    Quoted(FieldId, u64),
    /// An address in quotes.
    Address(FieldId),
    /// A time in quotes.
    Time(FieldId),
    /// A time in quotes, with a date, where a number would be a count.
    Date(FieldId),
    /// An address in quotes, where a document has several of the field: which of them
    /// counts follows from which are unspecified.
    AmongAddresses {
        field: FieldId,
        is_unspecified: bool,
        is_read: bool,
    },
    /// A text in quotes.
    Text(FieldId),
    /// A number, or a text in quotes, in a form of its own, which may be that of several
    /// fields: read for those whose bits are set, and no value of those after `n_found`.
    Scalar {
        places: &'static [(Place, u8)],
        n_found: u8,
        read: u8,
        is_text: bool,
    },
    /// A list of names of TCP flags.
    FlagNames,
    Index,
    Id,
    Routing,
    /// A string that is not needed.
    AnyString,
    /// A number that is not needed.
    AnyNumber,
    /// A list of strings and numbers that is not needed.
    AnyList,
    /// No value: the document ends.
    End,
}

impl Shape {
    /// Learns the shape of a document that is a flow: a hit, or a bare one.
    ///
    /// `None` if it has something that shapes cannot say.
    #[must_use]
    pub fn learn(text: &[u8], is_hit: bool) -> Option<Self> {
        learn::learn(text, is_hit)
    }

    /// Whether a document of this shape cannot go over the end of a line.
    #[must_use]
    #[inline]
    pub fn is_one_line(&self) -> bool {
        self.literals.is_one_line()
    }

    /// Reads a document of this shape into a row that is empty; `None` if it
    /// has another shape, and then the row holds anything.
    pub fn read<'t>(
        &self,
        text: &'t [u8],
        row: &mut Row<'t>,
        days: &mut DayCache,
    ) -> Option<Shaped<'t>> {
        self.read_start(text, row, days).filter(|shaped| shaped.length == text.len())
    }

    /// Reads the document that a text begins with, whatever follows it; `None` as
    /// for [`read`](Self::read).
    pub fn read_start<'t>(
        &self,
        text: &'t [u8],
        row: &mut Row<'t>,
        days: &mut DayCache,
    ) -> Option<Shaped<'t>> {
        let shaped = self.walk(text, row, days, None)?;
        if self.keys.of_templates {
            // What cannot be is told by the reader of JSON.
            let mut impossible = Impossibles::default();
            let is_flow = templated::finish(row, self.keys.shows_layer_2, &mut impossible);
            (is_flow && impossible.is_empty()).then_some(())?;
            let is_of_9 = row.number(FieldId::Version) == Some(9);
            if self.has_text_times && is_of_9 && row.number(FieldId::Adapted).is_none() {
                row.set(FieldId::Adapted, Adaptation::LogstashUptimes.number());
            }
        } else {
            row.set_icmp_of_port();
        }
        Some(shaped)
    }

    /// Reads what stands there and, if `values` is given, notes where each value
    /// stands. One function for both, since it is fast only as
    /// long as everything that it calls is inlined.
    fn walk<'t>(
        &self,
        text: &'t [u8],
        row: &mut Row<'t>,
        days: &mut DayCache,
        mut values: Option<&mut Vec<Range<usize>>>,
    ) -> Option<Shaped<'t>> {
        let (mut index, mut id, mut routing) = (None, None, None);
        let mut rest = text;
        for (literal, slot) in &self.steps {
            rest = &rest[self.literals.at_start(literal, rest)?..];
            let length = match *slot {
                Slot::Number(field, most) => number(rest, row, field, most)?,
                Slot::Quoted(field, most) => {
                    let length = number(rest, row, field, most)?;
                    (rest.get(length) == Some(&b'"')).then_some(length)?
                }
                Slot::Address(field) => {
                    let (address, length) = address(rest)?;
                    row.set_address(field, address);
                    length
                }
                Slot::Time(field) => time(rest, row, field, days)?,
                Slot::Date(field) => date(rest, row, field, days)?,
                Slot::AmongAddresses { field, is_unspecified, is_read } => {
                    among_addresses(rest, is_unspecified, row, is_read.then_some(field))?
                }
                Slot::Text(field) => text_of(rest, row, field)?,
                Slot::Scalar { places, n_found, read, is_text } => {
                    scalar(places.split_at(n_found.into()), read, is_text, rest, row)?
                }
                Slot::FlagNames => flag_names(rest, row)?,
                Slot::Index => index.insert(plain_bytes(rest)?).len(),
                Slot::Id => id.insert(plain_bytes(rest)?).len(),
                Slot::Routing => routing.insert(plain_bytes(rest)?).len(),
                Slot::AnyString => string_end(rest)?,
                Slot::AnyNumber => number_end(rest)?,
                Slot::AnyList => list_end(rest)?,
                Slot::End => 0,
            };
            if let Some(values) = &mut values {
                let at = text.len() - rest.len();
                values.push(at..at + length);
            }
            rest = &rest[length..];
        }
        for (field, value) in &self.constants {
            row.set(*field, *value);
        }
        for (field, address) in &self.addresses {
            row.set_address(*field, *address);
        }
        if self.keys.dialect != 0 {
            self.set_adapted(row);
        }
        let id = DocumentId::new(index, id, routing);
        Some(Shaped { id, length: text.len() - rest.len() })
    }

    /// Sets what the pipeline changed of the flow.
    fn set_adapted(&self, row: &mut Row<'_>) {
        let interval = row.number(FieldId::SamplingInterval);
        if let Some(adapted) = dialect::adaptation(self.keys.dialect, self.is_scaled, interval) {
            row.set(FieldId::Adapted, adapted.number());
        }
    }

    fn push(&mut self, literal: &[u8], slot: Slot) {
        let literal = self.literals.push(literal);
        self.steps.push((literal, slot));
    }
}

impl Slot {
    /// The same, but for a field that is read elsewhere; `pass` if nothing is left.
    fn without(self, field: FieldId, pass: Self) -> Self {
        let Self::Scalar { places, n_found, read, is_text } = self else { return pass };
        let of_field = places.iter().position(|(place, _)| place.field == field);
        match of_field.map_or(read, |place| read & !(1 << place)) {
            0 => pass,
            read => Self::Scalar { places, n_found, read, is_text },
        }
    }
}

/// Reads digits, and returns their length; a number that does not fit its field is
/// unknown.
#[inline]
fn number(rest: &[u8], row: &mut Row<'_>, field: FieldId, most: u64) -> Option<usize> {
    let (value, length) = digits(rest)?;
    if value <= most {
        row.set(field, value);
    }
    Some(length)
}

/// Reads a text, and returns its length.
#[inline]
fn text_of<'t>(rest: &'t [u8], row: &mut Row<'t>, field: FieldId) -> Option<usize> {
    let text = trimmed_string(rest)?;
    row.set_text(field, text);
    Some(text.len())
}

/// Reads a time, and returns its length.
#[inline]
fn time(rest: &[u8], row: &mut Row<'_>, field: FieldId, days: &mut DayCache) -> Option<usize> {
    let (ms, length) = days.time(rest)?;
    row.set(field, ms);
    Some(length)
}

/// Reads a time with a date; of the first day of 1970 there are none, where 0 stands for
/// a time that is not known.
#[inline]
fn date(rest: &[u8], row: &mut Row<'_>, field: FieldId, days: &mut DayCache) -> Option<usize> {
    let (ms, length) = days.time(rest)?;
    (ms > value::FIRST_DAY_MS && rest[..length].contains(&b':')).then_some(())?;
    row.set(field, ms);
    Some(length)
}

/// Reads an address, if it is unspecified or not as it should be, for a field or for
/// none, and returns its length.
#[inline]
fn among_addresses(
    rest: &[u8],
    is_unspecified: bool,
    row: &mut Row<'_>,
    field: Option<FieldId>,
) -> Option<usize> {
    let (address, length) = address(rest)?;
    (address.is_unspecified() == is_unspecified).then_some(())?;
    if let Some(field) = field {
        row.set_address(field, address);
    }
    Some(length)
}

/// Reads a value as the JSON reader does, given the places that are found there and those
/// that are not; returns its length, or `None` if a field that is read is unknown, so that
/// a place of lower rank may hold it, or one that is not found is known.
#[inline(never)]
fn scalar<'t>(
    (found, others): Places,
    read: u8,
    is_text: bool,
    rest: &'t [u8],
    row: &mut Row<'t>,
) -> Option<usize> {
    let length = if is_text { string_end(rest)? } else { number_end(rest)? };
    let text = std::str::from_utf8(&rest[..length]).ok()?;
    let scalar = if is_text { Scalar::Text(text) } else { Scalar::Number(text) };
    let is_none = |(place, _): &(Place, u8)| {
        matches!(value::of_scalar(place, scalar), Found::Missing | Found::Impossible)
    };
    others.iter().all(is_none).then_some(())?;
    for (n, (place, _)) in found.iter().enumerate() {
        if read >> n & 1 == 0 {
            continue;
        }
        match value::of_scalar(place, scalar) {
            Found::Number(value) => row.set(place.field, value),
            Found::Address(address) => row.set_address(place.field, address),
            Found::Text(_) => row.set_text(place.field, value::text_in(place.form, text)),
            Found::TooLarge => {}
            Found::Missing | Found::Impossible => return None,
        }
    }
    Some(length)
}

/// Places of one key, each with its rank: those that its value is found in, and others.
type Places = (&'static [(Place, u8)], &'static [(Place, u8)]);

/// Reads a list of at least two names of flags.
#[inline(never)]
fn flag_names(rest: &[u8], row: &mut Row<'_>) -> Option<usize> {
    let length = list_end(rest)?;
    let text = std::str::from_utf8(&rest[..length]).ok()?;
    let place = Place { field: FieldId::TcpFlags, path: "", form: Form::Plain };
    match value::find(&place, Json::of(text)) {
        Found::Number(flags) => row.set(FieldId::TcpFlags, flags),
        _ => return None,
    }
    Some(length)
}
