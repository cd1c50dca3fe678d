//! What vFlow prints of a datagram of version 5: its header, and a list of its
//! records, with uptimes instead of times.
//!
//! Source: Edgio/vflow `netflow/v5/marshal.go` and its README.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::rows_of_values::put;
use crate::field::{Access, FIELDS, Kind};
use crate::record::FlowRecord;
use crate::time;
use crate::wire::{self, VERSION};
use std::net::Ipv4Addr;

/// A datagram.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message<'a> {
    #[serde(borrow, rename = "AgentID")]
    agent: Cow<'a, str>,
    header: Header,
    flows: Vec<Record<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    version: u16,
    count: u16,
    #[serde(rename = "SysUpTimeMSecs")]
    sys_uptime_ms: u32,
    #[serde(rename = "UNIXSecs")]
    unix_secs: u32,
    #[serde(rename = "UNIXNSecs")]
    unix_nsecs: u32,
    seq_num: u32,
    eng_type: u8,
    #[serde(rename = "EngID")]
    eng_id: u8,
    smp_int: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'a> {
    #[serde(borrow)]
    src_addr: Cow<'a, str>,
    #[serde(borrow)]
    dst_addr: Cow<'a, str>,
    #[serde(borrow)]
    next_hop: Cow<'a, str>,
    input: u16,
    output: u16,
    pkt_count: u32,
    #[serde(rename = "L3Octets")]
    octets: u32,
    start_time: u32,
    end_time: u32,
    src_port: u16,
    dst_port: u16,
    #[serde(rename = "TCPFlags")]
    tcp_flags: u8,
    prot_type: u8,
    tos: u8,
    src_as_num: u16,
    dst_as_num: u16,
    src_mask: u8,
    dst_mask: u8,
}

impl<'a> Message<'a> {
    /// Reads a JSON object; `None` if it is not a datagram of version 5.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        let message: Self = serde_json::from_str(json).ok()?;
        (message.header.version == VERSION).then_some(message)
    }

    /// Whether it has fewer records than its header counts.
    pub(super) fn is_short(&self) -> bool {
        self.flows.len() < usize::from(self.header.count)
    }

    /// Its flows as documents with the names of Logstash's codec; `None` if an
    /// address is none.
    pub(super) fn documents(&self) -> Option<Vec<Cow<'a, str>>> {
        let header = &self.header;
        let header = wire::Header {
            count: header.count,
            sys_uptime_ms: header.sys_uptime_ms,
            unix_secs: header.unix_secs,
            unix_nsecs: header.unix_nsecs,
            flow_sequence: header.seq_num,
            engine_type: header.eng_type,
            engine_id: header.eng_id,
            sampling: header.smp_int,
        };
        let document = |record: &Record<'_>| {
            let flow = record.on_the_wire()?.flow(&header, Some(&self.agent));
            Some(Cow::Owned(document(&flow)))
        };
        self.flows.iter().map(document).collect()
    }
}

impl Record<'_> {
    fn on_the_wire(&self) -> Option<wire::Record> {
        let address = |text: &str| text.parse::<Ipv4Addr>().ok();
        Some(wire::Record {
            src_addr: address(&self.src_addr)?,
            dst_addr: address(&self.dst_addr)?,
            next_hop: address(&self.next_hop)?,
            input_snmp: self.input,
            output_snmp: self.output,
            packets: self.pkt_count,
            bytes: self.octets,
            first_uptime_ms: self.start_time,
            last_uptime_ms: self.end_time,
            src_port: self.src_port,
            dst_port: self.dst_port,
            tcp_flags: self.tcp_flags,
            protocol: self.prot_type,
            tos: self.tos,
            src_as: self.src_as_num,
            dst_as: self.dst_as_num,
            src_mask_len: self.src_mask,
            dst_mask_len: self.dst_mask,
            ..wire::Record::default()
        })
    }
}

