//! Addresses and networks of flows: the one place that knows their family.
//!
//! Version 5 carries IPv4 only. Records, filters and documents name
//! [`Address`] and [`Network`] and no family, so that the other one changes
//! these two, the parsers of addresses, and the columns and keys that hold
//! their numbers.
//!
//! ```
//! use flowkit_model::address::{Address, bounds};
//!
//! let address: Address = "192.0.2.77".parse()?;
//! let network = address.network(24).unwrap();
//! assert_eq!(network.to_string(), "192.0.2.0/24");
//! assert_eq!(bounds(network).1.to_string(), "192.0.2.255");
//! # Ok::<(), std::net::AddrParseError>(())
//! ```

use std::fmt;
use std::net::{AddrParseError, Ipv4Addr};
use std::str::FromStr;

use ipnet::{Ipv4Net, Ipv4Subnets, ipv4_mask_to_prefix};
use serde::{Deserialize, Serialize};

/// A network: a prefix of addresses, `10.0.0.0/8`.
pub type Network = Ipv4Net;

/// The address of a host or router. The order is that of its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(Ipv4Addr);

impl Address {
    /// Bits of an address, and the longest prefix of a network.
    pub const BITS: u8 = 32;

    /// No address, `0.0.0.0`: of a next hop, that there is none.
    pub const UNSPECIFIED: Self = Self(Ipv4Addr::UNSPECIFIED);

    /// The number by which columns, keys and filters hold it: the first octet
    /// is the highest.
    #[inline]
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0.to_bits()
    }

    /// The address of a number.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(Ipv4Addr::from_bits(bits))
    }

    /// Its number, as wide as the number of any field.
    #[inline]
    #[must_use]
    pub fn number(self) -> u64 {
        self.to_bits().into()
    }

    /// The address of a number; `None` if the number is wider than an address.
    #[inline]
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        u32::try_from(number).ok().map(Self::from_bits)
    }

    /// Its octets, as they are on the wire.
    #[inline]
    #[must_use]
    pub const fn octets(self) -> [u8; 4] {
        self.0.octets()
    }

    /// Whether it is [`UNSPECIFIED`](Self::UNSPECIFIED).
    #[must_use]
    pub const fn is_unspecified(self) -> bool {
        self.0.is_unspecified()
    }

    /// The network of the addresses that share its first bits; `None` if an
    /// address has fewer bits than that.
    #[must_use]
    pub fn network(self, prefix: u8) -> Option<Network> {
        Network::new(self.0, prefix).ok().map(|network| network.trunc())
    }
}

/// The first and the last address of a network.
#[must_use]
pub fn bounds(network: Network) -> (Address, Address) {
    (network.network().into(), network.broadcast().into())
}

/// The network whose first and last address these are, if there is one.
#[must_use]
pub fn network_between(first: Address, last: Address) -> Option<Network> {
    let largest = Ipv4Subnets::new(first.0, last.0, 0).next()?;
    (bounds(largest) == (first, last)).then_some(largest)
}

/// The prefix that a mask such as `255.0.0.0` keeps; `None` if its bits are not
/// in one piece.
#[must_use]
pub fn prefix_of_mask(mask: Address) -> Option<u8> {
    ipv4_mask_to_prefix(mask.0).ok()
}

/// The bits of an address's number that a prefix keeps: those by which the
/// number of an address becomes that of its network. `None` if an address has
/// fewer bits than the prefix.
#[must_use]
pub fn prefix_mask(prefix: u8) -> Option<u32> {
    let network = Network::new(Ipv4Addr::UNSPECIFIED, prefix).ok()?;
    Some(network.netmask().to_bits())
}

impl From<Ipv4Addr> for Address {
    fn from(address: Ipv4Addr) -> Self {
        Self(address)
    }
}

impl From<Address> for Ipv4Addr {
    fn from(address: Address) -> Self {
        address.0
    }
}

/// By its number.
impl From<u32> for Address {
    fn from(bits: u32) -> Self {
        Self::from_bits(bits)
    }
}

impl From<[u8; 4]> for Address {
    fn from(octets: [u8; 4]) -> Self {
        Self(octets.into())
    }
}

/// Dotted: `192.0.2.1`; an octet has no leading zero.
impl FromStr for Address {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_that_is_no_dotted_address_is_refused() {
        for text in ["", "10", "10.0.0", "010.0.0.1", "10.0.0.256", "10.0.0.1/8", "::1", " 1.2.3.4"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_that_is_no_prefix_is_no_network() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        for (first, last) in [
            ("10.0.0.1", "10.0.0.2"),
            ("10.0.0.0", "10.0.0.2"),
            ("10.0.0.128", "10.0.1.127"),
            ("10.0.0.2", "10.0.0.1"),
        ] {
            assert_eq!(network_between(address(first), address(last)), None, "{first} {last}");
        }
        assert_eq!(prefix_of_mask(address("255.0.255.0")), None);
    }

    proptest! {
        #[test]
        fn an_address_survives_each_form(bits in any::<u32>(), other in any::<u32>()) {
            let (address, other) = (Address::from_bits(bits), Address::from_bits(other));
            prop_assert_eq!(Address::from_number(address.number()), Some(address));
            prop_assert_eq!(Address::from(address.octets()), address);
            prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
            prop_assert_eq!(Ipv4Addr::from(address).to_bits(), bits);
            prop_assert_eq!(address.cmp(&other), address.number().cmp(&other.number()));
            prop_assert_eq!(Address::from_number(u64::from(bits) + (1 << 32)), None);
        }

        /// A mask, the bounds and the plain arithmetic of bits say the same.
        #[test]
        fn a_network_has_the_addresses_of_its_prefix(bits in any::<u32>(), prefix in 0..=255_u8) {
            let address = Address::from_bits(bits);
            let Some(network) = address.network(prefix) else {
                prop_assert!(prefix > Address::BITS);
                prop_assert_eq!(prefix_mask(prefix), None);
                return Ok(());
            };
            let mask = prefix_mask(prefix).unwrap();
            prop_assert_eq!(u64::from(mask), (0xffff_ffff_u64 << (32 - prefix)) & 0xffff_ffff);
            let (first, last) = bounds(network);
            prop_assert_eq!((first.to_bits(), last.to_bits()), (bits & mask, bits | !mask));
            prop_assert!(first <= address && address <= last);
            prop_assert_eq!(network_between(first, last), Some(network));
            prop_assert_eq!(prefix_of_mask(Address::from_bits(mask)), Some(prefix));
        }
    }
}
