//! What is written is what the reader of [`templated`](flowkit_model::wire::templated) reads.
#![expect(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;

use flowkit_model::address::Address;
use flowkit_model::exported_row::fill;
use flowkit_model::field::{Access, FIELDS, FieldId};
use flowkit_model::record::FlowRecord;
use flowkit_model::row::Row;
use flowkit_model::wire::Misfit;
use flowkit_model::wire::packets::{BootTimes, Packet};
use flowkit_model::wire::templated::encode::{AGAIN_DATAGRAMS, AGAIN_MS, MOST_BYTES, Packetizer};
use flowkit_model::wire::templated::{Header, Part, Sampling, Templates, Version};

const EXPORT_MS: u64 = 1_557_820_800_000;

const BOTH: [Version; 2] = [Version::V9, Version::Ipfix];

fn packets(version: Version, flows: &[FlowRecord]) -> Vec<Packet> {
    let mut boot_times = BootTimes::default();
    for flow in flows {
        boot_times.learn(flow);
    }
    let mut packetizer = Packetizer::new(version, boot_times);
    let mut packets = Vec::new();
    for flow in flows {
        packets.extend(packetizer.push(flow).unwrap());
    }
    packets.extend(packetizer.finish());
    packets
}

/// Flows and sampling that a reader finds which knew nothing.
#[derive(Debug, Default, PartialEq)]
struct Found {
    flows: Vec<FlowRecord>,
    sampling: Vec<Sampling>,
    /// Templates in each datagram.
    n_templates: Vec<usize>,
}

fn read(packets: &[Packet]) -> Found {
    let mut templates = Templates::new();
    let mut found = Found::default();
    for packet in packets {
        assert!(packet.bytes.len() <= MOST_BYTES);
        assert_eq!(packet.bytes.len() % 4, 0);
        let (mut n_templates, mut n_records, mut n_flows) = (0, 0, 0);
        for part in templates.read(None, &packet.bytes).unwrap() {
            match part {
                Part::Template { .. } => n_templates += 1,
                Part::Data(data) => {
                    n_records += data.n_records();
                    for record in data.records() {
                        found.sampling.extend(record.options().sampling);
                        let exported = record.exported();
                        assert!(exported.impossible.is_empty());
                        if exported.class.is_flow() {
                            let mut row = Row::default();
                            fill(&mut row, &exported);
                            found.flows.push(row.record());
                            n_flows += 1;
                        }
                    }
                }
                part => panic!("{part:?}"),
            }
        }
        let header = Header::decode(&packet.bytes).unwrap();
        assert_eq!(header.export_ms(), packet.export_ms);
        if let Some(count) = header.count {
            assert_eq!(usize::from(count), n_templates + n_records);
        }
        assert_eq!(packet.n_flows, n_flows);
        found.n_templates.push(n_templates);
    }
    found
}

fn sequences(packets: &[Packet]) -> Vec<u32> {
    packets.iter().map(|packet| Header::decode(&packet.bytes).unwrap().sequence).collect()
}

fn flow(export_ms: u64, number: u64) -> FlowRecord {
    FlowRecord {
        timestamp_ms: Some(export_ms),
        first_switched_ms: Some(export_ms - 4001),
        last_switched_ms: Some(export_ms - 999),
        src_addr: "192.0.2.1".parse().ok(),
        dst_addr: "2001:db8::1".parse().ok(),
        packets: Some(number),
        ..FlowRecord::default()
    }
}

