//! Faults to inject, for the tests of a client.

use std::time::Duration;

/// A fault in the answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status and JSON body instead of an answer; nothing is done.
    Status(u16, String),
    /// The request is carried out, then the connection is closed without an
    /// answer: a page is lost.
    Reset,
    /// The answer breaks off in the middle of the body.
    TruncatedBody,
    /// A page of HTML with status 502, as a proxy sends it; nothing is done.
    Html502,
    /// A search says that one shard failed, and the hits of one index are missing.
    PartialShards,
    /// A search says a smaller `hits.total` than is true.
    ShrunkTotal,
    /// A search says `timed_out` and gives half of its hits.
    TimedOut,
    /// A search says `terminated_early` and gives half of its hits.
    TerminatedEarly,
    /// A search over two clusters says that one was skipped, and the hits of one
    /// index are missing.
    SkippedCluster,
    /// A hit in the middle of a page is of another index.
    StrayIndex,
    /// A hit in the middle of a page is a century older.
    StrayTime,
    /// The right answer after this delay.
    Slow(Duration),
}
