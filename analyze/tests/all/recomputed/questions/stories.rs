//! What flows of a question have in common, so that reports have something to find:
//! packets whose numbers follow each other, connections at an interval, scans.

use serde_json::{Value, json};

use super::made::{one_in, pick};
use crate::random::Random;

/// What documents are made to tell.
#[derive(Clone, Debug)]
pub(super) enum Story {
    /// Nothing.
    Plain,
    /// Engines send packets, some of which are lost, and flows of others.
    Packets { engines: Vec<Engine>, left: u64 },
    /// Pairs connect at an interval, in ms.
    Beats { interval: i64, n: [i64; 3] },
    /// Sources try hosts and ports.
    Scan,
}

/// An engine under way.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    exporter: u64,
    id: u64,
    /// Number of the next packet.
    number: u64,
    ms: i64,
    /// Flows of the packet under way.
    carries: u64,
}

/// Values that a document has instead of random ones.
#[derive(Default)]
pub(super) struct Told {
    pub(super) exported: Option<i64>,
    pub(super) first: Option<i64>,
    pub(super) values: Vec<(&'static str, Value)>,
}

impl Story {
    /// A story that a report can tell of.
    pub(super) fn of(random: &mut Random, report: &str, start: i64) -> Self {
        let engine = |random: &mut Random, id| Engine {
            exporter: random.below(2),
            id,
            number: pick(random, &[0, 1000, 3_000_000_000, (1 << 32) - 20]),
            ms: start,
            carries: 0,
        };
        match report {
            "exporters" | "check" | "summary" if !one_in(random, 4) => {
                let n = random.below(3) + 1;
                let engines = (0..n).map(|id| engine(random, id)).collect();
                Self::Packets { engines, left: 0 }
            }
            "beacons" if !one_in(random, 8) => {
                let interval = pick(random, &[1500, 60_000, 3_600_000, 700]);
                Self::Beats { interval, n: [start; 3] }
            }
            "scans" if !one_in(random, 8) => Self::Scan,
            _ => Self::Plain,
        }
    }

    /// What the next document has.
    pub(super) fn next(&mut self, random: &mut Random) -> Told {
        match self {
            Self::Plain => Told::default(),
            Self::Packets { engines, left } => of_packet(random, engines, left),
            Self::Beats { interval, n } => {
                let pair = usize::try_from(random.below(3)).unwrap();
                let off = pick(random, &[0, 0, 0, 0, 0, 3, 3, 900, *interval / 3, -*interval / 4]);
                if !one_in(random, 6) {
                    n[pair] += *interval + off;
                }
                let address = |last: usize| json!(format!("10.0.0.{last}"));
                let values = vec![
                    ("src_addr", address(pair)),
                    ("dst_addr", address(pair / 2 + 1)),
                    ("protocol", json!(6)),
                    ("dst_port", json!(443)),
                ];
                Told { exported: Some(n[pair] + 9000), first: Some(n[pair]), values }
            }
            Self::Scan => {
                let mut values = vec![("src_addr", json!(format!("10.0.0.{}", random.below(2))))];
                values.push(("tcp_flags", json!(pick(random, &[2, 2, 2, 18, 20]))));
                if one_in(random, 2) {
                    values.push(("dst_port", json!(443)));
                    values.push(("protocol", json!(6)));
                } else {
                    values.push(("dst_addr", json!("10.1.1.1")));
                    values.push(("dst_port", json!(random.below(20))));
                    values.push(("protocol", json!(17)));
                }
                Told { values, ..Told::default() }
            }
        }
    }
}

/// The next flow of the packet under way, or of another engine's next one. Some are
/// passed over.
fn of_packet(random: &mut Random, engines: &mut Vec<Engine>, left: &mut u64) -> Told {
    if *left == 0 {
        let engine = engines.remove(usize::try_from(random.below(engines.len() as u64)).unwrap());
        engines.push(engine);
    }
    let engine = engines.last_mut().unwrap();
    if *left == 0 {
        engine.number += engine.carries;
        engine.ms += pick(random, &[20, 900, 60_000, 60_000, 4_000_000]);
        if one_in(random, 5) {
            engine.number += random.below(40);
        }
        engine.number %= 1 << 32;
        engine.carries = random.below(5) + 1;
        *left = engine.carries + u64::from(one_in(random, 9));
        if one_in(random, 6) {
            *left = (*left - 1).max(1);
        }
    }
    *left -= 1;
    let values = vec![
        ("exporter", json!(format!("r{}", engine.exporter))),
        ("engine_type", json!(0)),
        ("engine_id", json!(engine.id)),
        ("flow_seq_num", json!(engine.number)),
        ("flow_records", json!(engine.carries)),
    ];
    Told { exported: Some(engine.ms), first: None, values }
}
