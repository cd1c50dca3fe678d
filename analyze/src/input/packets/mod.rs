//! Export packets as they are captured or concatenated in a file, not yet decoded:
//! datagrams, what the frames hold beside them, and who sent them.

pub(crate) mod frames;
mod reading;
pub(crate) mod senders;
mod sequences;
pub(in crate::input) mod templated;

use std::net::IpAddr;

use self::frames::Frames;
pub(super) use self::reading::read;
pub(crate) use self::templated::Walked;

/// Some datagrams, and counts of what else is there.
#[derive(Debug, Default)]
pub(crate) struct Datagrams {
    pub(crate) list: Vec<Captured>,
    pub(crate) frames: Frames,
}

/// A datagram.
#[derive(Debug)]
pub(crate) struct Captured {
    /// Number of its frame in a capture, or of the datagram in a file, from 1.
    pub(crate) number: u64,
    /// Address of the exporter, if known.
    pub(crate) exporter: Option<IpAddr>,
    /// UDP port it was sent from, if known.
    pub(crate) port: Option<u16>,
    pub(crate) bytes: Vec<u8>,
    /// What stands in it, if it is of NetFlow v9 or IPFIX.
    pub(crate) walked: Option<Box<Walked>>,
}
