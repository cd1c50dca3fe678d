//! Records of NetFlow v9 and IPFIX as rows.

use crate::field::FieldId;
use crate::row::Row;
use crate::wire::templated::Exported;

/// Sets the fields of a record. Its exporter is the source address of the datagram, which
/// the record does not hold. The sequence number is not in it: it counts datagrams or
/// records, and that of a row flows.
pub fn fill(row: &mut Row<'_>, exported: &Exported) {
    let number = |value: Option<u64>, field| value.map(|value| (field, value));
    let wide = |value: Option<u32>, field| number(value.map(u64::from), field);
    let half = |value: Option<u16>, field| number(value.map(u64::from), field);
    let byte = |value: Option<u8>, field| number(value.map(u64::from), field);
    let mac = |value: Option<[u8; 6]>, field| {
        let join =
            |octets: [u8; 6]| octets.iter().fold(0, |all, octet| all << 8 | u64::from(*octet));
        number(value.map(join), field)
    };
    let numbers = [
        number(Some(exported.timestamp_ms), FieldId::Timestamp),
        number(Some(exported.version.number().into()), FieldId::Version),
        wide(Some(exported.domain), FieldId::Domain),
        half(Some(exported.flowset), FieldId::Flowset),
        half(exported.src_port, FieldId::SrcPort),
        half(exported.dst_port, FieldId::DstPort),
        byte(exported.protocol, FieldId::Protocol),
        byte(exported.tcp_flags, FieldId::TcpFlags),
        byte(exported.tos, FieldId::Tos),
        number(exported.bytes, FieldId::Bytes),
        number(exported.packets, FieldId::Packets),
        number(exported.rev_bytes, FieldId::RevBytes),
        number(exported.rev_packets, FieldId::RevPackets),
        number(exported.first_ms, FieldId::FirstSwitched),
        number(exported.last_ms, FieldId::LastSwitched),
        wide(exported.input_snmp, FieldId::InputSnmp),
        wide(exported.output_snmp, FieldId::OutputSnmp),
        wide(exported.src_as, FieldId::SrcAs),
        wide(exported.dst_as, FieldId::DstAs),
        byte(exported.src_mask_len, FieldId::SrcMaskLen),
        byte(exported.dst_mask_len, FieldId::DstMaskLen),
        number(exported.direction.map(|direction| direction as u64), FieldId::Direction),
        half(exported.vlan, FieldId::Vlan),
        mac(exported.src_mac, FieldId::SrcMac),
        mac(exported.dst_mac, FieldId::DstMac),
        byte(exported.event, FieldId::Event),
        byte(exported.icmp_type, FieldId::IcmpType),
        byte(exported.icmp_code, FieldId::IcmpCode),
        half(exported.nat_src_port, FieldId::NatSrcPort),
        half(exported.nat_dst_port, FieldId::NatDstPort),
        half(exported.sampling_interval, FieldId::SamplingInterval),
    ];
    for (field, value) in numbers.into_iter().flatten() {
        row.set(field, value);
    }
    let addresses = [
        (exported.src_addr, FieldId::SrcAddr),
        (exported.dst_addr, FieldId::DstAddr),
        (exported.next_hop, FieldId::NextHop),
        (exported.nat_src_addr, FieldId::NatSrcAddr),
        (exported.nat_dst_addr, FieldId::NatDstAddr),
    ];
    for (address, field) in addresses {
        if let Some(address) = address {
            row.set_address(field, address.into());
        }
    }
}
