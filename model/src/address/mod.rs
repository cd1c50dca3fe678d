//! Addresses and networks of flows: the one place that knows their families.
//!
//! An [`Address`] is of IPv4 or IPv6. An IPv4 address that is mapped into IPv6
//! (`::ffff:192.0.2.1`) is that IPv4 address, as nfdump and the `ip` type of
//! Elasticsearch have it, so that every engine gives the same rows. The order is by
//! family, IPv4 first, then by value.
//!
//! ```
//! use flowkit_model::address::{Address, bounds};
//!
//! let address: Address = "192.0.2.77".parse()?;
//! let network = address.network(24).unwrap();
//! assert_eq!(network.to_string(), "192.0.2.0/24");
//! assert_eq!(bounds(network).1.to_string(), "192.0.2.255");
//! let mapped: Address = "::ffff:192.0.2.77".parse()?;
//! assert_eq!(mapped, address);
//! assert!(address < "::1".parse()?);
//! # Ok::<(), std::net::AddrParseError>(())
//! ```

mod network;
mod prefix;

use std::fmt;
use std::net::{AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use network::{
    Network, bounds, ends_of, network_between, parse_network, pieces, prefix_of_mask,
};
pub use prefix::{Prefix, WrongPrefix};

/// Addresses of IPv4, and so many numbers of addresses lie below those of IPv6.
const N_IPV4: u128 = 1 << 32;

/// Value of the first IPv6 address behind those that are mapped IPv4 addresses. It is
/// its own number: the room of the mapped ones is what IPv4 takes at the front.
const BEHIND_MAPPED: u128 = 1 << 48;

/// The address of a host or router. The order is that of its number.
///
/// The number of an IPv4 address is its 32 bits, the first octet the highest. Those of
/// IPv6 follow in the order of their values. Since there are as many mapped addresses
/// as IPv4 has, all of them fit in 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "IpAddr", into = "IpAddr")]
pub struct Address(u128);

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// 32 bits.
    Ipv4,
    /// 128 bits.
    Ipv6,
}

impl Address {
    /// No address, `0.0.0.0`: of a next hop, that there is none.
    pub const UNSPECIFIED: Self = Self(0);

    /// The address of an IPv4 number: the first octet is the highest.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits as u128)
    }

    /// The number of an IPv4 address: the first octet is the highest.
    #[inline]
    #[must_use]
    pub fn ipv4_bits(self) -> Option<u32> {
        u32::try_from(self.0).ok()
    }

    /// Its number among those of both families.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u128 {
        self.0
    }

    /// The address of a number. Every number is one.
    #[inline]
    #[must_use]
    pub const fn from_number(number: u128) -> Self {
        Self(number)
    }

    /// Whether it is of IPv4 or IPv6.
    #[inline]
    #[must_use]
    pub const fn family(self) -> Family {
        if self.0 < N_IPV4 { Family::Ipv4 } else { Family::Ipv6 }
    }

    /// Whether it is `0.0.0.0` or `::`.
    #[must_use]
    pub const fn is_unspecified(self) -> bool {
        self.0 == 0 || self.0 == N_IPV4
    }

    /// The network of the addresses of its family that share its first bits; `None` if
    /// an address has fewer bits than that.
    #[must_use]
    pub fn network(self, length: u8) -> Option<Network> {
        Network::new(self.into(), length).ok().map(|network| network.trunc())
    }
}

impl Family {
    /// Bits of an address, and the longest prefix of a network.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Ipv4 => 32,
            Self::Ipv6 => 128,
        }
    }

    /// The number that stands for it: 4 or 6.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Ipv4 => 4,
            Self::Ipv6 => 6,
        }
    }

    /// What it is called: `ipv4` or `ipv6`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }

    /// The family that a number stands for.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        match number {
            4 => Some(Self::Ipv4),
            6 => Some(Self::Ipv6),
            _ => None,
        }
    }
}

impl From<Ipv4Addr> for Address {
    fn from(address: Ipv4Addr) -> Self {
        Self::from_bits(address.to_bits())
    }
}

