//! `scans`: sources ranked by how many hosts they try on one port, and by how many
//! ports of one host.

mod attempts;

use std::cmp::Reverse;
use std::io;
use std::sync::Arc;

use flowkit_model::answer::{
    Answer, Cell, Column as Head, Meaning, PortKind, Protocols, RowOrder, RowOrderError,
    Table as Rows, Tally,
};
use flowkit_model::question::{Choice, Scans, most_rows};
use flowkit_model::{FieldId, Kind};
use jiff::tz::TimeZone;

use self::attempts::{Attempt, AttemptSums, Probe};
use crate::batch::dictionary::Codebook;
use crate::batch::{Batch, Column};
use crate::group::counters::Accumulator;
use crate::group::quantiles::Occurrences;
use crate::group::rank::CodeOrder;
use crate::spill::hash::{Hashed, seed};
use crate::spill::map::Map;
use crate::spill::memory::Memory;
use crate::spill::partitions::{PARTITIONS, Partitions, each_part};
use crate::statistic::{NoAnswer, Statistic, key_cell};
use crate::threads::try_each;

/// A kind of scan: many values of one field for one key of three others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ScanKind {
    /// Many hosts on one port.
    Hosts,
    /// Many ports of one host.
    Ports,
}

impl ScanKind {
    const ALL: [Self; 2] = [Self::Hosts, Self::Ports];
    /// The word for each variant.
    const WORDS: [&'static str; 2] = ["hosts", "ports"];

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    /// The key of a flow, which sorts as its fields: source, protocol and port, or
    /// source, destination and protocol.
    fn key(self, probe: Probe) -> u128 {
        let source = u128::from(probe.source()) << 48;
        match self {
            Self::Hosts => source | u128::from(probe.protocol()) << 16 | u128::from(probe.port()),
            Self::Ports => {
                source | u128::from(probe.destination()) << 16 | u128::from(probe.protocol())
            }
        }
    }

    /// A key in the order of the addresses that its codes stand for.
    fn rank(self, key: u128, order: &CodeOrder) -> u128 {
        let of = |code: u128| order.of_address(u64::try_from(code).unwrap_or(0)).into();
        let (source, rest): (u128, u128) = (of(key >> 48), key & 0xffff_ffff_ffff);
        source << 48
            | match self {
                Self::Hosts => rest,
                Self::Ports => of(rest >> 16) << 16 | rest & 0xffff,
            }
    }

    /// The cells of a key: source, destination, protocol and port.
    fn cells(self, probe: Probe, codes: &Codebook) -> [Cell; 4] {
        let cell = |field: FieldId, value: u64| key_cell(field.field().kind, Some(value), codes);
        let (destination, port) = match self {
            Self::Hosts => (Cell::None, cell(FieldId::DstPort, probe.port())),
            Self::Ports => (cell(FieldId::DstAddr, probe.destination()), Cell::None),
        };
        let protocol = cell(FieldId::Protocol, probe.protocol());
        [cell(FieldId::SrcAddr, probe.source()), destination, protocol, port]
    }
}

/// The flows of one thread, partitioned by source.
#[derive(Debug)]
pub(crate) struct Flows {
    records: Partitions<Attempt>,
    /// Flows that do not fit in a record.
    odd: Partitions<(Probe, AttemptSums)>,
    seed: u64,
}

impl Flows {
    fn each(
        &self,
        part: usize,
        mut take: impl FnMut(Probe, &dyn Fn(&mut AttemptSums)),
    ) -> io::Result<()> {
        self.records.each(part, |flow| take(flow.probe, &|sums| sums.take(flow)))?;
        self.odd.each(part, |(probe, sums)| take(probe, &|all| all.merge(&sums)))
    }
}

/// A key that tries many targets.
struct Row {
    /// The partition that has its flows.
    part: usize,
    kind: ScanKind,
    key: u128,
    /// The key in the order of its addresses.
    rank: u128,
    /// One of its flows, for the fields of the key.
    probe: Probe,
    targets: u64,
    sums: AttemptSums,
}

/// The column that rows are sorted by.
const TARGETS: &str = "targets";

/// The statistic of a question.
#[derive(Debug)]
pub(crate) struct ScanSearch {
    question: Scans,
    /// Which rows are shown; the rows with the most targets, if it is none.
    order: RowOrder,
}

impl ScanSearch {
    /// The search of a question, with the rows of a choice, whose times are in a zone.
    ///
    /// # Errors
    /// If a column is unknown or a condition invalid.
    pub(crate) fn new(
        question: &Scans,
        choice: Choice<'_>,
        zone: &TimeZone,
    ) -> Result<Self, RowOrderError> {
        let order = RowOrder::new(columns(), choice, Some(TARGETS), zone)?;
        Ok(Self { question: question.clone(), order })
    }
}

impl Statistic for ScanSearch {
    type Partial = Flows;

