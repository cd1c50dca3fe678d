//! The memory budget of a question: records beyond it are spilled to temporary
//! files.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Bytes of records that all threads together keep in memory by default.
///
/// On top of them come the batches in progress and, at the end, one partition per
/// thread: with 400 MB the whole stays below 1 GB.
const BUDGET: usize = 400_000_000;

/// The budget of one question, shared by its threads.
#[derive(Debug)]
pub struct Memory {
    used: AtomicUsize,
    limit: usize,
    failure: Mutex<Option<io::Error>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::of(BUDGET)
    }
}

impl Memory {
    /// A budget of `limit` bytes.
    #[must_use]
    pub fn of(limit: usize) -> Self {
        Self { used: AtomicUsize::new(0), limit, failure: Mutex::default() }
    }

    /// Bytes of the first chunk of a partition: 8 kB, so that the open chunks of a
    /// thread take 4 MB, and 16 MB once its partitions have several chunks; less
    /// with a small budget.
    pub(crate) fn chunk_bytes(&self) -> usize {
        (self.limit / 32_768).min(8192)
    }

    /// A thread does not spill fewer bytes than this: each partition would get a tiny
    /// write.
    pub(crate) fn min_spill_bytes(&self) -> usize {
        (self.limit / 16).min(2_000_000)
    }

    /// Keys that a thread aggregates in one hash table: with 40 bytes each they stay
    /// in the cache of a core.
    pub(crate) fn max_table_keys(&self) -> usize {
        (self.limit / 20_000).clamp(16, 8192)
    }

    /// How many records of this size fit in the budget. For a budget per thread, the
    /// size must be multiplied.
    pub(crate) fn max_records(&self, record_bytes: usize) -> usize {
        self.limit / record_bytes
    }

    /// Counts bytes as used; whether the budget is now exceeded.
    pub(crate) fn reserve(&self, bytes: usize) -> bool {
        self.used.fetch_add(bytes, Ordering::Relaxed) + bytes > self.limit
    }

    /// Counts bytes as free again.
    pub(crate) fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Notes that a temporary file could not be used, so that there is no answer. The
    /// first error is kept.
    pub(crate) fn fail(&self, error: io::Error) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Takes the error of a temporary file, if there was one.
    #[must_use]
    pub fn failure(&self) -> Option<io::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
