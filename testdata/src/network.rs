//! The map of the practice network: which prefix is where, and whose it is.
//!
//! Only private, documentation and measurement addresses (RFC 1918, RFC 5737,
//! RFC 2544) and documentation AS numbers (RFC 5398) occur.

use std::net::Ipv4Addr;

/// A prefix the routers know.
#[derive(Debug)]
pub(crate) struct Prefix {
    network: u32,
    /// Prefix length.
    pub(crate) length: u8,
    /// Interface of the office router towards it.
    pub(crate) interface: u16,
    /// Owner for public prefixes: AS number and name.
    pub(crate) owner: Option<(u16, &'static str)>,
}

impl Prefix {
    const fn new(
        octets: [u8; 4],
        length: u8,
        interface: u16,
        owner: Option<(u16, &'static str)>,
    ) -> Prefix {
        Prefix { network: u32::from_be_bytes(octets), length, interface, owner }
    }
}

/// Anything else: the default route, through the provider.
static DEFAULT: Prefix = Prefix::new([0, 0, 0, 0], 0, UPLINK, None);

/// Interface towards the provider.
pub(crate) const UPLINK: u16 = 2;

#[rustfmt::skip]
static PREFIXES: [Prefix; 14] = [
    Prefix::new([192, 168, 10, 0], 24, 1, None),    // servers
    Prefix::new([192, 168, 100, 0], 24, 3, None),   // office
    Prefix::new([192, 168, 200, 0], 24, 4, None),   // second site
    Prefix::new([10, 20, 0, 0], 16, 5, None),       // people at home, by VPN
    Prefix::new([192, 0, 2, 0], 24, 6, Some((64496, "Example Company"))),
    Prefix::new([203, 0, 113, 0], 26, UPLINK, Some((64497, "Example Mobile"))),
    Prefix::new([203, 0, 113, 64], 26, UPLINK, Some((64498, "Example Cloud"))),
    Prefix::new([203, 0, 113, 128], 26, UPLINK, Some((64499, "Example Video"))),
    Prefix::new([203, 0, 113, 192], 26, UPLINK, Some((64500, "Example Resolver"))),
    Prefix::new([198, 51, 100, 0], 26, UPLINK, Some((64501, "Example Access"))),
    Prefix::new([198, 51, 100, 64], 26, UPLINK, Some((64502, "Example Hosting"))),
    Prefix::new([198, 51, 100, 128], 25, UPLINK, Some((64511, "Example Campus"))),
    Prefix::new([198, 18, 0, 0], 16, UPLINK, Some((64505, "Example Transit"))),
    Prefix::new([198, 19, 0, 0], 16, UPLINK, Some((64506, "Example Exchange"))),
];

/// The longest prefix that holds an address.
pub(crate) fn prefix_of(addr: Ipv4Addr) -> &'static Prefix {
    PREFIXES
        .iter()
        .filter(|prefix| {
            let mask = u32::MAX << (32 - u32::from(prefix.length));
            addr.to_bits() & mask == prefix.network
        })
        .max_by_key(|prefix| prefix.length)
        .unwrap_or(&DEFAULT)
}

/// Whether Logstash's module calls the address private.
pub(crate) fn is_private(addr: Ipv4Addr) -> bool {
    addr.is_private()
        || addr.is_unspecified()
        || addr.is_loopback()
        || addr.is_link_local()
        || addr.is_multicast()
        || addr.is_broadcast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_have_an_owner_with_a_documentation_number() {
        for (addr, number) in [([203, 0, 113, 70], 64498), ([198, 51, 100, 200], 64511)] {
            let owner = prefix_of(Ipv4Addr::from(addr)).owner.unwrap();
            assert_eq!(owner.0, number);
        }
        assert!(PREFIXES.iter().filter_map(|prefix| prefix.owner).all(|owner| owner.0 >= 64496));
        assert_eq!(prefix_of(Ipv4Addr::new(8, 8, 8, 8)).length, 0);
    }
}
