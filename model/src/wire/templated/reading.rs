//! The values of one record while they are read: what has to be seen together
//! (both families, protocol and ICMP, uptime and start) is kept until all is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::data::{Read, Record};
use super::element::Kind;
use super::exported::{Direction, Exported};
use super::header::Header;
use super::impossible::{Impossible, Impossibles};
use super::number::{ntp_ms, number};
use super::role::Role;
use crate::names::is_icmp;
use crate::names::protocol::ICMP;

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// The farthest that a flow may lie before its export, and after it.
const PAST_MS: u64 = 60 * DAY_MS;
const FUTURE_MS: u64 = DAY_MS;

/// What waits for other values of the record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    src: Pair,
    dst: Pair,
    next_hop: Pair,
    nat_src: Pair,
    nat_dst: Pair,
    src_mask: Masks,
    dst_mask: Masks,
    icmp_ipv4: Icmp,
    icmp_ipv6: Icmp,
    first: Option<Moment>,
    last: Option<Moment>,
    boot_ms: Option<u64>,
}

/// One address in fields of both families.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    ipv4: Option<Ipv4Addr>,
    ipv6: Option<Ipv6Addr>,
}

/// One prefix length in fields of both families.
#[derive(Clone, Copy, Debug, Default)]
struct Masks {
    ipv4: Option<u8>,
    ipv6: Option<u8>,
}

/// Type and code, apart or together.
#[derive(Clone, Copy, Debug, Default)]
struct Icmp {
    kind: Option<u8>,
    code: Option<u8>,
    both: Option<u16>,
}

/// A time as it was sent.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Ms(u64),
    Uptime(u32),
}

impl Reading {
    /// Takes one value.
    pub(super) fn take(&mut self, read: Read<'_>, exported: &mut Exported) {
        let Read { role, kind, bytes } = read;
        let odd = &mut exported.impossible;
        match role {
            Role::SrcIpv4 => self.src.ipv4 = octets(bytes, odd).map(Ipv4Addr::from),
            Role::SrcIpv6 => self.src.ipv6 = octets(bytes, odd).map(Ipv6Addr::from),
            Role::DstIpv4 => self.dst.ipv4 = octets(bytes, odd).map(Ipv4Addr::from),
            Role::DstIpv6 => self.dst.ipv6 = octets(bytes, odd).map(Ipv6Addr::from),
            Role::NextHopIpv4 => self.next_hop.ipv4 = octets(bytes, odd).map(Ipv4Addr::from),
            Role::NextHopIpv6 => self.next_hop.ipv6 = octets(bytes, odd).map(Ipv6Addr::from),
            Role::NatSrcIpv4 => self.nat_src.ipv4 = octets(bytes, odd).map(Ipv4Addr::from),
            Role::NatSrcIpv6 => self.nat_src.ipv6 = octets(bytes, odd).map(Ipv6Addr::from),
            Role::NatDstIpv4 => self.nat_dst.ipv4 = octets(bytes, odd).map(Ipv4Addr::from),
            Role::NatDstIpv6 => self.nat_dst.ipv6 = octets(bytes, odd).map(Ipv6Addr::from),
            Role::SrcMac => exported.src_mac = octets(bytes, odd),
            Role::DstMac => exported.dst_mac = octets(bytes, odd),
            Role::SrcMaskIpv4 => self.src_mask.ipv4 = mask(bytes, 32, odd),
            Role::SrcMaskIpv6 => self.src_mask.ipv6 = mask(bytes, 128, odd),
            Role::DstMaskIpv4 => self.dst_mask.ipv4 = mask(bytes, 32, odd),
            Role::DstMaskIpv6 => self.dst_mask.ipv6 = mask(bytes, 128, odd),
            Role::First => self.first = moment(bytes, kind, odd),
            Role::Last => self.last = moment(bytes, kind, odd),
            Role::Boot => self.boot_ms = fit(bytes, Impossible::Number, odd),
            Role::IpVersion => check_version(bytes, odd),
            Role::Direction => exported.direction = direction(bytes, odd),
            Role::Protocol => exported.protocol = fit(bytes, Impossible::Protocol, odd),
            _ => self.take_number(role, bytes, exported),
        }
    }

