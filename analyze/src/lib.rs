//! Answers from saved flows: exact, in parallel, without a cluster in reach.
//!
//! Sources and a [`Question`](flowkit_model::Question) in, an
//! [`Answer`](flowkit_model::Answer) out: [`ask`] is the one door. Beside it,
//! flows leave for other programs ([`export`]), anything becomes a dump
//! ([`import`]), and documents are looked at as they stand ([`documents`]).
//!
//! ```text
//! sources ──► blocks ──► batches of columns ──► statistic ──► answer
//!  input       text,      typed values, a        sums per      rows, total,
//!              cut at     validity mask each;    key, merged   other, notes
//!              line ends  deduplicated
//! ```
//!
//! A statistic never sees a file, an input never a statistic, and neither
//! prints. What was read over is counted in the answer's
//! [`Tally`](flowkit_model::answer::Tally).
//!
//! ```
//! use std::path::Path;
//!
//! use flowkit_analyze::{Source, ask};
//! use flowkit_model::question::{Flows, Order, Question, Ranked, Report};
//!
//! let sources = [Source::open(Path::new("../testdata/three-flows.ndjson"))?];
//! let talkers = Report::Talkers(Ranked { order: Order { limit: 1, ..Order::default() }, columns: None });
//! let flows = Flows { filter: Some("proto tcp".into()), ..Flows::default() };
//! let answer = ask(&sources, &Question::new(talkers, flows))?;
//! assert_eq!(answer.table.rows.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ask;
mod batch;
mod bins;
mod cache;
mod dedup;
pub mod documents;
mod error;
pub mod export;
mod filter;
#[doc(hidden)]
pub mod fuzz;
mod group;
pub mod import;
pub mod input;
mod quality;
mod scan;
mod selection;
mod spill;
mod statistic;
mod stats;
mod store;
mod threads;
mod zone;

pub use crate::ask::{AskError, ReadOptions, ask, ask_with, select, validate};
pub use crate::error::ReadError;
pub use crate::input::Source;
pub use crate::selection::Selection;
pub use crate::stats::fields::fields;
pub use crate::zone::zone;

/// The door of tests and benches, which make batches of their own.
#[doc(hidden)]
pub mod in_memory {
    pub use crate::ask::in_memory::{ask_batches, ask_flows, diff_batches};
    pub use crate::batch::{Batch, Column, FieldSet, Values};
    pub use crate::spill::memory::Memory;
}

/// The columns of a dump: looked at, and made where they are missing.
pub mod columns {
    pub use crate::cache::{CacheError, Made, make_missing, verify};
}
