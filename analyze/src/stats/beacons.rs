//! `beacons`: pairs that connect at a regular interval, as malware does that polls
//! for commands, and as time servers, monitors and updates do.
//!
//! For each source, destination, protocol and port, the times between one flow
//! and the next are compared with their median. The jitter is the median of
//! the deviations, in percent of the interval: half of the gaps are not
//! farther off.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use flowkit_model::answer::{
    Answer, Cell, Column, Meaning, PortKind, Protocols, RowOrder, RowOrderError, Table as Rows,
    Tally,
};
use flowkit_model::question::{Beacons, Choice, most_rows};
use flowkit_model::{FieldId, Kind};
use jiff::tz::TimeZone;

use crate::batch::Batch;
use crate::batch::dictionary::Codebook;
use crate::group::counters::{Accumulator, Counters};
use crate::group::key::KeyLayout;
use crate::group::key_part::KeyPart;
use crate::group::quantiles::{Occurrences, nearest_rank};
use crate::group::rank::CodeOrder;
use crate::spill::hash::{Hashed, seed};
use crate::spill::map::Map;
use crate::spill::memory::Memory;
use crate::spill::partitions::{PARTITIONS, Partitions, each_part};
use crate::spill::record::Record;
use crate::statistic::{NoAnswer, Statistic, key_cell};

const KEY: [FieldId; 4] = [FieldId::SrcAddr, FieldId::DstAddr, FieldId::Protocol, FieldId::DstPort];

/// The place of the protocol.
const PROTOCOL: usize = 2;

/// A flow: its key is two words, so that records need no padding.
#[derive(Clone, Copy, Debug)]
struct Connection {
    key: (u64, u64),
    /// [`UNKNOWN`] if it is not known.
    start: u64,
    bytes: u64,
}

/// No time, since those have 48 bits.
const UNKNOWN: u64 = u64::MAX;

impl Connection {
    fn start(&self) -> Option<u64> {
        (self.start != UNKNOWN).then_some(self.start)
    }

    fn key(&self) -> u128 {
        joined(self.key)
    }
}

/// A key of two words.
fn joined((high, low): (u64, u64)) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

impl Record for Connection {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.key, self.start), self.bytes).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let ((key, start), bytes) = Record::read(bytes)?;
        Some(Self { key, start, bytes })
    }
}

/// A key whose flows are regular.
struct Regular {
    key: u128,
    /// The key in the order of its addresses.
    rank: u128,
    connections: u64,
    interval: u64,
    jitter: u64,
    sums: Counters,
    first: u64,
    last: u64,
}

impl Regular {
    /// Jitter in millionths of the interval.
    fn unsteadiness(&self) -> u128 {
        u128::from(self.jitter) * 1_000_000 / u128::from(self.interval.max(1))
    }
}

/// Flows closer than this are one: a connection and its retries.
const SHORTEST_MS: u64 = 1000;

/// Number of connections, the interval and the jitter, in ms, of starts in order.
fn rhythm(starts: &[u64]) -> Option<(u64, u64, u64)> {
    let mut connections: Vec<u64> = Vec::with_capacity(starts.len());
    for start in starts {
        if connections.last().is_none_or(|last| start - last >= SHORTEST_MS) {
            connections.push(*start);
        }
    }
    let mut gaps: Vec<u64> = connections.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let interval = median(&mut gaps)?;
    let mut off: Vec<u64> = gaps.iter().map(|gap| gap.abs_diff(interval)).collect();
    Some((connections.len() as u64, interval, median(&mut off)?))
}

fn median(values: &mut [u64]) -> Option<u64> {
    let rank = usize::try_from(nearest_rank(values.len() as u64, 50)).ok()?;
    (!values.is_empty()).then(|| *values.select_nth_unstable(rank - 1).1)
}

/// The question, and the layout of its keys.
#[derive(Debug)]
pub(crate) struct Regularity {
    question: Beacons,
    order: RowOrder,
    layout: KeyLayout,
}

