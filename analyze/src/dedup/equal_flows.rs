//! Deduplicates flows that are equal in every field, for `--dedupe`.
//!
//! A flow is identified by a 128-bit hash of all its fields. The hashes are kept
//! in the sets that also hold the identities of documents. They are divided into
//! shares with a lock each, so that threads seldom wait for each other and the
//! lookups of a batch stay in the cache: over 10 M flows half of the time.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use flowkit_model::{FIELDS, FieldId};

use super::IdentitySet;
use crate::batch::Batch;
use crate::dedup::row_hash::hashes;

/// The hashes of flows that were kept, and how many flows were dropped.
#[derive(Debug)]
pub(crate) struct EqualFlows {
    shares: [Mutex<IdentitySet>; SHARES],
    dropped: AtomicU64,
    failure: Mutex<Option<io::Error>>,
}

/// Shares that the hashes are divided into.
const SHARES: usize = 16;

impl Default for EqualFlows {
    fn default() -> Self {
        Self::with_shares(|| IdentitySet::share(SHARES))
    }
}

impl EqualFlows {
    fn with_shares(share: impl Fn() -> IdentitySet) -> Self {
        Self {
            shares: std::array::from_fn(|_| Mutex::new(share())),
            dropped: AtomicU64::new(0),
            failure: Mutex::default(),
        }
    }

    /// How many flows were dropped.
    ///
    /// # Errors
    /// If temporary files could not be used: equal flows may have been kept.
    pub(crate) fn finish(self) -> io::Result<u64> {
        match self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(failure) => Err(failure),
            None => Ok(self.dropped.into_inner()),
        }
    }

    /// Drops the flows of a batch that have an equal flow before them. Which of equal
    /// flows is kept makes no difference.
    pub(crate) fn drop_from(&self, batch: &mut Batch) {
        let all: Vec<FieldId> = FIELDS.iter().map(|field| field.id).collect();
        let keep = match self.are_new(&hashes(batch, &all)) {
            Ok(keep) => keep,
            Err(error) => {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert(error);
                return;
            }
        };
        let dropped = keep.iter().filter(|keep| !**keep).count() as u64;
        if dropped > 0 {
            self.dropped.fetch_add(dropped, Ordering::Relaxed);
            batch.retain(&keep);
        }
    }

    /// Adds hashes; which of them are new.
    fn are_new(&self, hashes: &[(u64, u64)]) -> io::Result<Vec<bool>> {
        let mut of_share: [Vec<usize>; SHARES] = Default::default();
        for (row, (_, low)) in hashes.iter().enumerate() {
            // Bits that neither the Bloom filter nor the order of a sorted run depends on.
            of_share[usize::try_from(low >> 60).expect("4 bits")].push(row);
        }
        let mut are_new = vec![false; hashes.len()];
        for (share, rows) in self.shares.iter().zip(of_share) {
            let mut seen = share.lock().unwrap_or_else(PoisonError::into_inner);
            for row in rows {
                let (high, low) = hashes[row];
                are_new[row] = seen.is_new([high, low])?;
            }
        }
        Ok(are_new)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flowkit_model::FlowRecord;

    use super::*;
    use crate::batch::FieldSet;

    /// The bytes of the flows that are kept of some batches.
    fn kept(equal: &EqualFlows, batches: &[Vec<u64>]) -> Vec<Option<u64>> {
        let mut all = Vec::new();
        for flows in batches {
            let mut batch = Batch::new(FieldSet::all(), flows.len(), Arc::default());
            for bytes in flows {
                batch.push(&FlowRecord { bytes: Some(*bytes), ..FlowRecord::default() });
            }
            equal.drop_from(&mut batch);
            let bytes = batch.column(FieldId::Bytes);
            all.extend((0..batch.rows()).map(|row| bytes.get(row)));
        }
        all
    }

    /// With memory for 13 flows per share, and with memory for all.
    #[test]
    fn the_first_of_equal_flows_is_kept_wherever_the_others_are() {
        let flows: Vec<Vec<u64>> =
            (0..60).map(|batch| (0..50).map(|n| (batch * 50 + n) * n % 1009).collect()).collect();
        let mut expected = Vec::new();
        for bytes in flows.iter().flatten() {
            if !expected.contains(&Some(*bytes)) {
                expected.push(Some(*bytes));
            }
        }
        let little = EqualFlows::with_shares(|| IdentitySet::share(1 << 17));
        for equal in [EqualFlows::default(), little] {
            assert_eq!(kept(&equal, &flows), expected);
            assert_eq!(equal.finish().unwrap(), (3000 - expected.len()) as u64);
        }
    }
}
