//! What is kept of a group, in three sizes: a ranking by bytes needs 40 bytes a
//! key, with its key.

use flowkit_model::question::{Measure, Of};
use flowkit_model::{Metric, Sums};

use crate::group::counters::{Accumulator, Counters, Sum};
use crate::group::packed_flow::Volume;
use crate::spill::record::Stored;

/// What of a flow can be gathered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) bytes: u64,
    pub(crate) packets: u64,
    pub(crate) first: Option<u64>,
    pub(crate) last: Option<u64>,
}

/// Which way a flow went, seen from its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Forward,
    Backward,
    /// Backward, and its other end, which is the same key, was counted.
    BackAgain,
}

impl Way {
    /// The same as the mark of a volume.
    fn mark(self) -> u8 {
        match self {
            Self::Forward => 0,
            Self::Backward => 1,
            Self::BackAgain => 2,
        }
    }

    fn of_mark(mark: u8) -> Self {
        match mark {
            0 => Self::Forward,
            1 => Self::Backward,
            _ => Self::BackAgain,
        }
    }
}

/// Something that flows are gathered in.
pub(crate) trait Gather: Accumulator {
    /// A flow as a record, or as sums if it does not fit in one.
    fn row(flow: Flow, way: Way) -> Result<Self::Row, Self>;

    /// Bytes each way.
    fn ways(&self) -> Option<(u128, u128)> {
        None
    }

    /// First start and last end.
    fn span(&self) -> (Option<u64>, Option<u64>) {
        (None, None)
    }
}

/// A value of a flow whose distribution is told, if it is known.
pub(crate) fn spread_of(of: Of, flow: Flow) -> Option<u64> {
    match of {
        Of::Bytes => Some(flow.bytes),
        Of::Duration => flow.first.zip(flow.last).and_then(|(first, last)| last.checked_sub(first)),
    }
}

impl Gather for Counters {
    #[inline]
    fn row(flow: Flow, _: Way) -> Result<Volume, Self> {
        Self::row(flow.bytes, flow.packets)
    }
}

/// With the bytes each way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Directed {
    all: Counters,
    forward: Sum,
    backward: Sum,
}

impl Directed {
    fn of(bytes: u64, packets: u64, way: Way) -> Self {
        let all =
            if way == Way::BackAgain { Counters::default() } else { Counters::one(bytes, packets) };
        let (mut forward, mut backward) = (Sum::default(), Sum::default());
        if way == Way::Forward {
            forward.add(bytes);
        } else {
            backward.add(bytes);
        }
        Self { all, forward, backward }
    }
}

impl Stored for Directed {
    fn write(&self, out: &mut Vec<u8>) {
        (self.all, (self.forward, self.backward)).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (all, (forward, backward)) = Stored::read(bytes)?;
        Some(Self { all, forward, backward })
    }
}

impl Accumulator for Directed {
    type Row = Volume;

    #[inline]
    fn take(&mut self, row: Volume) {
        let way = Way::of_mark(row.mark());
        if way != Way::BackAgain {
            self.all.add(row.bytes(), row.packets());
        }
        let sum = if way == Way::Forward { &mut self.forward } else { &mut self.backward };
        sum.add(row.bytes());
    }

    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.forward.merge(other.forward);
        self.backward.merge(other.backward);
    }

    fn sums(&self) -> Sums {
        self.all.sums()
    }
}

impl Gather for Directed {
    #[inline]
    fn row(flow: Flow, way: Way) -> Result<Volume, Self> {
        Volume::new(flow.bytes, flow.packets, way.mark())
            .ok_or_else(|| Self::of(flow.bytes, flow.packets, way))
    }

    fn ways(&self) -> Option<(u128, u128)> {
        Some((self.forward.total(), self.backward.total()))
    }
}

/// With the first start and the last end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spanned {
    directed: Directed,
    first: Option<u64>,
    last: Option<u64>,
}

/// A flow with its times; unknown times are [`UNKNOWN`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    volume: Volume,
    first: u64,
    last: u64,
}

/// No time: those have 48 bits.
const UNKNOWN: u64 = u64::MAX;

impl Timed {
    fn times(self) -> (Option<u64>, Option<u64>) {
        let known = |time: u64| (time != UNKNOWN).then_some(time);
        (known(self.first), known(self.last))
    }
}

impl Stored for Timed {
    fn write(&self, out: &mut Vec<u8>) {
        (self.volume, (self.first, self.last)).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (volume, (first, last)) = Stored::read(bytes)?;
        Some(Self { volume, first, last })
    }
}

impl Stored for Spanned {
    fn write(&self, out: &mut Vec<u8>) {
        (self.directed, (self.first, self.last)).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (directed, (first, last)) = Stored::read(bytes)?;
        Some(Self { directed, first, last })
    }
}

impl Accumulator for Spanned {
    type Row = Timed;

    #[inline]
    fn take(&mut self, row: Timed) {
        self.directed.take(row.volume);
        let (first, last) = row.times();
        self.first = earliest(self.first, first);
        self.last = self.last.max(last);
    }

    fn merge(&mut self, other: &Self) {
        self.directed.merge(&other.directed);
        self.first = earliest(self.first, other.first);
        self.last = self.last.max(other.last);
    }

    fn sums(&self) -> Sums {
        self.directed.sums()
    }
}

fn earliest(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Gather for Spanned {
    #[inline]
    fn row(flow: Flow, way: Way) -> Result<Timed, Self> {
        let Flow { first, last, .. } = flow;
        match Directed::row(flow, way) {
            Ok(volume) => {
                let time = |time: Option<u64>| time.unwrap_or(UNKNOWN);
                Ok(Timed { volume, first: time(first), last: time(last) })
            }
            Err(directed) => Err(Self { directed, first, last }),
        }
    }

    fn ways(&self) -> Option<(u128, u128)> {
        self.directed.ways()
    }

    fn span(&self) -> (Option<u64>, Option<u64>) {
        (self.first, self.last)
    }
}

/// How much must be kept for a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Size {
    Plain,
    Directed,
    Spanned,
}

impl Size {
    pub(crate) fn of(measure: Measure) -> Self {
        match measure {
            Measure::Sum(Metric::Bytes | Metric::Packets | Metric::Flows)
            | Measure::Share(_)
            | Measure::BytesPerPacket
            | Measure::Distinct(_)
            | Measure::Spread(..) => Self::Plain,
            Measure::Forward | Measure::Backward => Self::Directed,
            Measure::First
            | Measure::Last
            | Measure::Duration
            | Measure::BitsPerSecond
            | Measure::PacketsPerSecond => Self::Spanned,
        }
    }
}
