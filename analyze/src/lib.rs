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
//! | when a dump's documents are kept as columns | [`cache`] |
//! | how columns stand in a Parquet file | [`store`] |
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

pub mod answer;
pub mod bins;
pub mod cache;
pub mod columns;
mod dictionary;
pub mod documents;
mod duplicates;
pub mod error;
pub mod export;
#[doc(hidden)]
pub mod fuzz;
pub mod group;
pub mod import;
pub mod input;
pub mod mask;
pub mod packets;
pub mod quality;
pub mod scan;
pub mod selection;
pub mod sequences;
pub mod stats;
pub mod store;
pub mod tally;

pub use answer::Answer;
pub use error::ReadError;
pub use input::Source;
pub use scan::ask;
pub use selection::Selection;
