//! What has a value that can be compared: a field, either end of a flow, or
//! what is worked out from fields.

use crate::field::{FieldId, Kind};

/// What has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A field of the catalogue.
    Field(FieldId),
    /// What both ends have: it is enough if one end passes.
    Either(End),
    /// A value that is worked out from fields.
    Derived(Derived),
}

/// What a flow has at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// `addr`: address.
    Address,
    /// `port`.
    Port,
    /// `as`: autonomous system.
    As,
    /// `if`: interface of the router.
    Interface,
    /// `mask`: length of the routing prefix.
    MaskLength,
    /// `mac`: Ethernet address.
    Mac,
    /// `nip`: address after translation (NAT).
    NatAddress,
    /// `nport`: port after translation.
    NatPort,
}

impl End {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Address,
        Self::Port,
        Self::As,
        Self::Interface,
        Self::MaskLength,
        Self::Mac,
        Self::NatAddress,
        Self::NatPort,
    ];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "addr",
            Self::Port => "port",
            Self::As => "as",
            Self::Interface => "if",
            Self::MaskLength => "mask",
            Self::Mac => "mac",
            Self::NatAddress => "nip",
            Self::NatPort => "nport",
        }
    }

    /// The fields at the two ends: source (or input), destination (or output).
    #[must_use]
    pub fn fields(self) -> [FieldId; 2] {
        match self {
            Self::Address => [FieldId::SrcAddr, FieldId::DstAddr],
            Self::Port => [FieldId::SrcPort, FieldId::DstPort],
            Self::As => [FieldId::SrcAs, FieldId::DstAs],
            Self::Interface => [FieldId::InputSnmp, FieldId::OutputSnmp],
            Self::MaskLength => [FieldId::SrcMaskLen, FieldId::DstMaskLen],
            Self::Mac => [FieldId::SrcMac, FieldId::DstMac],
            Self::NatAddress => [FieldId::NatSrcAddr, FieldId::NatDstAddr],
            Self::NatPort => [FieldId::NatSrcPort, FieldId::NatDstPort],
        }
    }
}

/// A value that is worked out from fields; unknown if one of them is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Derived {
    /// `duration`: last − first, in ms; unknown if inverted.
    Duration,
    /// `bps`: bits a second, cut; 0 if the duration is.
    BitsPerSecond,
    /// `pps`: packets a second, cut; 0 if the duration is.
    PacketsPerSecond,
    /// `bpp`: bytes a packet, cut; 0 without packets.
    BytesPerPacket,
    /// `service`: the lower of the two ports, for protocols that have ports.
    Service,
}

impl Derived {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Duration,
        Self::BitsPerSecond,
        Self::PacketsPerSecond,
        Self::BytesPerPacket,
        Self::Service,
    ];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::BitsPerSecond => "bps",
            Self::PacketsPerSecond => "pps",
            Self::BytesPerPacket => "bpp",
            Self::Service => "service",
        }
    }

    /// The fields it is worked out from.
    #[must_use]
    pub fn fields(self) -> &'static [FieldId] {
        use FieldId::{Bytes, DstPort, FirstSwitched, LastSwitched, Packets, Protocol, SrcPort};
        match self {
            Self::Duration => &[FirstSwitched, LastSwitched],
            Self::BitsPerSecond => &[FirstSwitched, LastSwitched, Bytes],
            Self::PacketsPerSecond => &[FirstSwitched, LastSwitched, Packets],
            Self::BytesPerPacket => &[Bytes, Packets],
            Self::Service => &[SrcPort, DstPort, Protocol],
        }
    }
}

impl Subject {
    /// What it is called: the name in canonical text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.field().name,
            Self::Either(end) => end.name(),
            Self::Derived(derived) => derived.name(),
        }
    }

    /// The fields it reads.
    #[must_use]
    pub fn fields(self) -> Vec<FieldId> {
        match self {
            Self::Field(field) => vec![field],
            Self::Either(end) => end.fields().to_vec(),
            Self::Derived(derived) => derived.fields().to_vec(),
        }
    }

    /// What its values mean.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Field(field) => field.field().kind,
            Self::Either(end) => end.fields()[0].field().kind,
            Self::Derived(Derived::Service) => Kind::Port,
            Self::Derived(_) => Kind::Count,
        }
    }

    /// The largest value it can have.
    #[must_use]
    pub fn largest(self) -> u128 {
        let bits = match self {
            // A text that is an address is compared as one.
            Self::Field(field) => field.field().bits().unwrap_or(u128::BITS),
            Self::Either(end) => end.fields()[0].field().bits().unwrap_or(64),
            Self::Derived(Derived::Service) => 16,
            Self::Derived(_) => 64,
        };
        u128::MAX >> (u128::BITS - bits)
    }
}
