//! The files that hold frames: pcap in its variants and pcapng with its blocks, and
//! what is read of frames that are cut, fragmented, copied or of no interface.

use super::encapsulations::WRAPS;
use super::writer::{
    MICRO, MODIFIED, NANO, Order, Packet, datagram, ethernet, interface, ip4, ip4_part, ip6,
    packet, pcap, section, udp,
};
use super::{packets, read, sums};

const ORDERS: [Order; 2] = [Order::Big, Order::Little];

/// Ethernet with one datagram.
fn frame(sequence: u32) -> Vec<u8> {
    ethernet(0x0800, &ip4(1, 17, &udp(50_001, 2055, &datagram(sequence, 3))))
}

#[test]
fn every_pcap_file_gives_the_same_flows() {
    let frames = [frame(1), frame(4)];
    for order in ORDERS {
        for magic in [MICRO, NANO, MODIFIED] {
            let name = format!("{order:?} {magic:x}");
            assert_eq!(sums(&pcap(order, magic, 1, &frames), &name), (6, 120, 12_000), "{name}");
        }
    }
}

#[test]
fn sections_and_interfaces_of_pcapng_are_told_apart() {
    let cooked = WRAPS.iter().find(|wrap| wrap.name == "Linux cooked 2").unwrap();
    for kind in [Packet::Enhanced, Packet::Obsolete] {
        let mut file = Vec::new();
        for (order, sequence) in [(Order::Big, 1), (Order::Little, 4), (Order::Big, 7)] {
            let packet4 = ip4(2, 17, &udp(50_001, 2055, &datagram(sequence, 3)));
            let (a, b) = (frame(sequence), (cooked.frame)(&packet4));
            file.extend(section(order));
            file.extend(interface(order, 1, 0, 6));
            file.extend(interface(order, 276, 65_535, 9));
            file.extend(packet(order, kind, 1, &b, b.len()));
            file.extend(packet(order, kind, 0, &a, a.len()));
        }
        assert_eq!(sums(&file, "pcapng"), (18, 360, 36_000), "{kind:?}");
    }
}

#[test]
fn simple_packets_are_of_the_first_interface_and_cut_by_its_length() {
    for order in ORDERS {
        let frame = frame(1);
        let of = |snap_length: u32, captured: usize| {
            let first = [section(order), interface(order, 1, snap_length, 6)].concat();
            [first, packet(order, Packet::Simple, 0, &frame, captured)].concat()
        };
        assert_eq!(sums(&of(0, frame.len()), "no limit"), (3, 60, 6000));
        // Two records and a half.
        let cut = frame.len() - 70;
        let tally = read(&of(u32::try_from(cut).unwrap(), cut)).unwrap();
        assert_eq!(tally.total.flows, 1, "{tally:?}");
        assert!(tally.incomplete[0].contains("1 of 3 records are whole"), "{tally:?}");
    }
}

/// Of any type; of 0x80000001 the parser would take 12 from the length.
#[test]
fn a_block_shorter_than_a_block_is_damage() {
    let frame = frame(1);
    for order in ORDERS {
        let start = [section(order), interface(order, 1, 0, 6)].concat();
        let whole = packet(order, Packet::Enhanced, 0, &frame, frame.len());
        for kind in [1, 6, 0xbad, 0x8000_0001, 0x0a0d_0d0a] {
            for length in [0, 4, 8, 11] {
                let short = [order.u32(kind), order.u32(length), [0; 4]].concat();
                let tally = read(&[&start[..], &whole, &short, &whole].concat()).unwrap();
                assert_eq!(tally.total.flows, 3, "{kind:x} {length}: {tally:?}");
                assert!(tally.incomplete[0].contains("is damaged after frame 1"), "{tally:?}");
            }
        }
    }
}

#[test]
fn frames_of_no_known_interface_are_missing() {
    let frame = frame(1);
    let start = [section(Order::Little), interface(Order::Little, 1, 0, 6)].concat();
    let of = |interface| packet(Order::Little, Packet::Enhanced, interface, &frame, frame.len());
    let tally = read(&[start.clone(), of(0), of(1), of(9)].concat()).unwrap();
    assert_eq!(tally.total.flows, 3);
    assert!(tally.incomplete[0].contains("2 frames are of an interface"), "{tally:?}");
    let refused = read(&[start, of(1)].concat()).unwrap_err();
    assert!(refused.contains("1 of an unknown interface"), "{refused}");
}

