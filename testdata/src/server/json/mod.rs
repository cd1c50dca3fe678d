//! JSON as text: read in the order in which it was written, indented, filtered.

mod filter_path;
mod pattern;
mod pretty;
mod text;

pub(super) use self::filter_path::Filter;
pub(super) use self::pattern::matches;
pub(super) use self::pretty::pretty;
pub(super) use self::text::{items, members, name_position, position, quoted, scalar, token};
