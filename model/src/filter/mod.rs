//! The filter language: which flows a person means.
//!
//! One language for every command. Text becomes an [`Expression`] over the
//! catalogue of fields, as plain data: [`matches`](Expression::matches) says
//! what it means for one flow, `analyze` evaluates it column by column, and
//! `fetch` makes a query of it.
//!
//! | to learn | read |
//! | --- | --- |
//! | what can be compared with what | [`Comparison`], [`Subject`], [`Test`] |
//! | how many values or networks are one test | [`Ranges`] |
//! | what is true of a flow | [`matches`](Expression::matches) |
//! | what can be true of many | [`outcomes`](Expression::outcomes) |
//!
//! # The language
//! Words are those of nfdump, or names of fields:
//!
//! ```text
//! proto tcp and dst port 443                src_addr in 10.0.0.0/8
//! host 192.168.0.1 and not port in [80 443 8000-8100]
//! bytes > 10k and flags S and not flags AFRPU
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
//! Measured with nfdump 1.7.1. The same: `k` is 1000; `bps`, `pps` and `bpp`
//! are whole numbers, and 0 for a flow of no duration; `flags SA` means all of
//! these, and under an odd number of `not`s none of these, also inside
//! parentheses; a number after `flags` is the whole byte; `flows` of a record
//! are 1. On purpose not: names of hosts are not looked up; `mask` and `as` are those of the record
//! (nfdump drops the masks of version 5, and asks a database for the AS).

mod error;
mod evaluate;
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

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use crate::field::FieldId;

pub use error::{FilterError, nearest};
pub use evaluate::{bits_per_second, bytes_per_packet, duration_ms, packets_per_second, service};
pub use outcomes::{Bounds, Outcomes};
pub use ranges::Ranges;
pub use subject::{WORDS, Word};
pub use value::number;

/// The text of a filter with the files that it includes.
///
/// # Errors
/// If one cannot be read, or they include each other.
pub fn with_included(text: &str, context: &Context<'_>) -> Result<String, FilterError> {
    include::Whole::new(text, context).map(|whole| whole.text)
}

/// Which flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Every flow.
    Any,
    /// Flows whose value passes a test.
    Compare(Comparison),
    /// Flows that the other does not mean.
    Not(Box<Self>),
    /// Flows that all of them mean; of none, every flow.
    And(Vec<Self>),
    /// Flows that one of them means; of none, no flow.
    Or(Vec<Self>),
}

/// A value and a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Whose value.
    pub subject: Subject,
    /// `!=`: the value is known and fails the test. For either end: both are
    /// known and both fail.
    pub differs: bool,
    /// The test.
    pub test: Test,
}

/// What has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A field of the catalogue.
    Field(FieldId),
    /// The same thing at either end: one that passes is enough.
    Either(End),
    /// A value that is worked out from fields.
    Derived(Derived),
}

/// What a flow has at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// `addr`: address.
    Address,
    /// `port`.
    Port,
    /// `as`: autonomous system.
    As,
    /// `if`: interface of the router.
    Interface,
    /// `mask`: length of the routing prefix.
    MaskLength,
}

impl End {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::Address, Self::Port, Self::As, Self::Interface, Self::MaskLength];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "addr",
            Self::Port => "port",
            Self::As => "as",
            Self::Interface => "if",
            Self::MaskLength => "mask",
        }
    }

    /// The fields at the two ends: source (or in), destination (or out).
    #[must_use]
    pub fn fields(self) -> [FieldId; 2] {
        match self {
            Self::Address => [FieldId::SrcAddr, FieldId::DstAddr],
            Self::Port => [FieldId::SrcPort, FieldId::DstPort],
            Self::As => [FieldId::SrcAs, FieldId::DstAs],
            Self::Interface => [FieldId::InputSnmp, FieldId::OutputSnmp],
            Self::MaskLength => [FieldId::SrcMaskLen, FieldId::DstMaskLen],
        }
    }
}

