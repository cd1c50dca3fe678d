//! NetFlow v5 datagrams, from a capture or concatenated in a file, decoded to a
//! batch of columns and a count of what is not valid.
//!
//! Whole datagrams become flows; everything else is counted by kind, with the
//! number of the first frame or datagram of each.

use std::borrow::Cow;
use std::io::{self, Read};
use std::net::IpAddr;
use std::sync::Arc;

use flowkit_model::wire::{self, Fault, HEADER_LENGTH, MOST_RECORDS, NotV5, RECORD_LENGTH};
use flowkit_model::{NotAFlow, Row};

use super::frames::{Fate, Frames};
use super::parse::{Odd, Parsed};
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;

/// Some datagrams, and counts of what else is there.
#[derive(Debug, Default)]
pub(crate) struct Datagrams {
    pub(crate) list: Vec<Captured>,
    pub(crate) frames: Frames,
}

/// A datagram.
#[derive(Debug)]
pub(crate) struct Captured {
    /// Number of its frame in a capture, or of the datagram in a file, from 1.
    pub(crate) number: u64,
    /// Address of the exporter, if known.
    pub(crate) exporter: Option<IpAddr>,
    /// UDP port it was sent from, if known.
    pub(super) port: Option<u16>,
    pub(crate) bytes: Vec<u8>,
}

impl Datagrams {
    /// Decodes the datagrams into a batch.
    pub(crate) fn parse(&self, fields: FieldSet, dictionary: &Arc<Dictionary>) -> Parsed {
        let mut parsed = Parsed::empty(fields, self.list.len() * MOST_RECORDS, dictionary);
        parsed.frames = self.frames.clone();
        parsed.is_of_packets = true;
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
        Err(error @ NotV5::OtherVersion { version }) => {
            parsed.frames.count(Fate::Other, of_version(version, &captured.bytes), line);
            return parsed.skip(NotAFlow::OtherVersion, line, Some(error.to_string()));
        }
        Err(error) => {
            parsed.frames.count(Fate::Other, "datagrams without a header".into(), line);
            return parsed.skip(NotAFlow::NoRecord, line, Some(error.to_string()));
        }
    };
    parsed.n_values += 1;
    let is_possible = (1..=MOST_RECORDS).contains(&usize::from(datagram.header().count));
    parsed.frames.n_v5 += u64::from(is_possible);
    if let (Some(address), Some(port)) = (captured.exporter, captured.port) {
        parsed.senders.add(address, port, datagram.header(), line);
    }
    for fault in datagram.faults() {
        if let Fault::ImpossibleCount { count } = fault {
            let layer = format!("version 5 with a count of {count}, which cannot be");
            parsed.frames.count(Fate::Other, layer.into(), line);
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

/// What a datagram of another version than 5 is.
fn of_version(version: u16, bytes: &[u8]) -> Cow<'static, str> {
    match version {
        0 if bytes.starts_with(&[0, 0, 0, 5]) => "sFlow".into(),
        1..=8 => format!("version {version}").into(),
        9 => "version 9 (NetFlow 9)".into(),
        10 => "version 10 (IPFIX)".into(),
        1280 => "version 5 in the wrong byte order".into(),
        _ => "other content".into(),
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
                found.list.push(Captured {
                    number,
                    exporter: None,
                    port: None,
                    bytes: rest.split_off(used),
                });
                break;
            };
            number += 1;
            let bytes = rest[used..used + length].to_vec();
            found.list.push(Captured { number, exporter: None, port: None, bytes });
            used += length;
        }
        found.frames.n += found.list.len() as u64;
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
