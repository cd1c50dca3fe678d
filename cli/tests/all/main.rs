//! The program as it is run: each test starts it in a folder of its own.
//!
//! A file a subject; `cargo test -p flowkit --test all SUBJECT::` runs one. All
//! run in one process, side by side: folder and environment are given to the
//! program that is started, never changed here. The sessions of `cli.rs` change
//! the folder they run in and are a process of their own for that.

mod answers;
mod bounded;
mod contradictions;
mod deep;
mod destination;
mod dump;
mod explanation;
mod faults;
mod fetch;
mod few_threads;
mod harmless;
mod kill;
mod leftovers;
mod mixed_day;
mod mutations;
mod nfcapd;
mod nfcapd_templates;
mod pipe;
mod pipes;
mod practice;
mod proxy;
mod questions;
mod secrets;
mod shared_dump;
mod spilling;
mod templated;
mod told;
mod tshark;
