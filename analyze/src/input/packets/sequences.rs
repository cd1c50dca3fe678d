//! The sequence numbers of datagrams of NetFlow v9 and IPFIX, in the order in which they
//! came.
//!
//! Version 9 counts the datagrams that a source id has sent, IPFIX the data records of an
//! observation domain, those of options too, before the datagram. So what follows must
//! state the sum, modulo 2^32; what is more was lost on the way.
//!
//! Sources: RFC 3954, section 5.1; RFC 7011, section 3.1.

use flowkit_model::answer::SequenceCounts;
use flowkit_model::wire::templated::{Source, Version};
use hashbrown::HashMap;

/// Sources that are followed.
const MOST_SOURCES: usize = 4096;

/// A number so far behind was passed on the way; one further behind is of an exporter
/// that started again.
const MOST_BEHIND: u32 = 1000;

/// The next number of each source; `None` after a datagram whose records could not be
/// counted.
#[derive(Debug, Default)]
pub(super) struct Sequences(HashMap<Source, Option<u32>>);

impl Sequences {
    /// Follows a datagram: what its number says beside those before it. `records` is how
    /// many it has, if they can be counted.
    pub(super) fn follow(
        &mut self,
        source: Source,
        number: u32,
        records: Option<usize>,
    ) -> SequenceCounts {
        let mut counts = SequenceCounts { datagrams: 1, ..SequenceCounts::default() };
        let length = match source.version {
            Version::V9 => Some(1),
            Version::Ipfix => records.and_then(|records| u32::try_from(records).ok()),
        };
        let next = length.map(|length| number.wrapping_add(length));
        if self.0.len() >= MOST_SOURCES && !self.0.contains_key(&source) {
            return counts;
        }
        let Some(expected) = self.0.insert(source, next).flatten() else { return counts };
        let ahead = number.wrapping_sub(expected);
        if ahead == 0 {
            return counts;
        }
        if ahead <= u32::MAX / 2 {
            (counts.lost, counts.gaps) = (ahead.into(), 1);
            return counts;
        }
        counts.restarts = 1;
        // What was overtaken does not begin anew: the next is expected as before.
        if expected.wrapping_sub(number) <= MOST_BEHIND && number != 0 {
            self.0.insert(source, Some(expected));
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(version: Version, datagrams: &[(u32, Option<usize>)]) -> [u64; 4] {
        let mut sequences = Sequences::default();
        let mut all = [0; 4];
        for (number, records) in datagrams {
            let source = Source { exporter: None, version, domain: 7 };
            let one = sequences.follow(source, *number, *records);
            let one = [one.datagrams, one.lost, one.gaps, one.restarts];
            all.iter_mut().zip(one).for_each(|(sum, n)| *sum += n);
        }
        all
    }

    #[test]
    fn version_9_counts_datagrams_and_ipfix_records() {
        let some = |numbers: &[u32]| -> Vec<_> {
            numbers.iter().map(|number| (*number, Some(3))).collect()
        };
        let v9 = |numbers: &[u32]| counts(Version::V9, &some(numbers));
        let ipfix = |numbers: &[u32]| counts(Version::Ipfix, &some(numbers));
        assert_eq!(v9(&[7, 8, 9]), [3, 0, 0, 0]);
        assert_eq!(ipfix(&[7, 10, 13]), [3, 0, 0, 0]);
        assert_eq!(v9(&[7, 8, 11, 12]), [4, 2, 1, 0]);
        assert_eq!(ipfix(&[7, 10, 18, 21, 24]), [5, 5, 1, 0]);
        // Over the wrap; an exporter that started again; a datagram that was overtaken.
        assert_eq!(v9(&[u32::MAX, 0, 1]), [3, 0, 0, 0]);
        assert_eq!(v9(&[500_000, 500_001, 0, 1]), [4, 0, 0, 1]);
        assert_eq!(v9(&[70, 0, 1]), [3, 0, 0, 1]);
        assert_eq!(v9(&[7, 9, 8, 10]), [4, 1, 1, 1]);
        assert_eq!(v9(&[]), [0; 4]);
    }

    /// Of records without a template nobody knows how many they are.
    #[test]
    fn what_cannot_be_counted_is_no_loss() {
        let unknown = [(7, None), (900, Some(1)), (901, Some(1))];
        assert_eq!(counts(Version::Ipfix, &unknown), [3, 0, 0, 0]);
        assert_eq!(counts(Version::V9, &unknown), [3, 892, 1, 0]);
    }
}
