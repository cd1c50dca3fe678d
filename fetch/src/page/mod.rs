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
//! | which hits are outside of the window | `window` |
//! | which documents are written | [`accept`] |

pub(crate) mod accept;
pub(crate) mod answer;
pub(crate) mod check;
pub(crate) mod clusters;
pub(crate) mod document_id;
pub(crate) mod head;
pub(crate) mod hits;
pub(crate) mod pattern;
pub(crate) mod sample;
#[cfg(test)]
mod tests;
mod window;
