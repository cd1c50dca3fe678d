//! External merge sort of export packets by time: some in memory, more as sorted runs
//! in temporary files.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::sync::Arc;

use crate::spill::memory::Memory;
use crate::spill::record::Record;
use crate::spill::temp_file::TempFile;

/// An export packet and how many of its flows were seen, in 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) time: u64,
    pub(crate) sequence: u32,
    /// Index of its engine.
    pub(crate) engine: u32,
    /// How many flows it carried, as its header states.
    pub(crate) stated: u32,
    pub(crate) seen: u32,
}

const PACKET_BYTES: usize = 24;

impl Packet {
    fn sort_key(&self) -> (u64, u32) {
        (self.time, self.sequence)
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.sort_key() == other.sort_key() && self.engine == other.engine
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.stated = self.stated.max(other.stated);
        self.seen = self.seen.saturating_add(other.seen);
    }
}

impl Record for Packet {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.time, self.sequence), self.engine).write(out);
        (self.stated, self.seen).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let ((time, sequence), engine) = Record::read(bytes)?;
        let (stated, seen) = Record::read(bytes)?;
        Some(Self { time, sequence, engine, stated, seen })
    }
}

/// Packets of one thread, as runs.
#[derive(Debug)]
pub(crate) struct PacketRuns {
    recent: Vec<Packet>,
    files: Vec<SortedRun>,
    memory: Arc<Memory>,
    max_recent: usize,
}

/// Sorted packets in a file.
#[derive(Debug)]
struct SortedRun {
    file: TempFile,
    packets: usize,
    /// New indices of the engines, where they have changed since.
    new_indices: Option<Arc<Vec<u32>>>,
}

/// Packets that are read at a time from each run.
const CHUNK: usize = 4096;

impl PacketRuns {
    pub(crate) fn new(memory: &Arc<Memory>) -> Self {
        let max_recent = memory.max_records(PACKET_BYTES * 8).max(16);
        Self { recent: Vec::new(), files: Vec::new(), memory: Arc::clone(memory), max_recent }
    }

    pub(crate) fn push(&mut self, packet: Option<Packet>) {
        let Some(packet) = packet else { return };
        if self.recent.len() >= self.max_recent {
            sort_and_merge(&mut self.recent);
            if self.recent.len() > self.max_recent / 2 {
                match write_run(&self.recent) {
                    Ok(run) => self.files.push(run),
                    Err(error) => self.memory.fail(error),
                }
                self.recent.clear();
            }
        }
        self.recent.push(packet);
    }

    /// Adds the runs of another thread; `indices` has the new indices of its engines.
    pub(crate) fn append(&mut self, mut other: Self, indices: Vec<u32>) {
        let reindexed = |packet: &mut Packet| packet.engine = indices[packet.engine as usize];
        other.recent.iter_mut().for_each(reindexed);
        self.recent.append(&mut other.recent);
        let indices = Arc::new(indices);
        self.files.extend(other.files.into_iter().map(|mut run| {
            run.new_indices = Some(match run.new_indices {
                None => Arc::clone(&indices),
                Some(before) => {
                    Arc::new(before.iter().map(|index| indices[*index as usize]).collect())
                }
            });
            run
        }));
    }

    /// Calls `take` with every packet once, in the order of time and sequence number.
    pub(crate) fn in_order(mut self, mut take: impl FnMut(Packet)) -> io::Result<()> {
        sort_and_merge(&mut self.recent);
        if self.files.is_empty() {
            self.recent.into_iter().for_each(take);
            return Ok(());
        }
        let mut readers: Vec<Reader<'_>> = self
            .files
            .iter()
            .map(|run| Reader { run: Some(run), at: 0, ready: Vec::new() })
            .collect();
        self.recent.reverse();
        readers.push(Reader { run: None, at: 0, ready: self.recent });
        let mut heads = BinaryHeap::with_capacity(readers.len());
        for (n, reader) in readers.iter_mut().enumerate() {
            heads.extend(reader.next()?.map(|packet| Reverse(Head { packet, n })));
        }
        // Packets of one time and sequence number: perhaps of several engines, and from
        // several runs.
        let mut equal_keys: Vec<Packet> = Vec::new();
        while let Some(Reverse(Head { packet, n })) = heads.pop() {
            heads.extend(readers[n].next()?.map(|packet| Reverse(Head { packet, n })));
            if equal_keys.first().is_some_and(|first| first.sort_key() != packet.sort_key()) {
                equal_keys.drain(..).for_each(&mut take);
            }
            match equal_keys.iter_mut().find(|known| known.is_same(&packet)) {
                Some(known) => known.merge(&packet),
                None => equal_keys.push(packet),
            }
        }
        equal_keys.into_iter().for_each(take);
        Ok(())
    }
}

