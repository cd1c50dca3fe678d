//! Answers from saved flows: exact, in parallel, without a cluster in reach.
//!
//! ```text
//! sources ──► blocks ──► batches of columns ──► statistic ──► answer
//!  input       text,      typed values, a        sums per      rows, total,
//!              cut at     null mask each;        key, merged   other, notes
//!              line ends  duplicates removed
//! ```
//!
//! | to learn | read |
//! | --- | --- |
//! | how a file is recognised and cut into documents | [`input`] |
//! | what a batch of flows looks like | [`columns`] |
//! | how a dump's documents are kept as columns | [`store`] |
//! | how flows leave for other programs | [`export`] |
//! | what stands in a file of packets | [`packets`] |
//! | how anything becomes a dump | [`import`] |
//! | how reading, counting and merging go together | [`scan`] |
//! | which flows are looked at | [`selection`], [`mask`] |
//! | how time is cut into bins | [`bins`] |
//! | how flows are added up by key | [`group`] |
//! | what each question computes | [`stats`] |
//! | what is wrong with the times of flows | [`quality`] |
//! | how many flows are missing | [`sequences`] |
//! | what an answer holds | [`answer`] |
//!
//! A statistic never sees a file, an input never a statistic, and neither
//! prints. What was read over is counted in a [`Tally`](tally::Tally).

pub mod ask;
pub mod batch;
mod dedup;
pub mod documents;
pub mod error;
pub mod export;
pub mod filter;
#[doc(hidden)]
pub mod fuzz;
pub mod group;
pub mod import;
pub mod input;
mod quality;
pub mod question;
pub(crate) mod scan;
pub mod selection;
pub mod spill;
pub mod stats;
pub mod store;

pub use crate::ask::ask;
pub use crate::error::ReadError;
pub use crate::input::Source;
pub use crate::selection::Selection;
