//! The accumulators of a group, in three sizes: a ranking by bytes needs 40 bytes
//! per group, key included.

use flowkit_model::answer::Protocols;
use flowkit_model::question::{Measure, Of};
use flowkit_model::{Metric, Sums};

use crate::group::counters::{Accumulator, Counters, Sum};
use crate::group::packed_flow::PackedFlow;
use crate::spill::record::Record;

/// The values of a flow that are accumulated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) bytes: u64,
    pub(crate) packets: u64,
    pub(crate) first: Option<u64>,
    pub(crate) last: Option<u64>,
    /// Only where the accumulator [takes it](FlowAccumulator::TAKES_PROTOCOLS).
    pub(crate) protocols: Protocols,
}

impl Flow {
    /// A flow whose times do not count.
    pub(crate) fn of(bytes: u64, packets: u64, protocols: Protocols) -> Self {
        Self { bytes, packets, first: None, last: None, protocols }
    }
}

/// The direction of a flow, seen from its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
    /// Backward, and source and destination have one key: the flow was counted already.
    BackwardSameKey,
}

impl Direction {
    /// The mark of a packed flow.
    fn mark(self) -> u8 {
        match self {
            Self::Forward => 0,
            Self::Backward => 1,
            Self::BackwardSameKey => 2,
        }
    }

    fn of_mark(mark: u8) -> Self {
        match mark {
            0 => Self::Forward,
            1 => Self::Backward,
            _ => Self::BackwardSameKey,
        }
    }
}

/// An accumulator of flows.
pub(crate) trait FlowAccumulator: Accumulator {
    /// Whether it needs the protocol of each flow.
    const TAKES_PROTOCOLS: bool = false;

    /// The record of a flow, or its sums if it does not fit in one.
    fn row(flow: Flow, way: Direction) -> Result<Self::Row, Self>;

    /// Adds bytes and packets of a flow that is counted already.
    fn raise(&mut self, way: Direction, more: [u128; 2]);

    /// Like [`row`](Self::row), of a flow that may have more than 64 bits, which only one
    /// that does not fit in a record has.
    #[inline]
    fn row_with(
        flow: Flow,
        way: Direction,
        more: impl FnOnce() -> Option<[u128; 2]>,
    ) -> Result<Self::Row, Self> {
        Self::row(flow, way).map_err(|mut sums| {
            if let Some(more) = more() {
                sums.raise(way, more);
            }
            sums
        })
    }

    /// Bytes forward and backward.
    fn ways(&self) -> Option<(u128, u128)> {
        None
    }

    /// First start and last end.
    fn span(&self) -> (Option<u64>, Option<u64>) {
        (None, None)
    }

    /// The protocols of its flows.
    fn protocols(&self) -> Protocols {
        Protocols::default()
    }
}

/// The value of a flow in a distribution, if it is known.
pub(crate) fn spread_of(of: Of, flow: Flow) -> Option<u64> {
    match of {
        Of::Bytes => Some(flow.bytes),
        Of::Duration => flow.first.zip(flow.last).and_then(|(first, last)| last.checked_sub(first)),
    }
}

impl FlowAccumulator for Counters {
    #[inline]
    fn row(flow: Flow, _: Direction) -> Result<PackedFlow, Self> {
        Self::row(flow.bytes, flow.packets)
    }

    fn raise(&mut self, _: Direction, more: [u128; 2]) {
        *self = self.raised(Some(more));
    }
}

/// Sums, and the bytes of each direction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Directed {
    all: Counters,
    forward: Sum,
    backward: Sum,
}

impl Directed {
    fn of(bytes: u64, packets: u64, way: Direction) -> Self {
        let all = if way == Direction::BackwardSameKey {
            Counters::default()
        } else {
            Counters::one(bytes, packets)
        };
        let (mut forward, mut backward) = (Sum::default(), Sum::default());
        if way == Direction::Forward {
            forward.add(bytes);
        } else {
            backward.add(bytes);
        }
        Self { all, forward, backward }
    }
}

