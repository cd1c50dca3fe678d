//! Everything that an IP packet may be wrapped in: a name, the link type of the
//! frame, and the frame.

use super::writer::{ethernet, ip4, ip6, udp};

/// A way to wrap an IP packet into a frame.
pub(super) struct Wrap {
    pub(super) name: &'static str,
    pub(super) link: u32,
    pub(super) frame: fn(&[u8]) -> Vec<u8>,
    /// Whether tshark 4 walks it with its defaults, too.
    pub(super) tshark: bool,
}

const fn wrap(name: &'static str, link: u32, frame: fn(&[u8]) -> Vec<u8>) -> Wrap {
    Wrap { name, link, frame, tshark: true }
}

/// One that tshark does not walk.
const fn ours(name: &'static str, link: u32, frame: fn(&[u8]) -> Vec<u8>) -> Wrap {
    Wrap { name, link, frame, tshark: false }
}

/// The ether type of an IP packet.
fn kind(ip: &[u8]) -> u16 {
    if ip[0] >> 4 == 4 { 0x0800 } else { 0x86dd }
}

/// Bytes before others.
fn on(before: &[u8], rest: &[u8]) -> Vec<u8> {
    [before, rest].concat()
}

/// Bytes, the ether type of the packet, the packet.
fn typed(before: &[u8], ip: &[u8]) -> Vec<u8> {
    [before, &kind(ip).to_be_bytes(), ip].concat()
}

fn plain(ip: &[u8]) -> Vec<u8> {
    ethernet(kind(ip), ip)
}

/// GRE in IPv4 in Ethernet.
fn gre(header: &[u8], payload: &[u8]) -> Vec<u8> {
    plain(&ip4(50, 47, &on(header, payload)))
}

/// A tunnel over UDP in IPv4 in Ethernet.
fn over_udp(port: u16, header: &[u8], payload: &[u8]) -> Vec<u8> {
    plain(&ip4(51, 17, &udp(50_000, port, &on(header, payload))))
}

/// The number of IP in IP.
fn number(ip: &[u8]) -> u8 {
    if ip[0] >> 4 == 4 { 4 } else { 41 }
}

const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];

fn llc(ip: &[u8]) -> Vec<u8> {
    typed(&SNAP, ip)
}

fn ppp(ip: &[u8]) -> Vec<u8> {
    on(if ip[0] >> 4 == 4 { &[0, 0x21] } else { &[0, 0x57] }, ip)
}

/// An 802.11 data frame to an access point, with more control bytes.
fn wifi(control: u8, flags: u8, more: usize, ip: &[u8]) -> Vec<u8> {
    [&[control, flags][..], &vec![1; 22 + more], &llc(ip)].concat()
}

/// Length of an Ethernet frame without a type, then LLC.
fn with_length(ip: &[u8]) -> Vec<u8> {
    ethernet(u16::try_from(llc(ip).len()).unwrap(), &llc(ip))
}

fn nflog(order: fn(u16) -> [u8; 2], ip: &[u8]) -> Vec<u8> {
    let mut payload = [&order(u16::try_from(ip.len() + 4).unwrap())[..], &order(9), ip].concat();
    payload.resize(payload.len().next_multiple_of(4), 0);
    // A prefix of three bytes and its padding comes first.
    [&[2, 0, 0, 5][..], &order(7), &order(10), b"ab\0\0", &payload].concat()
}