    /// Takes a value that is a number of its own.
    fn take_number(&mut self, role: Role, bytes: &[u8], exported: &mut Exported) {
        let odd = &mut exported.impossible;
        let number = Impossible::Number;
        match role {
            Role::SrcPort => exported.src_port = fit(bytes, number, odd),
            Role::DstPort => exported.dst_port = fit(bytes, number, odd),
            Role::NatSrcPort => exported.nat_src_port = fit(bytes, number, odd),
            Role::NatDstPort => exported.nat_dst_port = fit(bytes, number, odd),
            // Of the 16 bits of IPFIX the lower 8 are the flags of version 5.
            Role::TcpFlags => exported.tcp_flags = bytes.last().copied(),
            Role::Tos => exported.tos = fit(bytes, number, odd),
            Role::Bytes => exported.bytes = fit(bytes, number, odd),
            Role::Packets => exported.packets = fit(bytes, number, odd),
            Role::RevBytes => exported.rev_bytes = fit(bytes, number, odd),
            Role::RevPackets => exported.rev_packets = fit(bytes, number, odd),
            Role::Input => exported.input_snmp = fit(bytes, number, odd),
            Role::Output => exported.output_snmp = fit(bytes, number, odd),
            Role::SrcAs => exported.src_as = fit(bytes, number, odd),
            Role::DstAs => exported.dst_as = fit(bytes, number, odd),
            Role::Vlan => exported.vlan = vlan(bytes, odd),
            Role::SamplingInterval => exported.sampling_interval = fit(bytes, number, odd),
            Role::Event => exported.event = fit(bytes, number, odd),
            Role::Sampler => exported.sampler_id = fit(bytes, number, odd),
            Role::IcmpTypeIpv4 => self.icmp_ipv4.kind = fit(bytes, number, odd),
            Role::IcmpCodeIpv4 => self.icmp_ipv4.code = fit(bytes, number, odd),
            Role::IcmpTypeCodeIpv4 => self.icmp_ipv4.both = fit(bytes, number, odd),
            Role::IcmpTypeIpv6 => self.icmp_ipv6.kind = fit(bytes, number, odd),
            Role::IcmpCodeIpv6 => self.icmp_ipv6.code = fit(bytes, number, odd),
            Role::IcmpTypeCodeIpv6 => self.icmp_ipv6.both = fit(bytes, number, odd),
            // What is told of the exporter alone is read of options.
            _ => {}
        }
    }

    /// What follows from several values.
    pub(super) fn finish(self, record: &Record<'_, '_>, exported: &mut Exported) {
        exported.dst_addr = self.dst.address(self.src.is_ipv6());
        exported.src_addr = self.src.address(exported.dst_addr.is_some_and(|addr| addr.is_ipv6()));
        let is_ipv6 = exported.src_addr.is_some_and(|addr| addr.is_ipv6());
        exported.next_hop = self.next_hop.address(is_ipv6);
        exported.nat_src_addr = self.nat_src.address(is_ipv6);
        exported.nat_dst_addr = self.nat_dst.address(is_ipv6);
        let odd = &mut exported.impossible;
        exported.src_mask_len = self.src_mask.of(exported.src_addr, self.src, odd);
        exported.dst_mask_len = self.dst_mask.of(exported.dst_addr, self.dst, odd);
        let latest_ms = record.data().header().export_ms() + FUTURE_MS;
        let can_be = |ms: &u64| (1..=latest_ms).contains(ms);
        let boot_ms = self.boot_ms.or(record.data().boot_ms()).filter(can_be);
        let time = |moment: Option<Moment>, kind, odd: &mut Impossibles| {
            moment?.time_ms(record.data().header(), boot_ms, kind, odd)
        };
        exported.first_ms = time(self.first, Impossible::First, odd);
        exported.last_ms = time(self.last, Impossible::Last, odd);
        if exported.sampler_id == Some(0) {
            // No sampler chose its packets, whatever the options say of others.
            exported.sampling_interval = exported.sampling_interval.or(Some(0));
        }
        if exported.protocol.is_some_and(is_icmp) {
            let of_ipv4 = exported.protocol == Some(ICMP[0]);
            let (own, other) = if of_ipv4 {
                (self.icmp_ipv4, self.icmp_ipv6)
            } else {
                (self.icmp_ipv6, self.icmp_ipv4)
            };
            let icmp = own.resolved().or_else(|| other.resolved());
            let of_port = || exported.dst_port.map(split_icmp);
            (exported.icmp_type, exported.icmp_code) = icmp.or_else(of_port).unwrap_or_default();
        }
    }
}

impl Moment {
    /// The time of it, if it can be that of a flow. An uptime that nothing can
    /// be compared with is unknown, but not impossible.
    fn time_ms(
        self,
        header: &Header,
        boot_ms: Option<u64>,
        kind: Impossible,
        odd: &mut Impossibles,
    ) -> Option<u64> {
        if matches!(self, Self::Uptime(_)) && header.sys_uptime_ms.is_none() {
            boot_ms?;
        }
        let ms = match self {
            Self::Ms(ms) => Some(ms),
            Self::Uptime(uptime_ms) => header.time_ms(uptime_ms, boot_ms),
        };
        let export_ms = header.export_ms();
        let can_be =
            |ms: &u64| *ms <= export_ms + FUTURE_MS && ms.saturating_add(PAST_MS) >= export_ms;
        let ms = ms.filter(can_be);
        if ms.is_none() {
            odd.add(kind);
        }
        ms
    }
}

