//! Everything that is tested through the public interface, in one program, since
//! each program links Parquet anew.
//!
//! A file a subject; `cargo test -p flowkit-analyze --test all SUBJECT::` runs
//! one. All run in one process, side by side: none changes the folder or the
//! environment that it runs in.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests, which say what they ran"
)]

// Questions, flows, exports and answers that several subjects ask for.
mod asking;
mod batches;
mod exporting;
mod oracle;
mod random;

mod anonymise;
mod captures;
mod corpora;
mod deep;
mod differences;
mod duckdb;
mod expected;
mod families;
mod fuzz_corpus;
mod growing;
mod import;
mod inputs;
mod loss;
mod nfdump;
mod order_of_sources;
mod other_readers;
mod packed;
mod properties;
mod rankings;
mod recomputed;
mod reported;
mod robust;
mod rows;
mod scaled;
mod shown_columns;
mod statistics;
mod store;
mod text_inputs;
mod told;
mod tshark_templates;
mod wild;
mod wire_records;
