//! Splits the packets of one engine into the exporters that their sequence numbers
//! tell apart, and finds the gaps of each.
//!
//! Two exporters may send under one address, type and number of the engine. Their
//! packets make runs that overlap in time; a gap ends a run before the next one
//! begins. So a run is joined to a chain that ended before it, and one that
//! overlaps with all chains begins another.

use std::collections::VecDeque;

use super::packet_runs::Packet;
use super::run::{Counting, Run};

/// Runs that may still be continued; the one that was longest without a packet is
/// closed for another.
const MOST_OPEN: usize = 32;
/// Runs of one packet, or of two by chance, that wait to be joined.
const MOST_STRAYS: usize = 4096;
/// Exporters under one address and engine.
const MOST_CHAINS: usize = 16;
/// Gaps of a chain in which late packets are looked for.
const MOST_GAPS: usize = 4096;
/// A number that falls past the wrap by more flows than this was reset.
const LARGEST_WRAP: u32 = 1 << 20;

/// What the sequence numbers of an engine say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) lost_flows: u64,
    pub(super) gaps: u64,
    /// Packets whose number does not follow any other's.
    pub(super) restarts: u64,
    /// Exporters that are told apart.
    pub(super) exporters: u64,
    /// The numbers do not count flows.
    pub(super) has_no_sequence: bool,
}

/// The runs and chains so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Sequence {
    open: Vec<Run>,
    strays: VecDeque<Run>,
    chains: Vec<Chain>,
    packets: u64,
    /// Packets with a number that fits no chain.
    misfits: u64,
    /// A run counts flows before its packets; one counts flows in some way; one counts
    /// something else.
    counts_before: bool,
    counts_flows: bool,
    counts_other: bool,
}

/// Runs of one exporter, in the order of time.
#[derive(Clone, Debug)]
struct Chain {
    counts_flows: bool,
    /// The number of its first flow.
    start: u32,
    /// Its first packet in the order of time.
    began: u64,
    /// The number that its next packet would have.
    next: u32,
    /// Its last packet in the order of time.
    ended: u64,
    packets: u64,
    lost: u64,
    gaps: u64,
    restarts: u64,
    /// Number and length of its last gaps.
    recent: VecDeque<(u32, u32)>,
}

impl Sequence {
    /// Adds the next packet in the order of time.
    pub(super) fn follow(&mut self, packet: Packet) {
        self.packets += 1;
        let number = self.packets;
        let Some((at, counting)) = self.continued_by(&packet) else {
            return self.open(Run::new(packet, number));
        };
        let mut run = self.open.remove(at);
        run.push(packet, counting, number);
        // A run that waited for this packet follows at once.
        if let Some(at) = self.open.iter().position(|other| run.append(other)) {
            self.open.remove(at);
        }
        self.open.push(run);
    }

    /// The run that a packet continues in the likeliest way, the newest of several, and
    /// what its numbers then count.
    fn continued_by(&self, packet: &Packet) -> Option<(usize, Counting)> {
        let mut best: Option<(usize, Counting)> = None;
        for (at, run) in self.open.iter().enumerate().rev() {
            let Some(counting) = run.continued_by(packet) else { continue };
            if best.is_none_or(|(_, found)| counting.is_likelier_than(found)) {
                best = Some((at, counting));
            }
            if counting.likeliest() == Counting::FLOWS {
                break;
            }
        }
        best
    }

    /// Opens a run; `open` is in the order of last packets.
    fn open(&mut self, run: Run) {
        if self.open.len() == MOST_OPEN {
            let oldest = self.open.remove(0);
            self.close(oldest);
        }
        self.open.push(run);
    }

    fn close(&mut self, run: Run) {
        self.counts_before |= run.packets > 1 && run.counting() == Counting::FLOWS;
        if run.packets > 1 && !run.may_be_chance() {
            let counts_flows = matches!(run.counting(), Counting::FLOWS | Counting::WITH_OWN);
            self.counts_flows |= counts_flows;
            self.counts_other |= !counts_flows;
            return self.join(&run, counts_flows);
        }
        if self.strays.len() == MOST_STRAYS
            && let Some(oldest) = self.strays.pop_front()
        {
            self.join_stray(&oldest);
        }
        self.strays.push_back(run);
    }

    fn join_stray(&mut self, stray: &Run) {
        let (start, end) = stray.span();
        let is_late = self.chains.iter_mut().any(|chain| chain.fill(start, end));
        if is_late || self.chains.iter_mut().any(|chain| chain.begin_with(stray)) {
            return;
        }
        self.join(stray, true);
    }

