//! Spilled identities: sorted runs in unlinked temporary files, behind a Bloom
//! filter that recognises most new documents without a read.
//!
//! An entry is 24 bytes: the hash of the identity and the hash of the content. A
//! run keeps every 128th hash in memory (1 MB for 16 M documents), so a lookup
//! reads 3 kB. Eight runs of about equal length are merged into one, so that
//! 100 M documents have some twenty runs, and each entry was written three times.

use std::io::{self, BufWriter, Write};

use crate::spill::temp_file::TempFile;

/// The hashes of the identity and of the content of a document.
pub(crate) type DocumentEntry = (DocumentHash, u64);

/// A hash of an identity, 128 bits, the upper half first. As one number it would be aligned
/// to 16 bytes, and an entry in memory would take 32 bytes instead of 24.
pub(crate) type DocumentHash = [u64; 2];

const ENTRY_BYTES: usize = 24;
/// Every `STEP`th hash of a run is kept in memory.
const STEP: usize = 128;
/// Runs that are merged into one.
const MOST_RUNS: usize = 8;
/// Words of the Bloom filter: 32 MB, and 64 MB for more documents than [`MANY`]. Its
/// false positives, 1 document in 2,500 at 10 M documents and 1 in 13 at 100 M, each
/// cost a lookup in the runs.
const FILTER_WORDS: [usize; 2] = [1 << 22, 1 << 23];
/// Beyond this many documents the larger filter is used.
const MANY: usize = 1 << 25;

/// Spilled identities.
#[derive(Debug)]
pub(crate) struct Spilled {
    runs: Vec<Run>,
    filter: Vec<u64>,
    /// More documents than this double the filter.
    many: usize,
    /// How many sets the documents are divided into, a power of two.
    n_shares: usize,
}

impl Spilled {
    /// None yet, of one of `n_shares` sets.
    pub(crate) fn new(n_shares: usize) -> Self {
        let n_shares = n_shares.next_power_of_two();
        Self { runs: Vec::new(), filter: Vec::new(), many: MANY / n_shares, n_shares }
    }

    /// Adds entries as a run, no document twice. They are found after
    /// [`Self::index_last_run`].
    ///
    /// # Errors
    /// If the folder for temporary files cannot be written to.
    pub(crate) fn add(&mut self, mut entries: Vec<DocumentEntry>) -> io::Result<()> {
        entries.sort_unstable();
        let mut run = Writer::new()?;
        entries.into_iter().try_for_each(|entry| run.push(entry))?;
        self.runs.push(run.finish(0)?);
        Ok(())
    }

    /// Adds the last run to the filter, by reading its file: while it was written, its
    /// entries were still in memory, which need not have room for the filter too.
    /// Then merges runs.
    ///
    /// # Errors
    /// If temporary files cannot be used.
    pub(crate) fn index_last_run(&mut self) -> io::Result<()> {
        let entries: usize = self.runs.iter().map(|run| run.entries).sum();
        let words = FILTER_WORDS[usize::from(entries > self.many)] / self.n_shares;
        let is_larger = words > self.filter.len();
        if is_larger {
            self.filter = Vec::new();
            self.filter = vec![0; words];
        }
        let new = if is_larger { 0 } else { self.runs.len().saturating_sub(1) };
        for run in &self.runs[new..] {
            let mut entries = run.reader();
            while let Some(entry) = entries.next()? {
                for (word, bit) in filter_bits(entry.0, words) {
                    self.filter[word] |= bit;
                }
            }
        }
        while let Some(level) = self.runs.last().map(|run| run.level)
            && let Some(from) = self.runs.len().checked_sub(MOST_RUNS)
            && self.runs[from].level == level
        {
            let merged = merge(&self.runs[from..], level + 1)?;
            self.runs.truncate(from);
            self.runs.push(merged);
        }
        Ok(())
    }

    /// The content of a document, if it is in a run.
    ///
    /// # Errors
    /// If a run cannot be read.
    pub(crate) fn find(&self, document: DocumentHash) -> io::Result<Option<u64>> {
        if filter_bits(document, self.filter.len())
            .iter()
            .any(|(word, bit)| self.filter[*word] & bit == 0)
        {
            return Ok(None);
        }
        for run in &self.runs {
            if let Some(content) = run.find(document)? {
                return Ok(Some(content));
            }
        }
        Ok(None)
    }
}

/// The bits of a document in a filter of `words`, as word and mask: four bits of
/// one cache line.
fn filter_bits(document: DocumentHash, words: usize) -> [(usize, u64); 4] {
    let [bits, line] = document;
    let line = usize::try_from(line % (words as u64 / 8)).expect("no more than 2^20") * 8;
    std::array::from_fn(|n| {
        let bit = bits >> (9 * n) & 511;
        (line + usize::try_from(bit / 64).expect("less than 8"), 1 << (bit % 64))
    })
}

