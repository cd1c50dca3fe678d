//! Protocols of the flows of each dictionary code. Nearly all flows have ports, and
//! only those that have none are looked at one by one: what else a code has is
//! known from the number of its flows.

use flowkit_model::answer::Protocols;
use flowkit_model::names::has_ports;

use crate::batch::{Column, Values};

/// Flows without ports by dictionary code.
#[derive(Debug, Default)]
pub(super) struct CodeProtocols {
    codes: Vec<WithoutPorts>,
    /// The codes that have such flows.
    touched: Vec<usize>,
}

/// The flows of a code that have no ports, or whose protocol is unknown.
#[derive(Clone, Copy, Debug, Default)]
struct WithoutPorts {
    flows: u32,
    protocols: Protocols,
}

/// Flows that are looked at together: most of them have ports.
const STRETCH: usize = 16;

impl CodeProtocols {
    /// Adds flows of codes below a number of codes.
    ///
    /// - Shapes: one code and one protocol per flow.
    pub(super) fn add(&mut self, n_codes: usize, codes: &[u32], protocols: &Column) {
        if self.codes.len() < n_codes {
            self.codes.resize(n_codes, WithoutPorts::default());
        }
        if let (Values::U8(numbers), None) = (&protocols.values, &protocols.unknown) {
            for (codes, numbers) in codes.chunks(STRETCH).zip(numbers.chunks(STRETCH)) {
                let have_ports = |number: &u8| matches!(number, 6 | 17);
                if numbers.iter().fold(true, |all, number| all & have_ports(number)) {
                    continue;
                }
                for (code, number) in codes.iter().zip(numbers) {
                    self.add_flow(*code, Some((*number).into()));
                }
            }
        } else {
            for (row, code) in codes.iter().enumerate() {
                self.add_flow(*code, protocols.get(row));
            }
        }
    }

    #[inline]
    fn add_flow(&mut self, code: u32, protocol: Option<u64>) {
        if !protocol.is_some_and(has_ports) {
            self.raise(
                code as usize,
                WithoutPorts { flows: 1, protocols: Protocols::of(protocol) },
            );
        }
    }

    fn raise(&mut self, code: usize, more: WithoutPorts) {
        let found = &mut self.codes[code];
        if found.flows == 0 {
            self.touched.push(code);
        }
        found.flows += more.flows;
        found.protocols = found.protocols.or(more.protocols);
    }

    /// Moves all flows to another set of codes, each to that which `code` gives.
    pub(super) fn move_to(
        &mut self,
        other: &mut Self,
        n_codes: usize,
        code: impl Fn(usize) -> usize,
    ) {
        if other.codes.len() < n_codes {
            other.codes.resize(n_codes, WithoutPorts::default());
        }
        for touched in self.touched.drain(..) {
            other.raise(code(touched), std::mem::take(&mut self.codes[touched]));
        }
    }

    /// Forgets all flows.
    pub(super) fn clear(&mut self) {
        for touched in self.touched.drain(..) {
            self.codes[touched] = WithoutPorts::default();
        }
    }

    /// The protocols of a code that has so many flows.
    pub(super) fn of(&self, code: usize, flows: u64) -> Protocols {
        let without_ports = self.codes.get(code).copied().unwrap_or_default();
        if flows > without_ports.flows.into() {
            without_ports.protocols.or(Protocols::WITH_PORTS)
        } else {
            without_ports.protocols
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(protocols: &[Option<u8>]) -> Column {
        let numbers = protocols.iter().map(|protocol| protocol.unwrap_or(0)).collect();
        let unknown: Vec<bool> = protocols.iter().map(Option::is_none).collect();
        let unknown = unknown.contains(&true).then_some(unknown);
        Column { values: Values::U8(numbers), unknown }
    }

    /// Stretches with and without flows that have no ports, the last of them short.
    #[test]
    fn codes_have_the_protocols_of_their_flows() {
        let numbers = [6, 17, 6, 17, 1, 132, 50, 33, 0];
        for (n, has_unknown) in [(100, false), (100, true), (37, false), (3, true)] {
            let protocol = |row: usize| match row % 53 {
                0..20 => Some(numbers[row % 4]),
                20 if has_unknown => None,
                at => Some(numbers[(row * 7 + at) % 9]),
            };
            let protocols: Vec<Option<u8>> = (0..n).map(protocol).collect();
            let codes: Vec<u32> = (0..n).map(|row| u32::try_from(row * 5 % 11).unwrap()).collect();
            let mut found = CodeProtocols::default();
            found.add(11, &codes, &column(&protocols));
            let expected = |code: usize| {
                let of = codes.iter().zip(&protocols).filter(|(of, _)| **of as usize == code);
                let of: Vec<Protocols> =
                    of.map(|(_, protocol)| Protocols::of(protocol.map(u64::from))).collect();
                (of.len() as u64, of.into_iter().fold(Protocols::default(), Protocols::or))
            };
            let mut moved = CodeProtocols::default();
            for code in 0..11 {
                let (flows, expected) = expected(code);
                assert_eq!(found.of(code, flows), expected, "{code} of {n}");
            }
            found.move_to(&mut moved, 20, |code| code + 7);
            for code in 0..11 {
                let (flows, expected) = expected(code);
                assert_eq!(moved.of(code + 7, flows), expected, "{code} of {n}, moved");
                let of_none = if flows > 0 { Protocols::WITH_PORTS } else { Protocols::default() };
                assert_eq!(found.of(code, flows), of_none, "{code} of {n}, taken away");
            }
        }
    }
}
