//! What of NetFlow v9 and IPFIX is a flow, and what in it cannot be.
//!
//! A template says what stands in a record, and so not every record is of traffic. One
//! with an address of a source or a destination is a flow. So is one without addresses
//! that counts bytes or packets and names an Ethernet address, a virtual LAN or a station
//! of a wireless network: traffic of layer 2. Everything else is an options record, with
//! which an exporter tells of itself: how it samples, what its interfaces are called, how
//! much it sent. Those have counters too, which are no traffic.
//!
//! A flow without counters counts as one, as in version 5: firewalls report that a
//! connection was created or denied.
//!
//! What cannot be is unknown: where two exporters share the number of a template, one is
//! decoded by the template of the other, and its directions are 8 and its times hours off.

use super::json::Json;
use crate::address::{Address, Family};
use crate::field::FieldId;
use crate::record::FlowRecord;
use crate::wire::templated::{Impossible, Impossibles};

/// The versions that have templates: NetFlow v9, and IPFIX.
pub const VERSIONS: [u16; 2] = [9, 10];

/// Protocols whose messages have a type and a code.
const ICMP: [u8; 2] = [1, 58];

/// A flow may begin so long before its export.
const LONGEST_MS: u64 = 60 * 86_400_000;

/// And end so long after it, by a clock that is off.
const AHEAD_MS: u64 = 86_400_000;

/// What is added to the rank of a place with an unspecified address.
pub(super) const UNSPECIFIED: u8 = 50;

/// Makes unknown what cannot be, and works out type and code of ICMP. Whether it is a
/// flow.
pub(crate) fn finish(
    flow: &mut FlowRecord,
    has_station: bool,
    impossible: &mut Impossibles,
) -> bool {
    let longest =
        |address: Option<Address>| u64::from(address.map_or(Family::Ipv6, Address::family).bits());
    let (src, dst) = (longest(flow.src_addr), longest(flow.dst_addr));
    let exported = flow.timestamp_ms;
    let is_near = |ms: u64| {
        exported.is_none_or(|exported| {
            ms <= exported.saturating_add(AHEAD_MS) && ms >= exported.saturating_sub(LONGEST_MS)
        })
    };
    let mut keep = |can_be: bool, kind| {
        if !can_be {
            impossible.add(kind);
        }
        can_be
    };
    flow.direction =
        flow.direction.filter(|direction| keep(*direction <= 1, Impossible::Direction));
    flow.vlan = flow.vlan.filter(|vlan| keep(*vlan < 1 << 12, Impossible::Number));
    let [src_mask, dst_mask] =
        [(&mut flow.src_mask_len, src), (&mut flow.dst_mask_len, dst)].map(|(length, most)| {
            length.take().filter(|n| keep(u64::from(*n) <= most, Impossible::Mask))
        });
    (flow.src_mask_len, flow.dst_mask_len) = (src_mask, dst_mask);
    flow.first_switched_ms =
        flow.first_switched_ms.filter(|ms| keep(is_near(*ms), Impossible::First));
    flow.last_switched_ms = flow.last_switched_ms.filter(|ms| keep(is_near(*ms), Impossible::Last));
    icmp(flow);
    is_flow(flow, has_station)
}

/// What kind of value a field has that is too large for it.
pub(super) fn kind_of(field: FieldId) -> Impossible {
    match field {
        FieldId::Protocol => Impossible::Protocol,
        FieldId::SrcMaskLen | FieldId::DstMaskLen => Impossible::Mask,
        FieldId::Direction => Impossible::Direction,
        FieldId::FirstSwitched => Impossible::First,
        FieldId::LastSwitched => Impossible::Last,
        _ => Impossible::Number,
    }
}

/// Whether a version of IP is one, in numbers or in the module's words; what is neither
/// says nothing.
pub(super) fn is_ip_version(version: &Json<'_>) -> bool {
    let digits = match version {
        Json::Number(text) => *text,
        Json::Text(text) => text.strip_prefix("IPv").unwrap_or(text),
        _ => return true,
    };
    digits.parse::<u64>().map_or(true, |version| matches!(version, 4 | 6))
}

/// Exporters fill type and code of ICMP in for any protocol; and some have them in the
/// destination port, as version 5 has.
fn icmp(flow: &mut FlowRecord) {
    if !flow.protocol.is_some_and(|protocol| ICMP.contains(&protocol)) {
        (flow.icmp_type, flow.icmp_code) = (None, None);
        return;
    }
    match (flow.icmp_type, flow.dst_port) {
        (Some(_), _) => flow.icmp_code = flow.icmp_code.or(Some(0)),
        (None, Some(port)) => {
            let [kind, code] = port.to_be_bytes();
            (flow.icmp_type, flow.icmp_code) = (Some(kind), Some(code));
        }
        (None, None) => {}
    }
}

fn is_flow(flow: &FlowRecord, has_station: bool) -> bool {
    let is_counted = flow.bytes.is_some() || flow.packets.is_some();
    let is_of_layer_2 =
        flow.src_mac.is_some() || flow.dst_mac.is_some() || flow.vlan.is_some() || has_station;
    flow.src_addr.is_some() || flow.dst_addr.is_some() || (is_counted && is_of_layer_2)
}