    fn fields(&self) -> Vec<FieldId> {
        use FieldId::{DstAddr, DstPort, FirstSwitched, LastSwitched, Protocol, SrcAddr, TcpFlags};
        vec![SrcAddr, DstAddr, Protocol, DstPort, TcpFlags, FirstSwitched, LastSwitched]
    }

    fn start(&self, memory: &Arc<Memory>) -> Flows {
        Flows {
            records: Partitions::new(Arc::clone(memory)),
            odd: Partitions::new(Arc::clone(memory)),
            seed: seed(),
        }
    }

    fn add(&self, flows: &mut Flows, batch: &Batch) {
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        let column = |field| batch.column(field);
        let [source, destination] = [FieldId::SrcAddr, FieldId::DstAddr].map(column);
        let [protocol, port, flags] =
            [FieldId::Protocol, FieldId::DstPort, FieldId::TcpFlags].map(column);
        let [first, last] = [FieldId::FirstSwitched, FieldId::LastSwitched].map(column);
        let all = Probe::of([source, destination, protocol, port], flags, batch.rows());
        for (row, probe) in all.into_iter().enumerate() {
            // A flow that lacks one of these fields is no attempt at a known target.
            let is_unknown = |column: &&Column| column.is_unknown(row);
            if [source, destination, protocol, port].iter().any(is_unknown) {
                continue;
            }
            let hash = probe.source().partition_hash(flows.seed);
            match Attempt::new(probe, bytes[row], packets[row], first.get(row), last.get(row)) {
                Ok(flow) => flows.records.push(hash, flow),
                Err(sums) => flows.odd.push(hash, (probe, sums.raised(batch.more(row)))),
            }
        }
    }

    fn merge(&self, flows: &mut Flows, other: Flows) {
        flows.records.append(other.records);
        flows.odd.append(other.odd);
    }

    fn answer(&self, flows: Flows, codes: &Codebook, _: &Tally) -> Result<Answer, NoAnswer> {
        let order = CodeOrder::of_addresses(codes);
        let is_empty = flows.records.is_empty() && flows.odd.is_empty();
        let parts = if is_empty { 0 } else { PARTITIONS };
        let parts = each_part(parts, |part| self.part(&flows, part, &order))?;
        let (mut rows, mut others): (Vec<Row>, Vec<Row>) =
            parts.into_iter().flatten().partition(|row| row.kind == ScanKind::Hosts);
        self.keep_top(&mut rows);
        self.keep_top(&mut others);
        rows.append(&mut others);
        add_up(&flows, &mut rows)?;
        rows.sort_unstable_by_key(|row| (row.kind, Reverse(row.targets), row.rank));
        let rows = self.shown(&rows, codes);
        Ok(Answer {
            table: Rows { name: "rows", columns: columns(), rows },
            bars: self.order.bars(TARGETS),
            ..Answer::default()
        })
    }
}

impl ScanSearch {
    /// The top N rows of a partition, for each kind: sources with fewer flows than the
    /// minimum of targets are left out at once, keys with fewer targets before flows
    /// are accumulated.
    fn part(&self, flows: &Flows, part: usize, order: &CodeOrder) -> io::Result<Vec<Row>> {
        let mut n_flows: Map<u64, Occurrences> = Map::new();
        flows.each(part, |probe, _| n_flows.at(probe.source()).0 += 1)?;
        let mut distinct: Map<u128, ()> = Map::with_capacity(flows.records.len(part).min(1 << 20));
        flows.each(part, |probe, _| {
            if n_flows
                .get(&probe.source())
                .is_some_and(|flows| flows.0 >= self.question.min_targets)
            {
                *distinct.at(probe.target()) = ();
            }
        })?;
        let mut targets = ScanKind::ALL.map(|_| Map::<u128, Occurrences>::new());
        for (target, ()) in distinct.into_entries() {
            for (kind, targets) in ScanKind::ALL.into_iter().zip(&mut targets) {
                targets.at(kind.key(Probe::of_target(target))).0 += 1;
            }
        }
        let mut rows = Vec::new();
        for (kind, targets) in ScanKind::ALL.into_iter().zip(targets) {
            let many =
                targets.into_entries().filter(|(_, times)| times.0 >= self.question.min_targets);
            let row = |(key, times): (u128, Occurrences)| {
                let (targets, probe) = (times.0, Probe::default());
                let rank = kind.rank(key, order);
                Row { part, kind, key, rank, probe, targets, sums: AttemptSums::default() }
            };
            let mut of_kind: Vec<Row> = many.map(row).collect();
            self.keep_top(&mut of_kind);
            rows.append(&mut of_kind);
        }
        Ok(rows)
    }

