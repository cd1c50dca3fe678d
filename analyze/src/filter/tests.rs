//! The mask of a batch against the reference, flow by flow.

use flowkit_model::field::Access;
use flowkit_model::filter::{Context, Expression};
use flowkit_model::{FIELDS, FieldId, FlowRecord, Kind};
use proptest::prelude::*;

use super::Filter;
use crate::batch::tests::batch;

/// Flows of few values, some of them unknown.
pub(crate) fn any_flow() -> impl Strategy<Value = FlowRecord> {
    let largest = |field: FieldId| -> u64 {
        match field {
            FieldId::Bytes => 70_000,
            FieldId::SrcPort | FieldId::DstPort => 600,
            FieldId::Protocol => 20,
            FieldId::TcpFlags => 255,
            _ => 9,
        }
    };
    let values: Vec<_> =
        FIELDS.iter().map(|field| proptest::option::weighted(0.8, 0..=largest(field.id))).collect();
    values.prop_map(|values| {
        let mut flow = FlowRecord::default();
        for (field, value) in FIELDS.iter().zip(values) {
            match field.access {
                Access::Number { write, .. } if field.kind == Kind::Address => {
                    write(&mut flow, value.map(|value| 0x0a00_0000 + (value << 14)));
                }
                Access::Number { write, .. } => write(&mut flow, value),
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

/// Random filters: all of them in an optimised build, which CI runs too.
const CASES: u32 = if cfg!(debug_assertions) { 200 } else { 400 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]
    #[test]
    fn equals_the_reference(text in any_filter(), flows in prop::collection::vec(any_flow(), 1..30)) {
        let expression = Expression::parse(&text).unwrap();
        let expected: Vec<bool> = flows.iter().map(|flow| expression.matches(flow)).collect();
        prop_assert_eq!(Filter::new(expression).mask(&batch(&flows)), expected, "{}", text);
    }
}

/// Thousands of networks, of all lengths, against a walk over the list.
#[test]
fn long_lists_equal_the_plain_walk() {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state
    };
    let nets: Vec<(u32, u32)> = (0..5000).map(|_| (random(), 12 + (random() >> 16) % 21)).collect();
    let lines: Vec<String> = nets
        .iter()
        .map(|(net, bits)| format!("{}/{bits}", flowkit_model::Address::from_bits(*net)))
        .collect();
    let list = lines.join("\n");
    let read = |_: &str| Ok(list.clone());
    let context = Context { zone: jiff::tz::TimeZone::UTC, read: &read };
    let filter = Filter::new(Expression::parse_in("src ip in @nets", &context).unwrap());
    let flows: Vec<FlowRecord> = (0..2000)
        .map(|n| FlowRecord {
            src_addr: (n % 50 > 0).then(|| random().into()),
            ..FlowRecord::default()
        })
        .collect();
    let expected: Vec<bool> = flows
        .iter()
        .map(|flow| {
            flow.src_addr.is_some_and(|addr| {
                nets.iter().any(|(net, bits)| (addr.to_bits() ^ net).leading_zeros() >= *bits)
            })
        })
        .collect();
    assert!(expected.contains(&true) && expected.contains(&false));
    assert_eq!(filter.mask(&batch(&flows)), expected);
}