    /// Joins a run to the chain that ended before it with the smallest gap.
    fn join(&mut self, run: &Run, counts_flows: bool) {
        let (start, end) = run.span();
        let gap = |chain: &Chain| gap(chain.next, start);
        let before = self
            .chains
            .iter_mut()
            .filter(|chain| chain.counts_flows == counts_flows && chain.ended < run.began)
            .min_by_key(|chain| (gap(chain).unwrap_or(u32::MAX), u64::MAX - chain.ended));
        if let Some(chain) = before {
            let gap = gap(chain);
            return chain.extend(run, gap, end);
        }
        let is_first = self.chains.is_empty();
        if is_first || run.packets > 1 && self.chains.len() < MOST_CHAINS {
            self.chains.push(Chain {
                counts_flows,
                start,
                began: run.began,
                next: end,
                ended: run.ended,
                packets: run.packets,
                lost: 0,
                gaps: 0,
                restarts: 0,
                recent: VecDeque::new(),
            });
        } else {
            self.misfits += 1;
        }
    }

    pub(super) fn finish(mut self) -> Found {
        for run in std::mem::take(&mut self.open) {
            self.close(run);
        }
        for stray in std::mem::take(&mut self.strays) {
            if self.counts_before && stray.may_be_chance() {
                stray.ends().iter().for_each(|packet| self.join_stray(packet));
            } else {
                self.join_stray(&stray);
            }
        }
        let mut found = Found {
            restarts: self.misfits,
            has_no_sequence: self.counts_other && !self.counts_flows,
            ..Found::default()
        };
        for chain in &self.chains {
            found.exporters += u64::from(chain.packets > 1 || self.chains.len() == 1);
            if chain.counts_flows {
                found.lost_flows += chain.lost;
                found.gaps += chain.gaps;
                found.restarts += chain.restarts;
            }
        }
        if found.has_no_sequence {
            (found.lost_flows, found.gaps, found.restarts) = (0, 0, 0);
        }
        found
    }
}

/// Flows between two numbers; `None` is a restart: backwards, or past the wrap by more
/// than a gap can be.
fn gap(from: u32, to: u32) -> Option<u32> {
    let gap = to.wrapping_sub(from);
    let is_restart = gap >= 1 << 31 || to < from && gap > LARGEST_WRAP;
    (!is_restart).then_some(gap)
}

impl Chain {
    /// Puts a run before the first; false if it is not before it.
    fn begin_with(&mut self, run: &Run) -> bool {
        let (start, end) = run.span();
        let is_before = self.counts_flows && run.ended < self.began;
        let Some(gap) = gap(end, self.start).filter(|_| is_before) else {
            return false;
        };
        if gap > 0 {
            self.leave(end, gap);
        }
        (self.start, self.began) = (start, run.began);
        self.packets += run.packets;
        true
    }

    /// Counts a gap.
    fn leave(&mut self, at: u32, gap: u32) {
        self.lost += u64::from(gap);
        self.gaps += 1;
        if self.recent.len() == MOST_GAPS {
            self.recent.pop_front();
        }
        self.recent.push_back((at, gap));
    }

    /// Appends a run behind a gap; `None` is a restart.
    fn extend(&mut self, run: &Run, gap: Option<u32>, end: u32) {
        match gap {
            Some(0) => {}
            Some(gap) => self.leave(self.next, gap),
            None => self.restarts += 1,
        }
        self.next = end;
        self.ended = run.ended;
        self.packets += run.packets;
    }

