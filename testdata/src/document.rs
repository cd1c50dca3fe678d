//! Export packets into the documents that Logstash 7's netflow module indexes.
//!
//! One document per flow; all documents of a packet share `@timestamp`,
//! `flow_seq_num` and `flow_records`. `SysUptime` does not survive.
//!
//! **The late second.** `first_switched` and `last_switched` are written with
//! the fault that the codec of Logstash 7 and later has: wherever the part below
//! a second has to borrow (that is, wherever it is larger than that of
//! `@timestamp`), the time is exactly one second late. About half of all times
//! are, and a flow shorter than a second can end before it begins. The true
//! times are in [`Flow`].
//!
//! Sources: `netflow.conf.erb` of the Logstash module, and `decode_netflow5` of
//! `logstash-codec-netflow`.

use std::net::Ipv4Addr;

use flowkit_model::logstash_times;
use flowkit_model::names::{protocol_name, service_name};
use serde::Serialize;

use crate::flow::Flow;
use crate::network::{is_private, route_to};
use crate::packet::Packet;
use crate::random::fnv1a;
use crate::time::{index_day, iso};

/// A document as it lies in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Index it is in, such as `netflow-2018.09.21`.
    pub index: String,
    /// Its `_id`, unique within the index.
    pub id: String,
    /// Its `@timestamp`, milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: i64,
    /// Its `_source`: one JSON object on one line.
    pub source: String,
}

/// One document per flow, in the order of the packets.
#[must_use]
pub fn documents(packets: &[Packet]) -> Vec<Document> {
    let mut documents = Vec::new();
    for packet in packets {
        for (record, flow) in packet.flows.iter().enumerate() {
            documents.push(Document {
                index: format!("netflow-{}", index_day(packet.export_ms)),
                id: id(packet, record),
                timestamp_ms: packet.export_ms,
                source: source(packet, flow),
            });
        }
    }
    documents
}

/// Twenty characters, as Elasticsearch generates them for documents sent without
/// an id.
fn id(packet: &Packet, record: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let seed = format!("{} {} {record}", packet.exporter.addr, packet.export_ms);
    let (high, low) = (fnv1a(seed.as_bytes()), fnv1a(format!("{seed} low").as_bytes()));
    let bits = (u128::from(high) << 64) | u128::from(low);
    (0..20).map(|place| char::from(ALPHABET[(bits >> (6 * place) & 63) as usize])).collect()
}

fn source(packet: &Packet, flow: &Flow) -> String {
    let (geoip_src, geoip_dst) = (Geoip::of(flow.src_addr), Geoip::of(flow.dst_addr));
    let body = Body {
        kind: "netflow",
        timestamp: iso(packet.export_ms),
        host: packet.exporter.addr,
        geoip: geoip_src.public().or(geoip_dst.public()),
        geoip_src,
        geoip_dst,
        netflow: Netflow::of(packet, flow),
        version: "1",
    };
    serde_json::to_string(&body).expect("strings and numbers always serialise")
}

#[derive(Serialize)]
struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "@timestamp")]
    timestamp: String,
    host: Ipv4Addr,
    geoip_src: Geoip,
    geoip_dst: Geoip,
    #[serde(skip_serializing_if = "Option::is_none")]
    geoip: Option<Geoip>,
    netflow: Netflow,
    #[serde(rename = "@version")]
    version: &'static str,
}

/// What the module's `geoip` look-ups add; for a private address only `PRIVATE`.
#[derive(Clone, Serialize)]
struct Geoip {
    #[serde(skip_serializing_if = "Option::is_none")]
    asn: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_org: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<Ipv4Addr>,
    autonomous_system: String,
}

impl Geoip {
    fn of(addr: Ipv4Addr) -> Geoip {
        match route_to(addr).owner.filter(|_| !is_private(addr)) {
            Some((asn, as_org)) => Geoip {
                asn: Some(asn),
                as_org: Some(as_org),
                ip: Some(addr),
                autonomous_system: format!("{as_org} ({asn})"),
            },
            None => {
                Geoip { asn: None, as_org: None, ip: None, autonomous_system: "PRIVATE".to_owned() }
            }
        }
    }

    fn public(&self) -> Option<Geoip> {
        self.asn.map(|_| self.clone())
    }
}

