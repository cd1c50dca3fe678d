//! Tells a datagram that a capture has twice, once by itself and once in a tunnel:
//! a mirror of the traffic, or both ends of the tunnel.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use super::walk::{Datagram, Route};

/// Datagrams that are remembered; a mirror sends its copy at once.
const MOST: usize = 4096;

/// Whether a datagram came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    First,
    /// In as many IP packets: it was captured twice, or sent twice.
    Twice,
    /// In more, or in fewer.
    Copy,
}

/// The last datagrams, and in how many IP packets each was wrapped.
#[derive(Debug, Default)]
pub(super) struct Copies {
    depths: HashMap<u64, u8>,
    order: VecDeque<u64>,
    hashing: RandomState,
}

impl Copies {
    /// Looks a datagram up, and remembers it.
    pub(super) fn see(&mut self, datagram: &Datagram<'_>) -> Seen {
        let Route { source, destination, depth } = datagram.route;
        let key = (source, destination, datagram.ports, datagram.payload);
        let hash = self.hashing.hash_one(key);
        if let Some(known) = self.depths.get(&hash) {
            return if *known == depth { Seen::Twice } else { Seen::Copy };
        }
        if self.order.len() >= MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.depths.remove(&oldest);
        }
        self.order.push_back(hash);
        self.depths.insert(hash, depth);
        Seen::First
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn datagram(source: IpAddr, depth: u8, payload: &[u8]) -> Datagram<'_> {
        let route = Route { source, destination: source, depth };
        Datagram { route, ports: (1, 2), payload }
    }

    #[test]
    fn only_a_datagram_at_another_depth_is_a_copy() {
        let source = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let mut copies = Copies::default();
        let found = [(1, &[1][..]), (0, &[1]), (1, &[1]), (0, &[2]), (0, &[2])]
            .map(|(depth, payload)| copies.see(&datagram(source, depth, payload)));
        assert_eq!(found, [Seen::First, Seen::Copy, Seen::Twice, Seen::First, Seen::Twice]);
        for n in 0..10_000_u32 {
            copies.see(&datagram(source, 0, &n.to_be_bytes()));
        }
        assert_eq!((copies.depths.len(), copies.order.len()), (MOST, MOST));
    }
}
