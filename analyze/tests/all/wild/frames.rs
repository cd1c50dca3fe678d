//! Datagrams in frames: IP and UDP, tunnels over IP, tags before it.

/// A tunnel: an IP packet around the datagram's own.
#[derive(Debug)]
pub(super) struct Tunnel {
    pub(super) name: &'static str,
    pub(super) wrap: fn(Vec<u8>) -> Vec<u8>,
    /// Words of which a refusal has one, where it may be refused.
    pub(super) refused: &'static [&'static str],
}

const fn tunnel(name: &'static str, wrap: fn(Vec<u8>) -> Vec<u8>) -> Tunnel {
    Tunnel { name, wrap, refused: &[] }
}

/// A router's address on the outside of tunnels, and the collector's.
const ROUTER: [u8; 4] = [203, 0, 113, 77];
const COLLECTOR: [u8; 4] = [203, 0, 113, 9];

/// Protocol numbers of IP.
const IPIP: u8 = 4;
const UDP: u8 = 17;
const GRE: u8 = 47;

/// Ether types.
pub(super) const IPV4: u16 = 0x0800;
const MPLS: u16 = 0x8847;

/// Every tunnel.
#[rustfmt::skip]
pub(super) const TUNNELS: &[Tunnel] = &[
    tunnel("no tunnel", |ip| ip),
    tunnel("IP in IP", |ip| ipv4(ROUTER, IPIP, &ip)),
    tunnel("GRE", |ip| gre([0, 0], IPV4, &[], &ip)),
    tunnel("GRE with checksum, key and sequence", |ip| gre([0xb0, 0], IPV4, &[0; 12], &ip)),
    tunnel("GRE with Ethernet", |ip| gre([0, 0], 0x6558, &[], &ethernet(IPV4, &ip))),
    tunnel("ERSPAN I", |ip| gre([0, 0], 0x88be, &[], &ethernet(IPV4, &ip))),
    tunnel("ERSPAN II", |ip| gre([0x10, 0], 0x88be, &[0, 0, 0, 7, 0x10, 10, 0, 1, 0, 0, 0, 0], &ethernet(IPV4, &ip))),
    tunnel("ERSPAN III", |ip| gre([0x10, 0], 0x22eb, &[0, 0, 0, 7, 0x20, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], &ethernet(IPV4, &ip))),
    tunnel("VXLAN", |ip| udp_packet(ROUTER, 4789, &[&[8, 0, 0, 0, 0, 0, 100, 0], &ethernet(IPV4, &ip)[..]].concat())),
    tunnel("VXLAN with a VLAN inside", |ip| {
        let tagged = ethernet(0x8100, &[&[0, 10, 8, 0], &ip[..]].concat());
        udp_packet(ROUTER, 4789, &[&[8, 0, 0, 0, 0, 0, 100, 0], &tagged[..]].concat())
    }),
    tunnel("IPv4 in IPv6", |ip| ipv6(IPIP, &ip)),
    tunnel("GRE in IP in IP", |ip| ipv4(ROUTER, IPIP, &gre([0, 0], IPV4, &[], &ip))),
    Tunnel { refused: &["TZSP"], ..tunnel("TZSP", |ip| udp_packet(ROUTER, 37_008, &[&[1, 0, 0, 1, 1], &ethernet(IPV4, &ip)[..]].concat())) },
    Tunnel { refused: &["Geneve", "port 6081"], ..tunnel("Geneve", |ip| udp_packet(ROUTER, 6081, &[&[0, 0, 0x65, 0x58, 0, 0, 1, 0], &ethernet(IPV4, &ip)[..]].concat())) },
];

/// An IPv4 packet to the collector.
pub(super) fn ipv4(source: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![0x45, 0];
    header.extend(u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
    header.extend([0, 1, 0, 0, 64, protocol, 0, 0]);
    header.extend(source);
    header.extend(COLLECTOR);
    let sum =
        header.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum::<u32>();
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap();
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    header.extend(payload);
    header
}

/// An IPv6 packet.
fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    packet.extend([next, 64]);
    for end in [77, 9] {
        packet.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, end]);
    }
    packet.extend(payload);
    packet
}

