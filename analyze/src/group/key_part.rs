//! One part of a key: what its values mean, how wide they are.

use flowkit_model::Kind;

use crate::batch::column::bits;

/// One field of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyPart {
    /// What its values mean; text is grouped by its dictionary code and sorted by its
    /// letters.
    pub kind: Kind,
    /// Width of a value.
    pub bits: u32,
}

impl KeyPart {
    /// A field of the catalogue as a key.
    #[must_use]
    pub(crate) fn of(field: &flowkit_model::Field) -> Self {
        Self { kind: field.kind, bits: bits(field) }
    }

    /// Bits with the one for unknown.
    #[must_use]
    pub(crate) fn width(self) -> u32 {
        self.bits + 1
    }
}
