//! The practice server over HTTP: the exchange that flowkit started from, and
//! what a client meets when it goes wrong. Bodies are compared with recorded
//! answers of Elasticsearch 7.17 where those are short.

#![allow(clippy::unwrap_used, reason = "a test")]

mod answers;
mod client;
mod connections;
mod faults;
mod refusals;
mod scrolls;
