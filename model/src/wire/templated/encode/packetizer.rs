//! Flows into datagrams: which one each goes into, and what has to stand before it.

use std::collections::BTreeMap;

use super::fields::{self, Sent};
use super::open::{MOST_PADDING, Open, SET_HEADER};
use super::record::{self, Moment};
use super::sampling::{NUMBER, Sampling};
use crate::record::FlowRecord;
use crate::wire::packets::{BootTimes, Engine, Packet};
use crate::wire::templated::header::Version;
use crate::wire::{Misfit, Uptime};

/// Most bytes of a datagram: as many as version 5 has at most, which fit in an Ethernet
/// frame.
pub const MOST_BYTES: usize = 1464;

/// A template is sent again before its next record when so many datagrams went out since.
pub const AGAIN_DATAGRAMS: u64 = 20;

/// Or when so much time has passed between their exports, in milliseconds.
pub const AGAIN_MS: u64 = 600_000;

/// Templates of an exporter, after which their numbers begin anew.
const MOST_TEMPLATES: usize = 1000;

/// What numbers its templates and counts its sequence: one domain of one exporter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Observer {
    exporter: Option<String>,
    domain: u32,
}

impl Observer {
    /// The observer of a flow. Of version 5 its engine says the domain, as Cisco forms
    /// the source id: type in the third byte, number in the fourth (RFC 3954, 5.1).
    fn of(flow: &FlowRecord, engine: &Engine) -> Self {
        let of_engine = u32::from(engine.engine_type) << 8 | u32::from(engine.engine_id);
        Self { exporter: flow.exporter.clone(), domain: flow.domain.unwrap_or(of_engine) }
    }
}

/// When something was told last.
#[derive(Clone, Copy, Debug)]
struct Told {
    datagram: u64,
    export_ms: u64,
}

/// What an observer has told so far, and the datagram it is filling.
#[derive(Debug, Default)]
struct State {
    sequence: u32,
    n_datagrams: u64,
    templates: BTreeMap<Vec<Sent>, (u16, Told)>,
    sampling: Option<(Sampling, Told)>,
    open: Open,
}

/// Packs flows into datagrams of version 9 or IPFIX.
#[derive(Debug)]
pub struct Packetizer {
    version: Version,
    boot_times: BootTimes,
    observers: BTreeMap<Observer, State>,
}

impl Packetizer {
    /// Starts with nothing sent. The boot times are those of version 9, whose times are
    /// uptimes; IPFIX needs none.
    #[must_use]
    pub fn new(version: Version, boot_times: BootTimes) -> Self {
        Self { version, boot_times, observers: BTreeMap::new() }
    }

    /// Adds a flow, and hands out the datagram that it did not go into: a full one, or
    /// one of another second.
    ///
    /// # Errors
    /// If a time is so far from the export that an uptime cannot say it, or the export
    /// after 2106; the flow is then left out.
    pub fn push(&mut self, flow: &FlowRecord) -> Result<Option<Packet>, Misfit> {
        let engine = Engine::of(flow);
        let uptime = match self.version {
            Version::V9 => self.boot_times.of(&engine),
            Version::Ipfix => Uptime::default(),
        };
        let moment = Moment::of(flow, uptime)?;
        let fields = fields::of(flow, self.version);
        let values = record::values(flow, &fields, moment)?;
        let observer = Observer::of(flow, &engine);
        let domain = observer.domain;
        let state = self.observers.entry(observer.clone()).or_default();
        let (sampling, version) = (Sampling::of(flow), self.version);
        let mut packet = None;
        let needed = state.needed(&fields, values.len(), sampling, version);
        let is_full = version.header_length() + state.open.length() + needed > MOST_BYTES;
        if state.open.moment != moment || is_full {
            packet = state.close(version, observer);
            state.open = Open::at(moment);
        }
        state.tell_sampling(sampling, version, domain);
        let number = state.tell_template(fields, version);
        state.open.flow(number, &values);
        Ok(packet)
    }

