//! Puts fragments of IP packets together, as many as fit a bounded memory.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use super::walk::{Fragment, Route};

/// Packets in work at a time; the oldest is given up for another one.
const MOST_PACKETS: usize = 1024;
/// Bytes in work at a time.
const MOST_BYTES: usize = 1 << 24;
/// Fragments of finished packets that are remembered, so that a second copy of one
/// begins no packet.
const MOST_REMEMBERED: usize = 4096;

/// What tells the fragments of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    id: u32,
    protocol: u8,
}

/// A packet in work.
#[derive(Debug)]
struct Pieces {
    /// Order in which packets were begun.
    age: u64,
    /// Frame of the first fragment that came.
    first: u64,
    /// Fragments by their offset.
    by_offset: BTreeMap<usize, Vec<u8>>,
    /// Length of the whole, once its last fragment came.
    length: Option<usize>,
}

/// A packet that was given up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfinished {
    pub(super) protocol: u8,
    /// Frame of the first fragment that came.
    pub(super) frame: u64,
    /// How many fragments came.
    pub(super) fragments: u64,
    /// The payload's first bytes, if its first fragment came.
    pub(super) head: Option<Vec<u8>>,
}

/// What became of a fragment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It waits for others.
    Waits,
    /// It is a copy of one that came.
    Copy,
    /// The payload is whole, and how many fragments it had.
    Whole(Vec<u8>, u64),
}

/// Fragments that wait for others.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    packets: HashMap<Key, Pieces>,
    bytes: usize,
    age: u64,
    /// Hashes of the fragments of packets that are whole, by state of hashing.
    remembered: VecDeque<u64>,
    hashing: RandomState,
}

impl Fragments {
    /// Takes a fragment of a frame; packets that are given up for it go to
    /// `given_up`.
    pub(super) fn take(
        &mut self,
        fragment: &Fragment<'_>,
        frame: u64,
        given_up: &mut Vec<Unfinished>,
    ) -> Taken {
        let Route { source, destination, .. } = fragment.route;
        let key = Key { source, destination, id: fragment.id, protocol: fragment.protocol };
        let hash = self.hashing.hash_one((key, fragment.offset, fragment.bytes));
        if self.remembered.contains(&hash) {
            return Taken::Copy;
        }
        self.replace_stale(&key, fragment, given_up);
        self.age += 1;
        let age = self.age;
        let packet = self.packets.entry(key).or_insert_with(|| Pieces {
            age,
            first: frame,
            by_offset: BTreeMap::new(),
            length: None,
        });
        if packet.by_offset.contains_key(&fragment.offset) {
            return Taken::Copy;
        }
        if !fragment.more {
            packet.length = Some(fragment.offset + fragment.bytes.len());
        }
        packet.by_offset.insert(fragment.offset, fragment.bytes.to_vec());
        self.bytes += fragment.bytes.len();
        if let Some(whole) = packet.whole() {
            let pieces = self.remove(&key);
            for (offset, bytes) in &pieces.by_offset {
                let hash = self.hashing.hash_one((key, *offset, bytes.as_slice()));
                self.remembered.push_back(hash);
            }
            let over = self.remembered.len().saturating_sub(MOST_REMEMBERED);
            self.remembered.drain(..over);
            return Taken::Whole(whole, pieces.by_offset.len() as u64);
        }
        while self.packets.len() > MOST_PACKETS || self.bytes > MOST_BYTES {
            let oldest = self.packets.iter().min_by_key(|(_, packet)| packet.age);
            let Some(key) = oldest.map(|(key, _)| *key) else { break };
            let pieces = self.remove(&key);
            given_up.push(pieces.unfinished(&key));
        }
        Taken::Waits
    }

    /// Gives up a packet under the same key that a fragment contradicts: the
    /// identification is in use again.
    fn replace_stale(
        &mut self,
        key: &Key,
        fragment: &Fragment<'_>,
        given_up: &mut Vec<Unfinished>,
    ) {
        let is_stale = self.packets.get(key).is_some_and(|packet| {
            let same_place = packet.by_offset.get(&fragment.offset);
            same_place.is_some_and(|known| known != fragment.bytes)
        });
        if is_stale {
            let pieces = self.remove(key);
            given_up.push(pieces.unfinished(key));
        }
    }