/// What of a flow a packet of a version says.
fn expected(flow: &FlowRecord, version: Version) -> FlowRecord {
    let mut flow = flow.clone();
    for field in FIELDS.iter().filter(|field| field.is_of_version_5() || field.is_of_pipeline()) {
        match field.access {
            Access::Number { write, .. } => write(&mut flow, None),
            Access::Text { write, .. } => write(&mut flow, None),
            _ => {}
        }
    }
    let of_icmp = matches!(flow.protocol, Some(1 | 58));
    if !of_icmp {
        (flow.icmp_type, flow.icmp_code) = (None, None);
    } else if let (None, None, Some(port)) = (flow.icmp_type, flow.icmp_code, flow.dst_port) {
        let [kind, code] = port.to_be_bytes();
        (flow.icmp_type, flow.icmp_code) = (Some(kind), Some(code));
    }
    flow.timestamp_ms = flow.timestamp_ms.map(|ms| ms / 1000 * 1000);
    flow.version = Some(version.number());
    flow.domain = flow.domain.or(Some(0));
    FlowRecord { exporter: None, flowset: None, ..flow }
}

#[test]
fn version_9_counts_datagrams_and_ipfix_records() {
    let flows: Vec<FlowRecord> = (0..100)
        .map(|number| FlowRecord {
            sampling_interval: Some(100),
            sampling_algorithm: Some(2),
            engine_type: Some(1),
            engine_id: Some(2),
            ..flow(EXPORT_MS, number)
        })
        .collect();
    for version in BOTH {
        let packets = packets(version, &flows);
        let found = read(&packets);
        assert_eq!(found.flows.len(), 100);
        assert!(found.flows.iter().all(|flow| flow.domain == Some(0x102)));
        let rates: Vec<Option<u64>> = found.sampling.iter().map(Sampling::interval).collect();
        assert_eq!(rates, [Some(100)]);
        let n_flows: Vec<u32> = packets.iter().map(|packet| packet.n_flows).collect();
        assert!(packets.len() > 2);
        let expected: Vec<u32> = match version {
            Version::V9 => (0..).take(packets.len()).collect(),
            // The options record is in the first one.
            Version::Ipfix => std::iter::once(0)
                .chain(n_flows.iter().scan(1, |sum, n_flows| {
                    *sum += n_flows;
                    Some(*sum)
                }))
                .take(packets.len())
                .collect(),
        };
        assert_eq!(sequences(&packets), expected, "{version:?}");
    }
}

/// By datagrams, and by time; else once.
#[test]
fn templates_are_sent_again() {
    let every = |step_ms: u64, n: u64| -> Vec<FlowRecord> {
        (0..n).map(|number| flow(EXPORT_MS + number * step_ms, number)).collect()
    };
    for version in BOTH {
        let often = read(&packets(version, &every(1000, 3 * AGAIN_DATAGRAMS + 1)));
        let told: Vec<usize> = (0..)
            .zip(&often.n_templates)
            .filter(|(_, n)| **n > 0)
            .map(|(place, _)| place)
            .collect();
        assert_eq!(told, [0, 20, 40, 60]);
        let seldom = read(&packets(version, &every(AGAIN_MS / 2, 5)));
        assert_eq!(seldom.n_templates, [1, 0, 1, 0, 1]);
    }
}

/// Two exporters, two domains of one: numbers and sequences are each one's own.
#[test]
fn each_domain_of_an_exporter_counts_by_itself() {
    let of = |exporter: &str, domain| FlowRecord {
        exporter: Some(exporter.into()),
        domain: Some(domain),
        ..flow(EXPORT_MS, 1)
    };
    let packets = packets(Version::V9, &[of("a", 0), of("b", 0), of("a", 7), of("a", 0)]);
    let shape: Vec<(Option<&str>, u32)> =
        packets.iter().map(|packet| (packet.exporter.as_deref(), packet.n_flows)).collect();
    assert_eq!(shape, [(Some("a"), 2), (Some("a"), 1), (Some("b"), 1)]);
    assert_eq!(sequences(&packets), [0, 0, 0]);
}

