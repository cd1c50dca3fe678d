//! Records shared out by their hash, in memory and, past a budget, in a
//! temporary file.
//!
//! A table of millions of keys misses the cache at each flow. Shared out over
//! [`PARTITIONS`], the records of one partition have so few keys that their
//! table stays in the cache, and partitions can be done side by side.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rayon::prelude::*;

use super::memory::Memory;
use super::record::Stored;
use crate::spill::temp_file::unlinked;

/// Partitions of every set of records. 10 M flows have some 4.5 M pairs of
/// addresses: 9,000 a partition, a table of 0.6 MB.
pub(crate) const PARTITIONS: usize = 512;

/// Records by partition.
#[derive(Debug)]
pub(crate) struct Partitions<R> {
    /// None before the first record.
    parts: Vec<Part<R>>,
    files: Vec<Arc<File>>,
    /// Which of the files is written to; the others came from other threads.
    own: Option<usize>,
    written: u64,
    memory: Arc<Memory>,
    chunk_records: usize,
    held: usize,
}

#[derive(Debug)]
struct Part<R> {
    open: Vec<R>,
    full: Vec<Vec<R>>,
    on_disk: Vec<Extent>,
    records: u64,
}

/// Some records of a partition in a file.
#[derive(Clone, Copy, Debug)]
struct Extent {
    file: usize,
    start: u64,
    bytes: usize,
}

impl<R> Default for Part<R> {
    fn default() -> Self {
        Self { open: Vec::new(), full: Vec::new(), on_disk: Vec::new(), records: 0 }
    }
}

impl<R> Part<R> {
    /// How many times larger than the first chunk the next is. The system is asked
    /// for each, while other threads wait: for pairs of 10 M flows 21,000 times if
    /// all chunks were small.
    fn growth(&self) -> usize {
        self.full.len().clamp(1, 4)
    }
}

impl<R: Stored> Partitions<R> {
    pub(crate) fn new(memory: Arc<Memory>) -> Self {
        Self {
            parts: Vec::new(),
            files: Vec::new(),
            own: None,
            written: 0,
            chunk_records: (memory.chunk_bytes() / size_of::<R>().max(1)).max(4),
            memory,
            held: 0,
        }
    }

    /// Adds a record whose hash is `hash`.
    #[inline]
    pub(crate) fn push(&mut self, hash: u64, record: R) {
        if self.parts.is_empty() {
            self.parts.resize_with(PARTITIONS, Part::default);
        }
        let part = &mut self.parts[place(hash)];
        if part.open.len() == part.open.capacity() {
            let room = self.chunk_records * part.growth();
            let chunk = std::mem::replace(&mut part.open, Vec::with_capacity(room));
            part.open.push(record);
            self.close(place(hash), chunk);
        } else {
            part.open.push(record);
        }
    }

    /// Puts a full chunk away; past the budget all full chunks go to disk.
    #[cold]
    fn close(&mut self, place: usize, chunk: Vec<R>) {
        if chunk.is_empty() {
            return;
        }
        let part = &mut self.parts[place];
        part.records += chunk.len() as u64;
        let heap: usize = chunk.iter().map(Stored::heap_bytes).sum();
        let bytes = chunk.capacity() * size_of::<R>() + heap;
        part.full.push(chunk);
        self.held += bytes;
        if self.memory.take(bytes) && self.held > self.memory.least_written() {
            if let Err(error) = self.spill() {
                self.memory.fail(error);
            }
            self.memory.give(self.held);
            self.held = 0;
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        let own = if let Some(own) = self.own {
            own
        } else {
            self.files.push(Arc::new(unlinked()?));
            *self.own.insert(self.files.len() - 1)
        };
        let mut file = &*self.files[own];
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
            part.on_disk.push(Extent { file: own, start: self.written, bytes: bytes.len() });
            self.written += bytes.len() as u64;
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds what another thread has.
    pub(crate) fn append(&mut self, mut other: Self) {
        if self.parts.is_empty() {
            self.parts.resize_with(PARTITIONS, Part::default);
        }
        let offset = self.files.len();
        self.files.append(&mut other.files);
        self.held += std::mem::take(&mut other.held);
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

    /// Forgets all records.
    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.memory.give(std::mem::take(&mut self.held));
    }

    /// Records of a partition.
    pub(crate) fn len(&self, place: usize) -> usize {
        self.parts
            .get(place)
            .map_or(0, |part| usize::try_from(part.records).unwrap_or(usize::MAX) + part.open.len())
    }

    /// Hands on the records of a partition.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub(crate) fn each(&self, place: usize, mut take: impl FnMut(R)) -> io::Result<()>
    where
        R: Clone,
    {
        let Some(part) = self.parts.get(place) else { return Ok(()) };
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
        self.memory.give(self.held);
    }
}

/// The partition of a hash. Tables use other bits of it.
fn place(hash: u64) -> usize {
    usize::try_from(hash >> 32).expect("64-bit hashes and places") % PARTITIONS
}

/// Does parts side by side; a single one needs no other thread.
pub(crate) fn each_part<T: Send>(
    parts: usize,
    work: impl Fn(usize) -> io::Result<T> + Sync + Send,
) -> io::Result<Vec<T>> {
    if parts <= 1 {
        return (0..parts).map(work).collect();
    }
    (0..parts).into_par_iter().map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two threads' records, one of them past its budget: every record comes
    /// back once, in the partition of its hash.
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
                    assert_eq!(place(hash(record.0)), part);
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
