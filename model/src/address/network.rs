//! Networks: the addresses of one family that share their first bits.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, ipv4_mask_to_prefix};

use super::{Address, BEHIND_MAPPED, Family, N_IPV4};

/// A network: a prefix of addresses, `10.0.0.0/8` or `2001:db8::/32`.
pub type Network = IpNet;

/// Bits that all mapped IPv4 addresses share.
const MAPPED_LENGTH: u8 = 96;

/// The first and the last address of a network. Mapped IPv4 addresses are none of IPv6.
#[must_use]
pub fn bounds(network: Network) -> (Address, Address) {
    match network {
        IpNet::V4(network) => (network.network().into(), network.broadcast().into()),
        IpNet::V6(network) => {
            let last = network.broadcast();
            // Only a network that all mapped addresses are in can end with them.
            let is_mapped = last.to_ipv4_mapped().is_some();
            let last = if is_mapped { Address(BEHIND_MAPPED - 1) } else { last.into() };
            (network.network().into(), last)
        }
    }
}

/// The numbers of the first and the last address of a family.
#[must_use]
pub fn ends_of(family: Family) -> (u128, u128) {
    match family {
        Family::Ipv4 => (0, N_IPV4 - 1),
        Family::Ipv6 => (N_IPV4, u128::MAX),
    }
}

/// A range of numbers in pieces that are ranges also where IPv4 stands at the place of
/// the mapped addresses in IPv6, as in the `ip` type of Elasticsearch.
///
/// ```
/// use flowkit_model::address::{Address, pieces};
///
/// let [first, last] = ["::", "ffff::"].map(|text| text.parse::<Address>().unwrap().number());
/// let texts = pieces((first, last)).map(|ends| [ends.0, ends.1].map(Address::from_number));
/// assert_eq!(format!("{:?}", texts.collect::<Vec<_>>()), "[[::, ::fffe:ffff:ffff], [::1:0:0:0, ffff::]]");
/// ```
pub fn pieces((first, last): (u128, u128)) -> impl Iterator<Item = (u128, u128)> {
    let ends =
        [(0, N_IPV4 - 1), (N_IPV4, BEHIND_MAPPED - 1), (BEHIND_MAPPED, u128::MAX)].into_iter();
    ends.map(move |(least, most)| (first.max(least), last.min(most)))
        .filter(|(first, last)| first <= last)
}

/// Reads `10.0.0.0/8` and `2001:db8::/32`; bits beyond the prefix do not matter. A
/// network of mapped IPv4 addresses is one of IPv4.
#[must_use]
pub fn parse_network(text: &str) -> Option<Network> {
    let network = text.parse::<Network>().ok()?.trunc();
    let IpNet::V6(wide) = network else { return Some(network) };
    let mapped = wide.network().to_ipv4_mapped();
    match (mapped, wide.prefix_len().checked_sub(MAPPED_LENGTH)) {
        (Some(address), Some(length)) => Ipv4Net::new(address, length).ok().map(IpNet::V4),
        _ => Some(network),
    }
}

/// The network whose first and last address these are, if there is one; the smaller of
/// two that differ only in mapped IPv4 addresses, which are none of IPv6 (`::fffe:0:0/96`
/// and `/95`).
#[must_use]
pub fn network_between(first: Address, last: Address) -> Option<Network> {
    let mut lengths = (0..=first.family().bits()).rev();
    lengths.find_map(|length| {
        first.network(length).filter(|network| bounds(*network) == (first, last))
    })
}

/// The prefix that a mask such as `255.0.0.0` keeps; `None` if its bits are not
/// in one piece.
#[must_use]
pub fn prefix_of_mask(mask: Address) -> Option<u8> {
    let IpAddr::V4(mask) = mask.into() else { return None };
    ipv4_mask_to_prefix(mask).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::any_address;
    use super::*;

    #[test]
    fn a_range_that_is_no_prefix_is_no_network() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        for (first, last) in [
            ("10.0.0.1", "10.0.0.2"),
            ("10.0.0.0", "10.0.0.2"),
            ("10.0.0.128", "10.0.1.127"),
            ("10.0.0.2", "10.0.0.1"),
            ("0.0.0.0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::1", "::2"),
        ] {
            assert_eq!(network_between(address(first), address(last)), None, "{first} {last}");
        }
        let below_mapped = [address("::fffe:0:0"), address("::fffe:ffff:ffff")];
        let between = network_between(below_mapped[0], below_mapped[1]).unwrap();
        assert_eq!(between.to_string(), "::fffe:0:0/96");
        assert_eq!(prefix_of_mask(address("255.0.255.0")), None);
        assert_eq!(prefix_of_mask(address("255.0.0.0")), Some(8));
        assert_eq!(prefix_of_mask(address("ffff::")), None);
    }

    #[test]
    fn networks_of_mapped_addresses_are_of_ipv4() {
        for (text, expected) in [
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("2001:db8::1/32", Some("2001:db8::/32")),
            ("::ffff:10.0.0.0/104", Some("10.0.0.0/8")),
            ("::ffff:0:0/96", Some("0.0.0.0/0")),
            ("::ffff:0:0/95", Some("::fffe:0:0/95")),
            ("::/0", Some("::/0")),
            ("10.0.0.0/33", None),
            ("::/129", None),
            ("::", None),
        ] {
            let network = parse_network(text).map(|network| network.to_string());
            assert_eq!(network.as_deref(), expected, "{text}");
        }
    }

    proptest! {
        /// The bounds, the network between them, and the standard library's bits agree.
        #[test]
        fn a_network_has_the_addresses_of_its_prefix(
            (address, other) in (any_address(), any_address()),
            length in 0..=255_u8,
        ) {
            let Some(network) = address.network(length) else {
                prop_assert!(length > address.family().bits());
                return Ok(());
            };
            let (first, last) = bounds(network);
            prop_assert!(first <= address && address <= last);
            let between = network_between(first, last).unwrap();
            prop_assert_eq!(bounds(between), (first, last));
            let has_mapped = network.to_string() == "::fffe:0:0/95";
            prop_assert!(between == network || has_mapped, "{} {}", between, network);
            prop_assert_eq!(parse_network(&network.to_string()), Some(network));
            let is_in = network.contains(&IpAddr::from(other));
            prop_assert_eq!((first..=last).contains(&other), is_in);
        }
    }
}