    /// Hands out the datagrams that are not full, in the order of exporters and domains.
    /// The next flow begins a new one.
    #[must_use]
    pub fn flush(&mut self) -> Vec<Packet> {
        let version = self.version;
        let states = self.observers.iter_mut();
        states.filter_map(|(observer, state)| state.close(version, observer.clone())).collect()
    }

    /// The datagrams that are not full, likewise, when all flows are in.
    #[must_use]
    pub fn finish(mut self) -> Vec<Packet> {
        self.flush()
    }
}

impl State {
    /// Whether something has to be told, or told again, in the datagram that is open.
    fn is_due(&self, told: Told, export_ms: u64) -> bool {
        self.n_datagrams - told.datagram >= AGAIN_DATAGRAMS
            || export_ms.abs_diff(told.export_ms) >= AGAIN_MS
    }

    fn now(&self) -> Told {
        Told { datagram: self.n_datagrams, export_ms: self.open.moment.export_ms() }
    }

    /// Whether the sampling is another one than was told, or due.
    fn sampling_is_due(&self, sampling: Sampling) -> bool {
        let export_ms = self.open.moment.export_ms();
        self.sampling.is_none_or(|(known, told)| known != sampling || self.is_due(told, export_ms))
    }

    /// The number of a template that was told and is not due.
    fn known(&self, fields: &[Sent]) -> Option<u16> {
        let export_ms = self.open.moment.export_ms();
        let (number, told) = self.templates.get(fields)?;
        (!self.is_due(*told, export_ms)).then_some(*number)
    }

    /// Bytes that a flow takes at most, with all that has to stand before it.
    fn needed(
        &self,
        fields: &[Sent],
        length: usize,
        sampling: Option<Sampling>,
        version: Version,
    ) -> usize {
        let mut needed = SET_HEADER + length + MOST_PADDING;
        if let Some(sampling) = sampling.filter(|sampling| self.sampling_is_due(*sampling)) {
            let (template, record) = (Sampling::template(version), sampling.record(version, 0));
            needed += 2 * (SET_HEADER + MOST_PADDING) + template.len() + record.len();
        }
        if self.known(fields).is_none() {
            needed += SET_HEADER + MOST_PADDING + record::template(0, fields).len();
        }
        needed
    }

    fn tell_sampling(&mut self, sampling: Option<Sampling>, version: Version, domain: u32) {
        let Some(sampling) = sampling.filter(|sampling| self.sampling_is_due(*sampling)) else {
            return;
        };
        let set = if version == Version::V9 { 1 } else { 3 };
        self.open.template(set, &Sampling::template(version));
        self.open.options(NUMBER, &sampling.record(version, domain));
        self.sampling = Some((sampling, self.now()));
    }

    /// The number of a template, which is told first where that is due.
    fn tell_template(&mut self, fields: Vec<Sent>, version: Version) -> u16 {
        if let Some(number) = self.known(&fields) {
            return number;
        }
        let now = self.now();
        let again = self.templates.get(&fields).map(|(number, _)| *number);
        if again.is_none() && self.templates.len() == MOST_TEMPLATES {
            self.templates.clear();
        }
        let next = u16::try_from(self.templates.len()).unwrap_or_default() + NUMBER + 1;
        let number = again.unwrap_or(next);
        let set = if version == Version::V9 { 0 } else { 2 };
        self.open.template(set, &record::template(number, &fields));
        self.templates.insert(fields, (number, now));
        number
    }

    /// The datagram so far, if there is one; the next begins.
    fn close(&mut self, version: Version, observer: Observer) -> Option<Packet> {
        let open = std::mem::take(&mut self.open);
        if open.is_empty() {
            return None;
        }
        let (sequence, counts) = (self.sequence, open.counts(version));
        self.sequence = sequence.wrapping_add(counts);
        self.n_datagrams += 1;
        Some(open.close(version, sequence, observer.domain, observer.exporter))
    }
}
