//! Values that are not tried together, since nobody writes such an input.

/// Names of values that are not tried together, and a word why.
pub(super) type Off = (&'static [&'static str], &'static str);

/// All of them.
#[rustfmt::skip]
pub(super) const OFF: &[Off] = &[
    (&["record separators", "UTF-16, little, without a mark"], "a control letter first"),
    (&["record separators", "UTF-16, big, without a mark"], "a control letter first"),
];
