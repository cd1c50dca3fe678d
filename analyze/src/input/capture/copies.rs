//! Tells a datagram that a capture has twice, once by itself and once in a tunnel:
//! a mirror of the traffic, or both ends of the tunnel.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use super::walk::{Datagram, Route};

/// Datagrams that are remembered; a mirror sends its copy at once.
const MOST: usize = 4096;

/// The last datagrams, and in how many IP packets each was wrapped.
#[derive(Debug, Default)]
pub(super) struct Copies {
    depths: HashMap<u64, u8>,
    order: VecDeque<u64>,
    hashing: RandomState,
}

impl Copies {
    /// Whether the datagram came before at another depth. At the same depth it is a
    /// datagram that was captured twice, which is not for the capture to judge.
    pub(super) fn is_copy(&mut self, datagram: &Datagram<'_>) -> bool {
        let Route { source, destination, depth } = datagram.route;
        let key = (source, destination, datagram.ports, datagram.payload);
        let hash = self.hashing.hash_one(key);
        if let Some(known) = self.depths.get(&hash) {
            return *known != depth;
        }
        if self.order.len() >= MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.depths.remove(&oldest);
        }
        self.order.push_back(hash);
        self.depths.insert(hash, depth);
        false
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn only_a_datagram_at_another_depth_is_a_copy() {
        let source = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        fn datagram(source: IpAddr, depth: u8, payload: &[u8]) -> Datagram<'_> {
            let route = Route { source, destination: source, depth };
            Datagram { route, ports: (1, 2), payload }
        }
        let mut copies = Copies::default();
        let found = [(1, &[1][..]), (0, &[1]), (1, &[1]), (0, &[2]), (0, &[2])]
            .map(|(depth, payload)| copies.is_copy(&datagram(source, depth, payload)));
        assert_eq!(found, [false, true, false, false, false]);
        for n in 0..10_000_u32 {
            copies.is_copy(&datagram(source, 0, &n.to_be_bytes()));
        }
        assert_eq!((copies.depths.len(), copies.order.len()), (MOST, MOST));
    }
}
