//! Iterators over the pages of an index: one snapshot each, closed at the end.
//!
//! [`scroll`] is the one every server has.

pub(crate) mod scroll;
