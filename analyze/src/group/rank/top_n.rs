//! The top N of many candidates, of which few are kept at a time.

use std::cmp::Ordering;

/// The first N candidates of an order.
pub(super) struct TopN<T> {
    limit: usize,
    kept: Vec<T>,
    /// Whether the first `limit` are at the front, and the last of these at their end.
    is_cut: bool,
}

impl<T> TopN<T> {
    /// Keeps the first `limit`; 0 is all.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, kept: Vec::new(), is_cut: false }
    }

    /// The current cut-off of the top N: candidates after it need not be added.
    /// `None` until N candidates were kept and others dropped.
    pub(super) fn cut_off(&self) -> Option<&T> {
        if self.is_cut { self.kept.get(self.limit - 1) } else { None }
    }

    /// Adds a candidate; `drop` gets those that are not in the top N any more.
    pub(super) fn add(&mut self, new: T, order: impl Fn(&T, &T) -> Ordering, drop: impl FnMut(T)) {
        self.kept.push(new);
        if self.limit > 0 && self.kept.len() >= self.limit.max(SPARE).saturating_mul(2) {
            self.cut(order, drop);
        }
    }

    fn cut(&mut self, order: impl Fn(&T, &T) -> Ordering, drop: impl FnMut(T)) {
        self.kept.select_nth_unstable_by(self.limit - 1, order);
        self.kept.drain(self.limit..).for_each(drop);
        self.is_cut = true;
    }

    /// The top N, in any order.
    pub(super) fn finish(
        mut self,
        order: impl Fn(&T, &T) -> Ordering,
        drop: impl FnMut(T),
    ) -> Vec<T> {
        if self.limit > 0 && self.kept.len() > self.limit {
            self.cut(order, drop);
        }
        self.kept
    }
}

/// At least this many candidates are kept before they are cut down to N.
const SPARE: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the order of candidates, the top N are kept and the others dropped.
    #[test]
    fn the_first_are_kept_and_the_rest_is_dropped() {
        let things: Vec<u32> = (0..1000_u32).map(|n| n.wrapping_mul(2_654_435_761) % 300).collect();
        let mut sorted = things.clone();
        sorted.sort_unstable();
        for limit in [0, 1, 7, 32, 33, 500, 1000, 2000, usize::MAX] {
            let mut first = TopN::new(limit);
            let mut rest = Vec::new();
            for thing in &things {
                match first.cut_off() {
                    Some(last) if thing > last => rest.push(*thing),
                    _ => first.add(*thing, u32::cmp, |thing| rest.push(thing)),
                }
                assert!(limit == 0 || first.kept.len() < limit.max(SPARE).saturating_mul(2));
            }
            let mut kept = first.finish(u32::cmp, |thing| rest.push(thing));
            kept.sort_unstable();
            let n = if limit == 0 { things.len() } else { limit.min(things.len()) };
            assert_eq!(kept, sorted[..n], "{limit}");
            kept.append(&mut rest);
            kept.sort_unstable();
            assert_eq!(kept, sorted, "{limit}");
        }
    }
}