/// The fields in the order of the example document that flowkit started from.
#[derive(Serialize)]
struct Netflow {
    tcp_flags: u8,
    flow_locality: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_port_name: Option<String>,
    protocol: u8,
    sampling_interval: u16,
    packets: u32,
    src_locality: &'static str,
    flow_records: usize,
    last_switched: String,
    protocol_name: String,
    src_addr: Ipv4Addr,
    tos: u8,
    src_as: u16,
    first_switched: String,
    version: &'static str,
    engine_type: u8,
    input_snmp: u16,
    flow_seq_num: u32,
    direction: &'static str,
    engine_id: u8,
    dst_locality: &'static str,
    dst_as: u16,
    next_hop: Ipv4Addr,
    src_port: u16,
    tcp_flag_tags: Vec<&'static str>,
    dst_mask_len: u8,
    output_snmp: u16,
    src_mask_len: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_port_name: Option<String>,
    bytes: u32,
    tcp_flags_label: String,
    dst_port: u16,
    ip_version: &'static str,
    sampling_algorithm: u8,
    dst_addr: Ipv4Addr,
}

impl Netflow {
    fn of(packet: &Packet, flow: &Flow) -> Netflow {
        let tags = flag_tags(flow.tcp_flags);
        let both_private = is_private(flow.src_addr) && is_private(flow.dst_addr);
        let header = packet.header();
        let time = |true_ms| iso(logstash_times::written_ms(&header, packet.uptime().at(true_ms)));
        Netflow {
            tcp_flags: flow.tcp_flags,
            flow_locality: locality(both_private),
            src_port_name: port_name(flow.protocol, flow.src_port),
            protocol: flow.protocol,
            sampling_interval: packet.exporter.sampling_interval,
            packets: flow.packets,
            src_locality: locality(is_private(flow.src_addr)),
            flow_records: packet.flows.len(),
            last_switched: time(flow.last_ms),
            protocol_name: upper_name(flow.protocol),
            src_addr: flow.src_addr,
            tos: flow.tos,
            src_as: flow.src_as,
            first_switched: time(flow.first_ms),
            version: "Netflow v5",
            engine_type: packet.exporter.engine_type,
            input_snmp: flow.input_snmp,
            flow_seq_num: packet.flow_sequence,
            direction: "ingress",
            engine_id: packet.exporter.engine_id,
            dst_locality: locality(is_private(flow.dst_addr)),
            dst_as: flow.dst_as,
            next_hop: flow.next_hop,
            src_port: flow.src_port,
            tcp_flags_label: if tags.is_empty() { "none".to_owned() } else { tags.join("-") },
            tcp_flag_tags: tags,
            dst_mask_len: flow.dst_mask,
            output_snmp: flow.output_snmp,
            src_mask_len: flow.src_mask,
            dst_port_name: port_name(flow.protocol, flow.dst_port),
            bytes: flow.bytes,
            dst_port: flow.dst_port,
            ip_version: "IPv4",
            sampling_algorithm: packet.exporter.sampling_algorithm,
            dst_addr: flow.dst_addr,
        }
    }
}

fn locality(private: bool) -> &'static str {
    if private { "private" } else { "public" }
}

fn upper_name(protocol: u8) -> String {
    protocol_name(protocol).map_or_else(|| "UNKNOWN".to_owned(), str::to_ascii_uppercase)
}

/// `TCP/443 (https)`, or `UDP/33442` without a name; none for other protocols.
fn port_name(protocol: u8, port: u16) -> Option<String> {
    let name = match (protocol, port) {
        (6 | 17, 53) => Some("dns"), // the module's own word; the registry says domain
        (6 | 17 | 33 | 132, _) => service_name(protocol, port),
        _ => return None,
    };
    let protocol = upper_name(protocol);
    Some(match name {
        Some(name) => format!("{protocol}/{port} ({name})"),
        None => format!("{protocol}/{port}"),
    })
}

fn flag_tags(flags: u8) -> Vec<&'static str> {
    ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
        .into_iter()
        .enumerate()
        .filter(|&(bit, _)| flags >> bit & 1 == 1)
        .map(|(_, tag)| tag)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_names_as_the_module_writes_them() {
        assert_eq!(port_name(6, 443).as_deref(), Some("TCP/443 (https)"));
        assert_eq!(port_name(17, 53).as_deref(), Some("UDP/53 (dns)"));
        assert_eq!(port_name(17, 33442).as_deref(), Some("UDP/33442"));
        assert_eq!(port_name(1, 2048), None);
    }

    #[test]
    fn flags_as_the_module_writes_them() {
        assert_eq!(flag_tags(27).join("-"), "FIN-SYN-PSH-ACK");
        assert!(flag_tags(0).is_empty());
    }
}