impl Regularity {
    /// The search of a question, with the rows of a choice, whose times are in a zone.
    ///
    /// # Errors
    /// If a column is unknown or a condition invalid.
    pub(crate) fn new(
        question: &Beacons,
        choice: Choice<'_>,
        zone: &TimeZone,
    ) -> Result<Self, RowOrderError> {
        let question = Beacons {
            // Fewer have no gap to compare with another.
            min_connections: question.min_connections.max(3),
            ..question.clone()
        };
        let layout = KeyLayout::new(KEY.map(|field| KeyPart::of(field.field())).into());
        Ok(Self { question, order: RowOrder::new(columns(), choice, None, zone)?, layout })
    }
}

/// The flows of one thread, partitioned by key.
#[derive(Debug)]
pub(crate) struct Connections {
    flows: Partitions<Connection>,
    /// Key of a flow, and its bytes beyond 64 bits.
    more: Partitions<((u64, u64), u128)>,
}

impl Statistic for Regularity {
    type Partial = Connections;

    fn fields(&self) -> Vec<FieldId> {
        KEY.into_iter().chain([FieldId::FirstSwitched, FieldId::Timestamp]).collect()
    }

    fn start(&self, memory: &Arc<Memory>) -> Connections {
        let more = Partitions::new(Arc::clone(memory));
        Connections { flows: Partitions::new(Arc::clone(memory)), more }
    }

    /// A flow whose start is unknown began, as far as is known, at its export.
    fn add(&self, connections: &mut Connections, batch: &Batch) {
        let bytes = batch.counters(FieldId::Bytes);
        let columns = KEY.map(|field| batch.column(field));
        let first = batch.column(FieldId::FirstSwitched);
        let exported = batch.column(FieldId::Timestamp);
        let seed = seed();
        for (row, key) in self.layout.encode::<u128>(&columns).into_iter().enumerate() {
            if columns.iter().any(|column| column.is_unknown(row)) {
                continue;
            }
            let start = first.get(row).or_else(|| exported.get(row)).unwrap_or(UNKNOWN);
            let word = |word: u128| u64::try_from(word & u128::from(u64::MAX)).unwrap_or(0);
            let key_words = (word(key >> 64), word(key));
            let hash = key.partition_hash(seed);
            let connection = Connection { key: key_words, start, bytes: bytes[row] };
            connections.flows.push(hash, connection);
            if let Some([more, _]) = batch.more(row) {
                connections.more.push(hash, (key_words, more));
            }
        }
    }

    fn merge(&self, connections: &mut Connections, other: Connections) {
        connections.flows.append(other.flows);
        connections.more.append(other.more);
    }

    fn answer(
        &self,
        connections: Connections,
        codes: &Codebook,
        _: &Tally,
    ) -> Result<Answer, NoAnswer> {
        let parts = if connections.flows.is_empty() { 0 } else { PARTITIONS };
        let order = CodeOrder::of_addresses(codes);
        let found = each_part(parts, |part| self.part(&connections, part, &order))?;
        let mut found: Vec<Regular> = found.into_iter().flatten().collect();
        self.keep_top(&mut found);
        let rows = found.into_iter().map(|regular| self.row(&regular, codes));
        let rows = self.order.choose(rows.collect());
        Ok(Answer { table: Rows { name: "rows", columns: columns(), rows }, ..Answer::default() })
    }
}

fn columns() -> Vec<Column> {
    let columns = [
        ("src_addr", Meaning::Key(Kind::Address)),
        ("dst_addr", Meaning::Key(Kind::Address)),
        ("protocol", Meaning::Key(Kind::Protocol)),
        ("dst_port", Meaning::Key(Kind::Port)),
        ("beats", Meaning::Count),
        ("interval", Meaning::Duration),
        ("jitter", Meaning::Fraction),
        ("flows", Meaning::Count),
        ("bytes", Meaning::Bytes),
        ("mean_bytes", Meaning::Bytes),
        ("first", Meaning::Value(Kind::Time)),
        ("last", Meaning::Value(Kind::Time)),
    ];
    Column::list(columns).into_iter().chain([PortKind::column()]).collect()
}

