//! What holds for any filter and any flow.

use proptest::prelude::*;

use super::*;
use crate::field::{Access, FieldId};

/// Flows of few values, so that filters often match, and some unknowns.
fn any_flow() -> impl Strategy<Value = FlowRecord> {
    let largest = |field: FieldId| -> u64 {
        match field {
            FieldId::Bytes => 70_000,
            FieldId::SrcPort | FieldId::DstPort => 600,
            FieldId::Protocol => 20,
            FieldId::TcpFlags => 255,
            _ => 9,
        }
    };
    let values: Vec<_> = crate::FIELDS
        .iter()
        .map(|field| proptest::option::weighted(0.8, 0..=largest(field.id)))
        .collect();
    values.prop_map(|values| {
        let mut flow = FlowRecord::default();
        for (field, value) in crate::FIELDS.iter().zip(values) {
            match field.access {
                // Neighbours at both ends of IPv4's numbers, and in IPv6.
                Access::Address { write, .. } => {
                    let address = |value: u64| match value % 3 {
                        0 => 0x0a00_0000 + u128::from(value),
                        1 => (1 << 32) - 4 + u128::from(value),
                        _ => (0x2001_0db8 << 96) + u128::from(value),
                    };
                    write(&mut flow, value.map(address).map(Address::from_number));
                }
                Access::Worked { .. } => {}
                Access::Number { write, .. } => write(&mut flow, value),
                Access::Text { write, .. } => {
                    let texts = ["r1", "10.0.0.1", "R2"];
                    write(
                        &mut flow,
                        value.map(|n| texts[usize::try_from(n).unwrap() % 3].to_owned()),
                    );
                }
            }
        }
        flow
    })
}

fn any_filter() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("any".to_owned()),
        (0..10_u8, prop_oneof![Just("ip"), Just("src ip"), Just("dst ip !="), Just("addr not in")])
            .prop_map(|(n, word)| format!("{word} 10.0.0.{n}")),
        (
            0..10_u8,
            prop_oneof![Just("src ip"), Just("addr not in"), Just("ip <"), Just("dst ip >=")]
        )
            .prop_map(|(n, word)| format!("{word} 2001:db8::{n:x}")),
        prop_oneof![
            Just("ipv4"),
            Just("not ipv6"),
            Just("family != ipv6"),
            Just("direction egress")
        ]
        .prop_map(str::to_owned),
        (0..10_u8, 0..10_u8).prop_map(|(a, b)| {
            format!("src net in [255.255.255.2{a:02}..255.255.255.255 ::..::{b} 10.0.0.0/8]")
        }),
        (0..=128_u8).prop_map(|n| format!("net 2001:db8::/{n}")),
        (0..9_u8, prop_oneof![Just("src_mac"), Just("mac"), Just("mac !="), Just("dst mac")])
            .prop_map(|(n, word)| format!("{word} 00:00:00:00:00:0{n}")),
        (0..9_u8, prop_oneof![Just("nport"), Just("src nport >"), Just("xport !=")])
            .prop_map(|(n, word)| format!("{word} {n}")),
        (0..32_u8).prop_map(|n| format!("net 10.0.0.0/{n}")),
        (0..600_u16, 0..600_u16, prop_oneof![Just("port"), Just("dst port"), Just("service")])
            .prop_map(|(a, b, word)| format!("{word} in [{a} {}-{}]", a.min(b), a.max(b))),
        (0..70_000_u32, prop_oneof![Just(">"), Just("<="), Just("="), Just("!="), Just("<")])
            .prop_map(|(n, sign)| format!("bytes {sign} {n}")),
        (
            0..9_u8,
            prop_oneof![Just("duration"), Just("pps"), Just("bps"), Just("bpp"), Just("flows")]
        )
            .prop_map(|(n, word)| format!("{word} >= {n}")),
        (0..9_u8).prop_map(|n| format!("duration <= {n}ms")),
        (0..9_u8).prop_map(|n| format!("first >= 1970-01-01T00:00:00.00{n}Z")),
        "[SAFRPU]{1,3}".prop_map(|flags| format!("flags {flags}")),
        "[SAFRPU]{1,3}".prop_map(|flags| format!("flags any {flags}")),
        ("[SAFRPUEC.]{1,3}", prop_oneof![Just("="), Just("!="), Just("in"), Just("!= any")])
            .prop_map(|(flags, sign)| format!("flags {sign} {flags}")),
        (0..20_u8).prop_map(|n| format!("proto {n}")),
        prop_oneof![
            Just("exporter in [r1 10.0.0.0/8]"),
            Just("exporter != r2"),
            Just("as 2"),
            Just("if != 1")
        ]
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("not {one}")),
            proptest::collection::vec(inner.clone(), 2..3)
                .prop_map(|all| format!("({})", all.join(" and "))),
            proptest::collection::vec(inner, 2..3)
                .prop_map(|any| format!("({})", any.join(" or "))),
        ]
    })
}

proptest! {
    /// Canonical text matches the flows of the filter it was made from, and is the
    /// canonical text of itself.
    #[test]
    fn canonical_text_means_the_same(text in any_filter(), flow in any_flow()) {
        let filter = Expression::parse(&text).unwrap();
        let shown = filter.to_string();
        let again = Expression::parse(&shown).unwrap_or_else(|error| panic!("{text}: {error}"));
        prop_assert_eq!(again.matches(&flow), filter.matches(&flow), "{} -> {}", text, shown);
        prop_assert_eq!(again.to_string(), shown);
    }

    /// What min/max statistics rule out does not happen.
    #[test]
    fn outcomes_are_never_too_sure(text in any_filter(), flows in proptest::collection::vec(any_flow(), 1..4)) {
        let filter = Expression::parse(&text).unwrap();
        let bounds = |field: FieldId| {
            if matches!(field.field().access, Access::Text { .. }) {
                return None;
            }
            let values: Vec<_> = flows.iter().map(|flow| field.field().number(flow)).collect();
            let known = values.iter().flatten();
            Some(Bounds {
                known: known.clone().min().copied().zip(known.max().copied()),
                unknown: values.contains(&None),
            })
        };
        let outcomes = filter.outcomes(&bounds);
        for flow in &flows {
            let matches = filter.matches(flow);
            prop_assert!(if matches { outcomes.may_match } else { outcomes.may_fail }, "{}", text);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z@#()\\[\\],=<>!&|\"' 0-9./:-]{0,40}|\\PC{0,30}") {
        if let Err(error) = Expression::parse(&text) {
            let _ = error.to_string();
        }
    }

    /// Words in any order are read or refused, never a panic.
    #[test]
    fn no_words_make_it_panic(words in proptest::collection::vec(
        proptest::sample::select(vec!["src", "dst", "or", "and", "not", "port", "in", "[", "]", "(", ")", "flags", "any",
            "all", "SA", "10.0.0.1", "255.0.0.0", "@x", "icmp-type", "first", "2018-09-21", "10:00", ">", "80", "é"]), 0..9)) {
        if let Err(error) = Expression::parse(&words.join(" ")) {
            let _ = error.to_string();
        }
    }
}
