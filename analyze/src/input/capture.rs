//! Packet captures, pcap and pcapng: the payloads of their UDP packets.
//!
//! Any port, since exporters send to any; any link type that carries IP; VLAN
//! tags and IPv6 too. Frames without a datagram are counted by kind. IP fragments
//! are not reassembled: an export packet fits in one frame, so a fragment means
//! that something on the way cut it, and it is reported.

use std::io::{self, Read};
use std::net::IpAddr;

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block as PcapBlock, Linktype, PcapBlockOwned, PcapError, create_reader};

use super::datagrams::{Captured, Datagrams, Other};

/// Initial buffer of the parser; it grows for larger blocks, up to
/// [`MOST_BYTES`].
const BUFFER_BYTES: usize = 1 << 16;
/// A longer capture block is taken for damage.
const MOST_BYTES: usize = 1 << 26;
/// Frames per batch of datagrams: about 1 MB.
const BATCH: u64 = 1024;

/// Reads a capture and hands on its datagrams, until `take` says false; gives
/// what is wrong with the file, if something is.
///
/// # Errors
/// If the stream fails.
pub(super) fn read(
    stream: impl Read + Send,
    mut take: impl FnMut(Datagrams) -> bool,
) -> io::Result<Option<String>> {
    let mut reader = match create_reader(BUFFER_BYTES, Filling(stream)) {
        Ok(reader) => reader,
        Err(PcapError::Incomplete(_) | PcapError::Eof | PcapError::ReadError) => {
            return Ok(Some("breaks off in the header of the capture".into()));
        }
        Err(error) => {
            return Ok(Some(format!("is a capture with a damaged header ({})", kind_of(&error))));
        }
    };
    let mut found = Datagrams::default();
    let (mut links, mut seen) = (Vec::new(), Seen::default());
    let (mut number, mut handed_on) = (0, 0);
    let (mut room, mut before) = (BUFFER_BYTES, usize::MAX);
    let damage = loop {
        match reader.next() {
            Ok((length, block)) => {
                if let Some((link, frame, whole)) = frame(&block, &mut links) {
                    number += 1;
                    seen.link(link);
                    found.frame(link, frame, whole, number);
                }
                reader.consume(length);
                before = usize::MAX;
            }
            Err(PcapError::Eof) => break None,
            Err(PcapError::Incomplete(_)) => {
                let is_stuck = reader.data().len() == before || reader.reader_exhausted();
                // More was asked for and did not come.
                if is_stuck && !grow(&mut *reader, &mut room) {
                    break Some(format!("is cut short after frame {number}"));
                }
                before = reader.data().len();
                if let Err(error) = reader.refill() {
                    break Some(format!("is cut short after frame {number} ({error:?})"));
                }
            }
            Err(PcapError::ReadError) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => {
                break Some(format!("is damaged after frame {number} ({})", kind_of(&error)));
            }
        }
        // Frames count, not datagrams: a capture of other things is handed on, too.
        if number - handed_on >= BATCH {
            handed_on = number;
            if !take(std::mem::take(&mut found)) {
                return Ok(None);
            }
        }
    };
    take(found);
    Ok(damage.or_else(|| seen.unread()))
}

/// Doubles the parser's buffer; false if the stream is exhausted or the buffer is
/// at its limit.
fn grow(reader: &mut dyn PcapReaderIterator, room: &mut usize) -> bool {
    if reader.reader_exhausted() || *room >= MOST_BYTES {
        return false;
    }
    *room *= 2;
    reader.grow(*room)
}

/// The link types of the frames so far.
#[derive(Default)]
struct Seen {
    /// Some frame has a supported link type.
    is_read: bool,
    /// The first unsupported link type, and whether there are others.
    unread: Option<(Linktype, bool)>,
}

impl Seen {
    fn link(&mut self, link: Linktype) {
        match &mut self.unread {
            _ if layout(link).is_some() => self.is_read = true,
            Some((first, others)) => *others |= *first != link,
            None => self.unread = Some((link, false)),
        }
    }

    /// The message if no frame could be read: that is not the same as zero flows.
    fn unread(&self) -> Option<String> {
        let (link, others) = self.unread.filter(|_| !self.is_read)?;
        let more = if others { " and others" } else { "" };
        Some(format!("is a capture of link type {}{more}, which flowkit does not read", link.0))
    }
}

/// Reads until the buffer is full: the parser needs a whole header at once, and a
/// read of a pipe may return less.
struct Filling<R>(R);

