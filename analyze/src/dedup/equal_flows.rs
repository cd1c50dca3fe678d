//! Flows that are equal to another in every field: one of them is kept.
//!
//! A flow is known by a 128-bit hash of all its fields. The hashes are kept as
//! the identities of documents are: some in memory, more in temporary files.
//! They are shared out, so that threads seldom wait for each other and what is
//! looked into stays near: over 10 M flows half of the time.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use flowkit_model::{FIELDS, FieldId};

use super::Seen;
use crate::batch::Batch;
use crate::dedup::row_hash::hashes;

/// The flows that were kept, and how many were dropped.
#[derive(Debug)]
pub(crate) struct EqualFlows {
    shares: [Mutex<Seen>; SHARES],
    dropped: AtomicU64,
    failure: Mutex<Option<io::Error>>,
}

/// Shares of the hashes.
const SHARES: usize = 16;

impl Default for EqualFlows {
    fn default() -> Self {
        Self::with_shares(|| Seen::share(SHARES))
    }
}

impl EqualFlows {
    fn with_shares(share: impl Fn() -> Seen) -> Self {
        Self {
            shares: std::array::from_fn(|_| Mutex::new(share())),
            dropped: AtomicU64::new(0),
            failure: Mutex::default(),
        }
    }

    /// Gives how many flows were dropped.
    ///
    /// # Errors
    /// If temporary files could not be used: equal flows may have been kept.
    pub(crate) fn finish(self) -> io::Result<u64> {
        match self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(failure) => Err(failure),
            None => Ok(self.dropped.into_inner()),
        }
    }

    /// Drops the flows of a batch that were seen. Equal flows are the same, so
    /// it does not matter which is kept.
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

    /// Takes hashes in; which of them were not here before.
    fn are_new(&self, hashes: &[(u64, u64)]) -> io::Result<Vec<bool>> {
        let mut of_share: [Vec<usize>; SHARES] = Default::default();
        for (row, (_, low)) in hashes.iter().enumerate() {
            // Bits that neither the filter nor the order of a run goes by.
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

    /// What is kept of flows, batch by batch, by the bytes that tell them apart.
    fn kept(copies: &EqualFlows, batches: &[Vec<u64>]) -> Vec<Option<u64>> {
        let mut all = Vec::new();
        for flows in batches {
            let mut batch = Batch::new(FieldSet::all(), flows.len(), Arc::default());
            for bytes in flows {
                batch.push(&FlowRecord { bytes: Some(*bytes), ..FlowRecord::default() });
            }
            copies.drop_from(&mut batch);
            let bytes = batch.column(FieldId::Bytes);
            all.extend((0..batch.rows()).map(|row| bytes.get(row)));
        }
        all
    }

    /// With memory for 13 flows a share as with memory for all.
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
        let little = EqualFlows::with_shares(|| Seen::share(1 << 17));
        for copies in [EqualFlows::default(), little] {
            assert_eq!(kept(&copies, &flows), expected);
            assert_eq!(copies.finish().unwrap(), (3000 - expected.len()) as u64);
        }
    }
}
