//! What is tested of the practice server as a client meets it, in one program.
//!
//! A file a subject; `cargo test -p flowkit-testdata --test all SUBJECT::` runs
//! one.

mod exchange;
