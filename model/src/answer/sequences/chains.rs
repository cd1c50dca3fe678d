//! Spans of sequence numbers put in the order of time: what is missing between those
//! of one exporter.
//!
//! Two exporters may send under one address and engine; their spans overlap in time.
//! So a span is joined to the chain of spans that ended before it, with the smallest
//! gap, and one that overlaps with all begins another. A single late packet fills the
//! gap that it left.

use super::span::Span;

/// A number that falls past the wrap by more flows than this was reset.
const LARGEST_WRAP: u32 = 1 << 20;

/// What is between spans.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Flows that are missing between spans.
    pub(super) missing: u64,
    /// How often a number fell.
    pub(super) restarts: u64,
    /// Pairs of spans with a gap between them, those of each chain in order.
    pub(super) gaps: Vec<Link>,
}

/// Two spans of one exporter, by their places, and the flows between them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) before: usize,
    pub(super) next: usize,
    pub(super) gap: u32,
    /// Time of the later one.
    pub(super) order: u64,
}

/// The spans of one exporter.
struct Chain {
    /// Place of its first and last span.
    ends: (usize, usize),
    start: u32,
    began: u64,
    next: u32,
    ended: u64,
    /// Number and length of its gaps.
    gaps: Vec<(u32, u32)>,
}

/// Flows between two numbers; `None` is a restart: backwards, or past the wrap by more
/// than a gap can be.
fn gap(from: u32, to: u32) -> Option<u32> {
    let gap = to.wrapping_sub(from);
    let is_restart = gap >= 1 << 31 || to < from && gap > LARGEST_WRAP;
    (!is_restart).then_some(gap)
}

/// What is between spans, none of which touch.
pub(super) fn chains(list: &[Span]) -> Links {
    let mut order: Vec<usize> = (0..list.len()).collect();
    // Single packets come last: they may be late.
    order.sort_unstable_by_key(|at| {
        let span = &list[*at];
        (span.is_of_one_time(), span.seen.1, span.seen.0, span.start)
    });
    let (mut found, mut chains) = (Links::default(), Vec::<Chain>::new());
    for at in order {
        let span = &list[at];
        let is_late = span.is_of_one_time() && chains.iter_mut().any(|chain| chain.fill(span));
        if is_late {
            found.missing -= span.length();
        } else if !(span.is_of_one_time() && found.put_before(&mut chains, span, at)) {
            found.append(&mut chains, span, at);
        }
    }
    found
}

impl Links {
    fn leave(&mut self, before: usize, next: usize, gap: u32, order: u64) {
        if gap > 0 {
            self.missing += u64::from(gap);
            self.gaps.push(Link { before, next, gap, order });
        }
    }

    /// Puts a packet before the first span of a chain; false if it is before none.
    fn put_before(&mut self, chains: &mut [Chain], span: &Span, at: usize) -> bool {
        for chain in chains {
            let is_before = span.seen.1 < chain.began;
            let Some(gap) = gap(span.next(), chain.start).filter(|_| is_before) else { continue };
            self.leave(at, chain.ends.0, gap, chain.began);
            chain.gaps.push((span.next(), gap));
            (chain.start, chain.began, chain.ends.0) = (span.start, span.seen.0, at);
            return true;
        }
        false
    }

    /// Appends a span to the chain that ended before it with the smallest gap, else
    /// begins a chain.
    fn append(&mut self, chains: &mut Vec<Chain>, span: &Span, at: usize) {
        let before =
            chains.iter_mut().filter(|chain| chain.ended <= span.seen.0).min_by_key(|chain| {
                (gap(chain.next, span.start).unwrap_or(u32::MAX), u64::MAX - chain.ended)
            });
        let Some(chain) = before else {
            return chains.push(Chain {
                ends: (at, at),
                start: span.start,
                began: span.seen.0,
                next: span.next(),
                ended: span.seen.1,
                gaps: Vec::new(),
            });
        };
        match gap(chain.next, span.start) {
            Some(gap) => {
                self.leave(chain.ends.1, at, gap, span.seen.0);
                chain.gaps.push((chain.next, gap));
            }
            None => self.restarts += 1,
        }
        (chain.next, chain.ended, chain.ends.1) = (span.next(), span.seen.1, at);
    }
}

impl Chain {
    /// Takes a late packet into the gap that it left; false if there is none.
    fn fill(&mut self, span: &Span) -> bool {
        let length = span.length();
        let fits = |(at, gap): &(u32, u32)| {
            let offset = span.start.wrapping_sub(*at);
            offset < *gap && length <= u64::from(*gap - offset)
        };
        let Some(found) = self.gaps.iter().position(fits) else { return false };
        let (at, gap) = self.gaps.swap_remove(found);
        let before = span.start.wrapping_sub(at);
        let end = span.next();
        let after = at.wrapping_add(gap).wrapping_sub(end);
        self.gaps.extend([(at, before), (end, after)].into_iter().filter(|(_, gap)| *gap > 0));
        true
    }
}
