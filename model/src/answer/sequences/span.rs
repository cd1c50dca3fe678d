//! Spans of sequence numbers: packets of one engine that follow each other, in a few
//! numbers however many they are.
//!
//! A span is joined with another where their numbers touch, or overlap at the same
//! time. Numbers that come again at another time are those of an exporter that
//! started again.

use serde::{Deserialize, Serialize};

use super::chains::{Links, chains};

/// More spans than this are joined where the gaps are smallest.
const MOST_SPANS: usize = 32;

/// Packets whose sequence numbers touch, or did before spans were joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    /// Number of the first flow, modulo 2^32.
    pub(super) start: u32,
    /// How many flows there should be, by what packets state.
    length: u64,
    /// Time in ms of the first and of the last packet.
    pub(super) seen: (u64, u64),
    /// How many flows there are.
    flows: u64,
    /// Some packets do not state how many flows they carried.
    is_unstated: bool,
}

impl Span {
    /// The packet of a flow; `carried` is how many flows it states.
    pub(super) fn of_flow(start: u32, carried: Option<u64>, time: u64) -> Self {
        let length = carried.unwrap_or(1);
        Self { start, length, seen: (time, time), flows: 1, is_unstated: carried.is_none() }
    }

    /// How many flows there should be: where packets do not state it, at least as many
    /// as there are.
    pub(super) fn length(&self) -> u64 {
        if self.is_unstated { self.length.max(self.flows) } else { self.length }
    }

    /// The number that follows.
    pub(super) fn next(&self) -> u32 {
        self.start.wrapping_add(low(self.length()))
    }

    /// Flows that should be there and are not.
    pub(super) fn missing(&self) -> u64 {
        self.length().saturating_sub(self.flows)
    }

    /// Whether it is one packet, or several of one millisecond.
    pub(super) fn is_of_one_time(&self) -> bool {
        self.seen.0 == self.seen.1
    }

    /// Takes a span that begins in this one at the same time, or at its end; false if
    /// it does not.
    fn take(&mut self, other: &Self) -> bool {
        let offset = u64::from(other.start.wrapping_sub(self.start));
        let is_same_time = self.seen.0 <= other.seen.1 && other.seen.0 <= self.seen.1;
        let length = self.length();
        let touches = offset == length || offset < length && is_same_time;
        if touches {
            self.join(other, offset);
        }
        touches
    }

    /// Takes a span that begins `offset` numbers after this one does.
    fn join(&mut self, other: &Self, offset: u64) {
        self.length = self.length().max(offset + other.length());
        self.seen = (self.seen.0.min(other.seen.0), self.seen.1.max(other.seen.1));
        self.flows += other.flows;
        self.is_unstated |= other.is_unstated;
    }
}

/// The lower 32 bits: sequence numbers are modulo 2^32.
pub(super) fn low(number: u64) -> u32 {
    u32::try_from(number & 0xffff_ffff).unwrap_or(u32::MAX)
}

/// The spans of an engine, by one meaning of its sequence numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spans {
    /// The one that was extended last comes first.
    list: Vec<Span>,
    /// What was found of spans that are not kept.
    closed: Found,
}

/// What sequence numbers say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found {
    /// Flows that were sent and are missing.
    pub(super) missing: u64,
    /// Those of them that are missing between spans.
    between: u64,
    /// How often a number fell.
    restarts: u64,
    /// How many flows there are.
    flows: u64,
}

impl Found {
    /// Of spans, without what is between them.
    fn inside(list: &[Span]) -> Self {
        let sum = |of: fn(&Span) -> u64| list.iter().map(of).sum();
        let (missing, flows) = (sum(Span::missing), sum(|span| span.flows));
        Self { missing, flows, ..Self::default() }
    }

    fn add(&mut self, other: Self) {
        self.missing += other.missing;
        self.between += other.between;
        self.restarts += other.restarts;
        self.flows += other.flows;
    }

