//! The filter language: which flows are selected.
//!
//! One language for every command. Text becomes an [`Expression`] over the
//! catalogue of fields, as plain data: [`matches`](Expression::matches) says
//! whether it matches one flow, `analyze` evaluates it column by column, and
//! `fetch` makes a query of it.
//!
//! | to learn | read |
//! | --- | --- |
//! | what can be compared with what | [`Comparison`], [`Subject`], [`Test`] |
//! | how many values or networks are one test | [`Ranges`] |
//! | whether a flow matches | [`matches`](Expression::matches) |
//! | whether any or all of many flows can match, by min and max | [`outcomes`](Expression::outcomes) |
//!
//! # The language
//! Words are those of nfdump, or names of fields:
//!
//! ```text
//! proto tcp and dst port 443                src_addr in 10.0.0.0/8
//! host 192.168.0.1 and not port in [80 443 8000-8100]
//! bytes > 10k and flags S and not flags AFRPU
//! flags = SA and duration > 1h30m
//! src ip in @bad-hosts.txt                  first >= 2018-09-21T10:00
//! ```
//!
//! `not` binds tightest, then `and`, then `or`. `#` begins a comment.
//! `@include NAME` stands for the words of a file, as they are: put it in
//! parentheses where they are joined by `or`.
//!
//! # What is unknown
//! A comparison with an unknown value is false, whichever way it compares, so
//! its `not` is true: `dst_port != 443` leaves flows without a port out,
//! `not dst_port = 443` takes them in.
//!
//! # Where it is nfdump's, where not
//! Measured with nfdump 1.7.1. As in nfdump, `k` is 1000; `bps`, `pps` and `bpp`
//! are whole numbers, and 0 for a flow of no duration; `flags SA` means all of
//! these, and under an odd number of `not`s none of these, also inside
//! parentheses; a number after `flags` is the whole byte; `flows` of a record
//! are 1; a bare number of `duration` is in milliseconds.
//!
//! Beyond nfdump, `flags = SA` is exactly these, and `duration > 10m` is ten
//! minutes. On purpose unlike nfdump, units that do not fit are refused
//! (`duration > 10k`, `port > 1k`); names of hosts are not looked up; `mask` and
//! `as` are those of the record (nfdump drops the masks of version 5, and asks a
//! database for the AS).

mod amount;
mod error;
mod evaluate;
mod expression;
mod hint;
mod include;
mod lex;
mod list;
mod outcomes;
mod parse;
mod ranges;
mod show;
mod subject;
mod value;
mod words;

pub use amount::{length_ms, not_a_length, not_a_number, number};
pub use error::{FilterError, nearest};
pub use evaluate::{bits_per_second, bytes_per_packet, duration_ms, packets_per_second, service};
pub use expression::{Comparison, Expression, Test};
pub use include::{Context, with_included};
pub use outcomes::{Bounds, Outcomes};
pub use ranges::Ranges;
pub use subject::{Derived, End, Subject};
pub use words::{WORDS, Word};

#[cfg(test)]
mod tests;