impl Regularity {
    /// The regular keys of a partition; keys with too few flows are left out
    /// before sorting.
    fn part(
        &self,
        connections: &Connections,
        part: usize,
        order: &CodeOrder,
    ) -> io::Result<Vec<Regular>> {
        let mut flows: Map<u128, Occurrences> = Map::new();
        connections.flows.each(part, |connection| {
            flows.at(connection.key()).0 += u64::from(connection.start().is_some());
        })?;
        let mut many = Vec::new();
        connections.flows.each(part, |connection| {
            if flows
                .get(&connection.key())
                .is_some_and(|flows| flows.0 >= self.question.min_connections as u64)
            {
                many.push(connection);
            }
        })?;
        many.sort_unstable_by_key(|connection| (connection.key, connection.start));
        let mut found: Vec<Regular> = many
            .chunk_by(|a, b| a.key == b.key)
            .filter_map(|connections| self.regular(connections, order))
            .collect();
        self.keep_top(&mut found);
        let mut more: BTreeMap<u128, u128> = BTreeMap::new();
        connections
            .more
            .each(part, |(key, bytes)| *more.entry(joined(key)).or_default() += bytes)?;
        for regular in &mut found {
            let more = more.get(&regular.key).map(|bytes| [*bytes, 0]);
            regular.sums = regular.sums.raised(more);
        }
        Ok(found)
    }

    fn regular(&self, connections: &[Connection], order: &CodeOrder) -> Option<Regular> {
        let starts: Vec<u64> = connections.iter().filter_map(Connection::start).collect();
        let (n, interval, jitter) = rhythm(&starts)?;
        let is_regular = n >= self.question.min_connections as u64
            && jitter.saturating_mul(100)
                <= interval.saturating_mul(self.question.max_jitter_percent);
        let mut sums = Counters::default();
        for connection in connections {
            sums.add(connection.bytes, 0);
        }
        let (key, first, last) = (connections[0].key(), *starts.first()?, *starts.last()?);
        let rank = order.of_key(&self.layout, key);
        is_regular.then_some(Regular {
            key,
            rank,
            connections: n,
            interval,
            jitter,
            sums,
            first,
            last,
        })
    }

    /// Sorts by the steadiest first, then by more connections, and keeps the top N; all,
    /// if others may be shown.
    fn keep_top(&self, found: &mut Vec<Regular>) {
        found.sort_unstable_by(|a, b| {
            let order =
                a.unsteadiness().cmp(&b.unsteadiness()).then(b.connections.cmp(&a.connections));
            order.then_with(|| a.rank.cmp(&b.rank))
        });
        if self.order.is_usual() {
            found.truncate(most_rows(self.question.limit));
        }
    }

    fn row(&self, regular: &Regular, codes: &Codebook) -> Vec<Cell> {
        let key = self.layout.decode(regular.key);
        let cells = KEY.iter().zip(&key);
        let mut cells: Vec<Cell> =
            cells.map(|(field, value)| key_cell(field.field().kind, *value, codes)).collect();
        let sums = regular.sums.sums();
        cells.extend([
            Cell::from(regular.connections),
            Cell::from(regular.interval),
            Cell::Share { part: regular.jitter.into(), whole: regular.interval.into() },
            Cell::from(sums.flows),
            Cell::Number(sums.bytes),
            sums.bytes.checked_div(sums.flows.into()).map_or(Cell::Unknown, Cell::Number),
            Cell::from(regular.first),
            Cell::from(regular.last),
            Protocols::of(key[PROTOCOL]).kind_cell(),
        ]);
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_survives_retries_and_a_gap() {
        let regular = (0..20).filter(|n| *n != 7).map(|n| 1_000_000 + n * 60_000 + n % 3 * 100);
        let mut starts: Vec<u64> = regular.flat_map(|start| [start, start + 50]).collect();
        starts.sort_unstable();
        let (n, interval, jitter) = rhythm(&starts).unwrap();
        assert_eq!(n, 19);
        assert!((59_800..=60_200).contains(&interval) && jitter <= 200, "{interval} {jitter}");
        assert_eq!(rhythm(&[]), None);
    }
}