/// Sorts packets, and merges the entries of each. Row groups are mostly sorted
/// already, which makes this sort fast.
fn sort_and_merge(packets: &mut Vec<Packet>) {
    packets.sort_by_key(|packet| (packet.sort_key(), packet.engine));
    packets.dedup_by(|more, kept| {
        let same = kept.is_same(more);
        if same {
            kept.merge(more);
        }
        same
    });
}

fn write_run(packets: &[Packet]) -> io::Result<SortedRun> {
    let mut file = TempFile::new()?;
    let mut bytes = Vec::with_capacity(CHUNK * PACKET_BYTES);
    for chunk in packets.chunks(CHUNK) {
        bytes.clear();
        for packet in chunk {
            packet.write(&mut bytes);
        }
        file.write_all(&bytes)?;
    }
    Ok(SortedRun { file, packets: packets.len(), new_indices: None })
}

/// A run being read from start to end.
struct Reader<'r> {
    /// `None` if all packets are in `ready`.
    run: Option<&'r SortedRun>,
    at: usize,
    /// The next packets, the first one last.
    ready: Vec<Packet>,
}

impl Reader<'_> {
    fn next(&mut self) -> io::Result<Option<Packet>> {
        let left = self.run.map_or(0, |run| run.packets - self.at);
        if let (true, Some(run)) = (self.ready.is_empty() && left > 0, self.run) {
            let mut bytes = vec![0; CHUNK.min(left) * PACKET_BYTES];
            run.file.read_exact_at(&mut bytes, (self.at * PACKET_BYTES) as u64)?;
            self.at += CHUNK.min(left);
            let mut bytes = bytes.as_slice();
            while let Some(mut packet) = Packet::read(&mut bytes) {
                if let Some(indices) = &run.new_indices {
                    packet.engine = indices[packet.engine as usize];
                }
                self.ready.push(packet);
            }
            self.ready.reverse();
        }
        Ok(self.ready.pop())
    }
}

/// The next packet of a reader, for the heap of the merge.
struct Head {
    packet: Packet,
    n: usize,
}

impl Head {
    fn order(&self) -> ((u64, u32), usize) {
        (self.packet.sort_key(), self.n)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scattered flows of two engines over two threads, with a budget for all of them
    /// and for few: every packet comes once, in order.
    #[test]
    fn packets_come_in_order_and_once() {
        for most in [0, 100_000, usize::MAX] {
            let memory = Arc::new(Memory::of(most));
            let mut threads = [0, 1].map(|_| PacketRuns::new(&memory));
            for n in 0..40_000_u64 {
                let packet = n * 7919 % 5000;
                let sequence = u32::try_from(packet).unwrap();
                for engine in [0, 1] {
                    let packet = Packet { time: packet / 3, sequence, engine, stated: 8, seen: 1 };
                    threads[usize::from(n % 3 == 0)].push(Some(packet));
                }
            }
            assert_eq!(threads[0].files.is_empty(), most == usize::MAX);
            let [mut all, other] = threads;
            // The other thread met the engines in another order.
            all.append(other, vec![1, 0]);
            let mut found = Vec::new();
            all.in_order(|packet| found.push(packet)).unwrap();
            assert_eq!(found.len(), 10_000, "{most}");
            assert!(found.is_sorted_by_key(Packet::sort_key));
            assert!(found.iter().all(|packet| packet.seen == 8));
            assert!(memory.failure().is_none());
        }
    }
}
