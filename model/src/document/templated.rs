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

use crate::address::{Address, Family};
use crate::record::FlowRecord;

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
pub(crate) fn finish(flow: &mut FlowRecord, has_station: bool) -> bool {
    flow.direction = flow.direction.filter(|direction| *direction <= 1);
    flow.vlan = flow.vlan.filter(|vlan| *vlan < 1 << 12);
    let longest =
        |address: Option<Address>| u64::from(address.map_or(Family::Ipv6, Address::family).bits());
    let (src, dst) = (longest(flow.src_addr), longest(flow.dst_addr));
    flow.src_mask_len = flow.src_mask_len.filter(|length| u64::from(*length) <= src);
    flow.dst_mask_len = flow.dst_mask_len.filter(|length| u64::from(*length) <= dst);
    if let Some(exported) = flow.timestamp_ms {
        let can_be = |ms: &u64| {
            *ms <= exported.saturating_add(AHEAD_MS) && *ms >= exported.saturating_sub(LONGEST_MS)
        };
        flow.first_switched_ms = flow.first_switched_ms.filter(can_be);
        flow.last_switched_ms = flow.last_switched_ms.filter(can_be);
    }
    icmp(flow);
    is_flow(flow, has_station)
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
