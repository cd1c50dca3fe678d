//! A small random number generator, the same on every machine and in every release.
//!
//! Source: the splitmix64 generator of Steele, Lea and Flood, *Fast Splittable
//! Pseudorandom Number Generators* (2014).

/// Random numbers from a seed.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// A generator of its own for one named part, so that a change to one part
    /// of the story leaves the others as they were.
    pub(crate) fn named(part: &str) -> Random {
        Random(fnv1a(part.as_bytes()))
    }

    /// A generator for a seed that a person chose.
    pub(crate) fn seeded(seed: u64) -> Random {
        Random(spread(&seed.to_be_bytes()))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..limit`; 0 if `limit` is 0. The bias of the remainder is
    /// far below what a story needs.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or(0)
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Mostly near `low`, seldom up to `low << doublings`: the shape of sizes
    /// on a network.
    pub(crate) fn heavy(&mut self, low: u64, doublings: u64) -> u64 {
        let exponent = self.below(doublings + 1).min(self.below(doublings + 1));
        self.between(low << exponent, (low << exponent) * 2)
    }

    /// One in `n`.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A port a client would use.
    pub(crate) fn ephemeral_port(&mut self) -> u16 {
        u16::try_from(self.between(32_768, 60_999)).unwrap_or(u16::MAX)
    }
}

/// A hash of which every bit depends on every byte, for cutting into shares.
pub(crate) fn spread(bytes: &[u8]) -> u64 {
    Random(fnv1a(bytes)).next()
}

/// The 64-bit FNV-1a hash, for seeds and identifiers.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three outputs for seed 1234567 as the reference code prints them.
    #[test]
    fn is_splitmix64() {
        let mut random = Random(1_234_567);
        let expected =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([random.next(), random.next(), random.next()], expected);
    }

    #[test]
    fn stays_in_range() {
        let mut random = Random::named("test");
        for _ in 0..1000 {
            assert!((5..=9).contains(&random.between(5, 9)));
            assert!((100..=1600).contains(&random.heavy(100, 3)));
        }
        assert_eq!(random.below(0), 0);
    }
}
