//! One flow as each pipeline writes it, after the pipelines' own sources and
//! documents (`testdata/dialects/`), and what a pipeline does not keep.

use flowkit_model::FlowRecord;
use flowkit_model::time::format_ms;

use super::foreign::{fluentd, nprobe, pmacct};
use super::json::Json;
use super::members::{Leaf, Members};
use super::pipelines::{elastiflow_3, elastiflow_4, filebeat, goflow2, goflow2_1, header, nfdump};

/// A pipeline.
#[derive(Debug)]
pub(super) struct Dialect {
    pub(super) name: &'static str,
    /// Writes the members of a flow's document, as the pipeline orders them.
    pub(super) write: fn(&FlowRecord, &mut Members),
    /// What comes back of a flow.
    pub(super) kept: fn(FlowRecord) -> FlowRecord,
    /// The exporter may be a name.
    pub(super) has_names: bool,
    /// Words of which a refusal has one, where it may be refused.
    pub(super) refused: &'static [&'static str],
}

const fn dialect(
    name: &'static str,
    write: fn(&FlowRecord, &mut Members),
    kept: fn(FlowRecord) -> FlowRecord,
) -> Dialect {
    Dialect { name, write, kept, has_names: false, refused: &[] }
}

/// Every pipeline.
#[rustfmt::skip]
pub(super) const DIALECTS: &[Dialect] = &[
    Dialect { has_names: true, ..dialect("Logstash's module", module, |flow| flow) },
    Dialect { has_names: true, ..dialect("Logstash's codec", codec, |flow| flow) },
    dialect("Filebeat", |flow, out| filebeat(flow, out, false), without_sequence),
    dialect("Elastic Agent", |flow, out| filebeat(flow, out, true), without_sequence),
    dialect("ElastiFlow 3", |flow, out| elastiflow_3(flow, out, false), |flow| flow),
    dialect("ElastiFlow 3 with names of flags", |flow, out| elastiflow_3(flow, out, true), |flow| flow),
    dialect("ElastiFlow 4", |flow, out| elastiflow_4(flow, out, false), |flow| flow),
    dialect("ElastiFlow 4 with names of flags", |flow, out| elastiflow_4(flow, out, true), |flow| flow),
    dialect("goflow2 2", |flow, out| goflow2(flow, out, ""), of_goflow2),
    dialect("goflow2 2 in Elasticsearch", |flow, out| {
        out.time("@timestamp", flow.timestamp_ms);
        goflow2(flow, out, "flow.");
    }, of_goflow2),
    dialect("goflow2 1", goflow2_1, |flow| of_goflow2(in_seconds(flow))),
    dialect("nfdump's json", nfdump, of_nfdump),
    // What has no netflow object: named by what is met.
    Dialect { refused: &["netflow object"], ..dialect("fluentd's flat names", fluentd, of_fluentd) },
    Dialect { refused: &["netflow object"], ..dialect("pmacct", pmacct, |flow| FlowRecord { next_hop: None, ..of_goflow2(flow) }) },
    Dialect { refused: &["netflow object"], ..dialect("nProbe", nprobe, |flow| flow) },
    dialect("Logstash's module, version 9", |flow, out| {
        module(flow, out);
        let version = out.0.iter_mut().find(|member| member.0 == "netflow.version").unwrap();
        version.1 = Leaf::Fixed(Json::text("Netflow v9"));
        // Numbers there are uptimes of the exporter.
        for (path, ms) in [
            ("netflow.first_switched", flow.first_switched_ms),
            ("netflow.last_switched", flow.last_switched_ms),
        ] {
            if let (Some(member), Some(ms)) = (out.0.iter_mut().find(|member| member.0 == path), ms) {
                member.1 = Leaf::Fixed(Json::text(format_ms(ms)));
            }
        }
    }, of_version_9),
];

/// It has no header of version 5; its direction counts, which the module always writes,
/// and type and code of ICMP are fields of their own.
fn of_version_9(flow: FlowRecord) -> FlowRecord {
    let icmp = flow.dst_port.filter(|_| flow.protocol == Some(1)).map(u16::to_be_bytes);
    FlowRecord {
        icmp_type: icmp.map(|[kind, _]| kind),
        icmp_code: icmp.map(|[_, code]| code),
        version: Some(9),
        flow_records: None,
        flow_seq_num: None,
        engine_type: None,
        engine_id: None,
        direction: Some(0),
        ..flow
    }
}

fn without_sequence(flow: FlowRecord) -> FlowRecord {
    FlowRecord { flow_records: None, flow_seq_num: None, ..flow }
}

