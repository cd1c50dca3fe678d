//! Records partitioned by hash, in memory and, beyond the memory budget, spilled
//! to a temporary file.
//!
//! A hash table of millions of keys misses the cache at each flow. Divided into
//! [`PARTITIONS`], the records of one partition have so few keys that their
//! table stays in the cache, and partitions can be aggregated in parallel.

use std::io::{self, Write};
use std::sync::Arc;

use super::memory::Memory;
use super::record::Record;
use crate::spill::temp_file::TempFile;
use crate::threads::map;

/// Partitions of every set of records. 10 M flows have some 4.5 M pairs of
/// addresses: 9,000 per partition, a hash table of 0.6 MB.
pub(crate) const PARTITIONS: usize = 512;

/// Records by partition.
#[derive(Debug)]
pub(crate) struct Partitions<R> {
    /// Empty before the first record.
    parts: Vec<Partition<R>>,
    files: Vec<TempFile>,
    /// The index of the file that is written to; the others came from other threads.
    own: Option<usize>,
    bytes_written: u64,
    memory: Arc<Memory>,
    chunk_records: usize,
    bytes_held: usize,
}

#[derive(Debug)]
struct Partition<R> {
    open: Vec<R>,
    full: Vec<Vec<R>>,
    on_disk: Vec<Extent>,
    records: u64,
}

/// A run of records of a partition in a file.
#[derive(Clone, Copy, Debug)]
struct Extent {
    file: usize,
    start: u64,
    bytes: usize,
}

impl<R> Default for Partition<R> {
    fn default() -> Self {
        Self { open: Vec::new(), full: Vec::new(), on_disk: Vec::new(), records: 0 }
    }
}

impl<R> Partition<R> {
    /// How many times larger than the first chunk the next is. Each is an allocation
    /// from the system, while other threads wait: for pairs of 10 M flows 21,000 of
    /// them if all chunks were small.
    fn growth(&self) -> usize {
        self.full.len().clamp(1, 4)
    }
}

impl<R: Record> Partitions<R> {
    pub(crate) fn new(memory: Arc<Memory>) -> Self {
        Self {
            parts: Vec::new(),
            files: Vec::new(),
            own: None,
            bytes_written: 0,
            chunk_records: (memory.chunk_bytes() / size_of::<R>().max(1)).max(4),
            memory,
            bytes_held: 0,
        }
    }

    /// Adds a record whose hash is `hash`.
    #[inline]
    pub(crate) fn push(&mut self, hash: u64, record: R) {
        if self.parts.is_empty() {
            self.parts.resize_with(PARTITIONS, Partition::default);
        }
        let part = &mut self.parts[partition_of(hash)];
        if part.open.len() == part.open.capacity() {
            let room = self.chunk_records * part.growth();
            let chunk = std::mem::replace(&mut part.open, Vec::with_capacity(room));
            part.open.push(record);
            self.close(partition_of(hash), chunk);
        } else {
            part.open.push(record);
        }
    }

