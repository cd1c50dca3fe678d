//! Counts of records of NetFlow v9 and IPFIX beside their flows: of what cannot be, and of
//! what did not come.

use crate::wire::templated::Impossible;

/// Records of one template with values that cannot be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImpossibleCounts {
    /// Records with any.
    pub records: u64,
    /// Records with any but a time: times are off by a clock or a wrap, too.
    pub strange: u64,
    /// Records with each kind, in the order of [`Impossible::ALL`].
    pub kinds: [u64; Impossible::ALL.len()],
}

/// What the sequence numbers of one version and domain say.
///
/// Version 9 counts datagrams, IPFIX data records, those of options too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SequenceCounts {
    /// Datagrams that came.
    pub datagrams: u64,
    /// Datagrams of version 9, or records of IPFIX, that did not come when they were to
    /// be expected.
    pub lost: u64,
    /// In so many places.
    pub gaps: u64,
    /// Those that came later, overtaken on the way.
    pub late: u64,
    /// Places in which all came later.
    pub filled: u64,
    /// Datagrams with a number that was there before: the exporter started again, or
    /// copies came.
    pub restarts: u64,
}

impl ImpossibleCounts {
    pub(super) fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.strange += other.strange;
        for (n, more) in self.kinds.iter_mut().zip(other.kinds) {
            *n += more;
        }
    }

    /// The kinds there are, and how many records have each.
    pub fn by_kind(&self) -> impl Iterator<Item = (Impossible, u64)> {
        Impossible::ALL.into_iter().zip(self.kinds).filter(|(_, n)| *n > 0)
    }
}

impl SequenceCounts {
    pub(super) fn add(&mut self, other: &Self) {
        self.datagrams += other.datagrams;
        self.lost += other.lost;
        self.gaps += other.gaps;
        self.late += other.late;
        self.filled += other.filled;
        self.restarts += other.restarts;
    }

    /// Datagrams or records that did not come at all, and in how many places they are
    /// missing.
    #[must_use]
    pub fn missing(&self) -> (u64, u64) {
        let lost = self.lost.saturating_sub(self.late);
        // Of a gap that was filled in pieces each piece counts.
        let gaps = self.gaps.saturating_sub(self.filled).max(1);
        (lost, if lost > 0 { gaps } else { 0 })
    }
}