impl Pair {
    /// Whether the address can only be one of IPv6.
    fn is_ipv6(self) -> bool {
        let is_set = |addr: Ipv6Addr| !addr.is_unspecified() && addr.to_ipv4_mapped().is_none();
        self.ipv6.is_some_and(is_set) && self.ipv4.is_none_or(|addr| addr.is_unspecified())
    }

    /// The address: of two the one that is not all zeros, of two that are the
    /// one of the family of the rest.
    fn address(self, prefers_ipv6: bool) -> Option<IpAddr> {
        let ipv6 = self.ipv6.map(|addr| addr.to_canonical());
        let Some(ipv4) = self.ipv4.map(IpAddr::V4) else { return ipv6 };
        let Some(ipv6) = ipv6 else { return Some(ipv4) };
        let takes_ipv6 = match (ipv4.is_unspecified(), ipv6.is_unspecified()) {
            (true, false) => true,
            (true, true) => prefers_ipv6,
            (false, _) => false,
        };
        Some(if takes_ipv6 { ipv6 } else { ipv4 })
    }
}

impl Masks {
    /// The prefix length of an address that was chosen among two. That of an
    /// IPv4 address within IPv6 counts the 96 bits before it.
    fn of(self, addr: Option<IpAddr>, pair: Pair, odd: &mut Impossibles) -> Option<u8> {
        let is_within = pair.ipv4.map(IpAddr::V4) != addr;
        match addr {
            Some(IpAddr::V4(_)) if is_within && self.ipv6.is_some_and(|mask| mask > 0) => {
                let mask = self.ipv6.and_then(|mask| mask.checked_sub(96));
                if mask.is_none() {
                    odd.add(Impossible::Mask);
                }
                mask
            }
            Some(IpAddr::V4(_)) if is_within => self.ipv6.or(self.ipv4),
            Some(IpAddr::V4(_)) => self.ipv4,
            Some(IpAddr::V6(_)) => self.ipv6,
            None => self.ipv4.or(self.ipv6),
        }
    }
}

impl Icmp {
    /// Type and code: apart, else together.
    fn resolved(self) -> Option<(Option<u8>, Option<u8>)> {
        if self.kind.is_some() || self.code.is_some() {
            return Some((self.kind, self.code));
        }
        self.both.map(split_icmp)
    }
}

/// Type and code of type × 256 + code.
fn split_icmp(both: u16) -> (Option<u8>, Option<u8>) {
    let [kind, code] = both.to_be_bytes();
    (Some(kind), Some(code))
}

/// The number of a VLAN, of 12 bits.
fn vlan(bytes: &[u8], odd: &mut Impossibles) -> Option<u16> {
    let vlan = fit(bytes, Impossible::Number, odd);
    if vlan.is_some_and(|vlan: u16| vlan >> 12 != 0) {
        odd.add(Impossible::Number);
    }
    vlan.filter(|vlan| vlan >> 12 == 0)
}

/// A number that has to fit in its field.
fn fit<T: TryFrom<u64>>(bytes: &[u8], kind: Impossible, odd: &mut Impossibles) -> Option<T> {
    let fitted = match number(bytes) {
        Ok(None) => return None,
        Ok(Some(number)) => T::try_from(number).ok(),
        Err(_) => None,
    };
    if fitted.is_none() {
        odd.add(kind);
    }
    fitted
}

/// The bytes of an address.
fn octets<const N: usize>(bytes: &[u8], odd: &mut Impossibles) -> Option<[u8; N]> {
    let octets = bytes.try_into().ok();
    if octets.is_none() && !bytes.is_empty() {
        odd.add(Impossible::Address);
    }
    octets
}

fn mask(bytes: &[u8], most: u8, odd: &mut Impossibles) -> Option<u8> {
    let mask: Option<u8> = fit(bytes, Impossible::Mask, odd);
    if mask.is_some_and(|mask| mask > most) {
        odd.add(Impossible::Mask);
    }
    mask.filter(|mask| *mask <= most)
}

fn direction(bytes: &[u8], odd: &mut Impossibles) -> Option<Direction> {
    match number(bytes) {
        Ok(Some(0)) => Some(Direction::Ingress),
        Ok(Some(1)) => Some(Direction::Egress),
        Ok(None) => None,
        _ => {
            odd.add(Impossible::Direction);
            None
        }
    }
}

fn check_version(bytes: &[u8], odd: &mut Impossibles) {
    if !matches!(number(bytes), Ok(None | Some(4 | 6))) {
        odd.add(Impossible::IpVersion);
    }
}

fn moment(bytes: &[u8], kind: Kind, odd: &mut Impossibles) -> Option<Moment> {
    let value: u64 = fit(bytes, Impossible::Number, odd)?;
    Some(match kind {
        Kind::Uptime => Moment::Uptime(fit(bytes, Impossible::Number, odd)?),
        Kind::Seconds => Moment::Ms(value.saturating_mul(1000)),
        Kind::Ntp => Moment::Ms(ntp_ms(value)),
        _ => Moment::Ms(value),
    })
}