/// A value that is worked out from fields; unknown if one of them is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Derived {
    /// `duration`: last − first, in ms; unknown if inverted.
    Duration,
    /// `bps`: bits a second, cut; 0 if the duration is.
    BitsPerSecond,
    /// `pps`: packets a second, cut; 0 if the duration is.
    PacketsPerSecond,
    /// `bpp`: bytes a packet, cut; 0 without packets.
    BytesPerPacket,
    /// `service`: the lower of the two ports, for protocols that have ports.
    Service,
}

impl Derived {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Duration,
        Self::BitsPerSecond,
        Self::PacketsPerSecond,
        Self::BytesPerPacket,
        Self::Service,
    ];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::BitsPerSecond => "bps",
            Self::PacketsPerSecond => "pps",
            Self::BytesPerPacket => "bpp",
            Self::Service => "service",
        }
    }

    /// The fields it is worked out from.
    #[must_use]
    pub fn fields(self) -> &'static [FieldId] {
        use FieldId::{Bytes, DstPort, FirstSwitched, LastSwitched, Packets, Protocol, SrcPort};
        match self {
            Self::Duration => &[FirstSwitched, LastSwitched],
            Self::BitsPerSecond => &[FirstSwitched, LastSwitched, Bytes],
            Self::PacketsPerSecond => &[FirstSwitched, LastSwitched, Packets],
            Self::BytesPerPacket => &[Bytes, Packets],
            Self::Service => &[SrcPort, DstPort, Protocol],
        }
    }
}

impl Subject {
    /// What it is called: the name in canonical text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.field().name,
            Self::Either(end) => end.name(),
            Self::Derived(derived) => derived.name(),
        }
    }

    /// The fields it reads.
    #[must_use]
    pub fn fields(self) -> Vec<FieldId> {
        match self {
            Self::Field(field) => vec![field],
            Self::Either(end) => end.fields().to_vec(),
            Self::Derived(derived) => derived.fields().to_vec(),
        }
    }
}

/// What a value must pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Lies in one of these ranges. A text that is an IPv4 address counts as
    /// that address.
    In(Ranges),
    /// Has these bits set: all of them, or any.
    Flags {
        /// The bits.
        mask: u8,
        /// All of them; else at least one.
        all: bool,
    },
    /// Is one of these texts; capitals of A to Z do not matter.
    Text(BTreeSet<String>),
}

/// What the text of a filter refers to and does not hold.
pub struct Context<'c> {
    /// The zone of times that name none.
    pub zone: TimeZone,
    /// Reads the file of a list, `in @NAME`, or of a filter, `@include NAME`;
    /// says why if it cannot.
    pub read: &'c dyn Fn(&str) -> Result<String, String>,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Context").field("zone", &self.zone).finish_non_exhaustive()
    }
}

impl Expression {
    /// Understands a filter that needs no file, with times in UTC.
    ///
    /// # Errors
    /// If it is no filter; the message shows where.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let read = |_: &str| Err("files are not read here".to_owned());
        Self::parse_in(text, &Context { zone: TimeZone::UTC, read: &read })
    }

    /// Understands a filter. A text without any word means every flow.
    ///
    /// # Errors
    /// If it is no filter; the message shows where.
    pub fn parse_in(text: &str, context: &Context<'_>) -> Result<Self, FilterError> {
        let whole = include::Whole::new(text, context)?;
        parse::parse(&whole.text, context).map_err(|error| whole.placed(error))
    }

    /// The fields it reads, each once, in the order of the catalogue.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldId> {
        let mut fields = BTreeSet::new();
        self.each_comparison(&mut |comparison| fields.extend(comparison.subject.fields()));
        fields.into_iter().collect()
    }

    /// Shows every comparison to `take`.
    fn each_comparison(&self, take: &mut impl FnMut(&Comparison)) {
        match self {
            Self::Any => {}
            Self::Compare(comparison) => take(comparison),
            Self::Not(inner) => inner.each_comparison(take),
            Self::And(all) | Self::Or(all) => {
                for expression in all {
                    expression.each_comparison(take);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
