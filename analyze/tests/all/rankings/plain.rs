//! Flows grouped by a plain loop: a map of keys, and lists of the values that were
//! seen. Nothing of the engine is used.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use flowkit_model::address::Prefix;
use flowkit_model::answer::{Cell, GroupRow, More, Protocols, Quantiles, Rest};
use flowkit_model::filter::End;
use flowkit_model::question::{Counted, Forward, Grouping, Key, Of};
use flowkit_model::{Address, FieldId, FlowRecord, Kind, Row, Sums};

/// What was seen of a group.
#[derive(Default)]
struct Seen {
    sums: Sums,
    ways: (u128, u128),
    first: Option<u64>,
    last: Option<u64>,
    distinct: Vec<BTreeSet<Cell>>,
    values: Vec<Vec<u64>>,
    protocols: Protocols,
}

/// The sums of some flows; unknown counters are 0.
pub(super) fn total(flows: &[&FlowRecord]) -> Sums {
    let mut total = Sums::default();
    for flow in flows {
        total.add(&one(flow));
    }
    total
}

/// The groups of some flows, in no order, none left out.
pub(super) fn groups(flows: &[&FlowRecord], grouping: &Grouping) -> (Vec<GroupRow>, Rest) {
    let mut groups: BTreeMap<Vec<Cell>, Seen> = BTreeMap::new();
    let mut rest = Rest::default();
    // Without a key there are no groups.
    for flow in flows.iter().filter(|_| !grouping.keys.is_empty()) {
        let has_ports = flow.protocol.is_some_and(|number| [6, 17, 33, 132].contains(&number));
        if grouping.with_ports_only && !has_ports {
            rest.left_out += 1;
            continue;
        }
        let ends = if grouping.is_overlapping() { 2 } else { 1 };
        let keys = [0, 1].map(|end| -> Vec<Cell> {
            grouping.keys.iter().map(|key| key_of(key, &Row::of(flow), end)).collect()
        });
        for (end, key) in keys.iter().enumerate().take(ends) {
            let is_again = end == 1 && keys[0] == keys[1];
            let group = groups.entry(key.clone()).or_default();
            add(group, grouping, flow, end, is_again);
        }
    }
    let groups = groups.into_iter().rev().map(|group| finished(group, grouping));
    (groups.collect(), rest)
}

fn one(flow: &FlowRecord) -> Sums {
    let counter = |value: Option<u64>| u128::from(value.unwrap_or(0));
    Sums { bytes: counter(flow.bytes), packets: counter(flow.packets), flows: 1 }
}

/// Adds a flow to the group of its key at an end; `is_again` if it is there already
/// from its other end.
fn add(group: &mut Seen, grouping: &Grouping, flow: &FlowRecord, end: usize, is_again: bool) {
    let row = Row::of(flow);
    let is_forward = match grouping.forward {
        Forward::Sent => end == 0,
        Forward::Upward => {
            // Unknown is the highest.
            let rank = |field| (row.address(field).is_none(), row.address(field));
            rank(FieldId::SrcAddr) <= rank(FieldId::DstAddr)
        }
        Forward::ToService => flow.dst_port <= flow.src_port,
    };
    let way = if is_forward { &mut group.ways.0 } else { &mut group.ways.1 };
    *way += one(flow).bytes;
    group.protocols = group.protocols.or(Protocols::of(flow.protocol.map(u64::from)));
    group.first = group.first.into_iter().chain(flow.first_switched_ms).min();
    group.last = group.last.max(flow.last_switched_ms);
    group.distinct.resize_with(grouping.counted().len(), BTreeSet::new);
    for (values, counted) in group.distinct.iter_mut().zip(grouping.counted()) {
        let fields = match counted {
            Counted::Field(field) => vec![field],
            Counted::End(ends) => ends.fields().to_vec(),
            Counted::Peer => vec![End::Address.fields()[1 - end]],
        };
        let known = fields.into_iter().map(|field| cell(&row, field));
        // A host is not its own peer.
        let own = cell(&row, End::Address.fields()[end]);
        let known = known.filter(|cell| counted != Counted::Peer || *cell != own);
        values.extend(known.filter(|cell| *cell != Cell::Unknown));
    }
    group.values.resize_with(grouping.distributions().len(), Vec::new);
    if is_again {
        return;
    }
    group.sums.add(&one(flow));
    for (values, of) in group.values.iter_mut().zip(grouping.distributions()) {
        let duration = || flow.last_switched_ms?.checked_sub(flow.first_switched_ms?);
        values.extend(match of {
            Of::Bytes => flow.bytes,
            Of::Duration => duration(),
        });
    }
}

