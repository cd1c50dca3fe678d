//! `scans`: who tries many. Sources by how many hosts they reach on one port,
//! and by how many ports of one host.

use flowkit_model::{FieldId, Kind};

use super::Statistic;
use super::ranking::key_cell;
use crate::answer::{Answer, Cell, Column, Meaning, Table as Rows};
use crate::columns::Batch;
use crate::group::distinct::{Distinct, DistinctCounts};
use crate::group::key::{KeyLayout, KeyPart};
use crate::group::table::Table;
use crate::group::{Accumulator, Counters};
use crate::tally::{Sums, Tally};

/// Sources that try many hosts or ports.
#[derive(Debug)]
pub struct Scans {
    /// Fewest targets that have a row.
    least: u64,
    /// Rows; 0 is all.
    limit: usize,
    ways: [Way; 2],
}

/// One way to scan: many of the last field for one key of the others.
#[derive(Debug)]
struct Way {
    kind: &'static str,
    key: [FieldId; 3],
    target: FieldId,
    layout: KeyLayout,
}

/// TCP flags of a flow in which nobody answered and nothing was sent.
const SYN: u64 = 2;

/// What is told of a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tries {
    all: Counters,
    syn_only: u64,
    flags: u8,
    first: Option<u64>,
    last: Option<u64>,
}

impl Accumulator for Tries {
    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.syn_only += other.syn_only;
        self.flags |= other.flags;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }

    fn sums(&self) -> Sums {
        self.all.sums()
    }
}

/// What one thread has gathered, for each way.
#[derive(Debug)]
pub struct Found([(Distinct, Table<Tries>); 2]);

impl Way {
    fn new(kind: &'static str, key: [FieldId; 3], target: FieldId) -> Self {
        let parts = key.map(|field| KeyPart::of(field.field()));
        Self { kind, key, target, layout: KeyLayout::new(parts.into()) }
    }
}

impl Scans {
    /// Sources with at least so many targets, the `limit` largest of each kind.
    #[must_use]
    pub fn new(least: u64, limit: usize) -> Self {
        use FieldId::{DstAddr, DstPort, Protocol, SrcAddr};
        let ways = [
            Way::new("hosts", [SrcAddr, Protocol, DstPort], DstAddr),
            Way::new("ports", [SrcAddr, DstAddr, Protocol], DstPort),
        ];
        Self { least, limit, ways }
    }
}

impl Statistic for Scans {
    type Partial = Found;

    fn fields(&self) -> Vec<FieldId> {
        use FieldId::{DstAddr, DstPort, FirstSwitched, LastSwitched, Protocol, SrcAddr, TcpFlags};
        vec![SrcAddr, DstAddr, Protocol, DstPort, TcpFlags, FirstSwitched, LastSwitched]
    }

    fn start(&self) -> Found {
        Found([0, 1].map(|place| {
            let way = &self.ways[place];
            let parts = way.layout.parts().iter().cloned();
            let parts = parts.chain([KeyPart::of(way.target.field())]).collect();
            (Distinct::new(KeyLayout::new(parts)), Table::new(&way.layout))
        }))
    }

    fn add(&self, found: &mut Found, batch: &Batch) {
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let flags = batch.column(FieldId::TcpFlags);
        let first = batch.column(FieldId::FirstSwitched);
        let last = batch.column(FieldId::LastSwitched);
        // Only what is wholly known can be said to be tried.
        let names = [FieldId::SrcAddr, FieldId::DstAddr, FieldId::Protocol, FieldId::DstPort];
        let known: Vec<bool> = (0..batch.rows())
            .map(|row| names.iter().all(|field| batch.column(*field).get(row).is_some()))
            .collect();
        for (way, (distinct, table)) in self.ways.iter().zip(&mut found.0) {
            let mut columns: Vec<_> = way.key.iter().map(|field| batch.column(*field)).collect();
            table.add(&way.layout, &columns, Some(&known), |tries, row| {
                let set = flags.get(row).unwrap_or(0);
                tries.merge(&Tries {
                    all: Counters::default(),
                    syn_only: u64::from(set == SYN),
                    flags: u8::try_from(set).unwrap_or(0),
                    first: first.get(row),
                    last: last.get(row),
                });
                tries.all.add(bytes[row], packets[row]);
            });
            columns.push(batch.column(way.target));
            distinct.add(&columns, Some(&known));
        }
    }

    fn merge(&self, found: &mut Found, other: Found) {
        for ((distinct, table), (more, others)) in found.0.iter_mut().zip(other.0) {
            distinct.merge(more);
            table.merge(others);
        }
    }

    fn answer(&self, found: Found, texts: &[String], _: &Tally) -> Answer {
        let mut rows = Vec::new();
        for (way, (distinct, table)) in self.ways.iter().zip(found.0) {
            rows.extend(self.rows(way, &distinct.counts(), &table, texts));
        }
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
        let columns = columns.map(|(name, meaning)| Column { name: name.into(), meaning }).into();
        Answer {
            title: format!("scans, sources with {} or more targets", self.least),
            table: Rows { name: "rows", columns, rows },
            bars: Some("targets".into()),
            ..Answer::default()
        }
    }
}

impl Scans {
    fn rows(
        &self,
        way: &Way,
        counts: &DistinctCounts,
        table: &Table<Tries>,
        texts: &[String],
    ) -> Vec<Vec<Cell>> {
        let mut keys = counts.all();
        keys.retain(|(_, targets)| *targets >= self.least);
        keys.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        keys.truncate(if self.limit == 0 { usize::MAX } else { self.limit });
        let mut tries = table.pick(&way.layout, keys.iter().map(|(key, _)| key.as_slice()));
        keys.iter()
            .zip(&mut tries)
            .map(|((key, targets), tries)| {
                let sums = tries.sums();
                let of = |wanted: FieldId| {
                    let place = way.key.iter().position(|field| *field == wanted);
                    place.map_or(Cell::None, |place| {
                        key_cell(wanted.field().kind, key[place], texts)
                    })
                };
                let span = tries.first.zip(tries.last).map(|(a, b)| b.saturating_sub(a).max(1));
                vec![
                    Cell::Text(way.kind.into()),
                    of(FieldId::SrcAddr),
                    of(FieldId::DstAddr),
                    of(FieldId::Protocol),
                    of(FieldId::DstPort),
                    Cell::from(*targets),
                    Cell::from(sums.flows),
                    Cell::from(tries.syn_only),
                    Cell::Number(tries.flags.into()),
                    Cell::Number(sums.packets),
                    Cell::Number(sums.bytes),
                    span.map(|span| targets.saturating_mul(60_000) / span).into(),
                    tries.first.into(),
                    tries.last.into(),
                ]
            })
            .collect()
    }
}