impl<R: Read> Read for Filling<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            match self.0.read(&mut out[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

fn kind_of<I: std::fmt::Debug>(error: &PcapError<I>) -> &'static str {
    match error {
        PcapError::UnexpectedEof => "it ends in the middle of a block",
        PcapError::HeaderNotRecognized => "a header that is none",
        _ => "a block that is none",
    }
}

/// The frame in a block: its link type, its bytes, and whether all of them were
/// captured. `links` has the link type of each interface by its number.
fn frame<'b>(
    block: &'b PcapBlockOwned<'_>,
    links: &mut Vec<Linktype>,
) -> Option<(Linktype, &'b [u8], bool)> {
    match block {
        PcapBlockOwned::LegacyHeader(header) => {
            *links = vec![header.network];
            None
        }
        PcapBlockOwned::Legacy(frame) => {
            let bytes = frame.data.get(..frame.caplen as usize).unwrap_or(frame.data);
            Some((*links.first()?, bytes, frame.caplen >= frame.origlen))
        }
        PcapBlockOwned::NG(PcapBlock::SectionHeader(_)) => {
            links.clear();
            None
        }
        PcapBlockOwned::NG(PcapBlock::InterfaceDescription(interface)) => {
            links.push(interface.linktype);
            None
        }
        PcapBlockOwned::NG(PcapBlock::EnhancedPacket(frame)) => {
            let bytes = frame.data.get(..frame.caplen as usize).unwrap_or(frame.data);
            let link = links.get(frame.if_id as usize)?;
            Some((*link, bytes, frame.caplen >= frame.origlen))
        }
        PcapBlockOwned::NG(PcapBlock::SimplePacket(frame)) => {
            Some((*links.first()?, frame.data, frame.data.len() >= frame.origlen as usize))
        }
        PcapBlockOwned::NG(_) => None,
    }
}

impl Datagrams {
    /// Takes the datagram out of a frame, or counts the frame by kind.
    fn frame(&mut self, link: Linktype, frame: &[u8], whole: bool, number: u64) {
        let Some(packet) = packet(link, frame) else { return self.other(Other::Link, number) };
        let (exporter, fragmented) = match &packet.net {
            Some(LaxNetSlice::Ipv4(ip)) => {
                (IpAddr::V4(ip.header().source_addr()), ip.is_payload_fragmented())
            }
            Some(LaxNetSlice::Ipv6(ip)) => {
                (IpAddr::V6(ip.header().source_addr()), ip.is_payload_fragmented())
            }
            _ => return self.other(Other::NotIp, number),
        };
        if fragmented {
            return self.other(Other::Fragment, number);
        }
        let Some(TransportSlice::Udp(udp)) = &packet.transport else {
            return self.other(if whole { Other::NotUdp } else { Other::Cut }, number);
        };
        if udp.payload().is_empty() {
            return self.other(Other::Empty, number);
        }
        self.list.push(Captured {
            number,
            exporter: Some(exporter),
            bytes: udp.payload().to_vec(),
        });
    }
}

/// Where the IP packet begins in a frame.
enum Layout {
    Ethernet,
    /// After this many bytes.
    Ip(usize),
    /// Offset of the ether type, and offset of the payload.
    Typed(usize, usize),
    /// After PPP's protocol number, which address and control bytes may precede.
    Ppp,
}

/// The frame layout of a link type; `None` if it is not supported.
fn layout(link: Linktype) -> Option<Layout> {
    // Numbers as registered at tcpdump.org/linktypes.
    match link.0 {
        1 => Some(Layout::Ethernet),
        // BSD loopback: four bytes of address family.
        0 | 108 => Some(Layout::Ip(4)),
        // Raw IP, under its several numbers.
        12 | 14 | 101 | 228 | 229 => Some(Layout::Ip(0)),
        // Linux cooked, and its second version.
        113 => Some(Layout::Typed(14, 16)),
        276 => Some(Layout::Typed(0, 20)),
        // PPP, and Cisco HDLC by its ether type.
        9 | 50 => Some(Layout::Ppp),
        104 => Some(Layout::Typed(2, 4)),
        _ => None,
    }
}

/// The layers of a frame; `None` if its link type is not supported.
fn packet(link: Linktype, frame: &[u8]) -> Option<LaxSlicedPacket<'_>> {
    let start = match layout(link)? {
        Layout::Ethernet => return LaxSlicedPacket::from_ethernet(frame).ok(),
        Layout::Typed(kind, payload) => {
            let kind = frame.get(kind..)?.first_chunk::<2>()?;
            let ether_type = EtherType(u16::from_be_bytes(*kind));
            return Some(LaxSlicedPacket::from_ether_type(ether_type, frame.get(payload..)?));
        }
        Layout::Ip(start) => start,
        Layout::Ppp if frame.starts_with(&[0xff, 3]) => 4,
        Layout::Ppp => 2,
    };
    LaxSlicedPacket::from_ip(frame.get(start..)?).ok()
}
