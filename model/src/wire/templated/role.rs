//! What a field says of a flow or of the exporter, whichever element it is.

use crate::field::FieldId;

/// What flowkit takes from an element. Where several elements have one role,
/// that of the lowest rank counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    SrcIpv4,
    SrcIpv6,
    DstIpv4,
    DstIpv6,
    NextHopIpv4,
    NextHopIpv6,
    SrcPort,
    DstPort,
    Protocol,
    TcpFlags,
    Tos,
    Bytes,
    Packets,
    RevBytes,
    RevPackets,
    First,
    Last,
    /// When the exporter started.
    Boot,
    Input,
    Output,
    SrcAs,
    DstAs,
    SrcMaskIpv4,
    SrcMaskIpv6,
    DstMaskIpv4,
    DstMaskIpv6,
    /// Read only to see whether it can be: the family is that of the addresses.
    IpVersion,
    Direction,
    Vlan,
    SrcMac,
    DstMac,
    /// A station or a further VLAN: makes a flow without addresses one of layer 2.
    Layer2,
    Event,
    /// Type × 256 + code.
    IcmpTypeCodeIpv4,
    IcmpTypeCodeIpv6,
    IcmpTypeIpv4,
    IcmpCodeIpv4,
    IcmpTypeIpv6,
    IcmpCodeIpv6,
    NatSrcIpv4,
    NatSrcIpv6,
    NatDstIpv4,
    NatDstIpv6,
    NatSrcPort,
    NatDstPort,
    Sampler,
    /// One packet in so many.
    SamplingInterval,
    /// 1 systematic, 2 random.
    SamplingAlgorithm,
    /// IANA's list of packet selection methods.
    SelectorAlgorithm,
    /// Packets that are sampled one after the other.
    PacketInterval,
    /// Packets that are then passed over.
    PacketSpace,
    InterfaceName,
    InterfaceDescription,
    /// A scope of version 9: the number of an interface.
    ScopeInterface,
}

impl Role {
    /// The field of a flow that is read from it; none of what is of the exporter, or
    /// only looked at.
    pub(super) const fn field(self) -> Option<FieldId> {
        Some(match self {
            Self::SrcIpv4 | Self::SrcIpv6 => FieldId::SrcAddr,
            Self::DstIpv4 | Self::DstIpv6 => FieldId::DstAddr,
            Self::NextHopIpv4 | Self::NextHopIpv6 => FieldId::NextHop,
            Self::SrcPort => FieldId::SrcPort,
            Self::DstPort => FieldId::DstPort,
            Self::Protocol => FieldId::Protocol,
            Self::TcpFlags => FieldId::TcpFlags,
            Self::Tos => FieldId::Tos,
            Self::Bytes => FieldId::Bytes,
            Self::Packets => FieldId::Packets,
            Self::RevBytes => FieldId::RevBytes,
            Self::RevPackets => FieldId::RevPackets,
            Self::First => FieldId::FirstSwitched,
            Self::Last => FieldId::LastSwitched,
            Self::Input => FieldId::InputSnmp,
            Self::Output => FieldId::OutputSnmp,
            Self::SrcAs => FieldId::SrcAs,
            Self::DstAs => FieldId::DstAs,
            Self::SrcMaskIpv4 | Self::SrcMaskIpv6 => FieldId::SrcMaskLen,
            Self::DstMaskIpv4 | Self::DstMaskIpv6 => FieldId::DstMaskLen,
            Self::Direction => FieldId::Direction,
            Self::Vlan => FieldId::Vlan,
            Self::SrcMac => FieldId::SrcMac,
            Self::DstMac => FieldId::DstMac,
            Self::Event => FieldId::Event,
            Self::IcmpTypeCodeIpv4
            | Self::IcmpTypeCodeIpv6
            | Self::IcmpTypeIpv4
            | Self::IcmpTypeIpv6 => FieldId::IcmpType,
            Self::IcmpCodeIpv4 | Self::IcmpCodeIpv6 => FieldId::IcmpCode,
            Self::NatSrcIpv4 | Self::NatSrcIpv6 => FieldId::NatSrcAddr,
            Self::NatDstIpv4 | Self::NatDstIpv6 => FieldId::NatDstAddr,
            Self::NatSrcPort => FieldId::NatSrcPort,
            Self::NatDstPort => FieldId::NatDstPort,
            _ => return None,
        })
    }

    /// Whether it is type × 256 + code of ICMP.
    pub(super) const fn is_type_and_code(self) -> bool {
        matches!(self, Self::IcmpTypeCodeIpv4 | Self::IcmpTypeCodeIpv6)
    }

    /// Whether it shows, in a flow without addresses, what crossed a network.
    pub(super) const fn is_layer_2(self) -> bool {
        matches!(self, Self::SrcMac | Self::DstMac | Self::Vlan | Self::Layer2)
    }

    /// Whether it says something of the exporter, and not of a flow.
    pub(super) const fn is_of_exporter(self) -> bool {
        matches!(
            self,
            Self::SamplingInterval
                | Self::PacketInterval
                | Self::InterfaceName
                | Self::InterfaceDescription
                | Self::Boot
        )
    }
}
