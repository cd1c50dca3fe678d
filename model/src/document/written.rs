//! One flow as each pipeline writes it, in files that were not made from the
//! table of dialects: a row with a wrong key or form is seen here.

use std::collections::BTreeSet;

use super::Document;
use super::dialect::DIALECTS;
use crate::field::Access;
use crate::{FieldId, FlowRecord};

use FieldId::{EngineId, EngineType, FlowRecords, FlowSeqNum, SamplingAlgorithm, SamplingInterval};

macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../testdata/dialects/", $name, ".json")))
    };
}

/// The dialect, its document, and what the pipeline does not keep.
const WRITTEN: &[(&str, (&str, &str), &[FieldId])] = &[
    ("Logstash netflow module", file!("logstash-module"), &[]),
    ("Logstash netflow codec", file!("logstash-codec"), &[]),
    ("Filebeat or Elastic Agent netflow (ECS)", file!("filebeat"), &[FlowRecords, FlowSeqNum]),
    ("ElastiFlow 3", file!("elastiflow-3"), &[]),
    ("ElastiFlow 4", file!("elastiflow-4"), &[]),
    ("goflow2", file!("goflow2-2"), GOFLOW2),
    ("goflow2", file!("goflow2-elasticsearch"), GOFLOW2),
    ("goflow2", file!("goflow2-1"), GOFLOW2),
    (
        "nfdump -o json",
        file!("nfdump"),
        &[
            FieldId::Version,
            FlowRecords,
            FlowSeqNum,
            EngineType,
            EngineId,
            SamplingAlgorithm,
            SamplingInterval,
            FieldId::SrcMaskLen,
            FieldId::DstMaskLen,
        ],
    ),
    ("Fluentd", file!("flat"), &[]),
    (
        "pmacct",
        file!("pmacct"),
        &[FlowRecords, EngineType, EngineId, SamplingAlgorithm, FieldId::NextHop],
    ),
    (
        "Akvorado",
        file!("akvorado"),
        &[
            FieldId::Version,
            FlowRecords,
            FlowSeqNum,
            EngineType,
            EngineId,
            SamplingAlgorithm,
            FieldId::InputSnmp,
            FieldId::OutputSnmp,
            FieldId::FirstSwitched,
            FieldId::LastSwitched,
        ],
    ),
];

const GOFLOW2: &[FieldId] = &[FlowRecords, EngineType, EngineId, SamplingAlgorithm];

/// The flow that all files hold.
fn flow() -> FlowRecord {
    FlowRecord {
        timestamp_ms: Some(1_537_524_000_123),
        exporter: Some("192.0.2.1".into()),
        version: Some(5),
        flow_records: Some(1),
        flow_seq_num: Some(100),
        engine_type: Some(1),
        engine_id: Some(3),
        sampling_algorithm: Some(1),
        sampling_interval: Some(100),
        src_addr: Some([192, 0, 2, 10].into()),
        dst_addr: Some([198, 51, 100, 20].into()),
        next_hop: Some([192, 0, 2, 254].into()),
        input_snmp: Some(1),
        output_snmp: Some(2),
        packets: Some(10),
        bytes: Some(1500),
        first_switched_ms: Some(1_537_523_990_123),
        last_switched_ms: Some(1_537_523_995_123),
        src_port: Some(51_000),
        dst_port: Some(443),
        tcp_flags: Some(0b01_1011),
        protocol: Some(6),
        tos: Some(8),
        src_as: Some(64_500),
        dst_as: Some(64_501),
        src_mask_len: Some(24),
        dst_mask_len: Some(16),
        ..FlowRecord::default()
    }
}

#[test]
fn every_dialect_is_read_as_its_pipeline_writes_it() {
    for (_, (name, text), left_out) in WRITTEN {
        let mut expected = flow();
        for field in *left_out {
            match field.field().access {
                Access::Number { write, .. } => write(&mut expected, None),
                Access::Address { write, .. } => write(&mut expected, None),
                Access::Text { write, .. } => write(&mut expected, None),
                Access::Worked { .. } => unreachable!("it cannot be left out"),
            }
        }
        // The counters in these files are those that the pipeline multiplied.
        if name.starts_with("elastiflow") {
            expected.adapted = Some(2);
        }
        if ["goflow2-1", "akvorado"].contains(name) {
            // Its times are whole seconds.
            for ms in [
                &mut expected.timestamp_ms,
                &mut expected.first_switched_ms,
                &mut expected.last_switched_ms,
            ] {
                *ms = ms.map(|ms| ms / 1000 * 1000);
            }
        }
        let found = Document::parse(text.as_bytes()).unwrap().into_flow().unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn no_dialect_is_without_a_file() {
    let written: BTreeSet<&str> = WRITTEN.iter().map(|(dialect, ..)| *dialect).collect();
    assert_eq!(written, DIALECTS.iter().map(|dialect| dialect.name).collect());
}
