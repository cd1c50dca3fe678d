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
use crate::field::{Access, FieldId};
use crate::names::is_icmp;
use crate::record::FlowRecord;
use crate::row::Row;
use crate::wire::templated::{Impossible, Impossibles};

/// The versions that have templates: NetFlow v9, and IPFIX.
pub const VERSIONS: [u16; 2] = [9, 10];

/// A flow may begin so long before its export.
const LONGEST_MS: u64 = 60 * 86_400_000;

/// And end so long after it, by a clock that is off.
const AHEAD_MS: u64 = 86_400_000;

/// What is added to the rank of a place with an unspecified address.
pub(super) const UNSPECIFIED: u8 = 50;

/// Whether documents have members for each family of addresses, of which exporters fill
/// that of the other family with 0.
pub(super) fn is_of_families(field: FieldId) -> bool {
    matches!(
        field,
        FieldId::SrcMaskLen | FieldId::DstMaskLen | FieldId::IcmpType | FieldId::IcmpCode
    )
}

/// A flow as its record or as its row: one set of rules for both.
pub(super) trait Values {
    /// A number; unknown is `None`.
    fn number(&self, field: FieldId) -> Option<u64>;

    /// An address, likewise.
    fn address(&self, field: FieldId) -> Option<Address>;

    /// Sets a number that fits its field, or makes it unknown.
    fn put(&mut self, field: FieldId, value: Option<u64>);

    /// Sets an address.
    fn put_address(&mut self, field: FieldId, address: Address);
}

impl Values for FlowRecord {
    fn number(&self, field: FieldId) -> Option<u64> {
        match field.field().access {
            Access::Number { read, .. } => read(self),
            _ => None,
        }
    }

    fn address(&self, field: FieldId) -> Option<Address> {
        match field.field().access {
            Access::Address { read, .. } => read(self),
            _ => None,
        }
    }

    fn put(&mut self, field: FieldId, value: Option<u64>) {
        if let Access::Number { write, .. } = field.field().access {
            write(self, value);
        }
    }

    fn put_address(&mut self, field: FieldId, address: Address) {
        if let Access::Address { write, .. } = field.field().access {
            write(self, Some(address));
        }
    }
}

impl Values for Row<'_> {
    fn number(&self, field: FieldId) -> Option<u64> {
        self.number(field)
    }

    fn address(&self, field: FieldId) -> Option<Address> {
        self.address(field)
    }

    fn put(&mut self, field: FieldId, value: Option<u64>) {
        match value {
            Some(value) => self.set(field, value),
            None => self.forget(field),
        }
    }

    fn put_address(&mut self, field: FieldId, address: Address) {
        self.set_address(field, address);
    }
}

/// Makes unknown what cannot be, and works out type and code of ICMP. Whether it is a
/// flow.
pub(super) fn finish(
    flow: &mut impl Values,
    shows_layer_2: bool,
    impossible: &mut Impossibles,
) -> bool {
    of_one_family(flow);
    let mut keep = |flow: &mut _, field, can_be: &dyn Fn(u64) -> bool| {
        if Values::number(flow, field).is_some_and(|value| !can_be(value)) {
            Values::put(flow, field, None);
            impossible.add(kind_of(field));
        }
    };
    keep(flow, FieldId::Direction, &|direction| direction <= 1);
    keep(flow, FieldId::Vlan, &|vlan| vlan < 1 << 12);
    for (end, mask) in
        [(FieldId::SrcAddr, FieldId::SrcMaskLen), (FieldId::DstAddr, FieldId::DstMaskLen)]
    {
        let longest = flow.address(end).map_or(Family::Ipv6, Address::family).bits();
        keep(flow, mask, &|length| length <= u64::from(longest));
    }
    if let Some(exported) = flow.number(FieldId::Timestamp) {
        let (latest, earliest) =
            (exported.saturating_add(AHEAD_MS), exported.saturating_sub(LONGEST_MS));
        for time in [FieldId::FirstSwitched, FieldId::LastSwitched] {
            keep(flow, time, &|ms| (earliest..=latest).contains(&ms));
        }
    }
    icmp(flow);
    is_flow(flow, shows_layer_2)
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

/// Members of v9 and IPFIX that say which version of IP a flow is of.
pub(super) const IP_VERSIONS: [&str; 3] = ["ip_protocol_version", "ip_version", "ipVersion"];

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
fn icmp(flow: &mut impl Values) {
    let is_icmp =
        flow.number(FieldId::Protocol).and_then(|n| u8::try_from(n).ok()).is_some_and(is_icmp);
    let (kind, code) = match (flow.number(FieldId::IcmpType), flow.number(FieldId::DstPort)) {
        _ if !is_icmp => (None, None),
        (Some(kind), _) => (Some(kind), flow.number(FieldId::IcmpCode).or(Some(0))),
        (None, Some(port)) => (Some(port >> 8), Some(port & 0xff)),
        (None, None) => return,
    };
    flow.put(FieldId::IcmpType, kind);
    flow.put(FieldId::IcmpCode, code);
}

/// An address that is none is of the family of the other end.
fn of_one_family(flow: &mut impl Values) {
    let ends = [FieldId::SrcAddr, FieldId::DstAddr];
    for (end, other) in [(0, 1), (1, 0)] {
        let [address, other] = [ends[end], ends[other]].map(|field| flow.address(field));
        let is_none = address == Some(Address::UNSPECIFIED);
        if is_none && other.is_some_and(|other| other.family() == Family::Ipv6) {
            flow.put_address(ends[end], std::net::Ipv6Addr::UNSPECIFIED.into());
        }
    }
}

fn is_flow(flow: &impl Values, shows_layer_2: bool) -> bool {
    let has = |field| flow.number(field).is_some();
    let is_counted = has(FieldId::Bytes) || has(FieldId::Packets);
    let is_of_layer_2 =
        has(FieldId::SrcMac) || has(FieldId::DstMac) || has(FieldId::Vlan) || shows_layer_2;
    let has_end =
        flow.address(FieldId::SrcAddr).is_some() || flow.address(FieldId::DstAddr).is_some();
    has_end || (is_counted && is_of_layer_2)
}
