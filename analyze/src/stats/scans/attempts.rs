//! A flow as an attempt to reach a port of a host, in 32 bytes, and sums of attempts.

use flowkit_model::Sums;

use crate::batch::{Column, Values};
use crate::group::counters::{Accumulator, Counters};
use crate::group::packed_flow::PackedFlow;
use crate::spill::record::Record;

/// TCP flags of a flow without an answer and without data.
const SYN: u8 = 2;

/// Source, target and TCP flags of an attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Probe {
    /// Source and destination, 32 bits each.
    ends: u64,
    /// Protocol, 8 bits, port, 16, and flags, 8.
    port: u32,
}

impl Probe {
    /// The probe of each row: source, destination, protocol and port, which are
    /// meaningless where one of them is unknown, and flags.
    ///
    /// Column by column, so that the width of a column is matched once per batch.
    pub(super) fn of(columns: [&Column; 4], flags: &Column, rows: usize) -> Vec<Self> {
        let [source, destination, protocol, port] = columns;
        let (mut ends, mut ports) = (vec![0; rows], vec![0; rows]);
        shift_in(&mut ends, source, 32);
        shift_in(&mut ends, destination, 0);
        shift_in(&mut ports, protocol, 24);
        shift_in(&mut ports, port, 8);
        shift_in(&mut ports, flags, 0);
        let narrow = |port: u64| u32::try_from(port).expect("fields of 8, 16 and 8 bits");
        let all = ends.into_iter().zip(ports);
        all.map(|(ends, port)| Self { ends, port: narrow(port) }).collect()
    }

    pub(super) fn source(self) -> u64 {
        self.ends >> 32
    }

    pub(super) fn destination(self) -> u64 {
        self.ends & 0xffff_ffff
    }

    pub(super) fn protocol(self) -> u64 {
        u64::from(self.port >> 24)
    }

    pub(super) fn port(self) -> u64 {
        u64::from(self.port >> 8 & 0xffff)
    }

    fn flags(self) -> u8 {
        self.port.to_le_bytes()[0]
    }

    /// All but the flags.
    pub(super) fn target(self) -> u128 {
        u128::from(self.ends) << 24 | u128::from(self.port >> 8)
    }

    /// A probe of this target, without flags.
    pub(super) fn of_target(target: u128) -> Self {
        let low = u32::try_from(target & 0xff_ffff).expect("24 bits");
        Self { ends: u64::try_from(target >> 24).expect("64 bits are left"), port: low << 8 }
    }
}

/// Writes the values of a column into words, shifted; unknown ones are 0.
fn shift_in(words: &mut [u64], column: &Column, shift: u32) {
    fn all<V: Copy + Into<u64>>(words: &mut [u64], values: &[V], shift: u32) {
        for (word, value) in words.iter_mut().zip(values) {
            *word |= (*value).into() << shift;
        }
    }
    if column.unknown.is_some() {
        for (row, word) in words.iter_mut().enumerate() {
            *word |= column.get(row).unwrap_or(0) << shift;
        }
        return;
    }
    match &column.values {
        Values::U8(values) => all(words, values, shift),
        Values::U16(values) => all(words, values, shift),
        Values::U32(values) => all(words, values, shift),
        Values::U64(values) => all(words, values, shift),
    }
}

impl Record for Probe {
    fn write(&self, out: &mut Vec<u8>) {
        (self.ends, self.port).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (ends, port) = Record::read(bytes)?;
        Some(Self { ends, port })
    }
}

/// A flow that fits in a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) probe: Probe,
    /// Duration in ms.
    duration: u32,
    counts: PackedFlow,
    first: u64,
}

impl Attempt {
    /// The record of a flow, or its sums if it does not fit: times are unknown or
    /// inverted, or the duration has more than 32 bits.
    pub(super) fn new(
        probe: Probe,
        bytes: u64,
        packets: u64,
        first: Option<u64>,
        last: Option<u64>,
    ) -> Result<Self, AttemptSums> {
        let span = first
            .zip(last)
            .and_then(|(first, last)| Some((first, u32::try_from(last.checked_sub(first)?).ok()?)));
        match (PackedFlow::new(bytes, packets, 0), span) {
            (Some(counts), Some((first, duration))) => Ok(Self { probe, duration, counts, first }),
            _ => Err(AttemptSums::of(Counters::one(bytes, packets), probe.flags(), first, last)),
        }
    }
}

impl Record for Attempt {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.probe, self.duration), (self.counts, self.first)).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let ((probe, duration), (counts, first)) = Record::read(bytes)?;
        Some(Self { probe, duration, counts, first })
    }
}

/// The accumulators of a key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AttemptSums {
    all: Counters,
    pub(super) syn_only: u64,
    pub(super) flags: u8,
    pub(super) first: Option<u64>,
    pub(super) last: Option<u64>,
}

impl AttemptSums {
    fn of(all: Counters, flags: u8, first: Option<u64>, last: Option<u64>) -> Self {
        Self { all, syn_only: u64::from(flags == SYN), flags, first, last }
    }
}

impl AttemptSums {
    /// With more bytes and packets, of a flow that is counted already.
    pub(super) fn raised(self, more: Option<[u128; 2]>) -> Self {
        Self { all: self.all.raised(more), ..self }
    }
}

impl Record for AttemptSums {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.all, self.syn_only), self.flags).write(out);
        (self.first, self.last).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let ((all, syn_only), flags) = Record::read(bytes)?;
        let (first, last) = Record::read(bytes)?;
        Some(Self { all, syn_only, flags, first, last })
    }
}

impl Accumulator for AttemptSums {
    type Row = Attempt;

    fn take(&mut self, row: Attempt) {
        let all = Counters::one(row.counts.bytes(), row.counts.packets());
        let last = row.first + u64::from(row.duration);
        self.merge(&Self::of(all, row.probe.flags(), Some(row.first), Some(last)));
    }

    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.syn_only += other.syn_only;
        self.flags |= other.flags;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }

    fn sums(&self) -> Sums {
        self.all.sums()
    }
}