#[test]
fn what_the_capture_cut_is_missing_only_where_flows_may_have_been() {
    let whole = frame(1);
    let tcp = ethernet(0x0800, &ip4(1, 6, &[0; 20]));
    let start = [section(Order::Little), interface(Order::Little, 1, 0, 6)].concat();
    let of = |frame: &[u8], kept| packet(Order::Little, Packet::Enhanced, 0, frame, kept);
    // TCP cannot carry flows, whatever was cut off.
    let tally = read(&[start.clone(), of(&whole, whole.len()), of(&tcp, 40)].concat()).unwrap();
    assert_eq!((tally.total.flows, tally.incomplete.len()), (3, 0), "{tally:?}");
    // Within IP, UDP, NetFlow's version and NetFlow's header.
    for kept in [20, 36, 43, 60] {
        let tally = read(&[start.clone(), of(&whole, whole.len()), of(&whole, kept)].concat());
        let tally = tally.unwrap();
        assert_eq!((tally.total.flows, tally.incomplete.len()), (3, 1), "{kept}: {tally:?}");
        assert!(tally.incomplete[0].contains("larger snap length"), "{tally:?}");
    }
}

/// The payload of an IP packet in fragments of up to `length` bytes.
fn fragments(payload: &[u8], length: usize) -> Vec<Vec<u8>> {
    let last = payload.len().div_ceil(length) - 1;
    let part = |(n, part): (usize, &[u8])| {
        let offset = u16::try_from(n * length / 8).unwrap();
        let place = if n < last { offset | 0x2000 } else { offset }.to_be_bytes();
        ethernet(0x0800, &ip4_part(1, 17, [0, 9, place[0], place[1]], part))
    };
    payload.chunks(length).enumerate().map(part).collect()
}

#[test]
fn fragments_are_put_together() {
    let payload = udp(50_001, 2055, &datagram(1, 3));
    let mut parts = fragments(&payload, 64);
    assert_eq!(parts.len(), 3);
    let of = |frames: &[Vec<u8>]| pcap(Order::Little, MICRO, 1, frames);
    assert_eq!(sums(&of(&parts), "in order"), (3, 60, 6000));
    parts.reverse();
    assert_eq!(sums(&of(&parts), "reversed"), (3, 60, 6000));
    // IPv6 has its fragments behind a header of their own.
    let v6 = |offset: u8, more: u8, part: &[u8]| {
        ethernet(0x86dd, &ip6(1, 44, &[&[17, 0, 0, offset | more, 0, 0, 0, 9][..], part].concat()))
    };
    let parts6 = [v6(0, 1, &payload[..80]), v6(80, 0, &payload[80..])];
    assert_eq!(sums(&of(&parts6), "IPv6"), (3, 60, 6000));
    // One is missing: told, and an error where nothing else is there.
    let refused = read(&of(&parts[1..])).unwrap_err();
    assert!(refused.contains("2 of UDP"), "{refused}");
    let tally = read(&of(&[parts[1..].to_vec(), vec![frame(4)]].concat())).unwrap();
    assert_eq!(tally.total.flows, 3);
    assert!(tally.incomplete[0].contains("fragments"), "{tally:?}");
    // The first fragment of a packet that is no NetFlow is enough to know.
    let other = fragments(&udp(50_001, 53, &[9; 200]), 64);
    let tally = read(&of(&[other[..2].to_vec(), vec![frame(4)]].concat())).unwrap();
    assert_eq!((tally.total.flows, tally.incomplete.len()), (3, 0), "{tally:?}");
}

/// A tunnel around a packet that no longer fits is what makes fragments.
#[test]
fn fragments_of_a_tunnel_are_put_together() {
    let inner = ethernet(0x0800, &packets()[0]);
    let vxlan = udp(50_000, 4789, &[&[8, 0, 0, 0, 0, 0, 9, 0][..], &inner].concat());
    let capture = pcap(Order::Little, MICRO, 1, &fragments(&vxlan, 128));
    assert_eq!(sums(&capture, "VXLAN"), (3, 60, 6000));
}

/// A mirror holds what the capture has by itself: each datagram counts once. One
/// that was captured twice counts twice.
#[test]
fn a_mirror_of_a_frame_is_no_second_datagram() {
    let erspan = WRAPS.iter().find(|wrap| wrap.name == "ERSPAN II").unwrap();
    let mirrored = (erspan.frame)(&packets()[0]);
    for frames in [[frame(1), mirrored.clone()], [mirrored.clone(), frame(1)]] {
        let tally = read(&pcap(Order::Little, MICRO, 1, &frames)).unwrap();
        assert_eq!((tally.total.flows, tally.total.packets), (3, 60));
        assert!(tally.notes[0].contains("counted once"), "{tally:?}");
        assert_eq!(tally.incomplete.len(), 0);
    }
    for frames in [[mirrored.clone(), mirrored], [frame(1), frame(1)]] {
        let tally = read(&pcap(Order::Little, MICRO, 1, &frames)).unwrap();
        assert_eq!((tally.total.flows, tally.total.packets), (6, 120));
        assert!(tally.notes[0].contains("1 frame has a datagram that came before"), "{tally:?}");
    }
}
