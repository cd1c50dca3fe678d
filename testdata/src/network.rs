//! The map of the practice network: which network is where, and whose it is.
//!
//! Only private, documentation and measurement addresses (RFC 1918, RFC 5737,
//! RFC 2544) and documentation AS numbers (RFC 5398) occur.

use std::net::{IpAddr, Ipv4Addr};

use flowkit_model::Network;

/// A network the routers know.
#[derive(Debug)]
pub(crate) struct Route {
    network: Network,
    /// Interface of the office router towards it.
    pub(crate) interface: u16,
    /// Owner of public networks: AS number and name.
    pub(crate) owner: Option<(u16, &'static str)>,
}

impl Route {
    const fn new(
        [a, b, c, d]: [u8; 4],
        prefix: u8,
        interface: u16,
        owner: Option<(u16, &'static str)>,
    ) -> Self {
        let network = Network::new_assert(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix);
        Self { network, interface, owner }
    }

    /// Length of the prefix, as routers export it.
    pub(crate) fn mask(&self) -> u8 {
        self.network.prefix_len()
    }
}

/// Anything else: the default route, through the provider.
static DEFAULT: Route = Route::new([0, 0, 0, 0], 0, UPLINK, None);

/// Interface towards the provider.
pub(crate) const UPLINK: u16 = 2;

#[rustfmt::skip]
static ROUTES: [Route; 14] = [
    Route::new([192, 168, 10, 0], 24, 1, None),    // servers
    Route::new([192, 168, 100, 0], 24, 3, None),   // office
    Route::new([192, 168, 200, 0], 24, 4, None),   // second site
    Route::new([10, 20, 0, 0], 16, 5, None),       // people at home, by VPN
    Route::new([192, 0, 2, 0], 24, 6, Some((64496, "Example Company"))),
    Route::new([203, 0, 113, 0], 26, UPLINK, Some((64497, "Example Mobile"))),
    Route::new([203, 0, 113, 64], 26, UPLINK, Some((64498, "Example Cloud"))),
    Route::new([203, 0, 113, 128], 26, UPLINK, Some((64499, "Example Video"))),
    Route::new([203, 0, 113, 192], 26, UPLINK, Some((64500, "Example Resolver"))),
    Route::new([198, 51, 100, 0], 26, UPLINK, Some((64501, "Example Access"))),
    Route::new([198, 51, 100, 64], 26, UPLINK, Some((64502, "Example Hosting"))),
    Route::new([198, 51, 100, 128], 25, UPLINK, Some((64511, "Example Campus"))),
    Route::new([198, 18, 0, 0], 16, UPLINK, Some((64505, "Example Transit"))),
    Route::new([198, 19, 0, 0], 16, UPLINK, Some((64506, "Example Exchange"))),
];

/// The route with the longest prefix that holds an address.
pub(crate) fn route_to(addr: Ipv4Addr) -> &'static Route {
    let known = ROUTES.iter().filter(|route| route.network.contains(&IpAddr::V4(addr)));
    known.max_by_key(|route| route.mask()).unwrap_or(&DEFAULT)
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
            let owner = route_to(Ipv4Addr::from(addr)).owner.unwrap();
            assert_eq!(owner.0, number);
        }
        assert!(ROUTES.iter().filter_map(|route| route.owner).all(|owner| owner.0 >= 64496));
        assert_eq!(route_to(Ipv4Addr::new(8, 8, 8, 8)).mask(), 0);
    }
}
