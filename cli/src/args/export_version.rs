//! The version of NetFlow that flows are written in, and what packs them.

use std::io;

use flowkit_model::FlowRecord;
use flowkit_model::wire::packets::{BootTimes, Packet};
use flowkit_model::wire::templated::Version;
use flowkit_model::wire::templated::encode::Packetizer as Templated;
use flowkit_model::wire::{Misfit, Packetizer, VERSION};

/// The version of packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExportVersion {
    /// NetFlow v5: IPv4, counters of 32 bits
    #[default]
    #[value(name = "5", alias = "v5")]
    V5,
    /// NetFlow v9: both families, by templates
    #[value(name = "9", alias = "v9")]
    V9,
    /// IPFIX: both families, times in milliseconds
    #[value(name = "10", aliases = ["v10", "ipfix"])]
    Ipfix,
}

impl ExportVersion {
    /// As packets have it.
    pub(crate) fn number(self) -> u16 {
        self.templated().map_or(VERSION, Version::number)
    }

    /// The version with templates; none of version 5.
    pub(crate) fn templated(self) -> Option<Version> {
        match self {
            Self::V5 => None,
            Self::V9 => Some(Version::V9),
            Self::Ipfix => Some(Version::Ipfix),
        }
    }
}

/// Packs flows into datagrams of one version.
#[derive(Debug)]
pub(crate) enum Packing {
    /// Version 5.
    V5(Packetizer),
    /// Version 9 and IPFIX.
    Templated(Templated),
}

impl Packing {
    /// Starts with nothing packed.
    pub(crate) fn new(version: ExportVersion, boot_times: BootTimes) -> Self {
        match version.templated() {
            None => Self::V5(Packetizer::new(boot_times)),
            Some(version) => Self::Templated(Templated::new(version, boot_times)),
        }
    }

    /// Adds a flow, and hands on the datagram that it did not go into; or says why the
    /// flow does not fit.
    pub(crate) fn push(
        &mut self,
        flow: &FlowRecord,
        send: impl FnOnce(&Packet) -> io::Result<()>,
    ) -> io::Result<Option<Misfit>> {
        let pushed = match self {
            Self::V5(packetizer) => packetizer.push(flow),
            Self::Templated(packetizer) => packetizer.push(flow),
        };
        match pushed {
            Ok(packet) => packet.as_ref().map_or(Ok(()), send).map(|()| None),
            Err(misfit) => Ok(Some(misfit)),
        }
    }

    /// The datagrams that are not full.
    pub(crate) fn finish(self) -> Vec<Packet> {
        match self {
            Self::V5(packetizer) => packetizer.finish(),
            Self::Templated(packetizer) => packetizer.finish(),
        }
    }
}
