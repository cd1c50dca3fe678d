//! Which element says which field of a flow, and in how many bytes.
//!
//! Addresses, prefix lengths and ICMP have an element for each family. Times are
//! uptimes in version 9 and milliseconds since 1970 in IPFIX. The other direction has
//! Cisco's elements in version 9, which has no enterprises, and those of RFC 5103 in IPFIX.

use crate::address::Address;
use crate::field::FieldId;
use crate::names::protocol;
use crate::record::FlowRecord;
use crate::wire::templated::elements::REVERSE;
use crate::wire::templated::header::Version;

/// An element in a template, and the field whose value it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Sent {
    /// The field.
    pub(super) field: FieldId,
    /// Whose element; 0 is IANA.
    pub(super) enterprise: u32,
    /// The element.
    pub(super) element: u16,
    /// Bytes of its value.
    pub(super) length: u16,
}

/// A field that one element says, whatever the flow.
const PLAIN: &[(FieldId, u16, u16)] = &[
    (FieldId::SrcPort, 7, 2),
    (FieldId::DstPort, 11, 2),
    (FieldId::Protocol, 4, 1),
    (FieldId::TcpFlags, 6, 1),
    (FieldId::Tos, 5, 1),
    (FieldId::Bytes, 1, 8),
    (FieldId::Packets, 2, 8),
    (FieldId::InputSnmp, 10, 4),
    (FieldId::OutputSnmp, 14, 4),
    (FieldId::SrcAs, 16, 4),
    (FieldId::DstAs, 17, 4),
    (FieldId::Direction, 61, 1),
    (FieldId::Vlan, 58, 2),
    (FieldId::SrcMac, 56, 6),
    (FieldId::DstMac, 80, 6),
    (FieldId::Event, 233, 1),
    (FieldId::NatSrcPort, 227, 2),
    (FieldId::NatDstPort, 228, 2),
];

/// A field of addresses: the elements of IPv4 and of IPv6.
const ADDRESSES: &[(FieldId, u16, u16)] = &[
    (FieldId::SrcAddr, 8, 27),
    (FieldId::DstAddr, 12, 28),
    (FieldId::NextHop, 15, 62),
    (FieldId::NatSrcAddr, 225, 281),
    (FieldId::NatDstAddr, 226, 282),
];

/// A prefix length, the field of its address, and the elements of IPv4 and of IPv6.
const MASKS: &[(FieldId, FieldId, u16, u16)] = &[
    (FieldId::SrcMaskLen, FieldId::SrcAddr, 9, 29),
    (FieldId::DstMaskLen, FieldId::DstAddr, 13, 30),
];

/// Type and code of ICMP: the elements of ICMP, and of `ICMPv6`.
const ICMP: &[(FieldId, u16, u16)] =
    &[(FieldId::IcmpType, 176, 178), (FieldId::IcmpCode, 177, 179)];

/// First and last packet: the uptimes of version 9, the milliseconds of IPFIX.
const TIMES: &[(FieldId, u16, u16)] =
    &[(FieldId::FirstSwitched, 22, 152), (FieldId::LastSwitched, 21, 153)];

/// The other direction: the elements of Cisco, and those of IANA turned round.
const REVERSED: &[(FieldId, u16, u16)] =
    &[(FieldId::RevBytes, 232, 1), (FieldId::RevPackets, 299, 2)];

/// What is sent of a flow: its template. What is unknown is not in it.
pub(super) fn of(flow: &FlowRecord, version: Version) -> Vec<Sent> {
    let is_ipfix = version == Version::Ipfix;
    let is_nowhere = has_no_place(flow);
    let is_known = |field: FieldId| {
        let is_end = matches!(field, FieldId::SrcAddr | FieldId::DstAddr);
        !field.field().is_unknown(flow) || (is_end && is_nowhere)
    };
    let is_ipv6 = |field: FieldId| {
        let number = field.field().number(flow);
        number.is_some_and(|number| Address::from_number(number).ipv4_bits().is_none())
    };
    let of_iana = |field, element, length| Sent { field, enterprise: 0, element, length };
    let addresses = ADDRESSES.iter().map(|&(field, ipv4, ipv6)| {
        if is_ipv6(field) { of_iana(field, ipv6, 16) } else { of_iana(field, ipv4, 4) }
    });
    let plain = PLAIN.iter().map(|&(field, element, length)| of_iana(field, element, length));
    let times =
        TIMES.iter().map(
            |&(field, v9, ipfix)| {
                if is_ipfix { of_iana(field, ipfix, 8) } else { of_iana(field, v9, 4) }
            },
        );
    let masks = MASKS.iter().map(|&(field, address, ipv4, ipv6)| {
        of_iana(field, if is_ipv6(address) { ipv6 } else { ipv4 }, 1)
    });
    let icmp = ICMP.iter().map(|&(field, ipv4, ipv6)| {
        of_iana(field, if flow.protocol == Some(protocol::ICMP[1]) { ipv6 } else { ipv4 }, 1)
    });
    let reversed = REVERSED.iter().map(|&(field, v9, ipfix)| {
        let (enterprise, element) = if is_ipfix { (REVERSE, ipfix) } else { (0, v9) };
        Sent { enterprise, ..of_iana(field, element, 8) }
    });
    let all = addresses.chain(plain).chain(times).chain(masks).chain(icmp).chain(reversed);
    all.filter(|sent| is_known(sent.field)).collect()
}