fn finished((key, seen): (Vec<Cell>, Seen), grouping: &Grouping) -> GroupRow {
    // In UTC, of lengths of which each is a multiple of the next: the shortest counts.
    let bins = grouping.keys.iter().zip(&key).filter_map(|(key, cell)| match key {
        Key::Bin { length_ms, .. } => Some((*cell != Cell::Unknown).then_some(*length_ms)),
        _ => None,
    });
    let more = More {
        bin_ms: bins.min().flatten(),
        ways: Some(seen.ways),
        span_ms: (seen.first, seen.last),
        distinct: seen.distinct.iter().map(|values| values.len() as u64).collect(),
        quantiles: seen.values.into_iter().map(quantiles).collect(),
    };
    GroupRow { key, sums: seen.sums, protocols: seen.protocols, more: Some(Box::new(more)) }
}

/// By nearest rank.
fn quantiles(mut values: Vec<u64>) -> Quantiles {
    values.sort_unstable();
    let n = values.len();
    if n == 0 {
        return Quantiles::default();
    }
    let at = |percent: usize| values[(n * percent).div_ceil(100).max(1) - 1];
    Quantiles {
        n: n as u64,
        min: values[0],
        max: values[n - 1],
        sum: values.iter().map(|value| u128::from(*value)).sum(),
        median: at(50),
        p95: at(95),
    }
}

fn cell(row: &Row<'_>, field: FieldId) -> Cell {
    match field.field().kind {
        Kind::Text => row.text(field).map_or(Cell::Unknown, |text| Cell::Text(text.into())),
        Kind::Address => address(row.address(field)),
        _ => row.number(field).into(),
    }
}

fn address(address: Option<Address>) -> Cell {
    address.map_or(Cell::Unknown, |address| Cell::Number(address.number()))
}

/// An address with the bits behind a prefix set to 0; unknown if there is no prefix for
/// its family.
fn network(row: &Row<'_>, field: FieldId, prefix: Prefix) -> Cell {
    let behind = |bits: u8, length: u8| u32::from(bits - length);
    let network = |address: Address| {
        let length = prefix.length(address.family())?;
        Some(match IpAddr::from(address) {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(behind(32, length)).unwrap_or(0);
                Address::from_bits(address.to_bits() & mask)
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(behind(128, length)).unwrap_or(0);
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
        })
    };
    address(row.address(field).and_then(network))
}

/// Part of a key at an end: 0 is the source, 1 the destination.
fn key_of(key: &Key, row: &Row<'_>, end: usize) -> Cell {
    match key {
        Key::Field(field) => cell(row, *field),
        Key::Network(field, bits) => network(row, *field, *bits),
        Key::Either(ends, None) => cell(row, ends.fields()[end]),
        Key::Either(ends, Some(bits)) => network(row, ends.fields()[end], *bits),
        Key::Pair { higher } => {
            let mut ends = End::Address.fields().map(|field| cell(row, field));
            ends.sort();
            ends[usize::from(*higher)].clone()
        }
        Key::Service => {
            let number = |field| row.number(field);
            let service = || {
                let protocol = number(FieldId::Protocol)?;
                let ports = (number(FieldId::SrcPort)?, number(FieldId::DstPort)?);
                [6, 17, 33, 132].contains(&protocol).then_some(ports.0.min(ports.1))
            };
            service().into()
        }
        // Of lengths that a day is a multiple of, in UTC.
        Key::Bin { length_ms, .. } => {
            row.number(FieldId::Timestamp).map(|ms| ms / length_ms * length_ms).into()
        }
    }
}
