//! Accumulators of groups by port: what others accumulate, and the protocols of
//! the flows, in 4 bytes.

use flowkit_model::Sums;
use flowkit_model::answer::Protocols;

use super::accumulators::{Direction, Flow, FlowAccumulator};
use crate::group::counters::{Accumulator, Counters};
use crate::group::dictionary_sums::CodeSums;
use crate::spill::record::Record;

/// What is accumulated of flows, and their protocols.
#[derive(Clone, Debug, Default)]
pub(crate) struct WithProtocols<A> {
    of: A,
    /// As [`Protocols::bits`].
    protocols: u32,
}

impl<A: Accumulator> Record for WithProtocols<A> {
    fn write(&self, out: &mut Vec<u8>) {
        self.of.write(out);
        self.protocols.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self { of: A::read(bytes)?, protocols: u32::read(bytes)? })
    }
}

impl<A: Accumulator> Accumulator for WithProtocols<A> {
    type Row = (A::Row, u32);

    #[inline]
    fn take(&mut self, (row, protocols): Self::Row) {
        self.of.take(row);
        self.protocols |= protocols;
    }

    fn merge(&mut self, other: &Self) {
        self.of.merge(&other.of);
        self.protocols |= other.protocols;
    }

    fn sums(&self) -> Sums {
        self.of.sums()
    }
}

impl<A: FlowAccumulator> FlowAccumulator for WithProtocols<A> {
    const TAKES_PROTOCOLS: bool = true;

    #[inline]
    fn row(flow: Flow, way: Direction) -> Result<Self::Row, Self> {
        let protocols = flow.protocols.bits();
        match A::row(flow, way) {
            Ok(row) => Ok((row, protocols)),
            Err(of) => Err(Self { of, protocols }),
        }
    }

    fn raise(&mut self, way: Direction, more: [u128; 2]) {
        self.of.raise(way, more);
    }

    fn ways(&self) -> Option<(u128, u128)> {
        self.of.ways()
    }

    fn span(&self) -> (Option<u64>, Option<u64>) {
        self.of.span()
    }

    fn protocols(&self) -> Protocols {
        Protocols::from_bits(self.protocols)
    }
}

/// An accumulator that can take the sums of a dictionary code.
pub(super) trait FromCode: FlowAccumulator {
    /// From the sums and the protocols of a code.
    fn of_code(sums: CodeSums, of: impl FnOnce() -> Protocols) -> Result<Self::Row, Self>;

    /// From sums and protocols, whatever their size.
    fn of_counters(sums: Counters, protocols: Protocols) -> Self;
}

impl FromCode for Counters {
    fn of_code(sums: CodeSums, _: impl FnOnce() -> Protocols) -> Result<Self::Row, Self> {
        sums.record()
    }

    fn of_counters(sums: Counters, _: Protocols) -> Self {
        sums
    }
}

impl FromCode for WithProtocols<Counters> {
    fn of_code(sums: CodeSums, of: impl FnOnce() -> Protocols) -> Result<Self::Row, Self> {
        let protocols = of().bits();
        match sums.record() {
            Ok(row) => Ok((row, protocols)),
            Err(of) => Err(Self { of, protocols }),
        }
    }

    fn of_counters(of: Counters, protocols: Protocols) -> Self {
        Self { of, protocols: protocols.bits() }
    }
}
