//! Protocols of the flows of a group: whether its ports are ports.
//!
//! Flows of ICMP, of IPv4 or IPv6, have its type and code in the place of the
//! destination port (256 × type + code), those of other protocols without ports
//! nothing, mostly 0. A group by port may hold all of them.

use super::{Cell, Column};
use crate::names::{PortKind, has_ports, is_icmp};
use crate::question::Measure;

/// Which protocols the flows of a group have, in 32 bits, so that an engine can
/// keep it beside the sums of each group. Unknown protocols leave no trace.
///
/// The union of the bits of all flows: each protocol without ports sets those of
/// its number and, in another place, those that its number has not. So there is
/// one such protocol if no bit is set in both places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protocols(u32);

impl PortKind {
    /// The last column of tables whose rows have a port in their key.
    #[must_use]
    pub fn column() -> Column {
        Column { name: Measure::PortKind.name(), meaning: Measure::PortKind.meaning() }
    }

    /// What is in the column; nothing if it is unknown.
    pub(super) fn cell(kind: Option<Self>) -> Cell {
        kind.map_or(Cell::Unknown, |kind| Cell::Text(kind.name().into()))
    }
}

const WITH_PORTS: u32 = 1 << 16;
const OF_ICMP: u32 = 1 << 17;
const OF_OTHERS: u32 = 1 << 18;

/// The bits of each protocol: a look-up is faster than to tell the kinds apart.
static BITS: [u32; 256] = {
    let (mut bits, mut number) = ([0; 256], 0_u8);
    loop {
        bits[number as usize] = if has_ports(number as u64) {
            WITH_PORTS
        } else {
            let kind = if is_icmp(number) { OF_ICMP } else { OF_OTHERS };
            number as u32 | (!number as u32) << 8 | kind
        };
        if number == u8::MAX {
            break bits;
        }
        number += 1;
    }
};

impl Protocols {
    /// Those of flows that all have ports.
    pub const WITH_PORTS: Self = Self(WITH_PORTS);

    /// That of one flow.
    #[inline]
    #[must_use]
    pub fn of(protocol: Option<u64>) -> Self {
        let number = protocol.and_then(|number| u8::try_from(number).ok());
        number.map_or(Self(0), Self::of_number)
    }

    /// That of one flow whose protocol is known.
    #[inline]
    #[must_use]
    pub fn of_number(number: u8) -> Self {
        Self(BITS[usize::from(number)])
    }

    /// That of the flows of a row, by the cell that has it.
    #[must_use]
    pub fn of_cell(cell: &Cell) -> Self {
        match cell {
            Cell::Number(number) => Self::of(u64::try_from(*number).ok()),
            _ => Self::default(),
        }
    }

    /// What a value of a port is, in the column for it.
    #[must_use]
    pub fn kind_cell(self) -> Cell {
        PortKind::cell(self.port_kind())
    }

    /// Those of both.
    #[inline]
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// As 32 bits, for [`from_bits`](Self::from_bits).
    #[inline]
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// From 32 bits of [`bits`](Self::bits), or a union of several.
    #[inline]
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// What the value of a port is; `None` if no protocol is known.
    #[must_use]
    pub fn port_kind(self) -> Option<PortKind> {
        match self.0 & (WITH_PORTS | OF_ICMP | OF_OTHERS) {
            0 => None,
            WITH_PORTS => Some(PortKind::Port),
            OF_ICMP => Some(PortKind::Icmp),
            OF_OTHERS => Some(PortKind::None),
            _ => Some(PortKind::Mixed),
        }
    }

    /// The only protocol without ports, if there is one and no second.
    #[must_use]
    pub fn only_without_ports(self) -> Option<u8> {
        let [number, not, ..] = self.0.to_le_bytes();
        (number ^ not == u8::MAX).then_some(number)
    }

    /// Whether some flows are of ICMP.
    #[must_use]
    pub fn has_icmp(self) -> bool {
        self.0 & OF_ICMP != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_the_only_protocol_without_ports_are_told() {
        use PortKind::{Icmp, Mixed, None as Nothing, Port};
        for (protocols, kind, only) in [
            (&[][..], None, None),
            (&[None], None, None),
            (&[Some(6), Some(17), Some(33), Some(132)], Some(Port), None),
            (&[Some(1), Some(1), None], Some(Icmp), Some(1)),
            (&[Some(58), None], Some(Icmp), Some(58)),
            (&[Some(1), Some(58)], Some(Icmp), None),
            (&[Some(6), Some(58)], Some(Mixed), Some(58)),
            (&[Some(50)], Some(Nothing), Some(50)),
            (&[Some(0)], Some(Nothing), Some(0)),
            (&[Some(255), Some(255)], Some(Nothing), Some(255)),
            (&[Some(50), Some(47)], Some(Nothing), None),
            (&[Some(6), Some(1)], Some(Mixed), Some(1)),
            (&[Some(6), Some(50), None], Some(Mixed), Some(50)),
            (&[Some(1), Some(50)], Some(Mixed), None),
            (&[Some(300)], None, None),
        ] {
            let all = protocols.iter().map(|protocol| Protocols::of(*protocol));
            let all = all.fold(Protocols::default(), Protocols::or);
            assert_eq!((all.port_kind(), all.only_without_ports()), (kind, only), "{protocols:?}");
            assert_eq!(Protocols::from_bits(all.bits()), all);
        }
    }
}