pub(super) const WRAPS: &[Wrap] = &[
    wrap("Ethernet", 1, plain),
    wrap("802.1Q", 1, |ip| ethernet(0x8100, &typed(&[0, 5], ip))),
    wrap("802.1ad", 1, |ip| ethernet(0x88a8, &typed(&[0, 5, 0x81, 0, 0, 6], ip))),
    wrap("QinQ 0x9100", 1, |ip| ethernet(0x9100, &typed(&[0, 5, 0x81, 0, 0, 6], ip))),
    ours("QinQ 0x9200", 1, |ip| ethernet(0x9200, &typed(&[0, 5, 0x81, 0, 0, 6], ip))),
    wrap("six VLAN tags", 1, |ip| {
        ethernet(0x88a8, &typed(&on(&[0, 1, 0x81, 0].repeat(5), &[0, 9]), ip))
    }),
    wrap("a VLAN tag before LLC", 1, |ip| ethernet(0x8100, &on(&[0, 5], &with_length(ip)[12..]))),
    wrap("LLC and SNAP", 1, with_length),
    wrap("MPLS", 1, |ip| ethernet(0x8847, &on(&[0, 1, 1, 64], ip))),
    wrap("three labels", 1, |ip| {
        ethernet(0x8847, &on(&[0, 1, 0, 64, 0, 2, 0, 64, 0, 3, 1, 64], ip))
    }),
    ours("a pseudowire with control word", 1, |ip| {
        ethernet(0x8847, &[&[0, 1, 1, 64, 0, 0, 0, 9][..], &plain(ip)].concat())
    }),
    ours("a pseudowire without control word", 1, |ip| {
        ethernet(0x8848, &[&[0, 1, 1, 64][..], &plain(ip)].concat())
    }),
    wrap("PPPoE", 1, |ip| {
        let length = u16::try_from(ip.len() + 2).unwrap().to_be_bytes();
        ethernet(0x8864, &[&[0x11, 0, 0, 9][..], &length, &ppp(ip)].concat())
    }),
    wrap("802.1ah", 1, |ip| ethernet(0x88e7, &on(&[0, 0, 0, 9], &plain(ip)))),
    wrap("a VN tag", 1, |ip| ethernet(0x8926, &typed(&[0; 4], ip))),
    wrap("Cisco metadata", 1, |ip| ethernet(0x8909, &typed(&[1, 1, 0, 1, 0, 9], ip))),
    wrap("MACsec without encryption", 1, |ip| {
        ethernet(0x88e5, &on(&typed(&[0x20, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 1], ip), &[0; 16]))
    }),
    wrap("a network service header", 1, |ip| {
        let kind = if ip[0] >> 4 == 4 { 1 } else { 2 };
        ethernet(0x894f, &on(&[0x0f, 0xc2, 2, kind, 0, 0, 1, 255], ip))
    }),
    wrap("GRE", 1, |ip| gre(&[0, 0], &typed(&[], ip))),
    wrap("GRE with checksum, key and sequence", 1, |ip| {
        gre(&[0xb0, 0], &[&kind(ip).to_be_bytes()[..], &[0; 12], ip].concat())
    }),
    wrap("NVGRE", 1, |ip| gre(&[0x20, 0, 0x65, 0x58, 0, 0, 9, 0], &plain(ip))),
    wrap("ERSPAN I", 1, |ip| gre(&[0, 0, 0x88, 0xbe], &plain(ip))),
    wrap("ERSPAN II", 1, |ip| {
        gre(&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1], &on(&[0x10, 5, 0, 9, 0, 0, 0, 0], &plain(ip)))
    }),
    wrap("ERSPAN III", 1, |ip| {
        gre(
            &[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1],
            &on(&[0x20, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0], &plain(ip)),
        )
    }),
    wrap("ERSPAN III with a platform's header", 1, |ip| {
        let header = [0x20, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        gre(&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1], &on(&header, &plain(ip)))
    }),
    wrap("PPTP", 1, |ip| {
        let ppp = on(&[0xff, 3], &ppp(ip));
        let length = u16::try_from(ppp.len()).unwrap().to_be_bytes();
        gre(&[0x30, 0x81, 0x88, 0x0b, length[0], length[1], 0, 9, 0, 0, 0, 1, 0, 0, 0, 0], &ppp)
    }),
    wrap("EoIP", 1, |ip| gre(&[0x20, 1, 0x64, 0, 0, 90, 9, 0], &plain(ip))),
    wrap("IP in IPv4", 1, |ip| plain(&ip4(52, number(ip), ip))),
    wrap("IP in IPv6", 1, |ip| plain(&ip6(53, number(ip), ip))),
    wrap("IP in IP in IP", 1, |ip| plain(&ip6(53, 4, &ip4(52, number(ip), ip)))),
    wrap("EtherIP", 1, |ip| plain(&ip4(52, 97, &on(&[0x30, 0], &plain(ip))))),
    wrap("MPLS in IP", 1, |ip| plain(&ip4(52, 137, &on(&[0, 1, 1, 64], ip)))),
    wrap("VXLAN", 1, |ip| over_udp(4789, &[8, 0, 0, 0, 0, 0, 9, 0], &plain(ip))),
    ours("VXLAN at another port", 1, |ip| over_udp(5555, &[8, 0, 0, 0, 0, 0, 9, 0], &plain(ip))),
    wrap("VXLAN-GPE", 1, |ip| {
        let kind = if ip[0] >> 4 == 4 { 1 } else { 2 };
        over_udp(4790, &[0x0c, 0, 0, kind, 0, 0, 9, 0], ip)
    }),
    wrap("Geneve", 1, |ip| over_udp(6081, &[1, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 0], &plain(ip))),
    wrap("TZSP", 1, |ip| over_udp(37008, &[1, 0, 0, 1, 0, 0x0a, 1, 7, 1], &plain(ip))),
    wrap("GTP-U", 1, |ip| {
        let length = u16::try_from(ip.len()).unwrap().to_be_bytes();
        over_udp(2152, &[0x30, 255, length[0], length[1], 0, 0, 0, 1], ip)
    }),
    wrap("L2TP", 1, |ip| {
        let ppp = on(&[0xff, 3], &ppp(ip));
        let length = u16::try_from(ppp.len() + 8).unwrap().to_be_bytes();
        over_udp(1701, &[0x40, 2, length[0], length[1], 0, 1, 0, 1], &ppp)
    }),
    wrap("MPLS over UDP", 1, |ip| over_udp(6635, &[0, 1, 1, 64], ip)),
    wrap("GRE in VXLAN in a VLAN", 1, |ip| {
        let inner = gre(&[0x20, 0, 0x65, 0x58, 0, 0, 9, 0], &plain(ip));
        let outer = over_udp(4789, &[8, 0, 0, 0, 0, 0, 9, 0], &inner);
        ethernet(0x8100, &on(&[0, 5], &outer[12..]))
    }),
    wrap("BSD null, written by a little machine", 0, |ip| {
        on(&[if ip[0] >> 4 == 4 { 2 } else { 30 }, 0, 0, 0], ip)
    }),
    wrap("BSD null, written by a big machine", 0, |ip| {
        on(&[0, 0, 0, if ip[0] >> 4 == 4 { 2 } else { 24 }], ip)
    }),
    wrap("BSD loop", 108, |ip| on(&[0, 0, 0, if ip[0] >> 4 == 4 { 2 } else { 24 }], ip)),
    wrap("raw IP, 12", 12, <[u8]>::to_vec),
    wrap("raw IP, 14", 14, <[u8]>::to_vec),
    wrap("raw IP", 101, <[u8]>::to_vec),
    ours("OpenBSD's loop", 12, |ip| on(&[0, 0, 0, if ip[0] >> 4 == 4 { 2 } else { 24 }], ip)),
    wrap("PPP", 9, |ip| on(&[0xff, 3], &ppp(ip))),
    wrap("PPP without address", 9, ppp),
    wrap("PPP_HDLC", 50, |ip| on(&[0xff, 3], &ppp(ip))),
    wrap("PPP_HDLC of Cisco", 50, |ip| typed(&[0x0f, 0], ip)),
    wrap("PPP_ETHER", 51, |ip| {
        let length = u16::try_from(ip.len() + 2).unwrap().to_be_bytes();
        [&[0x11, 0, 0, 9][..], &length, &ppp(ip)].concat()
    }),
    ours("PPP with a direction in its address", 166, |ip| on(&[1, 3], &ppp(ip))),
    wrap("PPP after a direction", 204, |ip| on(&[1, 0xff, 3], &ppp(ip))),
    wrap("Cisco HDLC", 104, |ip| typed(&[0x0f, 0], ip)),
    wrap("frame relay", 107, |ip| {
        on(&[0x18, 0x41, 3, if ip[0] >> 4 == 4 { 0xcc } else { 0x8e }], ip)
    }),
    wrap("Linux cooked", 113, |ip| typed(&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], ip)),
    wrap("Linux cooked with a VLAN tag", 113, |ip| {
        typed(&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 5], ip)
    }),
    wrap("Linux cooked 2", 276, |ip| {
        let rest = [0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        [&kind(ip).to_be_bytes()[..], &rest, ip].concat()
    }),
    wrap("pflog", 117, |ip| {
        let mut header = [0; 64];
        header[..2].copy_from_slice(&[61, if ip[0] >> 4 == 4 { 2 } else { 24 }]);
        on(&header, ip)
    }),
    wrap("NFLOG", 239, |ip| nflog(u16::to_le_bytes, ip)),
    ours("NFLOG of a big machine", 239, |ip| nflog(u16::to_be_bytes, ip)),
    wrap("802.11", 105, |ip| wifi(0x08, 1, 0, ip)),
    wrap("802.11 with quality of service", 105, |ip| {
        [&[0x88, 1][..], &[1; 22], &[0, 0], &llc(ip)].concat()
    }),
    wrap("802.11 between access points", 105, |ip| wifi(0x08, 3, 6, ip)),
    wrap("radiotap", 127, |ip| on(&[0, 0, 8, 0, 0, 0, 0, 0], &wifi(0x08, 1, 0, ip))),
    wrap("PPI", 192, |ip| on(&[0, 0, 8, 0, 1, 0, 0, 0], &plain(ip))),
    ours("MPLS as a link", 219, |ip| on(&[0, 1, 1, 64], ip)),
    wrap("Juniper Ethernet", 178, |ip| on(b"MGC\x81\0\x03\x01\x01\x05", &plain(ip))),
    wrap("ATM", 100, llc),
];