#[test]
fn a_time_that_no_uptime_can_say_is_refused() {
    let far =
        FlowRecord { first_switched_ms: Some(EXPORT_MS - (1 << 31) - 1), ..flow(EXPORT_MS, 1) };
    let misfit = Misfit::TooFar { field: "first_switched", age_ms: (1 << 31) + 1 };
    let pushed = |version, flow| Packetizer::new(version, BootTimes::default()).push(flow);
    assert_eq!(pushed(Version::V9, &far), Err(misfit));
    assert_eq!(pushed(Version::Ipfix, &far), Ok(None));
    let late = FlowRecord { timestamp_ms: Some((1 << 32) * 1000), ..flow(EXPORT_MS, 1) };
    let misfit = Misfit::TooLarge { field: "timestamp", value: 1 << 32, bits: 32 };
    assert_eq!(pushed(Version::Ipfix, &late), Err(misfit));
}

/// Counters of `ElastiFlow` are multiplied already.
#[test]
fn scaled_counters_stand_beside_no_sampling() {
    let scaled =
        FlowRecord { adapted: Some(2), sampling_interval: Some(100), ..flow(EXPORT_MS, 1) };
    let found = read(&packets(Version::V9, std::slice::from_ref(&scaled)));
    assert_eq!(found.sampling, []);
    let found = read(&packets(Version::V9, &[FlowRecord { adapted: Some(1), ..scaled }]));
    assert_eq!(found.sampling.len(), 1);
}

/// A flow without addresses has those of version 5: else it would be read as options.
#[test]
fn a_flow_without_addresses_stays_one() {
    let bare = FlowRecord { src_addr: None, dst_addr: None, ..flow(EXPORT_MS, 1) };
    for version in BOTH {
        let found = read(&packets(version, std::slice::from_ref(&bare)));
        let zero = Some(Address::from_bits(0));
        assert_eq!((found.flows[0].src_addr, found.flows[0].dst_addr), (zero, zero));
        let of_layer_2 = FlowRecord { src_mac: Some(0x0200_0000_0001), ..bare.clone() };
        let found = read(&packets(version, &[of_layer_2]));
        assert_eq!((found.flows[0].src_addr, found.flows[0].packets), (None, Some(1)));
    }
}

/// More kinds of flows than there are numbers for: 11 fields known or not.
#[test]
fn numbers_of_templates_begin_anew() {
    let fields = FIELDS.iter().filter(|field| {
        matches!(field.kind, flowkit_model::Kind::Code | flowkit_model::Kind::Count)
            && !field.is_of_version_5()
            && !matches!(field.id, FieldId::Flowset | FieldId::Domain | FieldId::Packets)
            && !matches!(field.id, FieldId::IcmpType | FieldId::IcmpCode)
            && !field.is_of_pipeline()
    });
    let fields: Vec<_> = fields.take(11).collect();
    assert_eq!(fields.len(), 11);
    let flows: Vec<FlowRecord> = (0..1 << 11)
        .map(|set: u32| {
            let mut flow = flow(EXPORT_MS, set.into());
            for (place, field) in fields.iter().enumerate() {
                let Access::Number { write, .. } = field.access else { unreachable!() };
                write(&mut flow, (set >> place & 1 == 1).then_some(7));
            }
            flow
        })
        .collect();
    let found = read(&packets(Version::Ipfix, &flows)).flows;
    let highest = found.iter().filter_map(|flow| flow.flowset).max();
    assert_eq!(highest, Some(1256));
    let of_the_last = found.last().unwrap();
    assert!(flows.iter().zip(&found).all(|(flow, found)| {
        expected(flow, Version::Ipfix) == FlowRecord { flowset: None, ..found.clone() }
    }));
    assert_eq!(of_the_last.packets, Some((1 << 11) - 1));
}

/// Among them those whose place in the order is not their value.
#[test]
fn every_address_comes_back() {
    for address in ["::", "::1", "::2:0", "::fffe:ffff:ffff", "::1:0:0:0", "0.0.0.0", "ff02::1"] {
        let flow = FlowRecord { next_hop: address.parse().ok(), ..flow(EXPORT_MS, 1) };
        for version in BOTH {
            let found = read(&packets(version, std::slice::from_ref(&flow)));
            assert_eq!(found.flows[0].next_hop, flow.next_hop, "{address}");
        }
    }
}