/// A mapped IPv4 address is that address.
impl From<Ipv6Addr> for Address {
    fn from(address: Ipv6Addr) -> Self {
        if let Some(mapped) = address.to_ipv4_mapped() {
            return mapped.into();
        }
        let value = address.to_bits();
        Self(if value < BEHIND_MAPPED { value + N_IPV4 } else { value })
    }
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => address.into(),
        }
    }
}

impl From<Address> for IpAddr {
    fn from(address: Address) -> Self {
        match address.ipv4_bits() {
            Some(bits) => Self::V4(Ipv4Addr::from_bits(bits)),
            None if address.0 < BEHIND_MAPPED => Self::V6((address.0 - N_IPV4).into()),
            None => Self::V6(address.0.into()),
        }
    }
}

/// Of IPv4, by its number.
impl From<u32> for Address {
    fn from(bits: u32) -> Self {
        Self::from_bits(bits)
    }
}

impl From<[u8; 4]> for Address {
    fn from(octets: [u8; 4]) -> Self {
        Ipv4Addr::from(octets).into()
    }
}

/// Dotted, `192.0.2.1`, where an octet has no leading zero, or IPv6 in any of its
/// spellings.
impl FromStr for Address {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        text.parse::<IpAddr>().map(Self::from)
    }
}

/// IPv6 as RFC 5952 has it: small letters, the longest row of zeros left out.
impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        IpAddr::from(*self).fmt(out)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Addresses of both families, those at the edges of the mapped ones among them.
    pub(crate) fn any_address() -> impl Strategy<Value = Address> {
        prop_oneof![
            any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
            any::<u128>().prop_map(|bits| Ipv6Addr::from_bits(bits).into()),
            (0..1_u128 << 49).prop_map(|bits| Ipv6Addr::from_bits(bits).into()),
            (0..4_u128, 0..3_usize).prop_map(|(more, edge)| {
                let edge = [0, 0xfffe_ffff_fffe, BEHIND_MAPPED - 2][edge];
                Ipv6Addr::from_bits(edge + more).into()
            }),
        ]
    }

    #[test]
    fn text_that_is_no_address_is_refused() {
        for text in [
            "",
            "10",
            "10.0.0",
            "010.0.0.1",
            "10.0.0.256",
            "10.0.0.1/8",
            " 1.2.3.4",
            ":",
            "1::2::3",
            "::1%eth0",
            "[::1]",
            "12345::",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn both_families_are_printed_and_a_mapped_address_is_ipv4() {
        for (text, printed, number) in [
            ("0.0.0.0", "0.0.0.0", 0),
            ("255.255.255.255", "255.255.255.255", N_IPV4 - 1),
            ("::", "::", N_IPV4),
            ("::1", "::1", N_IPV4 + 1),
            ("::FFFE:FFFF:FFFF", "::fffe:ffff:ffff", BEHIND_MAPPED - 1),
            ("::ffff:1.2.3.4", "1.2.3.4", 0x0102_0304),
            ("::1:0:0:0", "::1:0:0:0", BEHIND_MAPPED),
            ("2001:0db8::0001", "2001:db8::1", 0x2001_0db8_0000_0000_0000_0000_0000_0001),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.to_string().as_str(), address.number()), (printed, number));
        }
    }

    proptest! {
        #[test]
        fn an_address_survives_each_form(address in any_address(), other in any_address()) {
            prop_assert_eq!(Address::from_number(address.number()), address);
            prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
            prop_assert_eq!(Address::from(IpAddr::from(address)), address);
            let is_ipv4 = address.family() == Family::Ipv4;
            prop_assert_eq!(address.ipv4_bits().map(Address::from_bits), is_ipv4.then_some(address));
            // As the standard library orders them: IPv4 before IPv6, then by value.
            let (ip, other_ip) = (IpAddr::from(address), IpAddr::from(other));
            prop_assert_eq!(address.cmp(&other), ip.cmp(&other_ip));
        }

        #[test]
        fn every_number_is_an_address(number in any::<u128>()) {
            let address = Address::from_number(number);
            prop_assert_eq!(Address::from(IpAddr::from(address)).number(), number);
        }
    }
}