/// An IPv4 packet of UDP; 0 is no checksum.
pub(super) fn udp_packet(source: [u8; 4], port: u16, payload: &[u8]) -> Vec<u8> {
    let mut udp = Vec::new();
    for number in [40_000, port, u16::try_from(8 + payload.len()).unwrap(), 0] {
        udp.extend(number.to_be_bytes());
    }
    udp.extend(payload);
    ipv4(source, UDP, &udp)
}

/// An IPv4 packet of GRE: flags, type, and what the flags say follows.
fn gre(flags: [u8; 2], kind: u16, more: &[u8], payload: &[u8]) -> Vec<u8> {
    ipv4(ROUTER, GRE, &[&flags, &kind.to_be_bytes(), more, payload].concat())
}

/// An Ethernet frame.
pub(super) fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    let addresses = [2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1];
    [&addresses[..], &kind.to_be_bytes(), payload].concat()
}

/// What stands between a link's header and the IP packet: the ether type that
/// the link has, and its payload.
#[derive(Debug)]
pub(super) struct Tags {
    pub(super) name: &'static str,
    pub(super) wrap: fn(Vec<u8>) -> (u16, Vec<u8>),
    /// They are of Ethernet alone.
    pub(super) is_ethernet: bool,
}

const fn tags(name: &'static str, wrap: fn(Vec<u8>) -> (u16, Vec<u8>)) -> Tags {
    Tags { name, wrap, is_ethernet: false }
}

/// The ether type of an IP packet.
pub(super) fn kind_of(ip: &[u8]) -> u16 {
    if ip[0] >> 4 == 6 { 0x86dd } else { IPV4 }
}

/// Every kind of tags.
#[rustfmt::skip]
pub(super) const TAGS: &[Tags] = &[
    tags("no tags", |ip| (kind_of(&ip), ip)),
    tags("a VLAN", |ip| vlan(0x8100, kind_of(&ip), &ip)),
    tags("two VLANs", |ip| { let (kind, inner) = vlan(0x8100, kind_of(&ip), &ip); vlan(0x88a8, kind, &inner) }),
    tags("two VLANs of type 9100", |ip| { let (kind, inner) = vlan(0x8100, kind_of(&ip), &ip); vlan(0x9100, kind, &inner) }),
    tags("four VLANs", |ip| (0..3).fold(vlan(0x8100, kind_of(&ip), &ip), |(kind, inner), _| vlan(0x8100, kind, &inner))),
    tags("an MPLS label", |ip| (MPLS, [&[0, 6, 0x41, 64], &ip[..]].concat())),
    tags("three MPLS labels", |ip| (MPLS, [&[0, 6, 0x40, 64, 0, 7, 0x40, 64, 0, 8, 0x41, 64], &ip[..]].concat())),
    tags("a VLAN and an MPLS label", |ip| vlan(0x8100, MPLS, &[&[0, 6, 0x41, 64], &ip[..]].concat())),
    tags("PPPoE", |ip| pppoe(&ip)),
    tags("a VLAN and PPPoE", |ip| { let (kind, inner) = pppoe(&ip); vlan(0x8100, kind, &inner) }),
    Tags { is_ethernet: true, ..tags("LLC and SNAP", |ip| {
        let length = u16::try_from(8 + ip.len()).unwrap();
        (length, [&[0xaa, 0xaa, 3, 0, 0, 0][..], &kind_of(&ip).to_be_bytes(), &ip[..]].concat())
    }) },
];

/// A tag of a VLAN before a payload of some type.
fn vlan(tag: u16, kind: u16, payload: &[u8]) -> (u16, Vec<u8>) {
    (tag, [&[0x20, 10], &kind.to_be_bytes()[..], payload].concat())
}

fn pppoe(ip: &[u8]) -> (u16, Vec<u8>) {
    let length = u16::try_from(2 + ip.len()).unwrap();
    let protocol: u16 = if kind_of(ip) == IPV4 { 0x0021 } else { 0x0057 };
    (0x8864, [&[0x11, 0, 0, 1][..], &length.to_be_bytes(), &protocol.to_be_bytes(), ip].concat())
}
