//! UDP payloads out of a pcap file, with the address that sent them.
//!
//! Classic pcap (microseconds or nanoseconds, either byte order) of Ethernet
//! (VLAN tags too), Linux cooked, loopback or raw IP; IPv4 and IPv6. What is no UDP and
//! fragments after the first are passed over. Format:
//! <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html>.

use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::bail;

/// Bytes before the first frame.
const FILE_HEADER: usize = 24;
/// Bytes before each frame.
const FRAME_HEADER: usize = 16;
const UDP: u8 = 17;

/// Whether a file begins as a pcap file does.
pub(crate) fn is_pcap(bytes: &[u8]) -> bool {
    byte_order(bytes).is_some()
}

/// A sender and what it sent.
pub(crate) type Payload<'a> = (String, &'a [u8]);

/// The UDP payloads, and how the file breaks off, if it does.
pub(crate) fn of_pcap(bytes: &[u8]) -> anyhow::Result<(Vec<Payload<'_>>, Option<String>)> {
    let Some(number) = byte_order(bytes).filter(|_| bytes.len() >= FILE_HEADER) else {
        bail!("no whole header of a pcap file");
    };
    let link = number(&bytes[20..24]) & 0xffff;
    let (mut rest, mut payloads) = (&bytes[FILE_HEADER..], Vec::new());
    while !rest.is_empty() {
        let length = rest.get(8..12).map(|bytes| number(bytes) as usize);
        let frame = length.and_then(|length| rest.get(FRAME_HEADER..FRAME_HEADER + length));
        let Some(frame) = frame else {
            let place = bytes.len() - rest.len();
            return Ok((
                payloads,
                Some(format!("the file breaks off in the frame at byte {place}")),
            ));
        };
        payloads.extend(network_packet(link, frame).and_then(datagram));
        rest = &rest[FRAME_HEADER + frame.len()..];
    }
    Ok((payloads, None))
}

type ReadNumber = fn(&[u8]) -> u32;

/// How numbers of the file's own headers are read; `None` if it is no pcap.
fn byte_order(bytes: &[u8]) -> Option<ReadNumber> {
    let little: ReadNumber =
        |bytes| bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
    let big: ReadNumber =
        |bytes| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
    match *bytes.first_chunk()? {
        [0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1] => Some(little),
        [0xa1, 0xb2, 0xc3, 0xd4] | [0xa1, 0xb2, 0x3c, 0x4d] => Some(big),
        _ => None,
    }
}

/// What a frame carries, if its link type is known.
fn network_packet(link: u32, frame: &[u8]) -> Option<&[u8]> {
    match link {
        1 => ethernet(frame.get(12..)?),
        0 | 108 => frame.get(4..),
        113 => frame.get(16..),
        276 => frame.get(20..),
        12 | 14 | 101 | 228 | 229 => Some(frame),
        _ => None,
    }
}

/// From the type on; VLAN tags are passed over.
fn ethernet(frame: &[u8]) -> Option<&[u8]> {
    match *frame.first_chunk()? {
        [0x81 | 0x91, 0x00] | [0x88, 0xa8] => ethernet(frame.get(4..)?),
        [0x08, 0x00] | [0x86, 0xdd] => frame.get(2..),
        _ => None,
    }
}

/// Sender and UDP payload, as far as it was captured.
fn datagram(packet: &[u8]) -> Option<Payload<'_>> {
    let (sender, segment) = match packet.first()? >> 4 {
        4 => {
            let fragment = u16::from_be_bytes(*packet.get(6..)?.first_chunk()?) & 0x1fff;
            if *packet.get(9)? != UDP || fragment != 0 {
                return None;
            }
            let header = usize::from(packet[0] & 15) * 4;
            let sender = Ipv4Addr::from(*packet.get(12..)?.first_chunk::<4>()?);
            (sender.to_string(), packet.get(header..)?)
        }
        6 if *packet.get(6)? == UDP => {
            let sender = Ipv6Addr::from(*packet.get(8..)?.first_chunk::<16>()?);
            (sender.to_string(), packet.get(40..)?)
        }
        _ => return None,
    };
    let length = usize::from(u16::from_be_bytes(*segment.get(4..)?.first_chunk()?));
    let payload = segment.get(8..)?;
    Some((sender, &payload[..payload.len().min(length.saturating_sub(8))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame: Ethernet, IPv4, UDP.
    fn frame(payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap();
        let mut frame = vec![0; 12];
        frame.extend([0x81, 0x00, 0, 7, 0x08, 0x00, 0x45, 0]);
        frame.extend((length + 28).to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, UDP, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        frame.extend([8, 7, 8, 7]);
        frame.extend((length + 8).to_be_bytes());
        frame.extend([0, 0]);
        frame.extend(payload);
        frame
    }

    fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1];
        bytes.resize(20, 0);
        bytes.extend([1, 0, 0, 0]);
        for frame in frames {
            bytes.extend([0; 8]);
            bytes.extend(u32::try_from(frame.len()).unwrap().to_le_bytes());
            bytes.extend(u32::try_from(frame.len()).unwrap().to_le_bytes());
            bytes.extend(frame);
        }
        bytes
    }

    #[test]
    fn payloads_come_with_their_sender() {
        let file = pcap(&[frame(b"one"), vec![0; 20], frame(b"")]);
        let (payloads, damage) = of_pcap(&file).unwrap();
        let sender = "192.0.2.1".to_owned();
        assert_eq!(payloads, [(sender.clone(), &b"one"[..]), (sender, &b""[..])]);
        assert_eq!(damage, None);
    }

    #[test]
    fn a_file_cut_anywhere_is_no_panic_and_is_told() {
        let file = pcap(&[frame(b"one"), frame(b"two")]);
        let whole = [24, 24 + 16 + frame(b"one").len(), file.len()];
        for length in 4..file.len() {
            match of_pcap(&file[..length]) {
                Ok((_, damage)) => assert_eq!(damage.is_none(), whole.contains(&length)),
                Err(_) => assert!(length < FILE_HEADER),
            }
        }
    }
}