impl Record for Directed {
    fn write(&self, out: &mut Vec<u8>) {
        (self.all, (self.forward, self.backward)).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (all, (forward, backward)) = Record::read(bytes)?;
        Some(Self { all, forward, backward })
    }
}

impl Accumulator for Directed {
    type Row = PackedFlow;

    #[inline]
    fn take(&mut self, row: PackedFlow) {
        let way = Direction::of_mark(row.mark());
        if way != Direction::BackwardSameKey {
            self.all.add(row.bytes(), row.packets());
        }
        let sum = if way == Direction::Forward { &mut self.forward } else { &mut self.backward };
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

impl FlowAccumulator for Directed {
    #[inline]
    fn row(flow: Flow, way: Direction) -> Result<PackedFlow, Self> {
        PackedFlow::new(flow.bytes, flow.packets, way.mark())
            .ok_or_else(|| Self::of(flow.bytes, flow.packets, way))
    }

    fn raise(&mut self, way: Direction, more: [u128; 2]) {
        if way != Direction::BackwardSameKey {
            self.all = self.all.raised(Some(more));
        }
        let sum = if way == Direction::Forward { &mut self.forward } else { &mut self.backward };
        sum.raise(more[0]);
    }

    fn ways(&self) -> Option<(u128, u128)> {
        Some((self.forward.total(), self.backward.total()))
    }
}

/// Sums, bytes of each direction, first start and last end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spanned {
    directed: Directed,
    first: Option<u64>,
    last: Option<u64>,
}

/// A flow with its times; unknown times are [`UNKNOWN`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    flow: PackedFlow,
    first: u64,
    last: u64,
}

/// No time, since those have 48 bits.
const UNKNOWN: u64 = u64::MAX;

impl Timed {
    fn times(self) -> (Option<u64>, Option<u64>) {
        let known = |time: u64| (time != UNKNOWN).then_some(time);
        (known(self.first), known(self.last))
    }
}

impl Record for Timed {
    fn write(&self, out: &mut Vec<u8>) {
        (self.flow, (self.first, self.last)).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (flow, (first, last)) = Record::read(bytes)?;
        Some(Self { flow, first, last })
    }
}

impl Record for Spanned {
    fn write(&self, out: &mut Vec<u8>) {
        (self.directed, (self.first, self.last)).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (directed, (first, last)) = Record::read(bytes)?;
        Some(Self { directed, first, last })
    }
}

impl Accumulator for Spanned {
    type Row = Timed;

    #[inline]
    fn take(&mut self, row: Timed) {
        self.directed.take(row.flow);
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

/// The smaller of two values; an unknown one says nothing.
#[inline]
pub(crate) fn earliest(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl FlowAccumulator for Spanned {
    #[inline]
    fn row(flow: Flow, way: Direction) -> Result<Timed, Self> {
        let Flow { first, last, .. } = flow;
        match Directed::row(flow, way) {
            Ok(flow) => {
                let time = |time: Option<u64>| time.unwrap_or(UNKNOWN);
                Ok(Timed { flow, first: time(first), last: time(last) })
            }
            Err(directed) => Err(Self { directed, first, last }),
        }
    }

    fn raise(&mut self, way: Direction, more: [u128; 2]) {
        self.directed.raise(way, more);
    }

    fn ways(&self) -> Option<(u128, u128)> {
        self.directed.ways()
    }

    fn span(&self) -> (Option<u64>, Option<u64>) {
        (self.first, self.last)
    }
}

/// The smallest accumulators that a measure needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Accumulators {
    Plain,
    Directed,
    Spanned,
}

impl Accumulators {
    /// Those of a measure; of rates over a bin of time, if the key has one.
    pub(crate) fn of(measure: Measure, is_binned: bool) -> Self {
        match measure {
            Measure::BitsPerSecond | Measure::PacketsPerSecond if is_binned => Self::Plain,
            Measure::Sum(Metric::Bytes | Metric::Packets | Metric::Flows)
            | Measure::Share(_)
            | Measure::BytesPerPacket
            | Measure::PortKind
            | Measure::Distinct(_)
            | Measure::Key(_)
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