fn of_goflow2(flow: FlowRecord) -> FlowRecord {
    FlowRecord {
        flow_records: None,
        engine_type: None,
        engine_id: None,
        sampling_algorithm: None,
        ..flow
    }
}

/// Its times are cut to seconds.
pub(super) fn in_seconds(flow: FlowRecord) -> FlowRecord {
    let cut = |ms: Option<u64>| ms.map(|ms| ms - ms % 1000);
    FlowRecord {
        timestamp_ms: cut(flow.timestamp_ms),
        first_switched_ms: cut(flow.first_switched_ms),
        last_switched_ms: cut(flow.last_switched_ms),
        ..flow
    }
}

fn of_fluentd(flow: FlowRecord) -> FlowRecord {
    FlowRecord {
        timestamp_ms: flow.timestamp_ms,
        exporter: flow.exporter,
        version: flow.version,
        flow_seq_num: flow.flow_seq_num,
        src_addr: flow.src_addr,
        dst_addr: flow.dst_addr,
        src_port: flow.src_port,
        dst_port: flow.dst_port,
        protocol: flow.protocol,
        bytes: flow.bytes,
        packets: flow.packets,
        ..FlowRecord::default()
    }
}

fn of_nfdump(flow: FlowRecord) -> FlowRecord {
    let has_ports = flow.protocol != Some(1);
    FlowRecord {
        version: None,
        flow_records: None,
        flow_seq_num: None,
        engine_type: None,
        engine_id: None,
        sampling_algorithm: None,
        sampling_interval: None,
        src_mask_len: None,
        dst_mask_len: None,
        src_port: flow.src_port.filter(|_| has_ports),
        ..flow
    }
}

/// What the module and the codec call alike.
fn shared(flow: &FlowRecord, out: &mut Members) {
    out.number("netflow.input_snmp", flow.input_snmp);
    out.number("netflow.output_snmp", flow.output_snmp);
    out.time("netflow.first_switched", flow.first_switched_ms);
    out.time("netflow.last_switched", flow.last_switched_ms);
    out.number("netflow.tcp_flags", flow.tcp_flags);
    out.number("netflow.protocol", flow.protocol);
    out.number("netflow.src_as", flow.src_as);
    out.number("netflow.dst_as", flow.dst_as);
}

fn module(flow: &FlowRecord, out: &mut Members) {
    out.time("@timestamp", flow.timestamp_ms);
    out.aside("@version", "1");
    out.aside("type", "netflow");
    out.text("host", flow.exporter.as_ref());
    out.aside("netflow.version", "Netflow v5");
    header(flow, out);
    out.number("netflow.sampling_interval", flow.sampling_interval);
    out.address("netflow.next_hop", flow.next_hop);
    shared(flow, out);
    out.address("netflow.src_addr", flow.src_addr);
    out.address("netflow.dst_addr", flow.dst_addr);
    out.number("netflow.src_port", flow.src_port);
    out.number("netflow.dst_port", flow.dst_port);
    out.number("netflow.packets", flow.packets);
    out.number("netflow.bytes", flow.bytes);
    out.number("netflow.tos", flow.tos);
    out.number("netflow.src_mask_len", flow.src_mask_len);
    out.number("netflow.dst_mask_len", flow.dst_mask_len);
    out.aside("netflow.ip_version", "IPv4");
    out.aside("netflow.direction", "ingress");
    out.push(
        "netflow.tcp_flag_tags",
        Leaf::Fixed(Json::List(vec![Json::text("SYN"), Json::text("ACK")])),
    );
}

fn codec(flow: &FlowRecord, out: &mut Members) {
    out.time("@timestamp", flow.timestamp_ms);
    out.aside("@version", "1");
    out.text("host", flow.exporter.as_ref());
    out.number("netflow.version", flow.version);
    header(flow, out);
    out.number("netflow.sampling_interval", flow.sampling_interval);
    shared(flow, out);
    out.address("netflow.ipv4_src_addr", flow.src_addr);
    out.address("netflow.ipv4_dst_addr", flow.dst_addr);
    out.address("netflow.ipv4_next_hop", flow.next_hop);
    out.number("netflow.l4_src_port", flow.src_port);
    out.number("netflow.l4_dst_port", flow.dst_port);
    out.number("netflow.in_pkts", flow.packets);
    out.number("netflow.in_bytes", flow.bytes);
    out.number("netflow.src_tos", flow.tos);
    out.number("netflow.src_mask", flow.src_mask_len);
    out.number("netflow.dst_mask", flow.dst_mask_len);
}