/// Sorted entries in a file.
#[derive(Debug)]
struct Run {
    file: TempFile,
    entries: usize,
    /// Every [`STEP`]th document.
    index: Vec<DocumentHash>,
    /// How often its entries were merged.
    level: u32,
}

impl Run {
    /// Reads it from start to end.
    fn reader(&self) -> Reader<'_> {
        Reader { run: self, at: 0, ready: Vec::new().into_iter() }
    }

    fn find(&self, document: DocumentHash) -> io::Result<Option<u64>> {
        let step = self.index.partition_point(|known| *known <= document);
        let Some(step) = step.checked_sub(1) else { return Ok(None) };
        let mut bytes = [0; STEP * ENTRY_BYTES];
        let count = STEP.min(self.entries - step * STEP);
        let bytes = &mut bytes[..count * ENTRY_BYTES];
        self.file.read_exact_at(bytes, (step * STEP * ENTRY_BYTES) as u64)?;
        let found = bytes.chunks_exact(ENTRY_BYTES).map(entry).find(|entry| entry.0 == document);
        Ok(found.map(|entry| entry.1))
    }
}

fn entry(bytes: &[u8]) -> DocumentEntry {
    let word = |at: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[at..at + 8]);
        u64::from_be_bytes(word)
    };
    ([word(0), word(8)], word(16))
}

/// Writes a run.
struct Writer {
    out: BufWriter<TempFile>,
    entries: usize,
    index: Vec<DocumentHash>,
}

impl Writer {
    fn new() -> io::Result<Self> {
        Ok(Self {
            out: BufWriter::with_capacity(1 << 18, TempFile::new()?),
            entries: 0,
            index: Vec::new(),
        })
    }

    fn push(&mut self, (document, content): DocumentEntry) -> io::Result<()> {
        if self.entries.is_multiple_of(STEP) {
            self.index.push(document);
        }
        self.entries += 1;
        for word in [document[0], document[1], content] {
            self.out.write_all(&word.to_be_bytes())?;
        }
        Ok(())
    }

    fn finish(self, level: u32) -> io::Result<Run> {
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Run { file, entries: self.entries, index: self.index, level })
    }
}

/// Entries that a merge reads at a time from each run.
const CHUNK: usize = 4096;

/// A run being read from start to end.
struct Reader<'r> {
    run: &'r Run,
    at: usize,
    ready: std::vec::IntoIter<DocumentEntry>,
}

impl Reader<'_> {
    fn next(&mut self) -> io::Result<Option<DocumentEntry>> {
        if let Some(entry) = self.ready.next() {
            return Ok(Some(entry));
        }
        let count = CHUNK.min(self.run.entries - self.at);
        let mut bytes = vec![0; count * ENTRY_BYTES];
        self.run.file.read_exact_at(&mut bytes, (self.at * ENTRY_BYTES) as u64)?;
        self.at += count;
        self.ready = bytes.chunks_exact(ENTRY_BYTES).map(entry).collect::<Vec<_>>().into_iter();
        Ok(self.ready.next())
    }
}

fn merge(runs: &[Run], level: u32) -> io::Result<Run> {
    let mut readers: Vec<_> = runs.iter().map(Run::reader).collect();
    let mut heads = readers.iter_mut().map(Reader::next).collect::<io::Result<Vec<_>>>()?;
    let mut out = Writer::new()?;
    loop {
        let first =
            heads.iter().enumerate().filter_map(|(n, head)| Some((head.as_ref()?, n))).min();
        let Some((entry, n)) = first.map(|(entry, n)| (*entry, n)) else {
            return out.finish(level);
        };
        out.push(entry)?;
        heads[n] = readers[n].next()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(n: u64) -> DocumentHash {
        [n.wrapping_mul(0x2360_ed05_1fc6_5da5), n.wrapping_mul(0x4385_df64_9fcc_f645)]
    }

    /// Over enough runs that runs that were merged are merged again, and enough
    /// entries that the filter grows, every entry is found and nothing else is.
    #[test]
    fn what_was_spilled_is_found_again() {
        let mut spilled = Spilled { many: 10_000, ..Spilled::new(1) };
        for run in 0..73 {
            let entries = (0..300).map(|n| (document(run * 300 + n), run * n));
            spilled.add(entries.collect()).unwrap();
            spilled.index_last_run().unwrap();
        }
        let levels: Vec<_> = spilled.runs.iter().map(|run| run.level).collect();
        assert_eq!((levels, spilled.filter.len()), (vec![2, 1, 0], FILTER_WORDS[1]));
        for n in 0..21_900 {
            let expected = Some((n / 300) * (n % 300));
            assert_eq!(spilled.find(document(n)).unwrap(), expected, "{n}");
        }
        for n in 21_900..29_000 {
            assert_eq!(spilled.find(document(n)).unwrap(), None);
        }
    }
}
