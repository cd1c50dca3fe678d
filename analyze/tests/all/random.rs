//! Synthetic flows for tests: few values, so that keys meet, and some unknown.

use flowkit_model::field::Access;
use flowkit_model::{FIELDS, FieldId, FlowRecord};

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

pub(crate) fn flows(random: &mut Random, n: usize) -> Vec<FlowRecord> {
    (0..n)
        .map(|_| {
            let mut flow = FlowRecord::default();
            for field in FIELDS {
                let value = match field.id {
                    FieldId::Timestamp | FieldId::FirstSwitched | FieldId::LastSwitched => {
                        1_537_488_000_000 + random.below(7_200_000)
                    }
                    FieldId::SrcAddr | FieldId::DstAddr => 0x0a00_0000 + random.below(40),
                    FieldId::Protocol => [6, 17, 1][usize::try_from(random.below(3)).unwrap()],
                    FieldId::Bytes => random.below(100_000),
                    FieldId::SrcPort | FieldId::DstPort => random.below(30),
                    _ => random.below(4),
                };
                let known = random.below(10) > 0;
                match field.access {
                    Access::Number { write, .. } => write(&mut flow, known.then_some(value)),
                    Access::Text { write, .. } => {
                        write(&mut flow, known.then(|| format!("r{}", 9 - value)));
                    }
                }
            }
            flow
        })
        .collect()
}
