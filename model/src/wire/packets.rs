//! Flows into datagrams as a router sends them: at most 30 records, one export
//! time and one sampling a datagram, a sequence and a boot time for each engine.
//!
//! The boot times have to be known before the first datagram, so the flows are
//! gone through twice: [`BootTimes::learn`], then [`Packetizer::push`].

use std::collections::BTreeMap;

use super::encode::{Uptime, encode_what_fits};
use super::{HEADER_LENGTH, Header, MOST_RECORDS, Misfit};
use crate::field::FieldId;
use crate::record::FlowRecord;

/// Time between the chosen boot and the oldest flow, so that no
/// uptime is 0.
const BEFORE_ALL_MS: i64 = 60_000;

/// What counts its own sequence: one engine of one exporter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Engine {
    /// Who exports, if known.
    pub exporter: Option<String>,
    /// Type of the engine; 0 if unknown.
    pub engine_type: u8,
    /// Number of the engine; 0 if unknown.
    pub engine_id: u8,
}

impl Engine {
    /// The engine that exported a flow.
    #[must_use]
    pub fn of(flow: &FlowRecord) -> Self {
        Self {
            exporter: flow.exporter.clone(),
            engine_type: flow.engine_type.unwrap_or_default(),
            engine_id: flow.engine_id.unwrap_or_default(),
        }
    }
}

/// A boot time for each engine, before the oldest of its flows.
#[derive(Clone, Debug, Default)]
pub struct BootTimes(BTreeMap<Engine, i64>);

impl BootTimes {
    /// Looks at a flow.
    pub fn learn(&mut self, flow: &FlowRecord) {
        let times = [flow.timestamp_ms, flow.first_switched_ms, flow.last_switched_ms];
        let Some(oldest) = times.into_iter().flatten().min() else { return };
        let boot_ms = oldest.cast_signed() - BEFORE_ALL_MS;
        let known = self.0.entry(Engine::of(flow)).or_insert(boot_ms);
        *known = boot_ms.min(*known);
    }

    /// Sets the boot time of an engine, milliseconds since 1970-01-01 UTC, where it is
    /// known.
    pub fn set(&mut self, engine: Engine, boot_ms: i64) {
        self.0.insert(engine, boot_ms);
    }

    /// The engines seen, in order.
    pub fn engines(&self) -> impl Iterator<Item = &Engine> {
        self.0.keys()
    }

    /// The uptime clock of an engine.
    pub(super) fn of(&self, engine: &Engine) -> Uptime {
        Uptime { boot_ms: self.0.get(engine).copied().unwrap_or_default() }
    }
}

/// A datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Who exports it, if known.
    pub exporter: Option<String>,
    /// Time of export, milliseconds since 1970-01-01 UTC.
    pub export_ms: u64,
    /// Flows in it.
    pub n_flows: u32,
    /// The UDP payload.
    pub bytes: Vec<u8>,
}

/// Packs flows into datagrams.
#[derive(Debug)]
pub struct Packetizer {
    boot_times: BootTimes,
    engines: BTreeMap<Engine, Open>,
    unknown: BTreeMap<&'static str, u64>,
}

/// What an engine has sent, and the datagram it is filling.
#[derive(Debug, Default)]
struct Open {
    flow_sequence: u32,
    header: Header,
    records: Vec<u8>,
}

impl Packetizer {
    /// Starts with nothing sent.
    #[must_use]
    pub fn new(boot_times: BootTimes) -> Self {
        Self { boot_times, engines: BTreeMap::new(), unknown: BTreeMap::new() }
    }

    /// Adds a flow, and hands out the datagram that it did not go into: a full
    /// one, or one of another export time or sampling.
    ///
    /// # Errors
    /// If a known field does not fit; the flow is then left out.
    pub fn push(&mut self, flow: &FlowRecord) -> Result<Option<Packet>, Misfit> {
        let engine = Engine::of(flow);
        let (header, record, misfits) = encode_what_fits(flow, self.boot_times.of(&engine));
        if let Some(misfit) = misfits.iter().find(|misfit| misfit.is_loss()) {
            return Err(*misfit);
        }
        for field in misfits.into_iter().map(Misfit::field).filter(|field| !is_counted(field)) {
            *self.unknown.entry(field).or_insert(0) += 1;
        }
        let exporter = engine.exporter.clone();
        let open = self.engines.entry(engine).or_default();
        let full = usize::from(open.header.count) == MOST_RECORDS;
        let packet = (full || !open.goes_with(&header)).then(|| open.close(exporter)).flatten();
        let count = open.header.count + 1;
        open.header = Header { count, flow_sequence: open.flow_sequence, ..header };
        open.records.extend(record.to_bytes());
        Ok(packet)
    }

    /// Flows that went in with an unknown value, by its field: it is written as
    /// 0, and a time as another of the flow's, as [`encode`](fn@super::encode::encode) says.
    #[must_use]
    pub fn unknown(&self) -> &BTreeMap<&'static str, u64> {
        &self.unknown
    }

    /// The datagrams that are not full, in the order of the engines.
    #[must_use]
    pub fn finish(self) -> Vec<Packet> {
        let close = |(engine, mut open): (Engine, Open)| open.close(engine.exporter);
        self.engines.into_iter().filter_map(close).collect()
    }
}