    /// Whether it is the likelier meaning of the numbers, and not the format's: by the
    /// wrong one numbers fall or leave a gap wherever packets differ in size.
    pub(super) fn is_likelier_than(self, formats: Self) -> bool {
        let is_without_gaps = self.between == 0 && self.restarts == 0;
        self.restarts * 8 < formats.restarts && self.between < self.flows
            || self.missing < formats.missing && is_without_gaps
            || self.missing <= formats.missing && self.restarts < formats.restarts
    }

    /// Whether the numbers fall with almost every packet: they do not count flows.
    pub(super) fn counts_something_else(&self) -> bool {
        self.restarts > MOST_SPANS as u64 && self.flows < self.restarts * 64
    }
}

impl Spans {
    /// Adds a span, such as that of a flow.
    pub(super) fn add(&mut self, span: Span) {
        add(&mut self.list, span);
        if self.list.len() > MOST_SPANS {
            self.shorten(MOST_SPANS / 2);
        }
    }

    /// Adds the spans of other flows.
    pub(super) fn merge(&mut self, other: &Self) {
        other.list.iter().for_each(|span| self.add(*span));
        self.closed.add(other.closed);
    }

    /// Time in ms of the first and of the last packet.
    pub(super) fn seen(&self) -> Option<(u64, u64)> {
        let times = self.list.iter().map(|span| span.seen);
        times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// What they say together.
    pub(super) fn found(&self) -> Found {
        let list = settled(self.list.clone());
        let Links { missing, restarts, .. } = chains(&list);
        let mut found = Found { missing, between: missing, restarts, flows: 0 };
        found.add(Found::inside(&list));
        found.add(self.closed);
        found
    }

    /// Joins spans behind the smallest gaps, and closes the oldest of those that no gap
    /// separates, until there are at most `most`.
    fn shorten(&mut self, most: usize) {
        let list = settled(std::mem::take(&mut self.list));
        self.list = settled(join_smallest(list, most));
        if self.list.len() <= most {
            return;
        }
        self.list.sort_unstable_by_key(|span| (span.seen.1, span.seen.0, span.start));
        let kept = self.list.split_off(self.list.len() - most);
        let closed = std::mem::replace(&mut self.list, kept);
        self.closed.add(Found { restarts: closed.len() as u64, ..Found::inside(&closed) });
        // The time of the first packet is kept.
        let first = closed.iter().map(|span| span.seen.0).min();
        if let (Some(first), Some(oldest)) = (first, self.list.first_mut()) {
            oldest.seen.0 = oldest.seen.0.min(first);
        }
        self.list.reverse();
    }
}

/// Joins a span with the first that it touches, else appends it.
fn add(list: &mut Vec<Span>, mut span: Span) {
    for at in 0..list.len() {
        let known = &mut list[at];
        if known.take(&span) {
            return list.swap(0, at);
        }
        if span.take(known) {
            *known = span;
            return list.swap(0, at);
        }
    }
    list.push(span);
}

/// Joins those that touch, until none does; the last one in time comes first.
fn settled(mut list: Vec<Span>) -> Vec<Span> {
    loop {
        let before = list.len();
        list.sort_unstable_by_key(|span| (span.seen.1, span.seen.0, span.start));
        let mut kept = Vec::with_capacity(before);
        for span in list {
            add(&mut kept, span);
        }
        list = kept;
        if list.len() == before {
            return list;
        }
    }
}

/// Joins spans behind the smallest gaps, as many as are too many.
fn join_smallest(list: Vec<Span>, most: usize) -> Vec<Span> {
    let Links { gaps: mut links, .. } = chains(&list);
    links.sort_unstable_by_key(|link| (link.gap, link.next));
    links.truncate(list.len().saturating_sub(most));
    let mut all: Vec<Option<Span>> = list.into_iter().map(Some).collect();
    // From the end of a chain, so that the later one is whole when it is taken.
    links.sort_unstable_by_key(|link| std::cmp::Reverse(link.order));
    for link in links {
        let later = all[link.next].take();
        if let (Some(later), Some(before)) = (later, all[link.before].as_mut()) {
            let offset = before.length() + u64::from(link.gap);
            before.join(&later, offset);
        }
    }
    all.into_iter().flatten().collect()
}
