//! Takes `NetFlow` documents out of Elasticsearch or OpenSearch into a dump,
//! complete or not at all.
//!
//! ```text
//! Request ─► plan: which indices, how many documents
//!            for each index:  cursor ─► pages ─► check ─► part
//!            manifest: incomplete ─────────────────────► complete
//! ```
//!
//! | floor | module | what it does |
//! | --- | --- | --- |
//! | 6 | [`verify()`] | is a dump what its manifest says, and as many as the server counts |
//! | 5 | `run` | a fetch from begin to end: new, resumed, updated, dry |
//! | 4 | `plan` | which indices, which parts, how many at a time; filters pushed down |
//! | 3 | `cursor`, `part_writer`, [`Request`] | pages of an index; pages into a part; what is asked for |
//! | 2 | `server`, `page`, [`Event`] | requests over HTTP, refusals, retries; one answer and its checks |
//! | 1 | [`FetchError`], [`Cancel`], `clock` | what goes wrong; how it is stopped; the time |
//!
//! A module imports only from floors below its own. How a page is checked before
//! it counts is told, and mostly done, in `page/check.rs`.
//!
//! Nothing is printed here, and nothing but the dump is written, through
//! [`flowkit_dump`].

mod cancel;
mod clock;
mod cursor;
mod error;
mod page;
mod part_writer;
mod plan;
mod progress;
mod request;
mod run;
mod server;
mod verify;

pub use cancel::Cancel;
pub use error::FetchError;
pub use flowkit_dump::Finding;
pub use progress::{Event, Observer};
pub use request::{
    DEFAULT_INDEX, DEFAULT_PAGE, DEFAULT_PART, DEFAULT_RETRIES, DEFAULT_TIMEOUT, DEFAULT_URL,
    Filter, Method, Request, Update,
};
pub use run::dry_run::{DryRun, DryRunIndex, DryRunNode, dry_run};
pub use run::fetch;
pub use server::address::has_credentials;
pub use server::credentials::Credentials;
pub use server::tls::Tls;
pub use verify::verify;
