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
//! | how the bytes between values are compared | `literal` |
//! | how values that never change are passed over | `narrow` |
//! | how numbers, strings and addresses are read | `text` |
//! | how times are read | `day` |

use std::ops::Range;

use crate::dump::DocumentId;
use crate::field::FieldId;
use crate::row::Row;

mod day;
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
}

/// What a value is, hence how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// Digits.
    Number(FieldId, u64),
    /// Digits in quotes.
    Quoted(FieldId, u64),
    /// A dotted address in quotes.
    Address(FieldId),
    /// A time in quotes.
    Time(FieldId),
    /// A text in quotes.
    Text(FieldId),
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
        self.walk(text, row, days, None)
    }

    /// Reads as [`read_start`](Self::read_start) and, if `values` is given, notes
    /// where each value stands. One function for both, since it is fast only as
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
                Slot::Number(field, most) => {
                    let (value, length) = digits(rest)?;
                    row.set(field, Some(value).filter(|value| *value <= most)?);
                    length
                }
                Slot::Quoted(field, most) => {
                    let (value, length) = digits(rest)?;
                    (rest.get(length) == Some(&b'"')).then_some(())?;
                    row.set(field, Some(value).filter(|value| *value <= most)?);
                    length
                }
                Slot::Address(field) => {
                    let (value, length) = address(rest)?;
                    row.set(field, value);
                    length
                }
                Slot::Time(field) => {
                    let (value, length) = days.time(rest)?;
                    row.set(field, value);
                    length
                }
                Slot::Text(field) => {
                    let text = trimmed_string(rest)?;
                    row.set_text(field, text);
                    text.len()
                }
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
        let id = DocumentId::new(index, id, routing);
        Some(Shaped { id, length: text.len() - rest.len() })
    }

    fn push(&mut self, literal: &[u8], slot: Slot) {
        let literal = self.literals.push(literal);
        self.steps.push((literal, slot));
    }
}
