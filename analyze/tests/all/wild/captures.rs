//! Frames in captures: link types, pcap and pcapng in both byte orders.

use super::frames::{IPV4, ethernet};

/// A link type.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) name: &'static str,
    /// Its number, as registered at tcpdump.org/linktypes.
    pub(super) number: u32,
    /// Puts its header before a payload of an ether type.
    pub(super) frame: fn(u16, Vec<u8>) -> Vec<u8>,
    /// It says the type of its payload; others carry IP alone.
    pub(super) has_types: bool,
    /// Words of which a refusal has one, where it may be refused.
    pub(super) refused: &'static [&'static str],
}

const fn link(name: &'static str, number: u32, frame: fn(u16, Vec<u8>) -> Vec<u8>) -> Link {
    Link { name, number, frame, has_types: false, refused: &[] }
}

const fn typed(name: &'static str, number: u32, frame: fn(u16, Vec<u8>) -> Vec<u8>) -> Link {
    Link { has_types: true, ..link(name, number, frame) }
}

fn before(header: &[u8], payload: &[u8]) -> Vec<u8> {
    [header, payload].concat()
}

/// Every link type.
#[rustfmt::skip]
pub(super) const LINKS: &[Link] = &[
    typed("Ethernet", 1, |kind, payload| ethernet(kind, &payload)),
    // The length of the frame's check sequence stands in the upper bits.
    typed("Ethernet with a length of check sequences", 1 | 0x1400_0000, |kind, payload| before(&ethernet(kind, &payload), &[1, 2, 3, 4])),
    typed("Ethernet with padding", 1, |kind, payload| before(&ethernet(kind, &payload), &[0; 18])),
    typed("Linux cooked", 113, |kind, payload| {
        let header = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        [&header[..], &kind.to_be_bytes(), &payload].concat()
    }),
    typed("Linux cooked, second version", 276, |kind, payload| {
        let header = [0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        [&kind.to_be_bytes(), &header[..], &payload[..]].concat()
    }),
    typed("Cisco HDLC", 104, |kind, payload| [&[0x0f, 0], &kind.to_be_bytes(), &payload[..]].concat()),
    link("raw IP", 101, |_, payload| payload),
    link("raw IP of BSD", 12, |_, payload| payload),
    link("raw IP of OpenBSD", 14, |_, payload| payload),
    link("BSD loopback, little", 0, |kind, payload| before(&family(kind).to_le_bytes(), &payload)),
    link("BSD loopback, big", 0, |kind, payload| before(&family(kind).to_be_bytes(), &payload)),
    link("OpenBSD loopback", 108, |kind, payload| before(&family(kind).to_be_bytes(), &payload)),
    link("PPP", 9, |kind, payload| [&[0xff, 3], &ppp(kind)[..], &payload[..]].concat()),
    link("PPP without address", 9, |kind, payload| before(&ppp(kind), &payload)),
    link("PPP in HDLC", 50, |kind, payload| [&[0xff, 3], &ppp(kind)[..], &payload[..]].concat()),
    link("pflog", 117, |kind, payload| {
        let mut header = vec![61, u8::try_from(family(kind)).unwrap(), 0, 0];
        header.extend(b"em0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        header.extend([0; 44]);
        before(&header, &payload)
    }),
    link("NFLOG", 239, |kind, payload| {
        let mut frame = vec![if kind == IPV4 { 2 } else { 10 }, 0, 0, 5];
        // Length, type, value: the packet's header, a prefix, the packet.
        frame.extend([12, 0, 1, 0]);
        frame.extend(kind.to_be_bytes());
        frame.extend([3, 0, 0, 0, 0, 0]);
        frame.extend([7, 0, 10, 0, b'f', b'w', 0, 0]);
        frame.extend(u16::try_from(4 + payload.len()).unwrap().to_le_bytes());
        frame.extend([9, 0]);
        before(&frame, &payload)
    }),
    Link { refused: &["link type", "802.11"], ..link("IEEE 802.11", 105, |kind, payload| {
        let mut frame = vec![8, 2, 0, 0];
        frame.extend([2; 18]);
        frame.extend([0, 0, 0xaa, 0xaa, 3, 0, 0, 0]);
        frame.extend(kind.to_be_bytes());
        before(&frame, &payload)
    }) },
    Link { refused: &["link type 147"], ..link("a link of nobody", 147, |_, payload| payload) },
];

/// BSD's number of an address family.
fn family(kind: u16) -> u32 {
    if kind == IPV4 { 2 } else { 24 }
}

fn ppp(kind: u16) -> [u8; 2] {
    if kind == IPV4 { [0, 0x21] } else { [0, 0x57] }
}

/// How a capture writes its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    pub(super) is_big: bool,
    pub(super) is_nanoseconds: bool,
}

impl Numbers {
    fn of_2(self, value: u16) -> [u8; 2] {
        if self.is_big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn of_4(self, value: u32) -> [u8; 4] {
        if self.is_big { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}

/// Orders of bytes.
pub(super) const ORDERS: &[(&str, bool)] = &[("little end first", false), ("big end first", true)];

/// Resolutions of times.
pub(super) const RESOLUTIONS: &[(&str, bool)] = &[("microseconds", false), ("nanoseconds", true)];

/// What else was captured, as frames of Ethernet or of other links.
pub(super) const TRAFFIC: &[(&str, bool)] =
    &[("exports alone", false), ("other traffic too", true)];

/// A file of frames.
pub(super) type Write = fn(&[Vec<u8>], &Link, Numbers) -> Vec<u8>;

/// Every kind of file.
pub(super) const FILES: &[(&str, Write)] = &[
    ("pcap", pcap),
    ("modified pcap", modified_pcap),
    ("pcapng", |frames, link, numbers| pcapng(frames, link, numbers, enhanced)),
    ("pcapng of simple packets", |frames, link, numbers| pcapng(frames, link, numbers, simple)),
    ("pcapng of obsolete packets", |frames, link, numbers| pcapng(frames, link, numbers, obsolete)),
    ("pcapng of several sections", |frames, link, numbers| {
        let (first, second) = frames.split_at(frames.len() / 2);
        let other = Numbers { is_big: !numbers.is_big, ..numbers };
        [pcapng(first, link, numbers, enhanced), pcapng(second, link, other, enhanced)].concat()
    }),
];

fn pcap_header(magic: u32, link: &Link, numbers: Numbers) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(numbers.of_4(magic));
    out.extend(numbers.of_2(2));
    out.extend(numbers.of_2(4));
    for number in [0, 0, 262_144, link.number] {
        out.extend(numbers.of_4(number));
    }
    out
}

fn pcap(frames: &[Vec<u8>], link: &Link, numbers: Numbers) -> Vec<u8> {
    let magic = if numbers.is_nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    let mut out = pcap_header(magic, link, numbers);
    for frame in frames {
        let length = u32::try_from(frame.len()).unwrap();
        for number in [1_537_524_000, 123_456, length, length] {
            out.extend(numbers.of_4(number));
        }
        out.extend(frame);
    }
    out
}

/// Alexey Kuznetsov's: a record has also an interface, a protocol and a type.
fn modified_pcap(frames: &[Vec<u8>], link: &Link, numbers: Numbers) -> Vec<u8> {
    let mut out = pcap_header(0xa1b2_cd34, link, numbers);
    for frame in frames {
        let length = u32::try_from(frame.len()).unwrap();
        for number in [1_537_524_000, 123_456, length, length, 2] {
            out.extend(numbers.of_4(number));
        }
        out.extend(numbers.of_2(0x0800));
        out.extend([0, 0]);
        out.extend(frame);
    }
    out
}

/// A block: type, length, body padded to four bytes, length.
fn block(kind: u32, body: &[u8], numbers: Numbers) -> Vec<u8> {
    let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
    let length = numbers.of_4(u32::try_from(12 + body.len() + padding.len()).unwrap());
    [&numbers.of_4(kind), &length, body, &padding, &length[..]].concat()
}

fn pcapng(
    frames: &[Vec<u8>],
    link: &Link,
    numbers: Numbers,
    packet: fn(&[u8], Numbers) -> Vec<u8>,
) -> Vec<u8> {
    let mut section = Vec::new();
    section.extend(numbers.of_4(0x1a2b_3c4d));
    section.extend(numbers.of_2(1));
    section.extend(numbers.of_2(0));
    section.extend([0xff; 8]);
    let mut interface = Vec::new();
    // Flags of check sequences stand in pcap's header alone.
    interface.extend(numbers.of_2(u16::try_from(link.number & 0xffff).unwrap()));
    interface.extend(numbers.of_2(0));
    interface.extend(numbers.of_4(262_144));
    if numbers.is_nanoseconds {
        interface.extend(numbers.of_2(9));
        interface.extend(numbers.of_2(1));
        interface.extend([9, 0, 0, 0]);
        interface.extend(numbers.of_4(0));
    }
    let mut out = block(0x0a0d_0d0a, &section, numbers);
    out.extend(block(1, &interface, numbers));
    for frame in frames {
        out.extend(packet(frame, numbers));
    }
    // Statistics of the interface.
    out.extend(block(5, &[0; 12], numbers));
    out
}

/// Times of pcapng are one number of 64 bits, in two halves.
fn time(numbers: Numbers) -> [u8; 8] {
    let ticks: u64 = 1_537_524_000_123_456 * if numbers.is_nanoseconds { 1000 } else { 1 };
    let halves = [ticks >> 32, ticks & 0xffff_ffff].map(|half| u32::try_from(half).unwrap());
    let mut out = [0; 8];
    out[..4].copy_from_slice(&numbers.of_4(halves[0]));
    out[4..].copy_from_slice(&numbers.of_4(halves[1]));
    out
}

fn enhanced(frame: &[u8], numbers: Numbers) -> Vec<u8> {
    let length = numbers.of_4(u32::try_from(frame.len()).unwrap());
    block(6, &[&[0; 4], &time(numbers)[..], &length, &length, frame].concat(), numbers)
}

fn simple(frame: &[u8], numbers: Numbers) -> Vec<u8> {
    let length = numbers.of_4(u32::try_from(frame.len()).unwrap());
    block(3, &[&length, frame].concat(), numbers)
}

fn obsolete(frame: &[u8], numbers: Numbers) -> Vec<u8> {
    let length = numbers.of_4(u32::try_from(frame.len()).unwrap());
    block(2, &[&[0; 4], &time(numbers)[..], &length, &length, frame].concat(), numbers)
}
