//! Frames that are not walked: counted by layer, an error where nothing else is
//! there, incomplete where flows may be in them.

use super::read;
use super::writer::{MICRO, Order, datagram, ethernet, ip4, ip6, pcap, udp};

/// A frame of a link type, the layer that is told, and whether flows may be in it.
fn cases() -> Vec<(&'static str, u32, Vec<u8>, &'static str, bool)> {
    let ip = |protocol, payload: &[u8]| ethernet(0x0800, &ip4(1, protocol, payload));
    let over = |port, payload: &[u8]| ip(17, &udp(50_000, port, payload));
    vec![
        (
            "TZSP of something",
            1,
            over(37008, &[1, 0, 0, 77, 1, 9, 9]),
            "in TZSP of protocol 77",
            true,
        ),
        ("ESP", 1, ip(50, &[9; 40]), "in ESP", true),
        ("ESP over UDP", 1, over(4500, &[9; 40]), "in ESP", true),
        ("L2TPv3", 1, ip(115, &[9; 40]), "in L2TPv3", true),
        ("encrypted MACsec", 1, ethernet(0x88e5, &[0x2c; 40]), "in encrypted MACsec", true),
        ("CAPWAP", 1, over(5247, &[0; 40]), "in CAPWAP", true),
        ("an unknown tag", 1, ethernet(0x7777, &[9; 40]), "in ether type 0x7777", true),
        ("GRE of something", 1, ip(47, &[0, 0, 0x83, 0, 9, 9]), "in GRE protocol 0x8300", true),
        (
            "encrypted 802.11",
            105,
            [&[0x08, 0x41][..], &[9; 60]].concat(),
            "in encrypted 802.11",
            true,
        ),
        ("a link type", 147, vec![9; 40], "in link type 147", true),
        ("compressed PPP", 9, vec![0, 0xfd, 1, 2], "in PPP protocol 0x00fd", true),
        ("ARP", 1, ethernet(0x0806, &[0; 28]), "of ARP", false),
        ("STP", 1, ethernet(38, &[0x42; 38]), "of STP", false),
        ("LLDP in a VLAN", 1, ethernet(0x8100, &[0, 5, 0x88, 0xcc, 0, 0]), "of LLDP", false),
        ("TCP", 1, ip(6, &[0; 20]), "of TCP", false),
        ("OSPF in IPv6", 1, ethernet(0x86dd, &ip6(1, 89, &[0; 20])), "of OSPF", false),
        (
            "PPPoE discovery",
            1,
            ethernet(0x8863, &[0x11, 9, 0, 0, 0, 0]),
            "of PPPoE discovery",
            false,
        ),
        ("a beacon", 105, vec![0x80; 60], "of 802.11 management and control", false),
        ("an empty UDP packet", 1, over(2055, &[]), "of empty UDP", false),
        ("NetFlow 7", 1, over(2055, &[&[0, 7][..], &[0; 30]].concat()), "of version 7", false),
        ("sFlow", 1, over(6343, &[0, 0, 0, 5, 0, 0, 0, 1]), "of sFlow", false),
        ("DNS", 1, over(53, &[0x12, 0x34, 1, 0, 0, 1]), "of other content", false),
        ("a count of 0", 1, over(2055, &datagram(1, 0)), "of version 5 with a count of 0", false),
    ]
}

#[test]
fn layers_are_named_with_their_numbers() {
    for (name, link, frame, layer, is_missing) in cases() {
        let frames = vec![frame; 3];
        let refused = read(&pcap(Order::Little, MICRO, link, &frames)).unwrap_err();
        let told = refused.to_lowercase().contains(&format!("3 {layer}").to_lowercase());
        assert!(told && refused.contains("x.pcap"), "{name}: {refused}");
        if link != 1 {
            continue;
        }
        // Beside flows they are told, and are missing only if flows may be in them.
        let good = ethernet(0x0800, &ip4(1, 17, &udp(50_001, 2055, &datagram(1, 3))));
        let both = [frames, vec![good]].concat();
        let tally = read(&pcap(Order::Big, MICRO, 1, &both)).unwrap();
        assert_eq!(tally.total.flows, 3, "{name}");
        assert_eq!(!tally.incomplete.is_empty(), is_missing, "{name}: {tally:?}");
        let skipped: u64 = tally.skipped.iter().map(|skipped| skipped.n).sum();
        assert!(is_missing || skipped + tally.notes.len() as u64 > 0, "{name}: {tally:?}");
    }
}

#[test]
fn a_capture_of_no_frames_is_answered() {
    let tally = read(&pcap(Order::Little, MICRO, 1, &[])).unwrap();
    assert_eq!((tally.total.flows, tally.incomplete.len()), (0, 0));
}
