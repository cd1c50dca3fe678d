//! What is tested of the practice server as a client meets it, and of the
//! workspace as a whole: its layers. One program.
//!
//! A file or folder a subject; `cargo test -p flowkit-testdata --test all
//! SUBJECT::` runs one.

mod exchange;
mod layers;
