//! One answer of a cursor: its head, its hits, and whether it is what was asked for.
//!
//! The head is read first, and alone, so that the next page can be asked for
//! while the hits of this one are still being split and written. The whole page
//! is parsed after that; nothing counts until then.
//!
//! | to learn | read |
//! | --- | --- |
//! | how a page is checked | [`check`] |
//! | what stands before the hits | [`head`] |
//! | how hits become lines | [`hits`] |
//! | which documents are written, and which left out | [`accept`] |

pub(crate) mod accept;
mod answer;
pub(crate) mod check;
pub(crate) mod document_id;
pub(crate) mod head;
pub(crate) mod hits;
#[cfg(test)]
mod tests;
