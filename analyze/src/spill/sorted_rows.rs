//! Rows as byte strings that are given in any order and read back in ascending order:
//! the first ones of them, or all; beyond the memory budget as sorted runs in temporary
//! files, which are merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use super::memory::Memory;
use super::temp_file::TempFile;

/// Rows in memory take as many bytes more than they have.
const ENTRY_BYTES: usize = size_of::<Entry>();

/// More runs of one thread than this are merged into one.
const MOST_RUNS: usize = 64;

/// Bytes that are read of a run at a time.
const CHUNK: usize = 1 << 16;

/// Where a row stands: start and length.
type Entry = (usize, u32);

/// Rows in no order.
#[derive(Debug)]
pub(crate) struct SortedRows {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// The most rows that are wanted.
    most: usize,
    /// The last row that was wanted when rows were left out.
    last: Option<Vec<u8>>,
    runs: Vec<Run>,
    memory: Arc<Memory>,
    reserved: usize,
}

impl SortedRows {
    /// None yet; `most` rows are wanted, the first ones.
    pub(crate) fn new(most: usize, memory: &Arc<Memory>) -> Self {
        Self {
            bytes: Vec::new(),
            entries: Vec::new(),
            most,
            last: None,
            runs: Vec::new(),
            memory: Arc::clone(memory),
            reserved: 0,
        }
    }

    /// Whether a row that begins so may be one of those that are wanted.
    #[inline]
    pub(crate) fn wants(&self, start: &[u8]) -> bool {
        self.last.as_ref().is_none_or(|last| start <= &last[..start.len().min(last.len())])
    }

    /// Adds a row. If temporary files cannot be used, the budget is told.
    pub(crate) fn push(&mut self, row: &[u8]) {
        if self.last.as_ref().is_some_and(|last| row > last.as_slice()) {
            return;
        }
        let Ok(length) = u32::try_from(row.len()) else {
            self.memory.fail(io::Error::other("a row has more than 4 GB"));
            return;
        };
        self.entries.push((self.bytes.len(), length));
        self.bytes.extend_from_slice(row);
        if self.entries.len() >= self.most.saturating_mul(2).max(64) {
            self.keep_first();
        }
        let used = self.bytes.len() + self.entries.len() * ENTRY_BYTES;
        if used >= self.reserved + RESERVED_AT_A_TIME.min(self.memory.min_spill_bytes().max(1)) {
            let is_beyond = self.memory.reserve(used - self.reserved);
            self.reserved = used;
            if is_beyond && used >= self.memory.min_spill_bytes() {
                self.spill();
            }
        }
    }

    /// Adds the rows of another.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.runs.append(&mut other.runs);
        for entry in &other.entries {
            self.push(row(&other.bytes, *entry));
        }
    }

    /// The rows that are wanted, in order.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn finish(mut self) -> io::Result<Merged> {
        self.sort();
        let (bytes, entries) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.entries));
        let runs = std::mem::take(&mut self.runs);
        Merged::new(runs, InMemory { bytes, entries: entries.into_iter() }, self.most)
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.entries.sort_unstable_by(|a, b| row(bytes, *a).cmp(row(bytes, *b)));
    }

    /// Leaves out the rows behind the first ones.
    fn keep_first(&mut self) {
        if self.entries.len() <= self.most || self.most == 0 {
            return;
        }
        let bytes = &self.bytes;
        let by_row = |a: &Entry, b: &Entry| row(bytes, *a).cmp(row(bytes, *b));
        let (_, last, _) = self.entries.select_nth_unstable_by(self.most - 1, by_row);
        self.last = Some(row(bytes, *last).to_vec());
        self.entries.truncate(self.most);
        let mut kept = Vec::with_capacity(self.bytes.len() / 2);
        for entry in &mut self.entries {
            let start = kept.len();
            kept.extend_from_slice(row(&self.bytes, *entry));
            entry.0 = start;
        }
        self.bytes = kept;
    }

    /// Writes the rows to a file, in order.
    fn spill(&mut self) {
        self.sort();
        let written = Run::write(|out| {
            self.entries.iter().try_for_each(|entry| write_row(out, row(&self.bytes, *entry)))
        });
        self.entries.clear();
        self.bytes.clear();
        self.memory.release(std::mem::take(&mut self.reserved));
        match written.and_then(|run| self.add_run(run)) {
            Ok(()) => {}
            Err(error) => self.memory.fail(error),
        }
    }

    fn add_run(&mut self, run: Run) -> io::Result<()> {
        self.runs.push(run);
        if self.runs.len() >= MOST_RUNS {
            let none = InMemory { bytes: Vec::new(), entries: Vec::new().into_iter() };
            let mut merged = Merged::new(std::mem::take(&mut self.runs), none, self.most)?;
            let run = Run::write(|out| {
                while let Some(row) = merged.next()? {
                    write_row(out, &row)?;
                }
                Ok(())
            });
            self.runs.push(run?);
        }
        Ok(())
    }
}

