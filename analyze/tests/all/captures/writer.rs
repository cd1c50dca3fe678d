//! A small writer of captures: IP packets, what they are wrapped in, and the files
//! that hold frames.

use flowkit_model::wire::{HEADER_LENGTH, Header, RECORD_LENGTH, Record};

/// Order of the bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    Little,
}

impl Order {
    pub(super) fn u16(self, number: u16) -> [u8; 2] {
        if self == Self::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    pub(super) fn u32(self, number: u32) -> [u8; 4] {
        if self == Self::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }
}

/// A datagram of flows that carry 10, 20, … packets and 1000, 2000, … bytes.
pub(super) fn datagram(sequence: u32, n: u16) -> Vec<u8> {
    let header = Header {
        count: n,
        sys_uptime_ms: 100_000,
        unix_secs: 1_537_524_000,
        flow_sequence: sequence,
        ..Header::default()
    };
    let mut bytes = header.to_bytes().to_vec();
    for flow in 1..=u32::from(n) {
        let record = Record {
            src_addr: "192.0.2.10".parse().unwrap(),
            dst_addr: "198.51.100.20".parse().unwrap(),
            packets: flow * 10,
            bytes: flow * 1000,
            first_uptime_ms: 90_000,
            last_uptime_ms: 95_000,
            src_port: 51_000,
            dst_port: 443,
            protocol: 6,
            tcp_flags: 27,
            ..Record::default()
        };
        bytes.extend(record.to_bytes());
    }
    assert_eq!(bytes.len(), HEADER_LENGTH + RECORD_LENGTH * usize::from(n));
    bytes
}

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap().to_be_bytes()
}

/// UDP between two ports.
pub(super) fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let all = [&[0; 8][..], payload].concat();
    [&source.to_be_bytes()[..], &destination.to_be_bytes(), &length(&all), &[0; 2], payload]
        .concat()
}

/// IPv4 from 192.0.2.`host`; `place` is the identification, and flags and offset.
pub(super) fn ip4_part(host: u8, protocol: u8, place: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let all = [&[0; 20][..], payload].concat();
    let mut header = [&[0x45, 0][..], &length(&all), &place, &[64, protocol, 0, 0]].concat();
    header.extend([192, 0, 2, host, 192, 0, 2, 99]);
    let sum: u32 = header.chunks(2).map(|two| u32::from(two[0]) << 8 | u32::from(two[1])).sum();
    let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    [header, payload.to_vec()].concat()
}

pub(super) fn ip4(host: u8, protocol: u8, payload: &[u8]) -> Vec<u8> {
    ip4_part(host, protocol, [0, 7, 0, 0], payload)
}

/// IPv6 from the last byte of an address in `2001:db8::/32`.
pub(super) fn ip6(host: u8, next: u8, payload: &[u8]) -> Vec<u8> {
    let address = |host: u8| {
        let mut address = [0; 16];
        address[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        address[15] = host;
        address
    };
    let start = [&[0x60, 0, 0, 0][..], &length(payload), &[next, 64]].concat();
    [&start[..], &address(host), &address(99), payload].concat()
}

/// Ethernet of a type.
pub(super) fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], &kind.to_be_bytes(), payload].concat()
}

/// A pcap file of frames; `magic` tells the resolution of its times.
pub(super) fn pcap(order: Order, magic: u32, link: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = order.u32(magic).to_vec();
    bytes.extend([order.u16(2), order.u16(4)].concat());
    bytes.extend([order.u32(0), order.u32(0), order.u32(65_535), order.u32(link)].concat());
    for frame in frames {
        let length = u32::try_from(frame.len()).unwrap();
        bytes.extend([1_537_524_000, 0, length, length].map(|number| order.u32(number)).concat());
        if magic == MODIFIED {
            bytes.extend([9; 8]);
        }
        bytes.extend(frame);
    }
    bytes
}

/// Magic numbers of pcap: microseconds, nanoseconds, Kuznetzov's modified format.
pub(super) const MICRO: u32 = 0xa1b2_c3d4;
pub(super) const NANO: u32 = 0xa1b2_3c4d;
pub(super) const MODIFIED: u32 = 0xa1b2_cd34;

/// A block of pcapng.
fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = order.u32(u32::try_from(body.len() + 12).unwrap());
    [&order.u32(kind)[..], &length, &body, &length].concat()
}

/// The start of a section of pcapng.
pub(super) fn section(order: Order) -> Vec<u8> {
    let body = [&order.u32(0x1a2b_3c4d)[..], &order.u16(1), &order.u16(0), &[0xff; 8]].concat();
    block(order, 0x0a0d_0d0a, &body)
}

/// An interface of a link type whose times have `digits` decimals.
pub(super) fn interface(order: Order, link: u16, snap_length: u32, digits: u8) -> Vec<u8> {
    let resolution = [&order.u16(9)[..], &order.u16(1), &[digits, 0, 0, 0], &[0; 4]].concat();
    block(order, 1, &[&order.u16(link)[..], &[0; 2], &order.u32(snap_length), &resolution].concat())
}

/// Blocks of pcapng that hold a frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Packet {
    Enhanced,
    /// Without a time, and always of the first interface.
    Simple,
    Obsolete,
}

/// A frame of an interface, of which `captured` bytes were kept.
pub(super) fn packet(
    order: Order,
    kind: Packet,
    interface: u16,
    frame: &[u8],
    captured: usize,
) -> Vec<u8> {
    let number = |number: usize| order.u32(u32::try_from(number).unwrap());
    let lengths = [number(captured), number(frame.len())].concat();
    let (time, kept) = ([0; 8], &frame[..captured]);
    match kind {
        Packet::Enhanced => {
            let interface = order.u32(interface.into());
            block(order, 6, &[&interface[..], &time, &lengths, kept].concat())
        }
        Packet::Simple => block(order, 3, &[&number(frame.len())[..], kept].concat()),
        Packet::Obsolete => {
            let start = [order.u16(interface), order.u16(0)].concat();
            block(order, 2, &[&start[..], &time, &lengths, kept].concat())
        }
    }
}