/// A flow as Logstash's codec writes it.
fn document(flow: &FlowRecord) -> String {
    let mut members = Map::new();
    for field in FIELDS {
        let value = match field.access {
            Access::Text { read, .. } => read(flow).map(Value::from),
            Access::Address { read, .. } => {
                read(flow).map(|address| Value::from(address.to_string()))
            }
            Access::Number { read, .. } => read(flow).map(|number| match field.kind {
                Kind::Time => Value::from(time::format_ms(number)),
                _ => Value::from(number),
            }),
            Access::Worked { .. } => None,
        };
        if let Some(value) = value {
            put(&mut members, field.codec_key, value);
        }
    }
    Value::Object(members).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    const MESSAGE: &str = r#"{"AgentID":"192.0.2.1","Header":{"Version":5,"Count":2,"SysUpTimeMSecs":60000,"UNIXSecs":1537524000,"UNIXNSecs":123000000,"SeqNum":7,"EngType":1,"EngID":3,"SmpInt":16484},"Flows":[{"SrcAddr":"192.0.2.10","DstAddr":"198.51.100.20","NextHop":"192.0.2.254","Input":1,"Output":2,"PktCount":10,"L3Octets":1500,"StartTime":50000,"EndTime":55000,"SrcPort":51000,"DstPort":443,"Padding1":0,"TCPFlags":27,"ProtType":6,"Tos":8,"SrcAsNum":64500,"DstAsNum":64501,"SrcMask":24,"DstMask":16,"Padding2":0}]}"#;

    /// 60,000 ms of uptime at 10:00:00.123: 50,000 are ten seconds before it.
    #[test]
    fn a_datagram_is_its_flows() {
        let message = Message::of(MESSAGE).unwrap();
        assert!(message.is_short());
        let [document] = &message.documents().unwrap()[..] else { panic!() };
        let flow = Document::parse(document.as_bytes()).unwrap().into_flow().unwrap();
        let at = |text: &str| Some(time::parse_ms(text).unwrap());
        assert_eq!(flow.timestamp_ms, at("2018-09-21T10:00:00.123Z"));
        assert_eq!(flow.first_switched_ms, at("2018-09-21T09:59:50.123Z"));
        assert_eq!(flow.last_switched_ms, at("2018-09-21T09:59:55.123Z"));
        assert_eq!(flow.exporter.as_deref(), Some("192.0.2.1"));
        assert_eq!(
            (flow.version, flow.flow_records, flow.flow_seq_num),
            (Some(5), Some(2), Some(7))
        );
        assert_eq!((flow.engine_type, flow.engine_id), (Some(1), Some(3)));
        assert_eq!((flow.sampling_algorithm, flow.sampling_interval), (Some(1), Some(100)));
        assert_eq!((flow.bytes, flow.packets), (Some(1500), Some(10)));
        assert_eq!((flow.src_port, flow.dst_port), (Some(51000), Some(443)));
        assert_eq!((flow.tcp_flags, flow.protocol, flow.tos), (Some(27), Some(6), Some(8)));
        assert_eq!((flow.src_as, flow.dst_as), (Some(64500), Some(64501)));
        assert_eq!((flow.src_mask_len, flow.dst_mask_len), (Some(24), Some(16)));
        assert_eq!((flow.input_snmp, flow.output_snmp), (Some(1), Some(2)));
        assert_eq!(flow.src_addr, "192.0.2.10".parse().ok());
        assert_eq!(flow.dst_addr, "198.51.100.20".parse().ok());
        assert_eq!(flow.next_hop, "192.0.2.254".parse().ok());
    }

    #[test]
    fn other_versions_are_not_read_so() {
        assert!(Message::of(&MESSAGE.replace("\"Version\":5", "\"Version\":9")).is_none());
        assert!(Message::of(r#"{"AgentID":"192.0.2.1","Header":{"Version":5}}"#).is_none());
    }
}
