//! The frames in the records of pcap and the blocks of pcapng, with the link type
//! of each.

use pcap_parser::pcapng::UnknownBlock;
use pcap_parser::{Block as PcapBlock, PcapBlockOwned};

/// A frame as the capture has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'b> {
    /// Link type; `None` if the capture does not describe the interface.
    pub(super) link: Option<u32>,
    pub(super) bytes: &'b [u8],
    /// All of its bytes were captured.
    pub(super) is_whole: bool,
}

/// An interface: its link type, and the most bytes of a frame, 0 for no limit.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u32,
    snap_length: u32,
}

/// The interfaces of the section, or of the file, that is being read.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    all: Vec<Interface>,
    /// The file is pcapng, and its numbers are in this order; `None` for pcap.
    order: Option<Order>,
}

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

impl Order {
    fn number(self, bytes: &[u8]) -> Option<u32> {
        let bytes = *bytes.first_chunk::<4>()?;
        Some(match self {
            Self::Big => u32::from_be_bytes(bytes),
            Self::Little => u32::from_le_bytes(bytes),
        })
    }
}

/// Type of the block for frames that pcapng had before the enhanced one.
const PACKET_BLOCK: u32 = 2;
/// A block has its type before its body, and its length before and after it.
const SHORTEST_BLOCK: u32 = 12;

impl Interfaces {
    /// Whether what comes next claims to be shorter than any block is, which the
    /// parser of blocks is not to be given: of some types it takes 12 from the length.
    pub(super) fn is_no_block(&self, next: &[u8]) -> bool {
        let length = self.order.zip(next.get(4..)).and_then(|(order, next)| order.number(next));
        length.is_some_and(|length| length < SHORTEST_BLOCK)
    }

    /// The frame in a block, if it has one.
    pub(super) fn frame<'b>(&mut self, block: &'b PcapBlockOwned<'_>) -> Option<Frame<'b>> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                self.all.clear();
                self.describe(header.network.0, 0);
                None
            }
            PcapBlockOwned::Legacy(frame) => {
                Some(self.of(0, frame.data, frame.caplen, frame.origlen))
            }
            PcapBlockOwned::NG(PcapBlock::SectionHeader(section)) => {
                self.all.clear();
                self.order = Some(if section.big_endian() { Order::Big } else { Order::Little });
                None
            }
            PcapBlockOwned::NG(PcapBlock::InterfaceDescription(interface)) => {
                self.describe(interface.linktype.0, interface.snaplen);
                None
            }
            PcapBlockOwned::NG(PcapBlock::EnhancedPacket(frame)) => {
                Some(self.of(frame.if_id, frame.data, frame.caplen, frame.origlen))
            }
            PcapBlockOwned::NG(PcapBlock::SimplePacket(frame)) => {
                let snap_length = self.all.first().map_or(0, |interface| interface.snap_length);
                let limit = if snap_length == 0 { u32::MAX } else { snap_length };
                Some(self.of(0, frame.data, frame.origlen.min(limit), frame.origlen))
            }
            PcapBlockOwned::NG(PcapBlock::Unknown(block)) => self.packet_block(block),
            PcapBlockOwned::NG(_) => None,
        }
    }

    /// Of the 32 bits of a pcap file the lower half is the link type; the upper one
    /// tells the length of the frame check sequence, and bits that are reserved.
    fn describe(&mut self, link: i32, snap_length: u32) {
        self.all.push(Interface { link: link.cast_unsigned() & 0xffff, snap_length });
    }

    fn of<'b>(&self, interface: u32, data: &'b [u8], captured: u32, sent: u32) -> Frame<'b> {
        let link = usize::try_from(interface).ok().and_then(|number| self.all.get(number));
        Frame {
            link: link.map(|interface| interface.link),
            bytes: data.get(..captured as usize).unwrap_or(data),
            is_whole: captured >= sent && data.len() >= captured as usize,
        }
    }

    /// The obsolete Packet Block: interface and drops as 16 bits each, a time, the
    /// two lengths, the frame.
    fn packet_block<'b>(&self, block: &UnknownBlock<'b>) -> Option<Frame<'b>> {
        let order = self.order?;
        let word = |at: usize| order.number(block.data.get(at..)?);
        let is_big_endian = order == Order::Big;
        let kind = if is_big_endian { block.block_type.swap_bytes() } else { block.block_type };
        if kind != PACKET_BLOCK {
            return None;
        }
        let first = word(0)?;
        let interface = if is_big_endian { first >> 16 } else { first & 0xffff };
        Some(self.of(interface, block.data.get(20..)?, word(12)?, word(16)?))
    }
}