/// Whether a field is of the datagrams themselves, which count it anew.
fn is_counted(name: &str) -> bool {
    [FieldId::FlowRecords, FieldId::FlowSeqNum].iter().any(|field| field.field().name == name)
}

impl Open {
    fn goes_with(&self, header: &Header) -> bool {
        let key = |header: &Header| (header.unix_secs, header.unix_nsecs, header.sampling);
        key(&self.header) == key(header)
    }

    /// The datagram so far, if there is one; the next begins.
    fn close(&mut self, exporter: Option<String>) -> Option<Packet> {
        let header = std::mem::take(&mut self.header);
        if header.count == 0 {
            return None;
        }
        self.flow_sequence = self.flow_sequence.wrapping_add(header.count.into());
        let mut bytes = Vec::with_capacity(HEADER_LENGTH + self.records.len());
        bytes.extend(header.to_bytes());
        bytes.append(&mut self.records);
        let n_flows = header.count.into();
        Some(Packet { exporter, export_ms: header.export_ms(), n_flows, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::decode;

    fn flow(exporter: &str, timestamp_ms: u64, number: u64) -> FlowRecord {
        FlowRecord {
            exporter: Some(exporter.into()),
            timestamp_ms: Some(timestamp_ms),
            first_switched_ms: Some(timestamp_ms - 4000),
            last_switched_ms: Some(timestamp_ms - 1000),
            packets: Some(number),
            ..FlowRecord::default()
        }
    }

    fn packets(flows: &[FlowRecord]) -> Vec<Packet> {
        let mut boot_times = BootTimes::default();
        for flow in flows {
            boot_times.learn(flow);
        }
        let mut packetizer = Packetizer::new(boot_times);
        let mut packets = Vec::new();
        for flow in flows {
            packets.extend(packetizer.push(flow).unwrap());
        }
        packets.extend(packetizer.finish());
        packets
    }

    /// Per packet: exporter, export time, sequence, count.
    fn shape(packets: &[Packet]) -> Vec<(&str, u64, u32, usize)> {
        packets
            .iter()
            .map(|packet| {
                let datagram = decode(&packet.bytes).unwrap();
                assert!(datagram.faults().is_empty());
                let exporter = packet.exporter.as_deref().unwrap();
                let sequence = datagram.header().flow_sequence;
                (exporter, packet.export_ms, sequence, datagram.n_records())
            })
            .collect()
    }

    #[test]
    fn thirty_records_and_one_time_a_packet() {
        let mut flows: Vec<FlowRecord> = (0..65).map(|number| flow("a", 10_000, number)).collect();
        flows.insert(3, flow("b", 10_000, 0));
        flows.push(flow("a", 20_000, 0));
        let packets = packets(&flows);
        assert_eq!(
            shape(&packets),
            [
                ("a", 10_000, 0, 30),
                ("a", 10_000, 30, 30),
                ("a", 10_000, 60, 5),
                ("a", 20_000, 65, 1),
                ("b", 10_000, 0, 1),
            ]
        );
    }

    /// Also where the flows of one engine are further apart than the uptime
    /// counts: 100 days.
    #[test]
    fn no_flow_is_older_than_the_boot_and_all_come_back() {
        let day_ms = 86_400_000;
        let flows: Vec<FlowRecord> =
            (10..110).map(|number| flow("a", number * day_ms, number)).collect();
        let packets = packets(&flows);
        let again: Vec<FlowRecord> = packets
            .iter()
            .flat_map(|packet| decode(&packet.bytes).unwrap().flows(Some("a")).collect::<Vec<_>>())
            .collect();
        let key = |flow: &FlowRecord| {
            (flow.timestamp_ms, flow.first_switched_ms, flow.last_switched_ms, flow.packets)
        };
        assert!(again.iter().map(key).eq(flows.iter().map(key)));
        let header = *decode(&packets[0].bytes).unwrap().header();
        assert_eq!(header.sys_uptime_ms, 64_000);
    }

    #[test]
    fn what_is_unknown_is_counted_by_field() {
        let mut packetizer = Packetizer::new(BootTimes::default());
        for flow in [flow("a", 10_000, 1), flow("a", 10_000, 2)] {
            let bare = FlowRecord { packets: None, last_switched_ms: None, ..flow.clone() };
            packetizer.push(&flow).unwrap();
            packetizer.push(&bare).unwrap();
        }
        let unknown = packetizer.unknown();
        let counted = |field: &str| unknown.get(field).copied();
        assert_eq!(["packets", "last_switched", "bytes"].map(counted), [Some(2), Some(2), Some(4)]);
        // Written by the datagrams themselves, whatever the flow has.
        for known in ["first_switched", "timestamp", "flow_records", "flow_seq_num"] {
            assert_eq!(counted(known), None, "{known}");
        }
    }

    #[test]
    fn a_flow_that_does_not_fit_is_left_out() {
        let mut packetizer = Packetizer::new(BootTimes::default());
        let large = FlowRecord { bytes: Some(1 << 32), ..flow("a", 10_000, 0) };
        assert_eq!(packetizer.push(&large).unwrap_err().field(), "bytes");
        assert!(packetizer.unknown().is_empty());
        assert_eq!(packetizer.finish(), []);
    }
}
