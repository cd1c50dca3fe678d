//! Values that never change: the documents of one dump come from a few routers,
//! and half of their values are equal in all of them. These values are compared
//! together with the bytes around them, and not read.

use std::ops::Range;

use super::literal::Literals;
use super::{DayCache, Row, Shape, Slot};
use crate::document::dialect::Place;
use crate::field::{FieldId, Kind};

/// Which values of a shape were equal in all documents looked at so far.
#[derive(Clone, Debug)]
pub struct Narrowing {
    /// One of the documents.
    sample: Box<[u8]>,
    /// Where each of its values stands, and whether it was equal in all others.
    values: Vec<(Range<usize>, bool)>,
    /// Documents that were looked at.
    n: usize,
}

/// Fewer documents than this say little.
const ENOUGH: usize = 32;

impl Narrowing {
    /// Begins with a document of a shape.
    #[must_use]
    pub fn new(shape: &Shape, text: &[u8]) -> Option<Self> {
        let (values, length) = values(shape, text)?;
        // A borrowed value cannot be part of a shape, however often it is equal.
        let may_be_same = shape.steps.iter().map(|(_, slot)| !slot.is_lent());
        let values = values.into_iter().zip(may_be_same).collect();
        Some(Self { sample: text[..length].into(), values, n: 1 })
    }

    /// Looks at another document of the shape.
    pub fn look(&mut self, shape: &Shape, text: &[u8]) {
        let Some((values, _)) = values(shape, text) else { return };
        self.n += 1;
        for ((known, is_same), value) in self.values.iter_mut().zip(values) {
            *is_same &= self.sample[known.clone()] == text[value];
        }
    }

    /// Merges what was seen of other documents of this shape.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        for ((mine, is_same), (theirs, is_same_there)) in self.values.iter_mut().zip(&other.values)
        {
            *is_same &= *is_same_there && self.sample[mine.clone()] == other.sample[theirs.clone()];
        }
    }

    /// How many values were equal in all documents and need not be read; 0 until
    /// enough documents were looked at.
    #[must_use]
    pub fn n_same(&self) -> usize {
        let n = self.values.iter().filter(|(_, is_same)| *is_same).count();
        if self.n < ENOUGH { 0 } else { n }
    }

    /// The shape of documents that have these equal values too.
    #[must_use]
    pub fn narrowed(&self, shape: &Shape) -> Option<Shape> {
        let mut row = Row::default();
        shape.walk(&self.sample, &mut row, &mut DayCache::default(), None)?;
        let mut narrowed = Shape {
            constants: shape.constants.clone(),
            addresses: shape.addresses.clone(),
            keys: shape.keys,
            is_scaled: shape.is_scaled,
            has_text_times: shape.has_text_times,
            literals: Literals::default(),
            steps: Vec::new(),
        };
        let mut literal_from = 0;
        for ((_, slot), (value, is_same)) in shape.steps.iter().zip(&self.values) {
            if *is_same {
                // What does not fit its field is unknown.
                for field in slot.fields() {
                    if field.is_address() {
                        let address = row.address(field).map(|address| (field, address));
                        narrowed.addresses.extend(address);
                    } else {
                        let value = row.number(field).map(|value| (field, value));
                        narrowed.constants.extend(value);
                    }
                }
            } else {
                narrowed.push(&self.sample[literal_from..value.start], *slot);
                literal_from = value.end;
            }
        }
        Some(narrowed)
    }
}

/// Where the values of a document stand, and its length.
fn values(shape: &Shape, text: &[u8]) -> Option<(Vec<Range<usize>>, usize)> {
    let mut values = Vec::with_capacity(shape.steps.len());
    let (mut row, mut days) = (Row::default(), DayCache::default());
    let shaped = shape.walk(text, &mut row, &mut days, Some(&mut values))?;
    Some((values, shaped.length))
}

impl Slot {
    /// Whether what is read is borrowed from the text, or may be; or it ends the
    /// document.
    fn is_lent(self) -> bool {
        match self {
            Self::Scalar { places, .. } => {
                places.iter().any(|(place, _)| place.field.field().kind == Kind::Text)
            }
            Self::Text(_)
            | Self::FlagNames
            | Self::Index
            | Self::Id
            | Self::Routing
            | Self::End => true,
            _ => false,
        }
    }

    /// The fields whose numbers or addresses it is.
    fn fields(self) -> impl Iterator<Item = FieldId> {
        let (one, places, read) = match self {
            Self::Number(field, _)
            | Self::Quoted(field, _)
            | Self::Address(field)
            | Self::AmongAddresses { field, is_read: true, .. }
            | Self::Date(field)
            | Self::Time(field) => (Some(field), &[][..], 0),
            Self::Scalar { places, read, .. } => (None, places, read),
            _ => (None, &[][..], 0),
        };
        let is_read = move |(n, _): &(usize, &(Place, u8))| read >> n & 1 == 1;
        let of_places = places.iter().enumerate().filter(is_read);
        one.into_iter().chain(of_places.map(|(_, (place, _))| place.field))
    }
}
