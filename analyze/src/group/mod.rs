//! Aggregates flows by key.
//!
//! | to learn | read |
//! | --- | --- |
//! | the accumulators of a key: bytes, packets, flows | [`counters`] |
//! | how several fields become one key | [`key`], `wide_key` for many bits |
//! | what is accumulated by key | [`table`], for one type of key `keyed_groups` |
//! | how code for one type of key serves all four | `widths` |
//! | which rows of a batch have a key of which type | `key_rows` |
//! | adaptive hash aggregation: one table, then partitions, then spill | `keyed_sums` |
//! | how a dictionary-encoded key is aggregated by its codes | [`dictionary_sums`] |
//! | a flow as a record, in memory and on disk | [`packed_flow`] |
//! | how many distinct values a key has | `distinct` |
//! | medians and other quantiles | [`quantiles`] |
//! | the top N keys | [`rank`] |

mod code_protocols;
pub(crate) mod counters;
pub(crate) mod dictionary_sums;
mod distinct;
pub(crate) mod key;
pub(crate) mod key_part;
mod key_rows;
mod keyed_groups;
mod keyed_sums;
pub(crate) mod packed_flow;
pub(crate) mod quantiles;
pub(crate) mod rank;
pub(crate) mod table;
mod wide_key;
mod widths;
