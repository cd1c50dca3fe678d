//! How much memory a question may take for its groups before they go to
//! temporary files.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Bytes of records that all threads together keep in memory.
///
/// Beside them stand the batches under way and, at the end, one partition a
/// thread: with 400 MB the whole stays below 1 GB.
const BUDGET: usize = 400_000_000;

/// The budget of one question, shared by its threads.
#[derive(Debug)]
pub struct Memory {
    used: AtomicUsize,
    most: usize,
    failure: Mutex<Option<io::Error>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::of(BUDGET)
    }
}

impl Memory {
    /// A budget of so many bytes.
    #[must_use]
    pub fn of(most: usize) -> Self {
        Self { used: AtomicUsize::new(0), most, failure: Mutex::default() }
    }

    /// Bytes of a first chunk of records: 8 kB, so that a thread has 4 MB open,
    /// and 16 MB when its partitions have several chunks; less
    /// where there is little memory in all.
    pub(crate) fn chunk_bytes(&self) -> usize {
        (self.most / 32_768).min(8192)
    }

    /// Bytes below which a thread does not write: it would be in crumbs.
    pub(crate) fn least_written(&self) -> usize {
        (self.most / 16).min(2_000_000)
    }

    /// Keys that a thread keeps in one table: with 40 bytes each they stay in
    /// the cache of a core.
    pub(crate) fn head_keys(&self) -> usize {
        (self.most / 20_000).clamp(16, 8192)
    }

    /// How many things a thread keeps, if one takes so many bytes with its
    /// share of what all threads have.
    pub(crate) fn share(&self, bytes: usize) -> usize {
        self.most / bytes
    }

    /// Takes some bytes; whether there are now more than there should be.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        self.used.fetch_add(bytes, Ordering::Relaxed) + bytes > self.most
    }

    /// Gives some back.
    pub(crate) fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Notes that a temporary file could not be used; the answer is none.
    pub(crate) fn fail(&self, error: io::Error) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Why temporary files could not be used, if they could not.
    #[must_use]
    pub fn failure(&self) -> Option<io::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
