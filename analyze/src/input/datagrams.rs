//! NetFlow v5 datagrams, from a capture or concatenated in a file, decoded to a
//! batch of columns and a count of what is not valid.
//!
//! Whole datagrams become flows; everything else is counted by kind, with the
//! number of the first frame or datagram of each.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::IpAddr;
use std::sync::Arc;

use flowkit_model::wire::{self, Fault, HEADER_LENGTH, MOST_RECORDS, NotV5, RECORD_LENGTH};
use flowkit_model::{NotAFlow, Row};

use super::parse::{Odd, Parsed};
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;

/// Some datagrams, and counts of the frames that carry none.
#[derive(Debug, Default)]
pub(crate) struct Datagrams {
    pub(crate) list: Vec<Captured>,
    other: BTreeMap<Other, (u64, u64)>,
}

/// A datagram.
#[derive(Debug)]
pub(crate) struct Captured {
    /// Number of its frame in a capture, or of the datagram in a file, from 1.
    pub(crate) number: u64,
    /// Address of the exporter, if known.
    pub(crate) exporter: Option<IpAddr>,
    pub(crate) bytes: Vec<u8>,
}

/// Why a frame carries no datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Other {
    Link,
    NotIp,
    NotUdp,
    Empty,
    Fragment,
    Cut,
}

impl Other {
    fn text(self) -> &'static str {
        match self {
            Self::Link => "a frame of a link that flowkit does not read",
            Self::NotIp => "a frame without an IP packet",
            Self::NotUdp => "a frame without a UDP packet",
            Self::Empty => "an empty UDP packet",
            Self::Fragment => "a fragment of an IP packet, which is not put together",
            Self::Cut => "a frame that the capture cut before its UDP payload",
        }
    }

    fn is_missing(self) -> bool {
        matches!(self, Self::Fragment | Self::Cut)
    }
}

impl Datagrams {
    pub(super) fn other(&mut self, kind: Other, number: u64) {
        self.other.entry(kind).or_insert((0, number)).0 += 1;
    }

    /// Decodes the datagrams into a batch.
    pub(crate) fn parse(&self, fields: FieldSet, dictionary: &Arc<Dictionary>) -> Parsed {
        let mut parsed = Parsed::empty(fields, self.list.len() * MOST_RECORDS, dictionary);
        for (kind, (n, first)) in &self.other {
            parsed.odd(Odd {
                kind: kind.text(),
                what: kind.text().to_owned(),
                n: *n,
                line: *first,
                is_missing: kind.is_missing(),
            });
        }
        for datagram in &self.list {
            one(datagram, &mut parsed);
        }
        parsed
    }
}

fn one(captured: &Captured, parsed: &mut Parsed) {
    let line = captured.number;
    let datagram = match wire::decode(&captured.bytes) {
        Ok(datagram) => datagram,
        Err(error @ NotV5::OtherVersion { .. }) => {
            return parsed.skip(NotAFlow::OtherVersion, line, Some(error.to_string()));
        }
        Err(error) => return parsed.skip(NotAFlow::NoRecord, line, Some(error.to_string())),
    };
    parsed.n_values += 1;
    for fault in datagram.faults() {
        if matches!(fault, Fault::ImpossibleCount { .. }) {
            parsed.skip(NotAFlow::NoRecord, line, Some(fault.to_string()));
            continue;
        }
        let is_missing = matches!(fault, Fault::CutShort { .. });
        parsed.odd(Odd { kind: fault.name(), what: fault.to_string(), n: 1, line, is_missing });
    }
    let exporter = captured.exporter.map(|address| address.to_string());
    for flow in datagram.flows(exporter.as_deref()) {
        parsed.row(&Row::of(&flow), None, line);
    }
}

/// Bytes per read.
const CHUNK_BYTES: usize = 1 << 20;

/// Reads concatenated datagrams and passes them to `take`, until that returns
/// false.
///
/// A datagram's length follows from its record count. If that is invalid, the
/// rest of the stream is one last, invalid datagram.
///
/// # Errors
/// If the stream fails.
pub(super) fn read(
    mut stream: impl Read,
    mut take: impl FnMut(Datagrams) -> bool,
) -> io::Result<()> {
    let (mut rest, mut number, mut at_end) = (Vec::new(), 0, false);
    while !at_end {
        let before = rest.len();
        stream.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut rest)?;
        at_end = rest.len() == before;
        let mut found = Datagrams::default();
        let mut used = 0;
        while used < rest.len() {
            let Some(length) = whole(&rest[used..]) else {
                let is_long = rest.len() - used >= HEADER_LENGTH + MOST_RECORDS * RECORD_LENGTH;
                if !at_end && !is_long {
                    break;
                }
                at_end = true;
                number += 1;
                found.list.push(Captured { number, exporter: None, bytes: rest.split_off(used) });
                break;
            };
            number += 1;
            let bytes = rest[used..used + length].to_vec();
            found.list.push(Captured { number, exporter: None, bytes });
            used += length;
        }
        rest.drain(..used);
        if !take(found) {
            return Ok(());
        }
    }
    Ok(())
}

/// Length of the datagram that begins here, if all of it is in `bytes`.
fn whole(bytes: &[u8]) -> Option<usize> {
    let count = usize::from(wire::decode(bytes).ok()?.header().count);
    let length = HEADER_LENGTH + count * RECORD_LENGTH;
    ((1..=MOST_RECORDS).contains(&count) && length <= bytes.len()).then_some(length)
}
