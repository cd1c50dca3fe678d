//! `scans`: who tries many. Sources by how many hosts they reach on one port,
//! and by how many ports of one host.

mod attempts;

use std::cmp::Reverse;
use std::io;
use std::sync::Arc;

use flowkit_model::answer::{Answer, Cell, Column as Head, Meaning, Table as Rows, Tally};
use flowkit_model::question::{Scans, most_rows};
use flowkit_model::{FieldId, Kind};
use rayon::prelude::*;

use self::attempts::{Tried, Tries, Try};
use crate::batch::{Batch, Column};
use crate::group::counters::Accumulator;
use crate::group::quantiles::Times;
use crate::spill::hash::{Hashed, seed};
use crate::spill::map::Map;
use crate::spill::memory::Memory;
use crate::spill::partitions::{PARTITIONS, Partitions, each_part};
use crate::statistic::Statistic;
use crate::statistic::key_cell;

/// One way to scan: many of one field for one key of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Many hosts on one port.
    Hosts,
    /// Many ports of one host.
    Ports,
}

impl Way {
    const ALL: [Self; 2] = [Self::Hosts, Self::Ports];

    fn name(self) -> &'static str {
        match self {
            Self::Hosts => "hosts",
            Self::Ports => "ports",
        }
    }

    /// The key of a flow, as it sorts: source, protocol and port, or source,
    /// destination and protocol.
    fn key(self, tried: Tried) -> u128 {
        let source = u128::from(tried.source()) << 48;
        match self {
            Self::Hosts => source | u128::from(tried.protocol()) << 16 | u128::from(tried.port()),
            Self::Ports => {
                source | u128::from(tried.destination()) << 16 | u128::from(tried.protocol())
            }
        }
    }

    /// The cells of a key: source, destination, protocol and port.
    fn cells(self, tried: Tried) -> [Cell; 4] {
        let cell = |field: FieldId, value: u64| key_cell(field.field().kind, Some(value), &[]);
        let (destination, port) = match self {
            Self::Hosts => (Cell::None, cell(FieldId::DstPort, tried.port())),
            Self::Ports => (cell(FieldId::DstAddr, tried.destination()), Cell::None),
        };
        let protocol = cell(FieldId::Protocol, tried.protocol());
        [cell(FieldId::SrcAddr, tried.source()), destination, protocol, port]
    }
}

/// What one thread has gathered: flows, those of one source in one partition.
#[derive(Debug)]
pub(crate) struct Found {
    flows: Partitions<Try>,
    /// Flows that do not fit in so little.
    odd: Partitions<(Tried, Tries)>,
    seed: u64,
}

impl Found {
    fn each(
        &self,
        part: usize,
        mut take: impl FnMut(Tried, &dyn Fn(&mut Tries)),
    ) -> io::Result<()> {
        self.flows.each(part, |flow| take(flow.tried, &|tries| tries.take(flow)))?;
        self.odd.each(part, |(tried, sums)| take(tried, &|tries| tries.merge(&sums)))
    }
}

/// A key that tried many.
struct Row {
    /// The partition that has its flows.
    part: usize,
    way: Way,
    key: u128,
    /// One of its flows: the parts of the key that the way has.
    tried: Tried,
    targets: u64,
    tries: Tries,
}

/// Scans as they are asked for.
#[derive(Debug)]
pub(crate) struct Attempts {
    question: Scans,
}

impl Attempts {
    pub(crate) fn new(question: &Scans) -> Self {
        Self { question: question.clone() }
    }
}

impl Statistic for Attempts {
    type Partial = Found;

    fn fields(&self) -> Vec<FieldId> {
        use FieldId::{DstAddr, DstPort, FirstSwitched, LastSwitched, Protocol, SrcAddr, TcpFlags};
        vec![SrcAddr, DstAddr, Protocol, DstPort, TcpFlags, FirstSwitched, LastSwitched]
    }

    fn start(&self, memory: &Arc<Memory>) -> Found {
        Found {
            flows: Partitions::new(Arc::clone(memory)),
            odd: Partitions::new(Arc::clone(memory)),
            seed: seed(),
        }
    }

    fn add(&self, found: &mut Found, batch: &Batch) {
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let column = |field| batch.column(field);
        let [source, destination] = [FieldId::SrcAddr, FieldId::DstAddr].map(column);
        let [protocol, port, flags] =
            [FieldId::Protocol, FieldId::DstPort, FieldId::TcpFlags].map(column);
        let [first, last] = [FieldId::FirstSwitched, FieldId::LastSwitched].map(column);
        let all = Tried::of([source, destination, protocol, port], flags, batch.rows());
        for (row, tried) in all.into_iter().enumerate() {
            // Only what is wholly known can be said to be tried.
            let is_unknown = |column: &&Column| column.is_unknown(row);
            if [source, destination, protocol, port].iter().any(is_unknown) {
                continue;
            }
            let hash = tried.source().place(found.seed);
            match Try::new(tried, bytes[row], packets[row], first.get(row), last.get(row)) {
                Ok(flow) => found.flows.push(hash, flow),
                Err(sums) => found.odd.push(hash, (tried, sums)),
            }
        }
    }

    fn merge(&self, found: &mut Found, other: Found) {
        found.flows.append(other.flows);
        found.odd.append(other.odd);
    }