    /// The rows of each kind that are shown, in order.
    fn shown(&self, rows: &[Row], codes: &Codebook) -> Vec<Vec<Cell>> {
        let cells = |row| cells(row, codes);
        let of_kind = |kind| rows.iter().filter(move |row| row.kind == kind).map(cells).collect();
        ScanKind::ALL.into_iter().flat_map(|kind| self.order.choose(of_kind(kind))).collect()
    }

    /// Keeps the rows with the most targets, ties by key; all rows, if others may be
    /// shown.
    fn keep_top(&self, rows: &mut Vec<Row>) {
        if !self.order.is_usual() {
            return;
        }
        rows.sort_unstable_by_key(|row| (Reverse(row.targets), row.rank));
        rows.truncate(most_rows(self.question.limit));
    }
}

/// Accumulates the flows of the rows that are shown, in the few partitions that have
/// any: an eighth of the time went into rows that are not shown.
fn add_up(flows: &Flows, rows: &mut [Row]) -> io::Result<()> {
    rows.sort_unstable_by_key(|row| row.part);
    let parts: Vec<&mut [Row]> = rows.chunk_by_mut(|a, b| a.part == b.part).collect();
    try_each(parts, |rows| {
        let mut wanted = ScanKind::ALL.map(|_| Map::<u128, usize>::new());
        for (place, row) in rows.iter().enumerate() {
            *wanted[row.kind as usize].at(row.key) = place;
        }
        flows.each(rows[0].part, |probe, add| {
            for (kind, wanted) in ScanKind::ALL.into_iter().zip(&wanted) {
                if let Some(place) = wanted.get(&kind.key(probe)) {
                    rows[*place].probe = probe;
                    add(&mut rows[*place].sums);
                }
            }
        })
    })
}

fn columns() -> Vec<Head> {
    let columns = [
        ("kind", Meaning::Word(&ScanKind::WORDS)),
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
    Head::list(columns).into_iter().chain([PortKind::column()]).collect()
}

fn cells(row: &Row, codes: &Codebook) -> Vec<Cell> {
    let (sums, targets) = (&row.sums, row.targets);
    let counts = sums.sums();
    let span = sums.first.zip(sums.last).map(|(a, b)| b.saturating_sub(a).max(1));
    let mut cells = vec![Cell::Text(row.kind.word().into())];
    cells.extend(row.kind.cells(row.probe, codes));
    cells.extend([
        Cell::from(targets),
        Cell::from(counts.flows),
        Cell::from(sums.syn_only),
        Cell::Number(sums.flags.into()),
        Cell::Number(counts.packets),
        Cell::Number(counts.bytes),
        span.map(|span| targets.saturating_mul(60_000) / span).into(),
        sums.first.into(),
        sums.last.into(),
        Protocols::of(Some(row.probe.protocol())).kind_cell(),
    ]);
    cells
}