impl Drop for SortedRows {
    fn drop(&mut self) {
        self.memory.release(self.reserved);
    }
}

/// The budget is told of so many bytes at a time.
const RESERVED_AT_A_TIME: usize = 1 << 16;

fn row(bytes: &[u8], (start, length): Entry) -> &[u8] {
    &bytes[start..start + length as usize]
}

fn write_row(out: &mut impl Write, row: &[u8]) -> io::Result<()> {
    let length = u32::try_from(row.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(row)
}

/// Sorted rows in a file.
#[derive(Debug)]
struct Run {
    file: TempFile,
    length: u64,
}

impl Run {
    fn write(rows: impl FnOnce(&mut BufWriter<TempFile>) -> io::Result<()>) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 18, TempFile::new()?);
        rows(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let length = file.bytes();
        Ok(Self { file, length })
    }
}

/// A run that is read from start to end.
#[derive(Debug)]
struct Reader {
    run: Run,
    at: u64,
    ready: Vec<u8>,
    place: usize,
}

impl Reader {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.place == self.ready.len() && self.at == self.run.length {
            return Ok(None);
        }
        let mut length = [0; 4];
        length.copy_from_slice(self.take(4)?);
        let length = u32::from_le_bytes(length) as usize;
        self.take(length).map(|row| Some(row.to_vec()))
    }

    /// The next bytes, which are read if they are not there.
    fn take(&mut self, n: usize) -> io::Result<&[u8]> {
        if self.ready.len() - self.place < n {
            self.ready.drain(..self.place);
            self.place = 0;
            let left = self.run.length - self.at;
            let (start, wanted) = (self.ready.len(), (n.max(CHUNK) - self.ready.len()) as u64);
            let more = usize::try_from(wanted.min(left)).unwrap_or(usize::MAX);
            self.ready.resize(start + more, 0);
            self.run.file.read_exact_at(&mut self.ready[start..], self.at)?;
            self.at += more as u64;
        }
        let end = self.place + n;
        let found = self.ready.get(self.place..end);
        self.place = end;
        found.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Rows that were not spilled.
#[derive(Debug)]
struct InMemory {
    bytes: Vec<u8>,
    entries: std::vec::IntoIter<Entry>,
}

/// Rows in ascending order.
#[derive(Debug)]
pub(crate) struct Merged {
    runs: Vec<Reader>,
    in_memory: InMemory,
    /// The next row of each run and, last, of those in memory.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    left: usize,
}

impl Merged {
    fn new(runs: Vec<Run>, in_memory: InMemory, most: usize) -> io::Result<Self> {
        let reader = |run| Reader { run, at: 0, ready: Vec::new(), place: 0 };
        let runs: Vec<Reader> = runs.into_iter().map(reader).collect();
        let mut merged = Self { runs, in_memory, heads: BinaryHeap::new(), left: most };
        for place in 0..=merged.runs.len() {
            merged.fill(place)?;
        }
        Ok(merged)
    }

    /// The next row.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let Some(Reverse((row, place))) = self.heads.pop() else { return Ok(None) };
        self.left -= 1;
        self.fill(place)?;
        Ok(Some(row))
    }

    fn fill(&mut self, place: usize) -> io::Result<()> {
        let InMemory { bytes, entries } = &mut self.in_memory;
        let next = match self.runs.get_mut(place) {
            Some(run) => run.next()?,
            None => entries.next().map(|entry| row(bytes, entry).to_vec()),
        };
        self.heads.extend(next.map(|row| Reverse((row, place))));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: u32) -> Vec<Vec<u8>> {
        let row = |k: u32| {
            let mixed = k.wrapping_mul(2_654_435_761);
            [&mixed.to_be_bytes()[..], &vec![7; mixed as usize % 90]].concat()
        };
        (0..n).map(|k| row(k / 2)).collect()
    }

    /// In memory, spilled and in many runs, of one thread and of three: the first rows of
    /// a sorted list, or all of them.
    #[test]
    fn rows_come_back_in_order() {
        let mut sorted = rows(9000);
        sorted.sort();
        for limit in [usize::MAX >> 1, 40_000, 2_000] {
            for most in [1, 3, 500, 8_999, usize::MAX] {
                for threads in [1, 3] {
                    let memory = Arc::new(Memory::of(limit));
                    let mut all: Vec<SortedRows> =
                        (0..threads).map(|_| SortedRows::new(most, &memory)).collect();
                    for (place, row) in rows(9000).iter().enumerate() {
                        let one = &mut all[place % threads];
                        if one.wants(&row[..2]) {
                            one.push(row);
                        }
                    }
                    let mut first = all.pop().unwrap();
                    for other in all {
                        first.append(other);
                    }
                    let mut merged = first.finish().unwrap();
                    let mut found = Vec::new();
                    while let Some(row) = merged.next().unwrap() {
                        found.push(row);
                    }
                    assert!(memory.failure().is_none());
                    assert_eq!(found, sorted[..most.min(9000)], "{limit} {most} {threads}");
                }
            }
        }
    }
}
