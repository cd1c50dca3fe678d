//! NetFlow datagrams, decoded to a batch of columns and a count of what is not valid.
//!
//! Whole datagrams become flows; everything else is counted by kind, with the
//! number of the first frame or datagram of each.

use std::borrow::Cow;
use std::sync::Arc;

use flowkit_model::exported_row::fill;
use flowkit_model::wire::{self, Fault, MOST_RECORDS, NotV5, templated};
use flowkit_model::{FieldId, NotAFlow, Row};

use super::odd::Odd;
use super::packets::frames::Fate;
use super::packets::{Captured, Datagrams, Walked};
use super::parse::Parsed;
use crate::batch::FieldSet;
use crate::batch::dictionary::Dictionary;

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
    if let Some(walked) = &captured.walked {
        return templated(captured, walked, parsed);
    }
    let datagram = match wire::decode(&captured.bytes) {
        Ok(datagram) => datagram,
        Err(NotV5::OtherVersion { version }) => {
            parsed.frames.count(Fate::Other, of_version(version, &captured.bytes), line);
            rest(captured, parsed);
            return parsed.skip(NotAFlow::OtherVersion, line, Some(other_version(version)));
        }
        Err(error) => {
            parsed.frames.count(Fate::Other, "datagrams without a header".into(), line);
            rest(captured, parsed);
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
            rest(captured, parsed);
            parsed.skip(NotAFlow::NoRecord, line, Some(fault.to_string()));
            continue;
        }
        let is_missing = matches!(fault, Fault::CutShort { .. });
        parsed.odd(Odd::new(fault.name(), fault.to_string(), line, is_missing));
    }
    let exporter = captured.exporter.map(|address| address.to_string());
    for flow in datagram.flows(exporter.as_deref()) {
        parsed.row(&Row::of(&flow), None, line);
    }
}

/// A datagram of NetFlow v9 or IPFIX.
fn templated(captured: &Captured, walked: &Walked, parsed: &mut Parsed) {
    let line = captured.number;
    parsed.n_values += 1;
    parsed.frames.n_v5 += 1;
    for fault in &walked.faults {
        let (kind, is_missing) = (fault.name(), fault.is_loss());
        let (of, what) = match (fault, captured.exporter) {
            (templated::Fault::NoTemplate { template, bytes }, Some(exporter)) => (
                Some((Some(exporter), *template)),
                format!(
                    "no template {template} of {exporter}: {bytes} bytes of data cannot be read"
                ),
            ),
            (templated::Fault::NoTemplate { template, .. }, None) => {
                (Some((None, *template)), fault.to_string())
            }
            _ => (None, fault.to_string()),
        };
        parsed.odd(Odd { of, ..Odd::new(kind, what, line, is_missing) });
    }
    let exporter = captured.exporter.map(|address| address.to_string());
    for (place, counts) in &walked.sequences {
        parsed.exporters.sequence(exporter.as_deref(), *place, *counts);
    }
    let mut row = Row::default();
    for held in &walked.data {
        for record in held.over(&captured.bytes).records() {
            let read = record.exported();
            if !read.class.is_flow() {
                parsed.skip(NotAFlow::Options, line, None);
                if record.template().tells_of_exporter() {
                    parsed.exporters.options(exporter.as_deref(), &record.options());
                }
                continue;
            }
            parsed.exporters.impossible(exporter.as_deref(), Some(read.flowset), read.impossible);
            row.clear();
            fill(&mut row, &read);
            if let Some(exporter) = &exporter {
                row.set_text(FieldId::Exporter, exporter);
            }
            parsed.row(&row, None, line);
        }
    }
}

/// Counts the rest of a file of datagrams as missing: where it does not go on with a
/// datagram, nothing says where the next one begins.
fn rest(captured: &Captured, parsed: &mut Parsed) {
    let is_of_a_capture = captured.exporter.is_some();
    if is_of_a_capture || captured.bytes.iter().all(|byte| *byte == 0) {
        return;
    }
    let bytes = captured.bytes.len();
    let what = format!(
        "the rest, {bytes} bytes, does not go on with a datagram of version 5, 9 or 10, and may hold flows"
    );
    parsed.odd(Odd::new(REST, what, captured.number, true));
}

/// Kind of what follows the last datagram of a file.
const REST: &str = "rest";

/// Why a datagram is not read; one of v9 or IPFIX that was not walked lacks its header.
fn other_version(version: u16) -> String {
    match version {
        9 | 10 => format!("version {version}, shorter than its header"),
        _ => format!("version {version}, not 5, 9 or 10"),
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

#[cfg(test)]
mod tests {
    use super::super::packets;
    use super::*;

    /// Two records, 120 bytes.
    const WHOLE: &[u8] = include_bytes!("../../../testdata/wrap.bin");

    /// Flows of a file of datagrams, and what is missing of it.
    fn read(file: &[u8]) -> (usize, Vec<(u64, String)>) {
        let (mut flows, mut missing) = (0, Vec::new());
        let taken = packets::read(file, |datagrams| {
            let parsed = datagrams.parse(FieldSet::all(), &Arc::default());
            flows += parsed.identities.len();
            let odd = parsed.odd.into_iter().filter(|odd| odd.is_missing);
            missing.extend(odd.map(|odd| (odd.line, odd.what)));
            true
        });
        taken.unwrap();
        (flows, missing)
    }

    /// Only the count of a header says where the next datagram begins.
    #[test]
    fn what_follows_the_last_datagram_of_a_file_is_missing_unless_it_is_zeros() {
        let rest = |bytes: usize| {
            let said = format!(
                "the rest, {bytes} bytes, does not go on with a datagram of version 5, 9 or 10, and may hold flows"
            );
            vec![(2, said)]
        };
        let (mut version_9, mut count_0, mut stated_less) =
            (WHOLE.to_vec(), WHOLE.to_vec(), WHOLE.to_vec());
        version_9[1] = 9;
        count_0[3] = 0;
        stated_less[3] = 1;
        assert_eq!(read(&[WHOLE, WHOLE].concat()), (4, vec![]));
        assert_eq!(read(&[WHOLE, &[0; 3]].concat()), (2, vec![]));
        assert_eq!(read(&[WHOLE, &[0; 200]].concat()), (2, vec![]));
        // One of version 9 says no length of its own: it goes on to the end.
        let said = "set 0 has a length of 0, less than its header: the rest is not read";
        assert_eq!(read(&[WHOLE, &version_9, WHOLE].concat()), (2, vec![(2, said.into())]));
        assert_eq!(read(&[WHOLE, &count_0].concat()), (2, rest(120)));
        assert_eq!(read(&[WHOLE, &WHOLE[..5]].concat()), (2, rest(5)));
        assert_eq!(read(&stated_less), (1, rest(48)));
    }
}
