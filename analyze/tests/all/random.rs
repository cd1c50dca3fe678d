//! Synthetic flows for tests: few values, so that keys meet, and some unknown.

use flowkit_model::field::Access;
use flowkit_model::{Address, FIELDS, FieldId, FlowRecord};

/// A small generator with a printed seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Addresses of both families, neighbours and those at their ends.
fn address(n: u64) -> Address {
    const ENDS: [&str; 8] = [
        "0.0.0.0",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ];
    match n {
        0..20 => Address::from_bits(0x0a00_0000 + u32::try_from(n).unwrap()),
        // A /64 each four.
        20..32 => Address::from_number((0x2001_0db8 << 96) + (u128::from(n) << 62)),
        _ => ENDS[usize::try_from(n % 8).unwrap()].parse().unwrap(),
    }
}

/// Flows of both families.
pub(crate) fn flows(random: &mut Random, n: usize) -> Vec<FlowRecord> {
    (0..n)
        .map(|_| {
            let mut flow = FlowRecord::default();
            for field in FIELDS {
                let value = match field.id {
                    FieldId::Timestamp | FieldId::FirstSwitched | FieldId::LastSwitched => {
                        1_537_488_000_000 + random.below(7_200_000)
                    }
                    FieldId::SrcAddr | FieldId::DstAddr => random.below(40),
                    FieldId::Protocol => [6, 17, 1][usize::try_from(random.below(3)).unwrap()],
                    FieldId::Bytes => random.below(100_000),
                    FieldId::SrcPort | FieldId::DstPort => random.below(30),
                    _ => random.below(4),
                };
                let known = random.below(10) > 0;
                match field.access {
                    Access::Number { write, .. } => write(&mut flow, known.then_some(value)),
                    Access::Address { write, .. } => {
                        write(&mut flow, known.then(|| address(value)));
                    }
                    Access::Worked { .. } => {}
                    Access::Text { write, .. } => {
                        write(&mut flow, known.then(|| format!("r{}", 9 - value)));
                    }
                }
            }
            flow
        })
        .collect()
}
