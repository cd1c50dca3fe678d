//! Fetches `NetFlow` documents from Elasticsearch or OpenSearch into a dump,
//! which is marked complete only if every document is in it.
//!
//! ```text
//! Request ─► plan: which indices, how many documents
//!            for each index:  cursor ─► pages ─► check ─► part
//!            manifest: incomplete ─────────────────────► complete
//! ```
//!
//! | floor | module | what it does |
//! | --- | --- | --- |
//! | 6 | [`verify()`] | verifies a dump against its manifest and the server's counts |
//! | 5 | `run` | a whole fetch: new, resumed, updated, or a dry run |
//! | 4 | `plan` | which indices, which parts, how many at a time; filters pushed down |
//! | 3 | `cursor`, `part_writer`, [`Request`], [`fuzz`] | pages of an index; writing pages to a part; the request; pages of fuzzers |
//! | 2 | `server`, `page`, [`Event`] | requests over HTTP, refusals, retries; one page and its checks; progress |
//! | 1 | [`FetchError`], [`Cancel`], [`SearchBody`], `clock` | errors; cancellation; a pasted search; the time |
//!
//! A module imports only from floors below its own. How a page is checked before
//! it counts is described, and mostly implemented, in `page/check.rs`.
//!
//! This crate prints nothing, and writes nothing but the dump, through
//! [`flowkit_dump`].

mod cancel;
mod clock;
mod cursor;
mod error;
pub mod fuzz;
mod page;
mod part_writer;
mod plan;
mod progress;
mod request;
mod run;
mod search_body;
mod server;
mod verify;

pub use cancel::Cancel;
pub use error::{Denied, FetchError, Lack, Stranger, Unsearchable, Why};
pub use flowkit_dump::Finding;
pub use progress::{Event, Observer};
pub use request::{
    DEFAULT_INDEX, DEFAULT_PAGE, DEFAULT_RETRIES, DEFAULT_TIMEOUT, DEFAULT_URL, Filter,
    LARGEST_PART, Method, Request, SMALLEST_PART, Update,
};
pub use run::dry_run::{DryRun, DryRunIndex, DryRunNode, dry_run};
pub use run::fetch;
pub use run::list::{ListedIndex, Listing, list};
pub use search_body::{BodyError, SearchBody};
pub use server::address::has_credentials;
pub use server::credentials::Credentials;
pub use server::tls::Tls;
pub use verify::verify;