    /// Keeps a full chunk; beyond the budget, all full chunks are spilled.
    #[cold]
    fn close(&mut self, partition: usize, chunk: Vec<R>) {
        if chunk.is_empty() {
            return;
        }
        let part = &mut self.parts[partition];
        part.records += chunk.len() as u64;
        let heap: usize = chunk.iter().map(Record::heap_bytes).sum();
        let bytes = chunk.capacity() * size_of::<R>() + heap;
        part.full.push(chunk);
        self.bytes_held += bytes;
        if self.memory.reserve(bytes) && self.bytes_held > self.memory.min_spill_bytes() {
            if let Err(error) = self.spill() {
                self.memory.fail(error);
            }
            self.memory.release(self.bytes_held);
            self.bytes_held = 0;
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        let own = if let Some(own) = self.own {
            own
        } else {
            self.files.push(TempFile::new()?);
            *self.own.insert(self.files.len() - 1)
        };
        let file = &mut self.files[own];
        let mut bytes = Vec::new();
        for part in &mut self.parts {
            bytes.clear();
            for record in part.full.drain(..).flatten() {
                record.write(&mut bytes);
            }
            if bytes.is_empty() {
                continue;
            }
            file.write_all(&bytes)?;
            part.on_disk.push(Extent { file: own, start: self.bytes_written, bytes: bytes.len() });
            self.bytes_written += bytes.len() as u64;
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds the records of another thread.
    pub(crate) fn append(&mut self, mut other: Self) {
        if self.parts.is_empty() {
            self.parts.resize_with(PARTITIONS, Partition::default);
        }
        let offset = self.files.len();
        self.files.append(&mut other.files);
        self.bytes_held += std::mem::take(&mut other.bytes_held);
        for (part, more) in self.parts.iter_mut().zip(std::mem::take(&mut other.parts)) {
            part.records += more.records + more.open.len() as u64;
            part.full.extend(more.full);
            if !more.open.is_empty() {
                part.full.push(more.open);
            }
            let moved = |extent: Extent| Extent { file: extent.file + offset, ..extent };
            part.on_disk.extend(more.on_disk.into_iter().map(moved));
        }
    }

    /// Drops all records.
    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.memory.release(std::mem::take(&mut self.bytes_held));
    }

    /// The number of records of a partition.
    pub(crate) fn len(&self, partition: usize) -> usize {
        self.parts
            .get(partition)
            .map_or(0, |part| usize::try_from(part.records).unwrap_or(usize::MAX) + part.open.len())
    }

    /// Calls `take` with the records of a partition.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub(crate) fn each(&self, partition: usize, mut take: impl FnMut(R)) -> io::Result<()>
    where
        R: Clone,
    {
        let Some(part) = self.parts.get(partition) else { return Ok(()) };
        for chunk in part.full.iter().chain([&part.open]) {
            for record in chunk {
                take(record.clone());
            }
        }
        let mut bytes = Vec::new();
        for extent in &part.on_disk {
            bytes.resize(extent.bytes, 0);
            self.files[extent.file].read_exact_at(&mut bytes, extent.start)?;
            let mut left = bytes.as_slice();
            while !left.is_empty() {
                take(R::read(&mut left).ok_or(io::ErrorKind::InvalidData)?);
            }
        }
        Ok(())
    }
}

impl<R> Drop for Partitions<R> {
    fn drop(&mut self) {
        self.memory.release(self.bytes_held);
    }
}

/// The partition of a hash. Hash tables use other bits of it.
fn partition_of(hash: u64) -> usize {
    usize::try_from(hash >> 32).expect("32 bits are left") % PARTITIONS
}

/// Works on parts in parallel; a single one stays on this thread.
pub(crate) fn each_part<T: Send>(
    parts: usize,
    work: impl Fn(usize) -> io::Result<T> + Sync + Send,
) -> io::Result<Vec<T>> {
    if parts <= 1 {
        return (0..parts).map(work).collect();
    }
    map((0..parts).collect(), work).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records of two threads, in memory and spilled: every record comes back once, in
    /// the partition of its hash.
    #[test]
    fn records_come_back_from_memory_and_disk() {
        for most in [0, 300_000, usize::MAX] {
            let memory = Arc::new(Memory::of(most));
            let mut threads = [0, 1].map(|_| Partitions::<(u64, u64)>::new(Arc::clone(&memory)));
            let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            for n in 0..60_000 {
                threads[usize::from(n % 7 == 0)].push(hash(n), (n, n * n));
            }
            assert_eq!(threads.iter().any(|thread| !thread.files.is_empty()), most < usize::MAX);
            let [mut all, other] = threads;
            all.append(other);
            let mut found = Vec::new();
            for part in 0..PARTITIONS {
                let before = found.len();
                all.each(part, |record| {
                    assert_eq!(partition_of(hash(record.0)), part);
                    found.push(record);
                })
                .unwrap();
                assert_eq!(found.len() - before, all.len(part));
            }
            found.sort_unstable();
            assert!(found.into_iter().eq((0..60_000).map(|n| (n, n * n))), "{most}");
            assert!(memory.failure().is_none());
        }
    }
}
