//! Captures of the same flows in everything that they may be wrapped in and
//! written by.

mod encapsulations;
mod files;
mod reports;
mod unread;
mod writer;

use std::path::Path;
use std::process::Command;

use flowkit_analyze::{Source, ask};
use flowkit_model::answer::Tally;

use self::encapsulations::{WRAPS, Wrap};
use self::writer::{
    MICRO, Order, Packet, datagram, interface, ip4, ip6, packet, pcap, section, udp,
};
use crate::asking::summary;

/// What reading the bytes of a file says.
fn read(bytes: &[u8]) -> Result<Tally, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    std::fs::write(&path, bytes).unwrap();
    let sources = [Source::open(&path).unwrap()];
    ask(&sources, &summary()).map(|answer| answer.tally).map_err(|error| error.to_string())
}

/// Flows, packets and bytes; nothing is missing, odd or skipped.
fn sums(bytes: &[u8], name: &str) -> (u64, u128, u128) {
    let tally = read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(tally.incomplete.is_empty() && tally.notes.is_empty(), "{name}: {tally:?}");
    assert!(tally.skipped.is_empty(), "{name}: {tally:?}");
    (tally.total.flows, tally.total.packets, tally.total.bytes)
}

/// Three flows in a packet of each IP version.
fn packets() -> [Vec<u8>; 2] {
    let datagram = udp(50_001, 2055, &datagram(1, 3));
    [ip4(1, 17, &datagram), ip6(1, 17, &datagram)]
}

#[test]
fn every_encapsulation_gives_the_same_flows() {
    for wrap in WRAPS {
        for packet in packets() {
            for link in [wrap.link, wrap.link | 0x5400_0000] {
                let capture = pcap(Order::Little, MICRO, link, &[(wrap.frame)(&packet)]);
                assert_eq!(sums(&capture, wrap.name), (3, 60, 6000), "{}", wrap.name);
            }
        }
    }
}

/// The packet that is wrapped names the exporter, not a tunnel around it.
#[test]
fn the_innermost_address_is_the_exporter() {
    for wrap in WRAPS {
        let capture = pcap(Order::Little, MICRO, wrap.link, &[(wrap.frame)(&packets()[0])]);
        let tally = read(&capture).unwrap();
        let exporters: Vec<_> = tally.sampling.keys().cloned().collect();
        assert_eq!(exporters, [Some("192.0.2.1".to_owned())], "{}", wrap.name);
    }
}

/// Frames cut anywhere, and with any byte changed, are read or counted.
#[test]
fn no_damage_makes_it_panic() {
    for wrap in WRAPS {
        let frame = (wrap.frame)(&packets()[0]);
        let cut: Vec<Vec<u8>> = (0..frame.len()).map(|cut| frame[..cut].to_vec()).collect();
        let _ = read(&pcap(Order::Little, MICRO, wrap.link, &cut));
        for mask in [0xff, 0x80, 1] {
            let changed: Vec<Vec<u8>> = (0..frame.len().min(120))
                .map(|at| {
                    let mut frame = frame.clone();
                    frame[at] ^= mask;
                    frame
                })
                .collect();
            let _ = read(&pcap(Order::Little, MICRO, wrap.link, &changed));
        }
    }
}

/// Wireshark finds the same addresses, where it walks so far.
#[test]
fn tshark_walks_the_same_encapsulations() {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("not compared: there is no tshark");
        return;
    }
    // One file, of which each frame has an interface of its own.
    let mut file = section(Order::Little);
    for wrap in WRAPS {
        file.extend(interface(Order::Little, u16::try_from(wrap.link).unwrap(), 0, 6));
    }
    for (number, wrap) in (0..).zip(WRAPS) {
        let frame = (wrap.frame)(&packets()[0]);
        file.extend(packet(Order::Little, Packet::Enhanced, number, &frame, frame.len()));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcapng");
    std::fs::write(&path, file).unwrap();
    let found = packets_by_tshark(&path);
    assert_eq!(found.len(), WRAPS.len());
    let walks = |(wrap, found): (&'static Wrap, &String)| {
        assert!(matches!(&**found, "" | "10,20,30"), "{}: {found:?}", wrap.name);
        (!found.is_empty()).then_some(wrap.name)
    };
    let walked: Vec<&str> = WRAPS.iter().zip(&found).filter_map(walks).collect();
    let expected = WRAPS.iter().filter(|wrap| wrap.tshark).map(|wrap| wrap.name);
    assert_eq!(walked, expected.collect::<Vec<_>>());
}

/// The packets of the flows in each frame, as far as tshark finds flows.
fn packets_by_tshark(path: &Path) -> Vec<String> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(path);
    let output = command
        .args(["-d", "udp.port==2055,cflow", "-T", "fields", "-e", "cflow.packets"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}
