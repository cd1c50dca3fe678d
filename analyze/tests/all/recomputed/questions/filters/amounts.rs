//! Comparisons of counters, rates, lengths of time, moments and codes.

use super::super::clocks::Clock;
use super::super::made::{MOMENTS, pick};
use super::super::windows::{moment, typed as typed_moment};
use super::leaf::{Leaf, Typed, condition, of_value, typed};
use crate::random::Random;
use crate::recomputed::flows::{Flow, has_ports};

/// Filters take 2^64 - 1 for counters that are more when they are scaled.
fn counter(flow: &Flow, name: &str) -> Option<u128> {
    Some(flow.number(name)?.min(u64::MAX.into()))
}

fn numbers() -> Vec<Typed> {
    typed(&[
        (0, "0"),
        (1, "1"),
        (40, "40"),
        (443, "0x1bb"),
        (1000, "1k"),
        (8_000, "8k"),
        (50_000, "50K"),
        (20_500, "20.5k"),
        (1_500_000, "1.5M"),
        (1_000_000_000, "1G"),
        (18_446_744_073_709_551_615, "18446744073709551615"),
    ])
}

pub(super) fn counters(random: &mut Random) -> Leaf {
    let (field, name) = pick(
        random,
        &[
            ("bytes", "bytes"),
            ("bytes", "in bytes"),
            ("bytes", "octets"),
            ("bytes", "netflow.in_bytes"),
            ("packets", "packets"),
            ("packets", "in packets"),
            ("packets", "dpkts"),
            ("packets", "PACKETS"),
        ],
    );
    let condition = condition(random, &numbers());
    let text = format!("{name} {}", condition.text);
    of_value(text, vec![field], |flow| counter(flow, field), condition.passes)
}

/// Over the duration, cut; 0 where that is 0.
pub(super) fn rates(random: &mut Random) -> Leaf {
    let name = pick(random, &["bps", "pps", "bpp"]);
    let condition = condition(random, &numbers());
    let rate = move |flow: &Flow| {
        let per_ms = |amount: u128| Some(amount.checked_div(flow.duration()?).unwrap_or(0));
        let rate = match name {
            "bps" => per_ms(counter(flow, "bytes")? * 8000)?,
            "pps" => per_ms(counter(flow, "packets")? * 1000)?,
            _ => counter(flow, "bytes")?.checked_div(counter(flow, "packets")?).unwrap_or(0),
        };
        Some(rate.min(u64::MAX.into()))
    };
    of_value(format!("{name} {}", condition.text), vec!["bytes"], rate, condition.passes)
}

pub(super) fn durations(random: &mut Random) -> Leaf {
    let values = typed(&[
        (0, "0"),
        (0, "0s"),
        (1500, "1.5s"),
        (500, "500ms"),
        (500, "500"),
        (10_000, "10s"),
        (600_000, "10m"),
        (5_400_000, "1h30m"),
        (60_000, "1min"),
        (86_400_000, "1d"),
    ]);
    let condition = condition(random, &values);
    let text = format!("duration {}", condition.text);
    of_value(text, vec!["first_switched"], Flow::duration, condition.passes)
}

pub(super) fn times(random: &mut Random, clock: &Clock) -> Leaf {
    let (field, name) = pick(
        random,
        &[
            ("first_switched", "first"),
            ("first_switched", "first seen"),
            ("last_switched", "last_switched"),
            ("last_switched", "last seen"),
            ("timestamp", "timestamp"),
            ("timestamp", "received"),
        ],
    );
    let values: Vec<Typed> = (0..3)
        .map(|_| {
            let near =
                pick(random, &MOMENTS) * 1000 + i64::try_from(random.below(600_000)).unwrap();
            // Numbers below are no times.
            let (ms, text) = if random.below(4) == 0 && near > 100_000_000_000 {
                (near, near.to_string())
            } else {
                let text = typed_moment(random, near, clock);
                (moment(&text, clock), format!("'{text}'"))
            };
            (u128::try_from(ms).unwrap(), text)
        })
        .collect();
    let (ms, text) = pick(random, &values);
    let sign = pick(random, &["<", "<=", ">", ">=", "=", "!="]);
    let passes = move |own: u128| match sign {
        "<" => own < ms,
        "<=" => own <= ms,
        ">" => own > ms,
        ">=" => own >= ms,
        "=" => own == ms,
        _ => own != ms,
    };
    let text = format!("{name} {sign} {text}");
    of_value(text, vec![field], |flow| flow.number(field), Box::new(passes))
}

/// Fields that hold a number of a few bits.
pub(super) fn codes(random: &mut Random) -> Leaf {
    let small = || typed(&[(0, "0"), (1, "1"), (2, "2"), (3, "0x3"), (200, "200")]);
    let ports = || {
        typed(&[
            (443, "443"),
            (443, "https"),
            (53, "domain"),
            (0, "0"),
            (2048, "2048"),
            (65_535, "65535"),
        ])
    };
    let protocols =
        || typed(&[(6, "tcp"), (6, "6"), (17, "udp"), (1, "icmp"), (50, "50"), (132, "sctp")]);
    let (field, name, values): (&str, &str, Vec<Typed>) = match random.below(16) {
        0 => ("tos", "tos", small()),
        1 => ("tos", "src tos", small()),
        2 => ("engine_id", "engine id", small()),
        3 => ("engine_id", "engine-id", small()),
        4 => ("engine_type", "engine_type", small()),
        5 => ("input_snmp", "in if", small()),
        6 => ("output_snmp", "out if", small()),
        7 => ("flow_seq_num", "flow_sequence", small()),
        8 => ("sampling_interval", "sampling", typed(&[(0, "0"), (2, "2"), (100, "100")])),
        9 => ("src_as", "src as", typed(&[(0, "0"), (1, "AS1"), (3, "3")])),
        10 => ("dst_mask_len", "dst_mask", small()),
        11 => ("version", "version", typed(&[(5, "5"), (9, "9")])),
        12 => ("src_port", "src port", ports()),
        13 => ("dst_port", "dst_port", ports()),
        14 => ("protocol", "proto", protocols()),
        _ => ("service", "service", ports()),
    };
    let condition = condition(random, &values);
    let value = move |flow: &Flow| {
        if field != "service" {
            return flow.number(field);
        }
        let lower = flow.number("src_port")?.min(flow.number("dst_port")?);
        has_ports(flow.number("protocol")?).then_some(lower)
    };
    of_value(format!("{name} {}", condition.text), vec![field], value, condition.passes)
}
