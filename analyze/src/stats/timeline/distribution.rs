//! Distributes the volume of one flow over the bins that it spans.
//!
//! The distributions are named and defined as the load schemes of SiLK's `rwcount`;
//! parts are whole numbers that add up to the volume.

use flowkit_model::question::TimeDistribution;

/// Bytes and packets, which may have been multiplied by a sampling interval of 16 bits.
pub(super) type Volume = [u128; 2];

/// Distributes the volume of a flow from `first` to `last` over bins. `bin` finds the
/// start of the bin of a time, and the first millisecond after the stretch of the bin
/// that the time is in; `give` takes any time in the bin.
pub(super) fn spread(
    load: TimeDistribution,
    (first, last): (u64, u64),
    volume: Volume,
    mut bin: impl FnMut(u64) -> (u64, u64),
    mut give: impl FnMut(u64, Volume),
) {
    match load {
        TimeDistribution::Start | TimeDistribution::Export => give(first, volume),
        TimeDistribution::End => give(last, volume),
        _ if first == last => give(first, volume),
        TimeDistribution::Proportional => {
            let duration = last - first;
            let mut at = first;
            let mut given = [0, 0];
            while at < last {
                let end = bin(at).1.min(last);
                give(at, next_part(volume, &mut given, end - first, duration));
                at = end;
            }
        }
        TimeDistribution::Uniform => {
            let mut starts = vec![first];
            let (mut own, mut end) = bin(first);
            let mut before = own;
            while end <= last {
                let (next, next_end) = bin(end);
                // A bin may have several stretches, the last one behind another bin.
                if next != own && next != before {
                    starts.push(end);
                }
                if next != own {
                    (before, own) = (own, next);
                }
                end = next_end;
            }
            let n = starts.len() as u64;
            let mut given = [0, 0];
            for (so_far, start) in (1..).zip(starts) {
                give(start, next_part(volume, &mut given, so_far, n));
            }
        }
    }
}

/// The part that is due at `so_far` of `whole`, less the parts given before.
fn next_part(volume: Volume, given: &mut Volume, so_far: u64, whole: u64) -> Volume {
    let mut part = [0, 0];
    for place in 0..2 {
        // 80 bits, and 48 of a time.
        let due = volume[place] * u128::from(so_far) / u128::from(whole);
        part[place] = due - given[place];
        given[place] = due;
    }
    part
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Bytes by number of the bin.
    fn bytes(
        load: TimeDistribution,
        span: (u64, u64),
        bytes: u64,
        length: u64,
    ) -> BTreeMap<u64, u64> {
        let mut bins = BTreeMap::new();
        spread(
            load,
            span,
            [bytes.into(), 1],
            |ms| (ms / length * length, (ms / length + 1) * length),
            |ms, part| *bins.entry(ms / length).or_default() += u64::try_from(part[0]).unwrap(),
        );
        bins
    }

    /// The worked example of SiLK's manual of rwcount, bins of 60 s: 9000 B
    /// from 12:03:50 to 12:06:20, and 200 B for 15 s from 12:04:05.
    #[test]
    fn equals_the_example_of_silk() {
        let at = |minute: u64, second: u64| ((12 * 60 + minute) * 60 + second) * 1000;
        let long = (at(3, 50), at(6, 20));
        let short = (at(4, 5), at(4, 20));
        for (load, expected) in [
            (TimeDistribution::Proportional, [600, 3800, 3600, 1200]),
            (TimeDistribution::Uniform, [2250, 2450, 2250, 2250]),
            (TimeDistribution::Start, [9000, 200, 0, 0]),
            (TimeDistribution::End, [0, 200, 0, 9000]),
        ] {
            let mut sum = bytes(load, long, 9000, 60_000);
            for (bin, part) in bytes(load, short, 200, 60_000) {
                *sum.entry(bin).or_default() += part;
            }
            let found = [3, 4, 5, 6].map(|minute| sum.get(&(720 + minute)).copied().unwrap_or(0));
            assert_eq!(found, expected, "{load:?}");
        }
    }

    /// A flow of 90 B from 5 to 25 that touches one bin in three stretches, and one that
    /// touches a second bin between two stretches of the first.
    #[test]
    fn a_bin_of_several_stretches_has_one_share() {
        let shares = |bin: fn(u64) -> u64| {
            let mut given = Vec::new();
            let stretch = |ms: u64| (bin(ms), (ms / 10 + 1) * 10);
            spread(TimeDistribution::Uniform, (5, 25), [90, 2], stretch, |ms, part| {
                given.push((ms, part));
            });
            given
        };
        assert_eq!(shares(|_| 0), [(5, [90, 2])]);
        assert_eq!(shares(|ms| ms / 10 % 2), [(5, [45, 1]), (10, [45, 1])]);
        assert_eq!(shares(|ms| ms / 10).len(), 3);
    }

    /// The worked example of pmacct's `nfacctd_pro_rating`: 1000 s, 1000 B,
    /// bins of 5 minutes.
    #[test]
    fn equals_the_example_of_pmacct() {
        let found = bytes(TimeDistribution::Proportional, (0, 1_000_000), 1000, 300_000);
        assert_eq!(found.into_values().collect::<Vec<_>>(), [300, 300, 300, 100]);
    }

    proptest! {
        #[test]
        fn parts_add_up(
            first in 0_u64..1000, length in 0_u64..1000, amount in any::<u64>(), bin in 1_u64..300,
        ) {
            for load in [TimeDistribution::Proportional, TimeDistribution::Start, TimeDistribution::End, TimeDistribution::Uniform, TimeDistribution::Export] {
                let bins = bytes(load, (first, first + length), amount, bin);
                let sum: u128 = bins.values().map(|part| u128::from(*part)).sum();
                prop_assert_eq!(sum, u128::from(amount));
                let (least, most) = (first / bin, (first + length) / bin);
                prop_assert!(bins.keys().all(|bin| (least..=most).contains(bin)));
            }
        }
    }
}
