//! The datagram that is being filled: sets behind a header that is written last.

use super::record::Moment;
use crate::wire::packets::Packet;
use crate::wire::templated::definition::SPECIFIER;
use crate::wire::templated::header::Version;

/// Bytes of a set's number and length.
pub(super) const SET_HEADER: usize = 4;

/// Bytes that align the next set, at most.
pub(super) const MOST_PADDING: usize = SPECIFIER - 1;

/// Sets that follow each other.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// Time of export.
    pub(super) moment: Moment,
    sets: Vec<u8>,
    /// Number and start of the set that is not closed.
    set: Option<(u16, usize)>,
    /// Flows in it.
    pub(super) n_flows: u32,
    /// Templates in it.
    n_templates: u32,
    /// Options records in it.
    n_options: u32,
}

impl Open {
    /// A datagram with nothing in it.
    pub(super) fn at(moment: Moment) -> Self {
        Self { moment, ..Self::default() }
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Bytes of all its sets, the last one filled up.
    pub(super) fn length(&self) -> usize {
        self.sets.len() + MOST_PADDING
    }

    /// Adds templates, in a set of their own.
    pub(super) fn template(&mut self, set: u16, template: &[u8]) {
        self.add(set, template);
        self.close_set();
        self.n_templates += 1;
    }

    /// Adds a record of options.
    pub(super) fn options(&mut self, number: u16, record: &[u8]) {
        self.add(number, record);
        self.n_options += 1;
    }

    /// Adds a record of a flow.
    pub(super) fn flow(&mut self, number: u16, record: &[u8]) {
        self.add(number, record);
        self.n_flows += 1;
    }

    /// Adds to the set that is open, or opens one.
    fn add(&mut self, number: u16, content: &[u8]) {
        if self.set.is_none_or(|(open, _)| open != number) {
            self.close_set();
            self.set = Some((number, self.sets.len()));
            self.sets.extend(number.to_be_bytes());
            self.sets.extend([0; 2]);
        }
        self.sets.extend(content);
    }

    /// Fills the open set up to a multiple of 4 bytes, and writes its length.
    fn close_set(&mut self) {
        let Some((_, start)) = self.set.take() else { return };
        self.sets.resize(self.sets.len().next_multiple_of(SPECIFIER), 0);
        let length = u16::try_from(self.sets.len() - start).unwrap_or(u16::MAX);
        self.sets[start + 2..start + SET_HEADER].copy_from_slice(&length.to_be_bytes());
    }

    /// What the sequence of a version counts of it: one datagram, or its data records.
    pub(super) fn counts(&self, version: Version) -> u32 {
        match version {
            Version::V9 => 1,
            Version::Ipfix => self.n_flows + self.n_options,
        }
    }

    /// The datagram.
    pub(super) fn close(
        mut self,
        version: Version,
        sequence: u32,
        domain: u32,
        exporter: Option<String>,
    ) -> Packet {
        self.close_set();
        let Moment { unix_secs, uptime } = self.moment;
        let export_ms = self.moment.export_ms();
        let mut bytes = version.number().to_be_bytes().to_vec();
        match version {
            Version::V9 => {
                let count = self.n_templates + self.n_options + self.n_flows;
                bytes.extend(u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
                bytes.extend(uptime.at(export_ms.cast_signed()).to_be_bytes());
            }
            Version::Ipfix => {
                let length = version.header_length() + self.sets.len();
                bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
            }
        }
        bytes.extend([unix_secs, sequence, domain].map(u32::to_be_bytes).concat());
        bytes.append(&mut self.sets);
        Packet { exporter, export_ms, n_flows: self.n_flows, bytes }
    }
}
