//! Exports flows as NetFlow v5 packets in a pcap file, for replay into a
//! collector.
//!
//! The flows are read twice: the first pass finds a boot time for each engine,
//! since times on the wire are milliseconds of uptime. A flow with a value that
//! does not fit its field is left out and counted by that field; an unknown value
//! is written as 0, an unknown time as another time of the flow, and both are
//! counted too.
//!
//! Link type 101 (raw IP): an IPv4 header, a UDP header to port 2055, the packet.
//! The source address is the exporter's where it is known.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use flowkit_model::wire::Packetizer;
use flowkit_model::wire::packets::{BootTimes, Packet};

use super::{Export, ExportError, Exported};
use crate::batch::dictionary::{Codebook, Dictionary};
use crate::input::read_once;

/// Destination of the packets: an address for documentation (RFC 5737) and the
/// usual port.
const COLLECTOR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 254);
const PORT: u16 = 2055;

pub(super) fn write<W: Write + Send>(
    export: &Export<'_>,
    mut out: W,
) -> Result<Exported, ExportError> {
    if let Some(source) = read_once(export.sources) {
        return Err(ExportError::Twice { name: source.name().to_owned() });
    }
    let mut boot_times = BootTimes::default();
    let (dictionary, mut codes) = (Arc::new(Dictionary::default()), Codebook::default());
    let flows_twice = export.checked()?;
    flows_twice.each(&dictionary, |batch| {
        dictionary.update(&mut codes);
        (0..batch.rows()).for_each(|row| boot_times.learn(&batch.row(row, &codes).record()));
        Ok(())
    })?;
    out.write_all(&file_header()).map_err(ExportError::Write)?;
    let mut packetizer = Packetizer::new(boot_times);
    let (mut flows, mut left_out) = (0, BTreeMap::new());
    let mut tally = flows_twice.each(&dictionary, |batch| {
        dictionary.update(&mut codes);
        for row in 0..batch.rows() {
            match packetizer.push(&batch.row(row, &codes).record()) {
                Ok(packet) => {
                    flows += 1;
                    if let Some(packet) = packet {
                        frame(&packet, &mut out).map_err(ExportError::Write)?;
                    }
                }
                Err(misfit) => *left_out.entry(misfit.field()).or_insert(0) += 1,
            }
        }
        Ok(())
    })?;
    let unknown = packetizer.unknown().clone();
    for packet in packetizer.finish() {
        frame(&packet, &mut out).map_err(ExportError::Write)?;
    }
    out.flush().map_err(ExportError::Write)?;
    tally.total.flows = flows;
    Ok(Exported { flows, left_out, unknown, defused: 0, tally })
}

/// The header of a pcap file: little-endian, version 2.4, microseconds, frames of
/// up to 64 KiB, raw IP.
#[must_use]
pub fn file_header() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(0xa1b2_c3d4_u32.to_le_bytes());
    bytes.extend(2_u16.to_le_bytes());
    bytes.extend(4_u16.to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(65_535_u32.to_le_bytes());
    bytes.extend(101_u32.to_le_bytes());
    bytes
}

/// Writes a packet as a frame of a pcap file.
///
/// # Errors
/// If `out` cannot be written to.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a packet has at most 1464 bytes; seconds are the header's 32 bits"
)]
pub fn frame(packet: &Packet, out: &mut impl Write) -> io::Result<()> {
    let source = packet.exporter.as_deref().and_then(|exporter| exporter.parse().ok());
    let source: Ipv4Addr = source.unwrap_or(Ipv4Addr::UNSPECIFIED);
    let udp_length = 8 + packet.bytes.len() as u16;
    let mut ip = Vec::with_capacity(28);
    ip.extend([0x45, 0]);
    ip.extend((20 + udp_length).to_be_bytes());
    ip.extend([0, 0, 0, 0, 64, 17, 0, 0]);
    ip.extend(source.octets());
    ip.extend(COLLECTOR.octets());
    let checksum = checksum(&ip);
    ip[10..12].copy_from_slice(&checksum.to_be_bytes());
    for number in [PORT, PORT, udp_length, 0] {
        ip.extend(number.to_be_bytes());
    }
    let length = (ip.len() + packet.bytes.len()) as u32;
    for number in
        [(packet.export_ms / 1000) as u32, (packet.export_ms % 1000 * 1000) as u32, length, length]
    {
        out.write_all(&number.to_le_bytes())?;
    }
    out.write_all(&ip)?;
    out.write_all(&packet.bytes)
}

/// Ones' complement of the ones' complement sum of 16-bit words (RFC 791).
fn checksum(header: &[u8]) -> u16 {
    let sum: u32 =
        header.chunks_exact(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap_or(0)
}
