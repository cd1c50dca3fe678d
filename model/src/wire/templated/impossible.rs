//! Values that cannot be, by kind. They are unknown in a flow, and counted: many
//! of them under one template say that another exporter's template was used.

/// A kind of value that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Impossible {
    /// An address or MAC address in another number of bytes than it has.
    Address = 1,
    /// A direction that is neither 0 nor 1.
    Direction = 2,
    /// An IP version that is neither 4 nor 6.
    IpVersion = 4,
    /// A protocol above 255.
    Protocol = 8,
    /// A prefix longer than an address.
    Mask = 16,
    /// A first packet more than a day after the export or 60 days before it.
    First = 32,
    /// A last packet, likewise.
    Last = 64,
    /// A port, interface, counter or other number that does not fit its field.
    Number = 128,
}

impl Impossible {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Address,
        Self::Direction,
        Self::IpVersion,
        Self::Protocol,
        Self::Mask,
        Self::First,
        Self::Last,
        Self::Number,
    ];

    /// Name in json.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Direction => "direction",
            Self::IpVersion => "ip_version",
            Self::Protocol => "protocol",
            Self::Mask => "mask",
            Self::First => "first",
            Self::Last => "last",
            Self::Number => "number",
        }
    }
}

/// The kinds that one record has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Impossibles(u16);

impl Impossibles {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, kind: Impossible) -> bool {
        self.0 & kind as u16 != 0
    }

    /// Those there are.
    pub fn iter(self) -> impl Iterator<Item = Impossible> {
        Impossible::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }

    pub(crate) fn add(&mut self, kind: Impossible) {
        self.0 |= kind as u16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_kept_apart() {
        let mut impossibles = Impossibles::default();
        assert!(impossibles.is_empty());
        for kind in [Impossible::Mask, Impossible::Direction, Impossible::Mask] {
            impossibles.add(kind);
        }
        let names = impossibles.iter().map(Impossible::name);
        assert!(names.eq(["direction", "mask"]));
        assert!(!impossibles.contains(Impossible::Number));
    }
}