    /// Takes a late packet into the gap that it left; false if there is none.
    fn fill(&mut self, start: u32, end: u32) -> bool {
        let length = end.wrapping_sub(start);
        let fits = |(at, gap): &(u32, u32)| {
            let offset = start.wrapping_sub(*at);
            offset < *gap && length <= *gap - offset
        };
        let Some(found) = self.recent.iter().position(fits) else { return false };
        let (at, gap) = self.recent.swap_remove_back(found).unwrap_or_default();
        let before = start.wrapping_sub(at);
        let parts = [(at, before), (end, gap - before - length)];
        let left = parts.into_iter().filter(|(_, gap)| *gap > 0);
        self.gaps -= 1;
        for part in left {
            self.gaps += 1;
            self.recent.push_back(part);
        }
        self.lost -= u64::from(length);
        self.packets += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found of packets: sequence number, flows carried.
    fn found(packets: &[(u32, u32)]) -> Found {
        let mut sequence = Sequence::default();
        for (time, (number, carried)) in (0..).zip(packets) {
            let (stated, seen) = (*carried, *carried);
            sequence.follow(Packet { time, sequence: *number, engine: 0, stated, seen });
        }
        sequence.finish()
    }

    fn one(lost_flows: u64, gaps: u64, restarts: u64) -> Found {
        Found { lost_flows, gaps, restarts, exporters: 1, has_no_sequence: false }
    }

    /// Packets of 30 flows with these numbers.
    fn thirties(numbers: &[u32]) -> Vec<(u32, u32)> {
        numbers.iter().map(|number| (*number, 30)).collect()
    }

    #[test]
    fn gaps_late_packets_and_restarts_are_told_apart() {
        for (numbers, expected) in [
            (&[0, 30, 60, 90][..], one(0, 0, 0)),
            (&[0, 30, 90, 120], one(30, 1, 0)),
            // Every second packet is lost.
            (&[0, 60, 120, 180], one(90, 3, 0)),
            // Two swapped, at once and behind a gap that it fills in part.
            (&[0, 30, 90, 60, 120, 150], one(0, 0, 0)),
            (&[0, 30, 150, 180, 90, 210, 240], one(60, 2, 0)),
            // Started again, also from a number that the wrap is near to.
            (&[900, 930, 0, 30], one(0, 0, 1)),
            (&[3_000_000_000, 3_000_000_030, 0, 30, 60], one(0, 0, 1)),
            (&[u32::MAX - 29, 0, 60, 90], one(30, 1, 0)),
            // One packet with any number.
            (&[0, 30, 77_777_777, 60, 90], one(0, 0, 1)),
        ] {
            assert_eq!(found(&thirties(numbers)), expected, "{numbers:?}");
        }
        assert_eq!(found(&[]), Found::default());
    }

    #[test]
    fn two_exporters_under_one_engine_have_their_own_gaps() {
        let (mut both, mut last) = (Vec::new(), (100, 5_000_000));
        for n in 0..100 {
            // The first one loses its 10th packet, the second its 20th and 21st.
            if n != 10 {
                both.push((last.0, 3));
            }
            if n != 20 && n != 21 {
                both.push((last.1, 4));
            }
            last = (last.0 + 3, last.1 + 4);
        }
        let expected = Found { lost_flows: 11, gaps: 2, exporters: 2, ..Found::default() };
        assert_eq!(found(&both), expected);
        // The slower one sends rarely.
        let slow: Vec<_> = (0..200)
            .map(|n| if n % 20 == 0 { (n / 20 * 5, 5) } else { (9_000_000 + (n - n / 20) * 7, 7) })
            .collect();
        assert_eq!(found(&slow), Found { exporters: 2, ..Found::default() });
    }

    #[test]
    fn numbers_that_count_otherwise_are_no_loss() {
        let none = Found { exporters: 1, has_no_sequence: true, ..Found::default() };
        // Packets, nothing, and packets with one lost.
        assert_eq!(found(&[(7, 3), (8, 9), (9, 30), (10, 1), (11, 30)]), none);
        assert_eq!(found(&[(0, 3), (0, 3), (0, 30)]), none);
        assert!(found(&[(7, 3), (8, 9), (10, 30), (11, 8)]).has_no_sequence);
        // Flows, those of the packet among them: 3, 9, [30], 5 and 7.
        assert_eq!(found(&[(3, 3), (12, 9), (42, 30), (47, 5), (54, 7)]), one(0, 0, 0));
        assert_eq!(found(&[(3, 3), (12, 9), (47, 5), (54, 7)]), one(30, 1, 0));
    }

    /// A sample of packets: few follow each other, some seem to count their own flows.
    #[test]
    fn a_sample_of_packets_has_the_gaps_between_them() {
        let mut random = 7_u64;
        let (mut packets, mut number, mut lost) = (Vec::new(), 0_u32, 0);
        for _ in 0..3000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let carried = u32::try_from(random >> 60).unwrap() + 1;
            if (random >> 33).is_multiple_of(4) {
                packets.push((number, carried));
            } else if !packets.is_empty() {
                lost += u64::from(carried);
            }
            number += carried;
        }
        let end = packets.last().map_or(0, |(number, carried)| number + carried);
        lost -= u64::from(number - end);
        let found = found(&packets);
        assert_eq!((found.lost_flows, found.restarts, found.exporters), (lost, 0, 1));
    }

    #[test]
    fn very_many_gaps_are_counted_in_bounded_memory() {
        let numbers: Vec<u32> = (0..100_000).map(|n| n * 60).collect();
        assert_eq!(found(&thirties(&numbers)), one(99_999 * 30, 99_999, 0));
    }
}
