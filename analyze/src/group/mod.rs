//! Adds up flows by key.
//!
//! | to learn | read |
//! | --- | --- |
//! | what is added up for a key | [`counters`] |
//! | how several fields become one key | [`key`], `wide_key` for many bits |
//! | what is kept by key | [`table`] |
//! | how few keys and many are kept: adaptive hash aggregation | `keyed_sums` |
//! | how a dictionary-encoded key is added up by its codes | [`dictionary_sums`] |
//! | what a flow is as a record, in memory and on disk | [`packed_flow`] |
//! | how many distinct values a key has | `distinct` |
//! | medians and other quantiles | [`quantiles`] |
//! | which keys come first | [`rank`] |

pub mod counters;
pub mod dictionary_sums;
mod distinct;
pub mod key;
pub(crate) mod key_part;
mod keyed_sums;
pub mod packed_flow;
pub mod quantiles;
pub mod rank;
pub mod table;
mod wide_key;
