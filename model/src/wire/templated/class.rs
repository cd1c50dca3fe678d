//! What a record is: flow, layer 2 flow, event or options.

use super::exported::Exported;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A flow between addresses, with or without counters.
    Flow,
    /// A flow without addresses that has a counter, and a MAC address, a VLAN or
    /// a wireless station.
    Layer2,
    /// Something that happened to a connection, such as that a firewall denied
    /// it: addresses and an event, no counter. It counts as a flow, too.
    Event,
    /// No flow: an options record, or data of neither addresses nor layer 2.
    Options,
}

impl Class {
    /// Name in json.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Layer2 => "l2",
            Self::Event => "event",
            Self::Options => "options",
        }
    }

    /// Whether it counts as a flow: all but options.
    #[must_use]
    pub const fn is_flow(self) -> bool {
        !matches!(self, Self::Options)
    }

    /// What a data record is, by what it says.
    pub(super) fn of(exported: &Exported, is_layer_2: bool) -> Self {
        let Exported { bytes, packets, rev_bytes, rev_packets, .. } = exported;
        let has_addresses = exported.src_addr.is_some() || exported.dst_addr.is_some();
        let has_counter = bytes.is_some() || packets.is_some();
        let has_any = has_counter || rev_bytes.is_some() || rev_packets.is_some();
        if has_addresses {
            if exported.event.is_some() && !has_any { Self::Event } else { Self::Flow }
        } else if is_layer_2 && has_counter {
            Self::Layer2
        } else {
            Self::Options
        }
    }
}
