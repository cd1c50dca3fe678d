//! The indices: their documents, their mapping, and which of them a request names.

mod mapping;
mod store;

pub(super) use self::mapping::{Kind, kind, mapping};
pub(super) use self::store::{Expansion, Index, Store};
