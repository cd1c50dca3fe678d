//! For each field a flow of the practice day that shows what it is good for.

use flowkit_model::wire::{Datagram, Record};
use flowkit_model::{FieldId, FlowRecord};
use flowkit_testdata::practice_packets;

/// Which flow of the day, and why.
struct Example {
    field: FieldId,
    story: &'static str,
    is: fn(&FlowRecord) -> bool,
}

/// A flow that was found.
pub(super) struct Found {
    /// Why it is shown.
    pub(super) story: &'static str,
    /// What the packet says.
    pub(super) flow: FlowRecord,
    /// The datagram it is in.
    pub(super) packet: Vec<u8>,
    /// Which of its records it is, from 0.
    pub(super) index: usize,
}

impl Found {
    /// Header and record.
    pub(super) fn parts(&self) -> Option<(Datagram<'_>, Record)> {
        let datagram = flowkit_model::wire::decode(&self.packet).ok()?;
        let record = datagram.records().nth(self.index)?;
        Some((datagram, record))
    }
}

const BACKUP: &str = "the backup at night, the largest transfer of the day";
const SCAN: &str = "the port scan: one SYN, and no answer";
const BORDER: &str = "the border router, which samples";

fn is_border(flow: &FlowRecord) -> bool {
    flow.sampling_interval == Some(100) && flow.src_as != Some(0)
}

fn is_backup(flow: &FlowRecord) -> bool {
    flow.dst_port == Some(873)
}

fn is_scan(flow: &FlowRecord) -> bool {
    flow.src_port == Some(61_234) && flow.tcp_flags == Some(2)
}

#[rustfmt::skip]
const EXAMPLES: &[Example] = &[
    Example { field: FieldId::Timestamp, story: BACKUP, is: is_backup },
    Example { field: FieldId::Exporter, story: BORDER, is: is_border },
    Example { field: FieldId::Version, story: BACKUP, is: is_backup },
    Example { field: FieldId::FlowRecords, story: "the port scan fills its packets", is: |flow| is_scan(flow) && flow.flow_records == Some(30) },
    Example { field: FieldId::FlowSeqNum, story: "the border router, shortly before its sequence wraps", is: |flow| is_border(flow) && flow.flow_seq_num > Some(4_294_967_250) },
    Example { field: FieldId::EngineType, story: BORDER, is: is_border },
    Example { field: FieldId::EngineId, story: BORDER, is: is_border },
    Example { field: FieldId::SamplingAlgorithm, story: BORDER, is: is_border },
    Example { field: FieldId::SamplingInterval, story: BORDER, is: is_border },
    Example { field: FieldId::SrcAddr, story: SCAN, is: is_scan },
    Example { field: FieldId::DstAddr, story: SCAN, is: is_scan },
    Example { field: FieldId::NextHop, story: "browsing: out through the provider's router", is: |flow| flow.dst_port == Some(443) && flow.output_snmp == Some(2) },
    Example { field: FieldId::InputSnmp, story: BACKUP, is: is_backup },
    Example { field: FieldId::OutputSnmp, story: BACKUP, is: is_backup },
    Example { field: FieldId::Packets, story: "the amplification: large answers that nobody asked for", is: |flow| flow.dst_port == Some(47_114) },
    Example { field: FieldId::Bytes, story: BACKUP, is: is_backup },
    Example { field: FieldId::FirstSwitched, story: BACKUP, is: is_backup },
    Example { field: FieldId::LastSwitched, story: BACKUP, is: is_backup },
    Example { field: FieldId::SrcPort, story: "the web server answers a visitor", is: |flow| flow.src_port == Some(443) },
    Example { field: FieldId::DstPort, story: "a ping: ICMP type 8, code 0, is 8 * 256 + 0", is: |flow| flow.protocol == Some(1) && flow.dst_port == Some(2048) },
    Example { field: FieldId::TcpFlags, story: SCAN, is: is_scan },
    Example { field: FieldId::Protocol, story: "the tunnel to a partner: ESP, which has no ports", is: |flow| flow.protocol == Some(50) },
    Example { field: FieldId::Tos, story: "the video call, marked for expedited forwarding", is: |flow| flow.tos == Some(184) },
    Example { field: FieldId::SrcAs, story: BORDER, is: is_border },
    Example { field: FieldId::DstAs, story: BORDER, is: is_border },
    Example { field: FieldId::SrcMaskLen, story: BACKUP, is: is_backup },
    Example { field: FieldId::DstMaskLen, story: BACKUP, is: is_backup },
];

/// The first flow of the day that shows a field.
pub(super) fn example(field: FieldId) -> Option<Found> {
    let example = EXAMPLES.iter().find(|example| example.field == field)?;
    practice_packets().iter().find_map(|packet| {
        let bytes = packet.to_bytes();
        let datagram = flowkit_model::wire::decode(&bytes).ok()?;
        let exporter = packet.exporter.addr.to_string();
        let (index, flow) =
            datagram.flows(Some(&exporter)).enumerate().find(|(_, flow)| (example.is)(flow))?;
        Some(Found { story: example.story, flow, index, packet: bytes })
    })
}

#[cfg(test)]
mod tests {
    use flowkit_model::lesson::LESSONS;

    use super::*;

    #[test]
    fn every_lesson_has_an_example() {
        for lesson in LESSONS {
            assert!(example(lesson.field).is_some(), "{:?}", lesson.field);
        }
    }
}
