//! A page, one answer of a cursor: its head, its hits, and its checks.
//!
//! The head is parsed first, so that the next page can be requested while the
//! hits of this one are still being split and written. The whole page is parsed
//! after that; nothing counts until then.
//!
//! | to learn | read |
//! | --- | --- |
//! | how a page is checked | [`check`] |
//! | what precedes the hits | [`head`] |
//! | how hits become lines | [`hits`] |
//! | which documents are written | [`accept`] |

pub(crate) mod accept;
mod answer;
pub(crate) mod check;
pub(crate) mod document_id;
pub(crate) mod head;
pub(crate) mod hits;
#[cfg(test)]
mod tests;
