//! The mask of a batch against the reference, flow by flow.

use flowkit_model::address::Network;
use flowkit_model::field::Access;
use flowkit_model::filter::{Context, Expression};
use flowkit_model::{Address, FIELDS, Family, FieldId, FlowRecord, Kind};
use proptest::prelude::*;

use super::Filter;
use crate::batch::tests::batch;

/// Addresses of both families, neighbours and those at the ends; few, so that they meet.
fn address(n: u64) -> Address {
    const ENDS: [&str; 8] = [
        "0.0.0.0",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.64.0",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ];
    match n {
        0..10 => Address::from_bits(0x0a00_0000 + (u32::try_from(n).unwrap() << 14)),
        10..20 => Address::from_number((0x2001_0db8 << 96) + (u128::from(n - 10) << 62)),
        _ => ENDS[usize::try_from(n % 8).unwrap()].parse().unwrap(),
    }
}

/// Flows, all of them of version 5 or of any.
pub(crate) fn any_flows(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<FlowRecord>> {
    (any::<bool>(), prop::collection::vec(any_flow(), n)).prop_map(|(is_any, mut flows)| {
        if !is_any {
            flows.iter_mut().for_each(narrow);
        }
        flows
    })
}

/// Forgets what no flow of version 5 has.
fn narrow(flow: &mut FlowRecord) {
    for field in FIELDS {
        let is_wider = |value: u64| value >> field.bits_of_version_5().unwrap() > 0;
        match field.access {
            Access::Number { write, .. } if field.is_of_templates() => write(flow, None),
            Access::Address { write, .. } if field.is_of_templates() => write(flow, None),
            Access::Address { read, write } => {
                write(flow, read(flow).filter(|address| address.ipv4_bits().is_some()));
            }
            Access::Number { read, write, .. } if field.kind == Kind::Code => {
                write(flow, read(flow).filter(|value| !is_wider(*value)));
            }
            _ => {}
        }
    }
}

/// Flows of few values, some of them unknown.
fn any_flow() -> impl Strategy<Value = FlowRecord> {
    let largest = |field: FieldId| -> u64 {
        match field {
            FieldId::Bytes => 70_000,
            FieldId::SrcPort | FieldId::DstPort => 600,
            FieldId::Protocol => 20,
            FieldId::TcpFlags => 255,
            FieldId::Direction => 2,
            field if field.is_address() => 25,
            _ => 9,
        }
    };
    let values: Vec<_> =
        FIELDS.iter().map(|field| proptest::option::weighted(0.8, 0..=largest(field.id))).collect();
    values.prop_map(|values| {
        let mut flow = FlowRecord::default();
        for (field, value) in FIELDS.iter().zip(values) {
            match field.access {
                Access::Address { write, .. } => write(&mut flow, value.map(address)),
                // Interfaces and autonomous systems have 16 bits in version 5.
                Access::Number { write, bits: 32, .. } => {
                    write(&mut flow, value.map(|value| if value == 9 { 70_000 } else { value }));
                }
                Access::Number { write, .. } => write(&mut flow, value),
                Access::Worked { .. } => {}
                Access::Text { write, .. } => {
                    let texts = ["r1", "10.0.0.1", "R2"];
                    write(&mut flow, value.map(|n| texts[usize::try_from(n).unwrap() % 3].into()));
                }
            }
        }
        flow
    })
}

pub(crate) fn any_filter() -> impl Strategy<Value = String> {
    let sign = || prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    let numbers =
        FIELDS.iter().filter(|field| field.kind == Kind::Count || field.kind == Kind::Code);
    let names: Vec<&str> = numbers
        .map(|field| field.name)
        .chain(["duration", "bps", "pps", "bpp", "service", "port", "as", "if", "mask", "dst port"])
        .collect();
    let leaf = prop_oneof![
        Just("any".to_owned()),
        (prop::sample::select(names.clone()), sign(), 0..10_u8)
            .prop_map(|(name, sign, n)| format!("{name} {sign} {n}")),
        (prop::sample::select(names), 0..20_u8, 0..30_u8, any::<bool>()).prop_map(
            |(name, a, b, not)| format!(
                "{name} {} [{a} {}-{} 25]",
                if not { "not in" } else { "in" },
                a.min(b),
                a.max(b)
            )
        ),
        (prop::sample::select(vec!["ip", "src ip", "dst ip not", "next ip"]), 0..10_u32, 8..33_u8)
            .prop_map(|(word, n, bits)| format!(
                "{word} in 10.{}.{}.0/{bits}",
                n >> 2,
                (n & 3) << 6
            )),
        prop::collection::vec(0..10_u32, 1..9).prop_map(|list| {
            let nets = list.iter().map(|n| format!("10.{}.{}.0/24", n >> 2, (n & 3) << 6));
            format!("ip in [{}]", nets.collect::<Vec<_>>().join(" "))
        }),
        any_filter_of_families(),
        "[SAFRPU]{1,3}".prop_map(|flags| format!("flags {flags}")),
        (0..70_000_u32, sign()).prop_map(|(n, sign)| format!("bytes {sign} {n}")),
        prop::sample::select(vec![
            "exporter in [r1 10.0.0.0/8]",
            "exporter != r2",
            "first > 1970-01-01T00:00:00.004Z"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.clone().prop_map(|one| format!("not {one}")),
            list().prop_map(|all| format!("({})", all.join(" and "))),
            list().prop_map(|any| format!("({})", any.join(" or "))),
        ]
    })
}

/// Filters of addresses of both families, and of fields that version 5 does not have.
fn any_filter_of_families() -> impl Strategy<Value = String> {
    let word = || {
        let words = ["ip", "src ip", "dst ip not", "next ip", "nat_src_addr", "addr not"];
        prop::sample::select(words.to_vec())
    };
    let network = || {
        (0..26_u64, 0..=128_u8).prop_map(|(n, bits)| {
            let address = address(n);
            format!("{address}/{}", bits.min(address.family().bits()))
        })
    };
    let plain = [
        "ipv4",
        "ipv6",
        "not inet6",
        "family = ipv6",
        "family != ipv4",
        "direction = ingress",
        "direction != egress",
        "vlan in [1 3-5]",
        "src_mac = 00:00:00:00:00:07",
        "ip != 255.255.255.255",
        "src ip = ::1",
        "as in [0-3 70000]",
        "if > 65535",
        "event = 2",
    ];
    prop_oneof![
        (word(), prop::collection::vec(network(), 1..7))
            .prop_map(|(word, nets)| format!("{word} in [{}]", nets.join(" "))),
        (word(), network()).prop_map(|(word, net)| format!("{word} in {net}")),
        (0..26_u64, 0..26_u64).prop_filter_map("of one family", |(a, b)| {
            let (a, b) = (address(a).min(address(b)), address(a).max(address(b)));
            (a.family() == b.family()).then(|| format!("src net in [{a}..{b} 10.0.0.0/18]"))
        }),
        (prop::sample::select(vec!["<", "<=", ">", ">=", "!="]), 0..26_u64)
            .prop_map(|(sign, n)| format!("dst ip {sign} {}", address(n))),
        prop::sample::select(plain.to_vec()).prop_map(str::to_owned),
    ]
}

/// Random filters: all of them in an optimised build, which CI runs too.
const CASES: u32 = if cfg!(debug_assertions) { 200 } else { 400 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]
    #[test]
    fn equals_the_reference(text in any_filter(), flows in any_flows(1..30)) {
        let expression = Expression::parse(&text).unwrap();
        let expected: Vec<bool> = flows.iter().map(|flow| expression.matches(flow)).collect();
        prop_assert_eq!(Filter::new(expression).mask(&batch(&flows)), expected, "{}", text);
    }
}

/// An address of either family for two random numbers.
fn random_address([a, b]: [u32; 2]) -> Address {
    if a % 10 == 9 { Address::from_number(u128::from(b) << 96 | 7) } else { b.into() }
}

/// Thousands of networks, of all lengths, against a walk over the list.
#[test]
fn long_lists_equal_the_plain_walk() {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state
    };
    let mut pair = || [random() >> 16, random()];
    let nets: Vec<Network> = (0..5000)
        .map(|_| {
            let (address, length) = (random_address(pair()), 12 + pair()[0] % 21);
            address.network(u8::try_from(length).unwrap()).unwrap()
        })
        .collect();
    let lines: Vec<String> = nets.iter().map(ToString::to_string).collect();
    let list = lines.join("\n");
    let read = |_: &str| Ok(list.clone());
    let context = Context { zone: jiff::tz::TimeZone::UTC, read: &read };
    let filter = Filter::new(Expression::parse_in("src ip in @nets", &context).unwrap());
    let flows: Vec<FlowRecord> = (0..2000)
        .map(|n| FlowRecord {
            src_addr: (n % 50 > 0).then(|| random_address(pair())),
            ..FlowRecord::default()
        })
        .collect();
    let is_in = |address: Address| {
        nets.iter().any(|net| address.network(net.prefix_len()).as_ref() == Some(net))
    };
    let expected: Vec<bool> = flows.iter().map(|flow| flow.src_addr.is_some_and(is_in)).collect();
    for family in [Family::Ipv4, Family::Ipv6] {
        let of_family =
            flows.iter().zip(&expected).filter(|(flow, _)| flow.family() == Some(family));
        let found: Vec<bool> = of_family.map(|(_, is_in)| *is_in).collect();
        assert!(found.contains(&true) && found.contains(&false), "{family:?}");
    }
    assert_eq!(filter.mask(&batch(&flows)), expected);
}
