//! Sets of fields.

use flowkit_model::{FIELDS, FieldId};

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(pub(crate) u64);

impl FieldSet {
    /// Every field.
    #[must_use]
    pub fn all() -> Self {
        FIELDS.iter().map(|field| field.id).collect()
    }

    /// Whether a field is in the set.
    #[must_use]
    pub fn contains(self, field: FieldId) -> bool {
        self.0 & Self::bit(field) != 0
    }

    /// The fields, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = FieldId> {
        FIELDS.iter().map(|field| field.id).filter(move |field| self.contains(*field))
    }

    /// Whether no field is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The union of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn bit(field: FieldId) -> u64 {
        1 << field as u64
    }
}

impl FromIterator<FieldId> for FieldSet {
    fn from_iter<I: IntoIterator<Item = FieldId>>(fields: I) -> Self {
        Self(fields.into_iter().fold(0, |set, field| set | Self::bit(field)))
    }
}
