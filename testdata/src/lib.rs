//! A practice day of flows, and a small server that speaks the search API over it.
//!
//! For demonstrations and tests: no file, no network beyond loopback, the same
//! day byte for byte on every machine. Nothing here is needed to use flowkit on
//! real data.
//!
//! | to learn | read |
//! | --- | --- |
//! | what happens on the practice day | [`day`] |
//! | how a router turns flows into packets | [`packet`] |
//! | how Logstash turns packets into documents | [`document`] |
//! | how ten million synthetic flows are generated | [`synth`] |
//! | which part of the search API is spoken | [`server`] |
//!
//! `cargo run -p flowkit-testdata --example serve 9200` serves the day.

pub mod day;
pub mod document;
pub mod exporter;
pub mod flow;
mod network;
pub mod packet;
mod random;
pub mod server;
pub mod synth;
mod talk;
mod time;

pub use day::{practice_day, practice_flows, practice_packets};
pub use document::Document;
pub use exporter::Exporter;
pub use flow::Flow;
pub use packet::Packet;
pub use server::{Fault, Server};
pub use synth::Synth;
