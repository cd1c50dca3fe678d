//! The sequence numbers of datagrams of NetFlow v9 and IPFIX, in the order in which they
//! came.
//!
//! Version 9 counts the datagrams that a source id has sent, IPFIX the data records of an
//! observation domain, those of options too, before the datagram. So what follows must
//! state the sum, modulo 2^32; what is more was lost on the way.
//!
//! Sources: RFC 3954, section 5.1; RFC 7011, section 3.1.

use std::collections::VecDeque;

use flowkit_model::answer::SequenceCounts;
use flowkit_model::wire::templated::{Source, Version};
use hashbrown::HashMap;

/// Sources that are followed.
const MOST_SOURCES: usize = 4096;

/// A number so far behind was passed on the way; one further behind is of an exporter
/// that started again.
const MOST_BEHIND: u32 = 1000;

/// Gaps of a source that may still be filled.
const MOST_GAPS: usize = 16;

/// Each source, and what is known of it.
#[derive(Debug, Default)]
pub(super) struct Sequences(HashMap<Source, Followed>);

/// A source under way.
#[derive(Debug, Default)]
struct Followed {
    /// The next number; `None` after a datagram whose records could not be counted.
    next: Option<u32>,
    /// The last gaps: first number and length.
    gaps: VecDeque<(u32, u32)>,
}

impl Sequences {
    /// Follows a datagram: what its number says beside those before it. `records` is how
    /// many it has, if they can be counted.
    pub(super) fn follow(
        &mut self,
        source: Source,
        number: u32,
        records: Option<usize>,
    ) -> SequenceCounts {
        let length = match source.version {
            Version::V9 => Some(1),
            Version::Ipfix => records.and_then(|records| u32::try_from(records).ok()),
        };
        if self.0.len() >= MOST_SOURCES && !self.0.contains_key(&source) {
            return SequenceCounts { datagrams: 1, ..SequenceCounts::default() };
        }
        self.0.entry(source).or_default().follow(number, length)
    }
}

impl Followed {
    fn follow(&mut self, number: u32, length: Option<u32>) -> SequenceCounts {
        let mut counts = SequenceCounts { datagrams: 1, ..SequenceCounts::default() };
        let next = length.map(|length| number.wrapping_add(length));
        let Some(expected) = std::mem::replace(&mut self.next, next) else { return counts };
        let ahead = number.wrapping_sub(expected);
        if ahead == 0 {
            return counts;
        }
        if ahead <= u32::MAX / 2 {
            (counts.lost, counts.gaps) = (ahead.into(), 1);
            if self.gaps.len() == MOST_GAPS {
                self.gaps.pop_front();
            }
            self.gaps.push_back((expected, ahead));
            return counts;
        }
        let is_near = expected.wrapping_sub(number) <= MOST_BEHIND;
        if is_near && let Some((late, is_filled)) = self.fill(number, length.unwrap_or(0)) {
            // Overtaken on the way: the next is expected as before.
            self.next = Some(expected);
            (counts.late, counts.filled) = (late.into(), u64::from(is_filled));
            return counts;
        }
        counts.restarts = 1;
        // A copy does not begin anew.
        if is_near && number != 0 {
            self.next = Some(expected);
        } else {
            self.gaps.clear();
        }
        counts
    }

    /// Takes what came late out of the gap in which it was missed: how much, and whether
    /// nothing of the gap is left.
    fn fill(&mut self, number: u32, length: u32) -> Option<(u32, bool)> {
        let is_in = |(first, missed): &(u32, u32)| number.wrapping_sub(*first) < *missed;
        let place = self.gaps.iter().position(is_in)?;
        let (first, missed) = self.gaps.remove(place)?;
        let before = number.wrapping_sub(first);
        let length = length.min(missed - before);
        let after = missed - before - length;
        let left = [(first, before), (number.wrapping_add(length), after)];
        let left = left.into_iter().filter(|(_, missed)| *missed > 0);
        let is_filled = before + after == 0;
        // The places of one gap count as one.
        self.gaps.extend(left);
        self.gaps.truncate(MOST_GAPS);
        Some((length, is_filled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(version: Version, datagrams: &[(u32, Option<usize>)]) -> [u64; 4] {
        let mut sequences = Sequences::default();
        let mut all = [0; 6];
        for (number, records) in datagrams {
            let source = Source { exporter: None, version, domain: 7 };
            let one = sequences.follow(source, *number, *records);
            let one = [one.datagrams, one.lost, one.gaps, one.late, one.filled, one.restarts];
            all.iter_mut().zip(one).for_each(|(sum, n)| *sum += n);
        }
        let [datagrams, lost, gaps, late, filled, restarts] = all;
        let all = SequenceCounts { datagrams, lost, gaps, late, filled, restarts };
        let (lost, gaps) = all.missing();
        [datagrams, lost, gaps, restarts]
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
        // What was overtaken is not lost; a copy is neither.
        assert_eq!(v9(&[7, 9, 8, 10]), [4, 0, 0, 0]);
        assert_eq!(v9(&[7, 12, 9, 13, 11]), [5, 2, 1, 0]);
        assert_eq!(v9(&[7, 12, 9, 8, 13]), [5, 2, 1, 0]);
        assert_eq!(v9(&[7, 12, 9, 8, 11, 10, 13]), [7, 0, 0, 0]);
        assert_eq!(v9(&[u32::MAX, 1, 0, 2]), [4, 0, 0, 0]);
        assert_eq!(v9(&[7, 8, 8, 9]), [4, 0, 0, 1]);
        // An exporter that starts again inside of an old gap fills nothing of it.
        assert_eq!(v9(&[5, 100_000, 9, 10]), [4, 99_994, 1, 1]);
        assert_eq!(ipfix(&[7, 13, 10, 16]), [4, 0, 0, 0]);
        assert_eq!(ipfix(&[7, 16, 10, 19]), [4, 3, 1, 0]);
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