/// A flow of any known fields, as far as a reader holds their values for possible.
fn any_flow() -> impl Strategy<Value = FlowRecord> {
    let values = prop::collection::vec(any::<Option<u64>>(), FIELDS.len());
    let addresses = prop::collection::vec(any::<Option<(bool, u128)>>(), FIELDS.len());
    (values, addresses, prop::sample::select(vec![1, 6, 17, 58])).prop_map(
        |(values, addresses, protocol)| {
            let mut flow = FlowRecord::default();
            for (field, (value, address)) in FIELDS.iter().zip(values.into_iter().zip(addresses)) {
                match field.access {
                    Access::Number { bits, write, .. } => {
                        let mask = u64::MAX >> (64 - bits);
                        let most = match field.id {
                            FieldId::Direction => 1,
                            FieldId::Vlan => (1 << 12) - 1,
                            FieldId::SrcMaskLen | FieldId::DstMaskLen => 32,
                            _ => mask,
                        };
                        write(
                            &mut flow,
                            value.map(
                                |value| {
                                    if most == mask { value & mask } else { value % (most + 1) }
                                },
                            ),
                        );
                    }
                    Access::Address { write, .. } => write(
                        &mut flow,
                        address.map(|(is_ipv6, number)| {
                            if is_ipv6 {
                                Address::from_number(number)
                            } else {
                                Address::from_bits(u32::try_from(number >> 96).unwrap())
                            }
                        }),
                    ),
                    _ => {}
                }
            }
            flow.protocol = flow.protocol.map(|_| protocol);
            flow.adapted = None;
            flow.timestamp_ms = Some(EXPORT_MS + flow.timestamp_ms.unwrap_or(7) % 5_000);
            flow.first_switched_ms = flow.first_switched_ms.map(|ms| EXPORT_MS - ms % (1 << 31));
            flow.last_switched_ms = flow.last_switched_ms.map(|ms| EXPORT_MS - ms % (1 << 31));
            flow.src_addr = flow.src_addr.or_else(|| "198.51.100.7".parse().ok());
            flow
        },
    )
}

proptest! {
    /// What is known of a flow comes back, and nothing else.
    #[test]
    fn flows_come_back(flows in prop::collection::vec(any_flow(), 1..12), is_ipfix in any::<bool>()) {
        let version = if is_ipfix { Version::Ipfix } else { Version::V9 };
        let flows: Vec<FlowRecord> = flows
            .into_iter()
            .map(|flow| FlowRecord { domain: Some(3), engine_type: None, engine_id: None, ..flow })
            .collect();
        let found = read(&packets(version, &flows)).flows;
        prop_assert_eq!(found.len(), flows.len());
        for (flow, found) in flows.iter().zip(found) {
            prop_assert!(found.flowset >= Some(256));
            prop_assert_eq!(FlowRecord { flowset: None, ..found }, expected(flow, version));
        }
    }

    /// Whatever a flow holds, it is refused or read again as one flow.
    #[test]
    fn no_flow_makes_it_panic(
        values in prop::collection::vec(any::<Option<u64>>(), FIELDS.len()),
        is_ipfix in any::<bool>(),
    ) {
        let version = if is_ipfix { Version::Ipfix } else { Version::V9 };
        let mut flow = FlowRecord::default();
        for (field, value) in FIELDS.iter().zip(values) {
            if let Access::Number { write, .. } = field.access {
                write(&mut flow, value);
            }
        }
        let mut packetizer = Packetizer::new(version, BootTimes::default());
        if packetizer.push(&flow).is_ok() {
            prop_assert_eq!(packetizer.finish().len(), 1);
        }
    }
}
