//! What is inside a dump: the names of its files, and what its manifest says.
//!
//! ```text
//! flowkit-dump/
//! ├── manifest.json               what was asked of whom, and what came
//! ├── .lock                       held while a fetch writes here
//! ├── parts/NAME.ndjson.zst       the hits as the server sent them, one a line
//! ├── parts/NAME.pcap.zst         or a capture, datagrams or rows, byte for byte
//! ├── parts/NAME.partial, .state  a part in work, and how far it is
//! └── columns/NAME.parquet        the same flows as columns, derived
//! ```
//!
//! Plain data: the files are opened, locked and named by the crate `flowkit-dump`. A reader of an
//! older or newer dump finds members it does not know ignored and members it
//! misses empty; [`Manifest::from_json`] and [`Manifest::is_readable`] say where
//! that ends.

mod document_id;
mod manifest;
mod names;
mod part;
mod part_form;
mod state;
#[cfg(test)]
mod tests;

pub use crate::window::Span;
pub use document_id::{DOCUMENT_ID_CASES, DocumentId, DocumentIdCase, HitId, IdInPart};
pub use manifest::{Count, FORMAT, Manifest, Server, State, Wanted};
pub use names::{
    Begun, COLUMNS, COLUMNS_END, LOCK, MANIFEST, PART_END, PARTIAL_END, PARTS, STATE_END, is_ours,
    is_part_name, is_plain_name, part_name, unfinished, unfinished_name,
};
pub use part::{DOCUMENTS_READ, Order, Part, PartScope, Pending, Proof, Read, Slice};
pub use part_form::PartForm;
pub use state::PartState;