/// Whether it has neither addresses nor anything of layer 2. A reader would take it for
/// options, so its addresses are sent as 0.0.0.0, which version 5 does for all that is
/// unknown.
fn has_no_place(flow: &FlowRecord) -> bool {
    let is_counted = flow.bytes.is_some() || flow.packets.is_some();
    let is_of_layer_2 = flow.src_mac.is_some() || flow.dst_mac.is_some() || flow.vlan.is_some();
    flow.src_addr.is_none() && flow.dst_addr.is_none() && !(is_counted && is_of_layer_2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{FIELDS, Wire};
    use crate::wire::templated::Element;

    /// Every field that a packet can have is sent, but for what the datagrams or
    /// the options say; and all elements are known to the reader.
    #[test]
    fn every_field_of_a_packet_is_sent() {
        let lists = [PLAIN, ADDRESSES, ICMP, TIMES, REVERSED].concat();
        let mut sent: Vec<FieldId> = lists.iter().map(|row| row.0).collect();
        sent.extend(MASKS.iter().map(|row| row.0));
        let elsewhere = [
            (FieldId::Timestamp, "header"),
            (FieldId::Version, "header"),
            (FieldId::FlowRecords, "counted anew"),
            (FieldId::FlowSeqNum, "counted anew"),
            (FieldId::EngineType, "source id"),
            (FieldId::EngineId, "source id"),
            (FieldId::Domain, "source id"),
            (FieldId::Flowset, "numbered anew"),
            (FieldId::SamplingAlgorithm, "options"),
            (FieldId::SamplingInterval, "options"),
            (FieldId::Family, "worked out"),
        ];
        for field in FIELDS {
            let is_of_packets = field.wire != Wire::Nowhere || field.is_of_templates();
            let is_elsewhere = elsewhere.iter().any(|row| row.0 == field.id);
            let is_sent = sent.contains(&field.id);
            assert_eq!(is_of_packets, is_sent || is_elsewhere, "{}", field.name);
            assert!(!(is_sent && is_elsewhere), "{}", field.name);
        }
        let elements =
            PLAIN.iter().map(|row| row.1).chain(MASKS.iter().flat_map(|row| [row.2, row.3]));
        for element in elements.chain(ADDRESSES.iter().flat_map(|row| [row.1, row.2])) {
            assert!(Element::find(0, element).is_some_and(Element::is_read), "{element}");
        }
    }

    #[test]
    fn each_family_and_version_has_its_elements() {
        let flow = FlowRecord {
            src_addr: "2001:db8::1".parse().ok(),
            dst_addr: "192.0.2.1".parse().ok(),
            src_mask_len: Some(48),
            first_switched_ms: Some(1),
            rev_bytes: Some(2),
            ..FlowRecord::default()
        };
        let elements = |version| -> Vec<(u32, u16, u16)> {
            let all = of(&flow, version).into_iter();
            all.map(|sent| (sent.enterprise, sent.element, sent.length)).collect()
        };
        let expected = [(0, 27, 16), (0, 12, 4), (0, 22, 4), (0, 29, 1), (0, 232, 8)];
        assert_eq!(elements(Version::V9), expected);
        let expected = [(0, 27, 16), (0, 12, 4), (0, 152, 8), (0, 29, 1), (29_305, 1, 8)];
        assert_eq!(elements(Version::Ipfix), expected);
    }
}
