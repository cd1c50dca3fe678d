//! The practice day is pinned: other tests and the documentation quote its numbers.

use std::collections::{BTreeMap, HashMap, HashSet};

use flowkit_model::logstash_times;
use serde_json::Value;

use super::*;
use crate::exporter::BORDER;
use crate::random::fnv1a;

#[test]
fn the_day_is_the_same_everywhere() {
    let documents = practice_day();
    let text: String = documents.iter().map(|document| document.source.as_str()).collect();
    let (first, last) = (documents.first().unwrap(), documents.last().unwrap());
    assert_eq!(practice_flows().len(), 5512);
    assert_eq!(documents.len(), 5494);
    assert_eq!(fnv1a(text.as_bytes()), 0x6afa_b630_68d8_5772);
    assert_eq!(first.id, "E3SqAPX6kehayirrfXvO");
    assert_eq!(first.timestamp_ms, DAY_START_MS + 11_231);
    assert_eq!(last.id, "PUS4bGz1Xzdtkd0EEeMe");
    assert_eq!(last.index, "netflow-2018.09.22");
    assert_eq!(documents.iter().filter(|document| document.index == last.index).count(), 2);
    assert!(documents.windows(2).all(|pair| pair[0].timestamp_ms <= pair[1].timestamp_ms));
}

#[test]
fn totals() {
    let flows = practice_flows();
    let sum =
        |count: fn(&Flow) -> u32| flows.iter().map(|flow| u64::from(count(flow))).sum::<u64>();
    assert_eq!(sum(|flow| flow.bytes), 9_971_642_024);
    assert_eq!(sum(|flow| flow.packets), 10_080_208);
    assert!(flows.iter().all(|flow| flow.packets > 0 && flow.bytes / flow.packets >= 20));
    assert!(flows.iter().all(|flow| flow.first_ms <= flow.last_ms));
    assert!(flows.iter().all(|flow| flow.first_ms / 86_400_000 == DAY_START_MS / 86_400_000));
}

#[test]
fn the_story_can_be_found() {
    let flows = practice_flows();
    let bytes_to = |protocol, port| -> u64 {
        let to = flows.iter().filter(|flow| flow.protocol == protocol && flow.dst_port == port);
        to.map(|flow| u64::from(flow.bytes)).sum()
    };
    let mut flows_of: HashMap<(u8, u16), usize> = HashMap::new();
    for flow in &flows {
        *flows_of.entry((flow.protocol, flow.dst_port)).or_default() += 1;
    }
    assert_eq!(bytes_to(6, 873), 7_031_245_118, "the backup");
    assert_eq!(flows_of.iter().max_by_key(|(_, count)| **count).unwrap().0, &(6, 443));
    assert_eq!(flows_of[&(6, 443)], 968);
    assert_eq!(flows_of[&(17, 53)], 352);
    assert_eq!(flows_of[&(1, 2048)], 96, "pings");
    assert_eq!(flows_of[&(1, 771)], 10, "port unreachable");
    assert_eq!(flows_of[&(6, 8443)], 288, "the beacon");
    assert_eq!(flows_of[&(17, 47_114)], 160, "the amplification");
    assert_eq!(flows.iter().filter(|flow| flow.exporter == &BORDER).count(), 408);
    let scan = flows.iter().filter(|flow| flow.tcp_flags == 2 && flow.src_port == 61_234);
    let ports: HashSet<u16> = scan.map(|flow| flow.dst_port).collect();
    assert_eq!(ports.len(), 600, "the scan");
}

#[test]
fn the_gap_is_a_jump_of_the_sequence_and_the_only_one() {
    let mut expected: HashMap<_, u32> = HashMap::new();
    let mut jumps = Vec::new();
    for packet in practice_packets() {
        let count = u32::try_from(packet.flows.len()).unwrap();
        let next = packet.flow_sequence.wrapping_add(count);
        if let Some(expected) = expected.insert(packet.exporter.addr, next) {
            let lost = packet.flow_sequence.wrapping_sub(expected);
            if lost > 0 {
                jumps.push((packet.exporter.addr, lost));
            }
        }
    }
    assert_eq!(jumps, [(OFFICE.addr, 18)]);
}

#[test]
fn every_document_is_whole() {
    let mut ids = HashSet::new();
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    for document in practice_day() {
        assert!(ids.insert((document.index.clone(), document.id.clone())));
        assert_eq!(document.id.len(), 20);
        assert!(!document.source.contains('\n'));
        let source: Value = serde_json::from_str(&document.source).unwrap();
        assert_eq!(source["@timestamp"], crate::time::iso(document.timestamp_ms));
        assert_eq!(source["type"], "netflow");
        assert_eq!(source["@version"], "1");
        let netflow = source["netflow"].as_object().unwrap();
        let has_ports = matches!(netflow["protocol"].as_u64(), Some(6 | 17));
        assert_eq!(netflow.len(), if has_ports { 35 } else { 33 });
        for (key, value) in netflow {
            assert!(!value.is_null(), "{key}");
            *keys.entry(key.clone()).or_default() += 1;
        }
        for side in ["src", "dst"] {
            let system = source[format!("geoip_{side}")]["autonomous_system"].as_str().unwrap();
            let locality = netflow[&format!("{side}_locality")].as_str().unwrap();
            assert_eq!(system == "PRIVATE", locality == "private");
        }
    }
    assert_eq!(keys.len(), 35);
}

#[test]
fn the_members_stand_in_the_order_of_the_module() {
    let documents = practice_day();
    let places: Vec<usize> =
        ["type", "@timestamp", "host", "geoip_src", "geoip_dst", "netflow", "@version"]
            .iter()
            .map(|key| documents[0].source.find(&format!("\"{key}\":")).unwrap())
            .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(documents[0].source.contains(r#""netflow":{"tcp_flags":27,"flow_locality":"public","#));
}

#[test]
fn about_half_of_the_times_are_a_second_late() {
    let packets = practice_packets();
    let late = packets
        .iter()
        .flat_map(|packet| packet.flows.iter().map(move |flow| (packet, flow.first_ms)))
        .filter(|(packet, first_ms)| {
            logstash_times::written_ms(&packet.header(), packet.uptime().at(*first_ms)) != *first_ms
        });
    let share = late.count() * 100 / 5494;
    assert!((40..80).contains(&share), "{share} %");
}
