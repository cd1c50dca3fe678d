//! Datagrams as a pcap file: UDP over IPv4 over Ethernet, to port 2055.
//!
//! Format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html>.

use std::io::{self, Write};
use std::net::Ipv4Addr;

/// Where collectors listen for NetFlow by habit.
const PORT: u16 = 2055;
/// The collector, in the network set aside for documentation.
const COLLECTOR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 250);
/// UDP, and the length of its header and of IPv4's.
const UDP: u8 = 17;
const UDP_LENGTH: u16 = 8;
const IP_LENGTH: u16 = 20;

/// The header of the file: little endian, microseconds, Ethernet.
pub(crate) fn start(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
    out.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
    out.write_all(&65_535_u32.to_le_bytes())?;
    out.write_all(&1_u32.to_le_bytes())
}

/// One datagram in its frame. `ms` is the time since 1970.
pub(crate) fn datagram(
    sender: Ipv4Addr,
    ms: u64,
    payload: &[u8],
    out: &mut impl Write,
) -> io::Result<()> {
    let too_long = |_| io::Error::other("a datagram of more than 65,507 bytes");
    let length =
        u16::try_from(payload.len() + usize::from(UDP_LENGTH + IP_LENGTH)).map_err(too_long)?;
    let seconds = u32::try_from(ms / 1000).unwrap_or(u32::MAX);
    let micros = u32::try_from(ms % 1000).unwrap_or_default() * 1000;
    let frame = u32::from(length) + 14;
    for number in [seconds, micros, frame, frame] {
        out.write_all(&number.to_le_bytes())?;
    }
    // Two made-up stations, and the type of IPv4.
    out.write_all(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0])?;
    out.write_all(&ip_header(sender, length))?;
    out.write_all(&PORT.to_be_bytes())?;
    out.write_all(&PORT.to_be_bytes())?;
    out.write_all(&(length - IP_LENGTH).to_be_bytes())?;
    out.write_all(&[0, 0])?; // no checksum, which UDP over IPv4 allows
    out.write_all(payload)
}

fn ip_header(sender: Ipv4Addr, length: u16) -> [u8; 20] {
    let mut header = [0; 20];
    header[0] = 0x45;
    header[2..4].copy_from_slice(&length.to_be_bytes());
    (header[8], header[9]) = (64, UDP);
    header[12..16].copy_from_slice(&sender.octets());
    header[16..20].copy_from_slice(&COLLECTOR.octets());
    let words = header.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap_or_default();
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datagrams::of_pcap;

    #[test]
    fn what_is_written_is_read_again() {
        let mut file = Vec::new();
        start(&mut file).unwrap();
        for payload in [&b"one"[..], b"", &[7; 1464]] {
            datagram(Ipv4Addr::new(192, 0, 2, 1), 1_537_514_621_231, payload, &mut file).unwrap();
        }
        let (payloads, damage) = of_pcap(&file).unwrap();
        assert_eq!(damage, None);
        let read: Vec<&[u8]> = payloads.iter().map(|(_, payload)| *payload).collect();
        assert_eq!(read, [&b"one"[..], b"", &[7; 1464]]);
        assert!(payloads.iter().all(|(sender, _)| sender == "192.0.2.1"));
        assert!(datagram(COLLECTOR, 0, &vec![0; 65_508], &mut file).is_err());
    }

    /// The sum of the header's words, checksum and all, is all ones (RFC 791).
    #[test]
    fn the_checksum_is_right() {
        for length in [28, 1492, 65_535] {
            let header = ip_header(Ipv4Addr::new(192, 168, 20, 254), length);
            let words = header.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
            let sum: u32 = words.sum();
            assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
        }
    }
}
