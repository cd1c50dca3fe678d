//! Export packets of engines, and what is lost between them: a packet says how many
//! flows its engine exported before it and how many it carries, so the next one must
//! say the sum, modulo 2^32.

use std::collections::BTreeMap;

use super::flows::{Datum, Flow};

/// Exporter, type and number of the engine.
pub(crate) type Engine = [Datum; 3];

/// What the packets of an engine say.
pub(crate) struct Packets {
    pub(crate) n: u64,
    /// Flows that packets carried and that are not there.
    pub(crate) missing: u64,
    /// Flows beyond those that packets carried.
    pub(crate) repeated: u64,
    /// Some packet says how many flows it carries.
    pub(crate) states_records: bool,
    /// Flows between packets; nothing if numbers do not count flows.
    pub(crate) lost: Option<u64>,
    /// Order was lost, or numbers hardly count flows: what is lost cannot be told pair
    /// by pair.
    pub(crate) is_doubtful: bool,
    /// Two packets could follow each other in another way of counting.
    pub(crate) is_ambiguous: bool,
    /// The longest time without a packet, in ms.
    pub(crate) silence: i64,
}

/// A packet: when, its number, how many flows it carries, how many are there.
#[derive(Clone, Copy)]
struct Packet {
    ms: i64,
    number: i64,
    stated: u64,
    seen: u64,
}

impl Packet {
    fn carried(self) -> i64 {
        i64::try_from(if self.stated > 0 { self.stated } else { self.seen }).unwrap()
    }
}

/// Numbers go round.
fn step(from: i64, to: i64) -> i64 {
    (to - from).rem_euclid(1 << 32)
}

/// By time and number, how many flows a packet carries and how many are there.
type Counts = BTreeMap<(i64, u128), (u64, u64)>;

/// The packets of each engine. Flows without export time or number tell nothing.
pub(crate) fn by_engine(flows: &[Flow]) -> BTreeMap<Engine, Packets> {
    let mut engines: BTreeMap<Engine, Counts> = BTreeMap::new();
    for flow in flows {
        let (Some(ms), Some(number)) = (flow.exported(), flow.number("flow_seq_num")) else {
            continue;
        };
        let engine = ["exporter", "engine_type", "engine_id"].map(|name| flow.get(name));
        let packet = engines.entry(engine).or_default().entry((ms, number)).or_default();
        packet.0 = packet.0.max(u64::try_from(flow.counter("flow_records")).unwrap());
        packet.1 += 1;
    }
    let of_engine = |(engine, packets): (Engine, Counts)| {
        let packets = packets.into_iter().map(|((ms, number), (stated, seen))| {
            let number = i64::try_from(number).unwrap();
            Packet { ms, number, stated, seen }
        });
        (engine, of_packets(&packets.collect::<Vec<_>>()))
    };
    engines.into_iter().map(of_engine).collect()
}

fn of_packets(packets: &[Packet]) -> Packets {
    let n = packets.len();
    let pairs = || packets.windows(2).map(|pair| (pair[0], pair[1]));
    let steps: Vec<i64> = pairs().map(|(a, b)| step(a.number, b.number)).collect();
    let gaps: Vec<i64> = pairs().map(|(a, b)| step(a.number + a.carried(), b.number)).collect();
    let is_backwards = gaps.iter().any(|gap| *gap >= 1 << 31);
    let counts_otherwise =
        |(packet, step): (&Packet, &i64)| *step == 0 || *step == 1 && packet.carried() > 1;
    let carry_more = packets[..n - 1].iter().any(|packet| packet.carried() > 1);
    let counts_packets = carry_more && steps.iter().all(|step| *step == 1);
    let all_zero = n > 1 && packets.iter().all(|packet| packet.number == 0);
    let counts_nothing = counts_packets || all_zero;
    let records = |packet: &Packet| packet.stated > 0;
    let beyond = packets.iter().filter(|packet| records(packet));
    Packets {
        n: n as u64,
        missing: packets.iter().map(|one| one.stated.saturating_sub(one.seen)).sum(),
        repeated: beyond.map(|one| one.seen.saturating_sub(one.stated)).sum(),
        states_records: packets.iter().any(records),
        lost: (!counts_nothing).then(|| gaps.iter().sum::<i64>().unsigned_abs()),
        is_doubtful: !counts_nothing
            && (is_backwards || packets.iter().zip(&steps).any(counts_otherwise)),
        is_ambiguous: is_ambiguous(packets),
        silence: pairs().map(|(a, b)| b.ms - a.ms).max().unwrap_or(0),
    }
}

/// Whether a packet could follow an earlier one with a number that counts its own flows
/// or packets, or a number falls past its wrap by so much that it may have been reset.
fn is_ambiguous(packets: &[Packet]) -> bool {
    packets.iter().enumerate().any(|(place, later)| {
        let reset = place > 0
            && later.number < packets[place - 1].number
            && step(packets[place - 1].number, later.number) > 1 << 20;
        let earlier = packets[place.saturating_sub(64)..place].iter().rev().enumerate();
        reset
            || earlier.into_iter().any(|(back, earlier)| {
                let step = step(earlier.number, later.number);
                let follows = back == 0 && step == earlier.carried();
                !follows && (step <= 1 || step == later.carried() || step == earlier.carried())
            })
    })
}