    fn answer(&self, found: Found, _: &[String], _: &Tally) -> io::Result<Answer> {
        let is_empty = found.flows.is_empty() && found.odd.is_empty();
        let parts = if is_empty { 0 } else { PARTITIONS };
        let parts = each_part(parts, |part| self.part(&found, part))?;
        let (mut rows, mut others): (Vec<Row>, Vec<Row>) =
            parts.into_iter().flatten().partition(|row| row.way == Way::Hosts);
        self.first(&mut rows);
        self.first(&mut others);
        rows.append(&mut others);
        add_up(&found, &mut rows)?;
        rows.sort_unstable_by_key(|row| (row.way, Reverse(row.targets), row.key));
        let rows = rows.iter().map(cells).collect();
        let columns = [
            ("kind", Meaning::Words),
            ("src_addr", Meaning::Key(Kind::Address)),
            ("dst_addr", Meaning::Key(Kind::Address)),
            ("protocol", Meaning::Key(Kind::Protocol)),
            ("dst_port", Meaning::Key(Kind::Port)),
            ("targets", Meaning::Count),
            ("flows", Meaning::Count),
            ("syn_only_flows", Meaning::Count),
            ("tcp_flags", Meaning::Value(Kind::Flags)),
            ("packets", Meaning::Count),
            ("bytes", Meaning::Bytes),
            ("targets_per_minute", Meaning::Count),
            ("first", Meaning::Value(Kind::Time)),
            ("last", Meaning::Value(Kind::Time)),
        ];
        let columns = Head::list(columns);
        Ok(Answer {
            table: Rows { name: "rows", columns, rows },
            bars: Some("targets".into()),
            ..Answer::default()
        })
    }
}

impl Attempts {
    /// The first rows of a partition, for each way: sources with fewer flows
    /// than a row has targets are left out at once, keys with fewer targets
    /// before anything is added up.
    fn part(&self, found: &Found, part: usize) -> io::Result<Vec<Row>> {
        let mut flows: Map<u64, Times> = Map::new();
        found.each(part, |tried, _| flows.at(tried.source()).0 += 1)?;
        let mut different: Map<u128, ()> = Map::with_capacity(found.flows.len(part).min(1 << 20));
        found.each(part, |tried, _| {
            if flows.get(&tried.source()).is_some_and(|flows| flows.0 >= self.question.min_targets)
            {
                *different.at(tried.target()) = ();
            }
        })?;
        let mut targets = Way::ALL.map(|_| Map::<u128, Times>::new());
        for (target, ()) in different.into_entries() {
            for (way, targets) in Way::ALL.into_iter().zip(&mut targets) {
                targets.at(way.key(Tried::of_target(target))).0 += 1;
            }
        }
        let mut rows = Vec::new();
        for (way, targets) in Way::ALL.into_iter().zip(targets) {
            let many =
                targets.into_entries().filter(|(_, times)| times.0 >= self.question.min_targets);
            let row = |(key, times): (u128, Times)| {
                let (targets, tried) = (times.0, Tried::default());
                Row { part, way, key, tried, targets, tries: Tries::default() }
            };
            let mut of_way: Vec<Row> = many.map(row).collect();
            self.first(&mut of_way);
            rows.append(&mut of_way);
        }
        Ok(rows)
    }

    /// Leaves the rows with the most targets, ties by key.
    fn first(&self, rows: &mut Vec<Row>) {
        rows.sort_unstable_by_key(|row| (Reverse(row.targets), row.key));
        rows.truncate(most_rows(self.question.limit));
    }
}

/// Adds up the flows of rows, in the few partitions that have any: an eighth of
/// the time went into rows that are not shown.
fn add_up(found: &Found, rows: &mut [Row]) -> io::Result<()> {
    rows.sort_unstable_by_key(|row| row.part);
    let parts: Vec<&mut [Row]> = rows.chunk_by_mut(|a, b| a.part == b.part).collect();
    parts.into_par_iter().try_for_each(|rows| {
        let mut wanted = Way::ALL.map(|_| Map::<u128, usize>::new());
        for (place, row) in rows.iter().enumerate() {
            *wanted[row.way as usize].at(row.key) = place;
        }
        found.each(rows[0].part, |tried, add| {
            for (way, wanted) in Way::ALL.into_iter().zip(&wanted) {
                if let Some(place) = wanted.get(&way.key(tried)) {
                    rows[*place].tried = tried;
                    add(&mut rows[*place].tries);
                }
            }
        })
    })
}

fn cells(row: &Row) -> Vec<Cell> {
    let (tries, targets) = (&row.tries, row.targets);
    let sums = tries.sums();
    let span = tries.first.zip(tries.last).map(|(a, b)| b.saturating_sub(a).max(1));
    let mut cells = vec![Cell::Text(row.way.name().into())];
    cells.extend(row.way.cells(row.tried));
    cells.extend([
        Cell::from(targets),
        Cell::from(sums.flows),
        Cell::from(tries.syn_only),
        Cell::Number(tries.flags.into()),
        Cell::Number(sums.packets),
        Cell::Number(sums.bytes),
        span.map(|span| targets.saturating_mul(60_000) / span).into(),
        tries.first.into(),
        tries.last.into(),
    ]);
    cells
}
