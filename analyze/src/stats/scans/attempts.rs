//! A flow as a try at a port of a host, in 32 bytes, and the sums of tries.

use flowkit_model::Sums;

use crate::batch::{Column, Values};
use crate::group::counters::{Accumulator, Counters};
use crate::group::packed_flow::Volume;
use crate::spill::record::Stored;

/// TCP flags of a flow in which nobody answered and nothing was sent.
const SYN: u8 = 2;

/// Who tried what, and with which TCP flags.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tried {
    /// Source and destination, 32 bits each.
    ends: u64,
    /// Protocol, 8 bits, port, 16, and flags, 8.
    port: u32,
}

impl Tried {
    /// Of flows: source, destination, protocol and port, which mean nothing
    /// where one of them is unknown, and flags.
    ///
    /// Field by field over the rows, so that the width of a column is looked at
    /// once a batch.
    pub(super) fn of(columns: [&Column; 4], flags: &Column, rows: usize) -> Vec<Self> {
        let [source, destination, protocol, port] = columns;
        let (mut ends, mut ports) = (vec![0; rows], vec![0; rows]);
        place(&mut ends, source, 32);
        place(&mut ends, destination, 0);
        place(&mut ports, protocol, 24);
        place(&mut ports, port, 8);
        place(&mut ports, flags, 0);
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

    /// One with such a target, without flags.
    pub(super) fn of_target(target: u128) -> Self {
        let low = u32::try_from(target & 0xff_ffff).expect("24 bits");
        Self { ends: u64::try_from(target >> 24).expect("64 bits are left"), port: low << 8 }
    }
}

/// Puts the values of a column at a place of words; unknown ones are 0.
fn place(words: &mut [u64], column: &Column, shift: u32) {
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

impl Stored for Tried {
    fn write(&self, out: &mut Vec<u8>) {
        (self.ends, self.port).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (ends, port) = Stored::read(bytes)?;
        Some(Self { ends, port })
    }
}

/// A flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    pub(super) tried: Tried,
    /// From the start to the end, in ms.
    duration: u32,
    volume: Volume,
    first: u64,
}

impl Try {
    /// Of a flow; its sums if it does not fit: times unknown or inverted, or
    /// more than is counted in 32 bits.
    pub(super) fn new(
        tried: Tried,
        bytes: u64,
        packets: u64,
        first: Option<u64>,
        last: Option<u64>,
    ) -> Result<Self, Tries> {
        let span = first
            .zip(last)
            .and_then(|(first, last)| Some((first, u32::try_from(last.checked_sub(first)?).ok()?)));
        match (Volume::new(bytes, packets, 0), span) {
            (Some(volume), Some((first, duration))) => Ok(Self { tried, duration, volume, first }),
            _ => Err(Tries::of(Counters::one(bytes, packets), tried.flags(), first, last)),
        }
    }
}

impl Stored for Try {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.tried, self.duration), (self.volume, self.first)).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let ((tried, duration), (volume, first)) = Stored::read(bytes)?;
        Some(Self { tried, duration, volume, first })
    }
}

/// What is told of a key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tries {
    all: Counters,
    pub(super) syn_only: u64,
    pub(super) flags: u8,
    pub(super) first: Option<u64>,
    pub(super) last: Option<u64>,
}

impl Tries {
    fn of(all: Counters, flags: u8, first: Option<u64>, last: Option<u64>) -> Self {
        Self { all, syn_only: u64::from(flags == SYN), flags, first, last }
    }
}

impl Stored for Tries {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.all, self.syn_only), self.flags).write(out);
        (self.first, self.last).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let ((all, syn_only), flags) = Stored::read(bytes)?;
        let (first, last) = Stored::read(bytes)?;
        Some(Self { all, syn_only, flags, first, last })
    }
}

impl Accumulator for Tries {
    type Row = Try;

    fn take(&mut self, row: Try) {
        let all = Counters::one(row.volume.bytes(), row.volume.packets());
        let last = row.first + u64::from(row.duration);
        self.merge(&Self::of(all, row.tried.flags(), Some(row.first), Some(last)));
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