    fn remove(&mut self, key: &Key) -> Pieces {
        let pieces = self.packets.remove(key).expect("the key is of a packet in work");
        self.bytes -= pieces.by_offset.values().map(Vec::len).sum::<usize>();
        pieces
    }

    /// All packets that are not whole at the end, in the order of their frames.
    pub(super) fn finish(self) -> Vec<Unfinished> {
        let mut all: Vec<_> =
            self.packets.iter().map(|(key, pieces)| pieces.unfinished(key)).collect();
        all.sort_by_key(|unfinished| unfinished.frame);
        all
    }
}

impl Pieces {
    /// The payload, if no byte is missing.
    fn whole(&self) -> Option<Vec<u8>> {
        let length = self.length?;
        let mut whole = Vec::with_capacity(length);
        for (offset, bytes) in &self.by_offset {
            // Where fragments overlap, the first one counts.
            let known = whole.len().checked_sub(*offset)?;
            whole.extend_from_slice(bytes.get(known..).unwrap_or_default());
        }
        whole.truncate(length);
        (whole.len() == length).then_some(whole)
    }

    fn unfinished(&self, key: &Key) -> Unfinished {
        Unfinished {
            protocol: key.protocol,
            frame: self.first,
            fragments: self.by_offset.len() as u64,
            head: self.by_offset.get(&0).map(|bytes| bytes[..bytes.len().min(16)].to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn fragment(id: u32, offset: usize, more: bool, bytes: &[u8]) -> Fragment<'_> {
        let source = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let route = Route { source, destination: source, depth: 0 };
        Fragment { route, id, protocol: 17, offset, more, is_cut: false, bytes }
    }

    #[test]
    fn fragments_in_any_order_become_a_packet_once() {
        let (mut fragments, mut lost) = (Fragments::default(), Vec::new());
        let (a, b, c) = ([1; 16], [2; 8], [3; 5]);
        let parts = [
            fragment(7, 24, false, &c),
            fragment(7, 0, true, &a),
            fragment(7, 0, true, &a),
            fragment(7, 16, true, &b),
            fragment(7, 16, true, &b),
        ];
        let whole = [&a[..], &b, &c].concat();
        let found: Vec<Taken> =
            parts.iter().map(|part| fragments.take(part, 1, &mut lost)).collect();
        let expected =
            [Taken::Waits, Taken::Waits, Taken::Copy, Taken::Whole(whole, 3), Taken::Copy];
        assert_eq!(found, expected);
        assert_eq!((lost, fragments.finish()), (vec![], vec![]));
    }

    #[test]
    fn what_is_not_whole_is_told() {
        let (mut fragments, mut lost) = (Fragments::default(), Vec::new());
        fragments.take(&fragment(1, 0, true, &[0; 24]), 3, &mut lost);
        // The identification is in use again.
        fragments.take(&fragment(1, 0, true, &[9; 24]), 5, &mut lost);
        assert_eq!(lost.len(), 1);
        fragments.take(&fragment(2, 16, false, &[9; 24]), 6, &mut lost);
        let left: Vec<(u64, bool)> =
            fragments.finish().iter().map(|lost| (lost.frame, lost.head.is_some())).collect();
        assert_eq!(left, [(5, true), (6, false)]);
    }

    #[test]
    fn memory_is_bounded() {
        let (mut fragments, mut lost) = (Fragments::default(), Vec::new());
        for id in 0..5000 {
            fragments.take(&fragment(id, 0, true, &[0; 8000]), 1, &mut lost);
        }
        assert!(fragments.packets.len() <= MOST_PACKETS);
        assert!(fragments.bytes <= MOST_BYTES);
        assert_eq!(fragments.packets.len() + lost.len(), 5000);
    }
}
