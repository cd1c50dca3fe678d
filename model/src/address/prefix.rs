//! How many first bits of an address are kept: `/24` of IPv4, `/64` of IPv6, or
//! `/24+64` of both.

use std::fmt;
use std::str::FromStr;

use super::{Address, Family, Network};

/// Lengths of prefixes, for each family that has one.
///
/// An address of a family that has none is in no network.
///
/// ```
/// use flowkit_model::address::{Address, Prefix};
///
/// let prefix: Prefix = "24+64".parse()?;
/// let network = |text: &str| prefix.network(text.parse().unwrap()).map(|it| it.to_string());
/// assert_eq!(network("192.0.2.77").as_deref(), Some("192.0.2.0/24"));
/// assert_eq!(network("2001:db8::1").as_deref(), Some("2001:db8::/64"));
/// let ipv6: Prefix = "64".parse()?;
/// assert_eq!(ipv6.network(Address::UNSPECIFIED), None);
/// # Ok::<(), flowkit_model::address::WrongPrefix>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    ipv4: Option<u8>,
    ipv6: Option<u8>,
}

/// Why a text is no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a prefix has 0 to 32 bits of IPv4, as /24, up to 128 of IPv6, as /64, or both, as /24+64")]
pub struct WrongPrefix;

impl Prefix {
    /// The length for a family; `None` if its addresses are in no network.
    #[must_use]
    pub fn length(self, family: Family) -> Option<u8> {
        match family {
            Family::Ipv4 => self.ipv4,
            Family::Ipv6 => self.ipv6,
        }
    }

    /// The network of an address; `None` if its family has none.
    #[must_use]
    pub fn network(self, address: Address) -> Option<Network> {
        address.network(self.length(address.family())?)
    }

    /// The first address of the network of an address.
    #[must_use]
    pub fn first(self, address: Address) -> Option<Address> {
        self.network(address).map(|network| network.network().into())
    }

    /// The bits of an IPv4 number that are kept: those by which the number of an
    /// address becomes that of its network.
    #[must_use]
    pub fn ipv4_mask(self) -> Option<u32> {
        let length = self.ipv4?;
        Some(u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0))
    }
}

/// A single length up to 32 is one of IPv4, a longer one of IPv6; `24+64` is one of
/// each, and `+32` one of IPv6 alone.
impl FromStr for Prefix {
    type Err = WrongPrefix;

    fn from_str(text: &str) -> Result<Self, WrongPrefix> {
        let length = |text: &str, family: Family| {
            let is_plain = text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
            let length = text.parse().ok().filter(|length| is_plain && *length <= family.bits());
            length.ok_or(WrongPrefix)
        };
        let (ipv4, ipv6) = match text.split_once('+') {
            Some(("", ipv6)) => (None, Some(length(ipv6, Family::Ipv6)?)),
            Some((ipv4, ipv6)) => {
                (Some(length(ipv4, Family::Ipv4)?), Some(length(ipv6, Family::Ipv6)?))
            }
            None => match length(text, Family::Ipv6)? {
                ipv6 @ 33.. => (None, Some(ipv6)),
                ipv4 => (Some(ipv4), None),
            },
        };
        Ok(Self { ipv4, ipv6 })
    }
}

/// As it is read.
impl fmt::Display for Prefix {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ipv4, self.ipv6) {
            (Some(ipv4), None) => write!(out, "{ipv4}"),
            (None, Some(ipv6)) if ipv6 > Family::Ipv4.bits() => write!(out, "{ipv6}"),
            (ipv4, ipv6) => {
                let ipv4 = ipv4.map(|length| length.to_string()).unwrap_or_default();
                write!(out, "{ipv4}+{}", ipv6.unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_read_back_and_keeps_its_bits() {
        for (text, ipv4, ipv6) in [
            ("0", Some("0.0.0.0/0"), None),
            ("24", Some("198.51.100.0/24"), None),
            ("32", Some("198.51.100.7/32"), None),
            ("48", None, Some("2001:db8:1::/48")),
            ("128", None, Some("2001:db8:1:2::9/128")),
            ("+32", None, Some("2001:db8::/32")),
            ("+0", None, Some("::/0")),
            ("16+64", Some("198.51.0.0/16"), Some("2001:db8:1:2::/64")),
        ] {
            let prefix: Prefix = text.parse().unwrap();
            assert_eq!(prefix.to_string(), text);
            let network = |text: &str| {
                prefix.network(text.parse().unwrap()).map(|network| network.to_string())
            };
            assert_eq!(network("198.51.100.7").as_deref(), ipv4, "{text}");
            assert_eq!(network("2001:db8:1:2::9").as_deref(), ipv6, "{text}");
            let bits = u32::from_be_bytes([198, 51, 100, 7]);
            let masked = prefix.ipv4_mask().map(|mask| Address::from_bits(bits & mask));
            assert_eq!(masked, prefix.first(Address::from_bits(bits)));
        }
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in ["", "129", "33+64", "24+129", "24+", "+", "-1", "2 4", "24+64+1", "0024", "a"]
        {
            assert_eq!(text.parse::<Prefix>(), Err(WrongPrefix), "{text}");
        }
    }
}
