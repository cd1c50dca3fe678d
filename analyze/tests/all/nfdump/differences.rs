//! Where nfdump's answer is another, and why.

use std::collections::BTreeMap;

use flowkit_model::FlowRecord;
use flowkit_model::question::Order;

use super::statistics::{ranking, statistic};
use super::{sets, summary, total};
use crate::asking::{of_batches, top};

/// Why nfdump's answer is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// It multiplies packets and bytes by the sampling interval as datagrams
    /// arrive; so does flowkit when it is asked to.
    Sampling,
    /// `ip` and `port` statistics count a flow whose ends are equal twice.
    EqualEnds,
    /// Masks of version 5 are not kept: always 0.
    Masks,
    /// AS numbers are asked of a geolocation data base, and refused without.
    NoAs,
    /// A time more than about a second ahead of the header is taken for a wrap
    /// of the uptime, and put 49.7 days back.
    TimesAhead,
}

/// Where nfdump differs, it does so as is said here, and in no other way.
#[test]
fn differences_are_as_named() {
    for set in sets() {
        for difference in [
            Difference::Sampling,
            Difference::EqualEnds,
            Difference::Masks,
            Difference::NoAs,
            Difference::TimesAhead,
        ] {
            let is_so = match difference {
                Difference::Sampling => {
                    let unscaled = top(&[], Order::default());
                    let total = of_batches(&set.batches, &unscaled).tally.total;
                    let is_other = summary(&set, "any").unwrap()[2] != total.bytes;
                    is_other == (set.name == "edge")
                }
                Difference::EqualEnds => {
                    let is_equal = |flow: &&FlowRecord| flow.src_port == flow.dst_port;
                    let equal = set.flows.iter().filter(is_equal).count();
                    let flows = |rows: BTreeMap<Vec<String>, [u128; 3]>| {
                        rows.values().map(|sums| sums[0]).sum::<u128>()
                    };
                    flows(statistic(&set, "port")) == flows(ranking(&set, "port")) + equal as u128
                }
                Difference::Masks => {
                    summary(&set, "src mask 0").unwrap()[0] == set.flows.len() as u128
                }
                Difference::NoAs => summary(&set, "src as 64500").is_none(),
                Difference::TimesAhead => {
                    let longer = "duration > 0";
                    let same = summary(&set, longer).unwrap() == total(&set, longer);
                    same || set.name == "years"
                }
            };
            assert!(is_so, "{}: {difference:?}", set.name);
        }
    }
}
