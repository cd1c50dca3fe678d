//! The rows of a timeline: every bin of the window, empty ones too, and rows for flows
//! outside of it; the rates over the bins.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use flowkit_model::answer::{
    Answer, Cell, Column, Meaning, PortKind, Protocols, Table as Rows, Tally,
};
use flowkit_model::question::Key;
use flowkit_model::{FieldId, Kind, Sums};
use hashbrown::HashMap;

use super::slots::{Amount, Slot};
use super::{Binned, TimelinePartial};
use crate::bins::Days;
use crate::group::counters::{Accumulator, Counters};
use crate::group::rank::{ExtraValues, RankBy};
use crate::group::table::Table;
use crate::spill::map::Map;
use crate::statistic::key_cell;
use crate::stats::grouping::accumulators::FlowAccumulator;
use crate::stats::grouping::with_protocols::WithProtocols;

/// With more bins than this, empty ones are left out.
const MOST_BINS: usize = 1_000_000;

/// A series: the cells of its key, the protocols of its flows, and its slots.
struct Series {
    key: Vec<Cell>,
    protocols: Protocols,
    slots: HashMap<Slot, Amount>,
}

/// How a row is to be read.
#[derive(Clone, Copy, Debug)]
enum RowKind {
    /// A bin of time.
    Bin,
    /// A bin at an edge of the window that flows exported later reach into.
    Edge,
    /// What was before the first bin.
    Before,
    /// What was after the last bin.
    After,
    /// Flows of no time.
    Unknown,
}

impl RowKind {
    /// The word for each variant.
    const WORDS: [&'static str; 5] = ["bin", "edge", "before", "after", "unknown"];

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

impl Binned {
    /// Whether a series is named by a port, which flows of some protocols have not.
    fn tells_port_kinds(&self) -> bool {
        self.keys.iter().any(|key| key.key().is_port())
    }

    /// Where in the key of a series the protocol is.
    fn protocol_key(&self) -> Option<usize> {
        self.keys.iter().position(|key| *key.key() == Key::Field(FieldId::Protocol))
    }

    /// Whether the protocols of a series are not in its key.
    pub(super) fn needs_protocols(&self) -> bool {
        self.tells_port_kinds() && self.protocol_key().is_none()
    }

    pub(super) fn rows(
        &self,
        times: TimelinePartial,
        texts: &[String],
        tally: &Tally,
    ) -> io::Result<Answer> {
        let of_times = times.notes();
        let mut series = if self.keys.is_empty() {
            let (key, protocols) = (Vec::new(), Protocols::default());
            vec![Series { key, protocols, slots: slots(times.all) }]
        } else {
            self.largest(times.series, texts)?
        };
        let mut notes = Vec::new();
        let bins = self.all_bins(&mut series, tally, &mut notes);
        let reached = self.are_reached(&times.later, &bins);
        let edges = bins.keys().zip(&reached).filter(|(_, reached)| **reached);
        let edges: BTreeSet<u64> = edges.map(|(start, _)| *start).collect();
        let mut rows = Vec::new();
        let outside = |slot| series.iter().any(|series| series.slots.contains_key(&slot));
        let slots = [Slot::Before]
            .into_iter()
            .filter(|slot| outside(*slot))
            .chain(bins.keys().map(|start| Slot::Bin(*start)))
            .chain([Slot::After, Slot::Unknown].into_iter().filter(|slot| outside(*slot)));
        for slot in slots {
            for series in &series {
                let sums = series.slots.get(&slot).map(Amount::sums).unwrap_or_default();
                let mut cells = row(slot, &series.key, &sums, &bins, &edges);
                if self.tells_port_kinds() {
                    cells.push(series.protocols.kind_cell());
                }
                rows.push((cells, series.protocols));
            }
        }
        notes.extend(of_times);
        if !edges.is_empty() {
            let (n, are) = (edges.len(), if edges.len() == 1 { "bin is" } else { "bins are" });
            notes.push(format!(
                "{n} {are} incomplete (edge): flows exported after the window reach into them"
            ));
        }
        let rows = self.order.choose_by(rows, |row| &row.0);
        let (rows, protocols) = rows.into_iter().unzip();
        Ok(Answer {
            facts: rates(&series, &bins),
            protocols: if self.tells_port_kinds() { protocols } else { Vec::new() },
            table: Rows { name: "rows", columns: self.columns(), rows },
            bars: self.order.bars("bytes"),
            notes,
            ..Answer::default()
        })
    }

    pub(super) fn columns(&self) -> Vec<Column> {
        let column = |name: &str, meaning| Column { name: name.into(), meaning };
        let sums = [
            column("bytes", Meaning::Bytes),
            column("packets", Meaning::Count),
            column("flows", Meaning::Count),
            column("bps", Meaning::BitRate),
            column("pps", Meaning::PacketRate),
        ];
        let keys =
            self.keys.iter().map(|key| column(&key.key().beside_measures(), key.key().meaning()));
        let start = [column("start", Meaning::Key(Kind::Time))];
        let kind = [column("kind", Meaning::Class(&RowKind::WORDS))];
        let port_kind = self.tells_port_kinds().then(PortKind::column);
        start.into_iter().chain(keys).chain(sums).chain(kind).chain(port_kind).collect()
    }

    /// The series with the most bytes, ties by key, and one of all others.
    fn largest(
        &self,
        table: Table<WithProtocols<Counters>, Amount>,
        texts: &[String],
    ) -> io::Result<Vec<Series>> {
        let value = |sums: &WithProtocols<Counters>, _: &ExtraValues| Some(sums.sums().bytes);
        let found = table.rank_values(&RankBy::largest(&value, self.series, texts))?;
        let are_more = found.keys > found.rows.len() as u64;
        let mut series: Vec<Series> = Vec::with_capacity(found.rows.len() + 1);
        for (group, amounts) in found.rows {
            let parts = self.layout.parts().iter().zip(&group.key);
            let key = parts.map(|(part, value)| key_cell(part.kind, *value, texts));
            let key = key.collect::<Vec<_>>();
            let of_key = self.protocol_key().and_then(|place| key.get(place));
            let protocols = of_key.map_or(group.sums.protocols(), Protocols::of_cell);
            series.push(Series { key, protocols, slots: slots(amounts) });
        }
        if are_more {
            let others = self.keys.iter().map(|_| Cell::Text("other".into()));
            let (key, protocols) = (others.collect(), Protocols::default());
            series.push(Series { key, protocols, slots: slots(found.others) });
        }
        Ok(series)
    }

    /// Start and length of every bin of the window. Where the window is open, it ends with
    /// the bin of the first or last export time, and slots outside of its bins are merged
    /// into before or after.
    fn all_bins(
        &self,
        series: &mut [Series],
        tally: &Tally,
        notes: &mut Vec<String>,
    ) -> BTreeMap<u64, u64> {
        let mut days = Days::default();
        let mut bins = BTreeMap::new();
        let first = self.window.0.or(tally.seen.map(|seen| seen.0));
        let last = self.window.1.map(|to| to.saturating_sub(1)).or(tally.seen.map(|seen| seen.1));
        if let (Some(first), Some(last)) = (first, last) {
            let mut at = first;
            while at <= last && bins.len() < MOST_BINS {
                let (slot, (from, end)) = self.slot(at, &mut days);
                if let Slot::Bin(start) = slot {
                    *bins.entry(start).or_default() += end - from;
                }
                at = end;
            }
            if at > last {
                self.complete(&mut bins, first, at, &mut days);
            }
            if at <= last {
                notes.push("there are more than 1000000 bins: empty ones are left out".into());
                bins.clear();
                for series in series.iter() {
                    for slot in series.slots.keys() {
                        if let Slot::Bin(start) = slot
                            && (first..=last).contains(start)
                        {
                            let (from, end) = self.slot(*start, &mut days).1;
                            bins.insert(*start, end - from);
                        }
                    }
                }
            }
        }
        let begin = bins.first_key_value().map_or(u64::MAX, |(start, _)| *start);
        for Series { slots, .. } in series {
            let outside: Vec<Slot> = slots
                .keys()
                .filter(|slot| matches!(slot, Slot::Bin(start) if !bins.contains_key(start)))
                .copied()
                .collect();
            for slot in outside {
                let amount = slots.remove(&slot).unwrap_or_default();
                let place = if slot < Slot::Bin(begin) { Slot::Before } else { Slot::After };
                slots.entry(place).or_default().merge(&amount);
            }
        }
        bins
    }
}

impl Binned {
    /// Adds to the lengths of bins what lies before the stretch of a first moment, and from
    /// an end on, where the window is open: bins of several days are whole there too.
    fn complete(&self, bins: &mut BTreeMap<u64, u64>, first: u64, end: u64, days: &mut Days) {
        let ends = bins.first_key_value().zip(bins.last_key_value());
        let Some(((begin, _), (latest, _))) = ends else { return };
        let before = (*begin, self.slot(first, days).1.0, self.window.0);
        let after = (end, self.bins.is_over_at(*latest), self.window.1);
        for (mut at, until, edge) in [before, after] {
            while edge.is_none() && at < until {
                let (slot, (from, end)) = self.slot(at, days);
                if let Slot::Bin(start) = slot
                    && let Some(length) = bins.get_mut(&start)
                {
                    *length += end - from;
                }
                at = end;
            }
        }
    }
}

impl TimelinePartial {
    /// What is said of flows whose times do not place them.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.moved > 0 {
            let (have, are) =
                if self.moved == 1 { ("flow has", "it is") } else { ("flows have", "they are") };
            notes.push(format!(
                "{} {have} times that are unknown, inverted, or more than 1 h after or 24 h \
                 before their export; {are} placed at it",
                self.moved
            ));
        }
        if self.nowhere > 0 {
            let have = if self.nowhere == 1 { "flow has" } else { "flows have" };
            notes.push(format!("{} {have} no time that can be: in the row unknown", self.nowhere));
        }
        notes
    }
}

fn slots(amounts: Map<u64, Amount>) -> HashMap<Slot, Amount> {
    amounts.into_entries().map(|(code, amount)| (Slot::of_code(code), amount)).collect()
}

fn row(
    slot: Slot,
    key: &[Cell],
    sums: &Sums,
    bins: &BTreeMap<u64, u64>,
    edges: &BTreeSet<u64>,
) -> Vec<Cell> {
    let (start, length, kind) = match slot {
        Slot::Before => (Cell::None, None, RowKind::Before),
        Slot::After => (Cell::None, None, RowKind::After),
        Slot::Unknown => (Cell::Unknown, None, RowKind::Unknown),
        Slot::Bin(start) => {
            let kind = if edges.contains(&start) { RowKind::Edge } else { RowKind::Bin };
            (Cell::from(start), bins.get(&start).copied(), kind)
        }
    };
    let rate = |amount: u128| {
        length.map_or(Cell::None, |length| Cell::Number(amount * 1000 / u128::from(length)))
    };
    let mut cells = vec![start];
    cells.extend_from_slice(key);
    cells.extend([Cell::Number(sums.bytes), Cell::Number(sums.packets), Cell::from(sums.flows)]);
    cells.extend([rate(sums.bytes * 8), rate(sums.packets), Cell::Text(kind.word().into())]);
    cells
}

/// Smallest, mean, 95th percentile and largest rate of a bin, all series
/// together; empty bins count.
fn rates(series: &[Series], bins: &BTreeMap<u64, u64>) -> Vec<(&'static str, Meaning, Cell)> {
    let mut of = [Vec::with_capacity(bins.len()), Vec::with_capacity(bins.len())];
    let (mut volume, mut length) = ([0_u128; 2], 0_u128);
    for (start, bin_ms) in bins {
        let mut sums = Sums::default();
        for Series { slots, .. } in series {
            sums.add(&slots.get(&Slot::Bin(*start)).map(Amount::sums).unwrap_or_default());
        }
        length += u128::from(*bin_ms);
        for (place, amount) in [sums.bytes * 8, sums.packets].into_iter().enumerate() {
            volume[place] += amount;
            let rate = amount * 1000 / u128::from(*bin_ms);
            of[place].push(rate);
        }
    }
    let names = [
        (["bps_min", "bps_mean", "bps_p95", "bps_max"], Meaning::BitRate),
        (["pps_min", "pps_mean", "pps_p95", "pps_max"], Meaning::PacketRate),
    ];
    let mut facts = Vec::new();
    for ((place, values), (names, meaning)) in of.iter_mut().enumerate().zip(names) {
        values.sort_unstable();
        let point = |rate: Option<&u128>| rate.map_or(Cell::None, |rate| Cell::Number(*rate));
        // By nearest rank: 95 % of the bins are not larger.
        let p95 = values.get((values.len() * 95).div_ceil(100).saturating_sub(1));
        let mean = (volume[place] * 1000).checked_div(length).map_or(Cell::None, Cell::Number);
        let cells = [point(values.first()), mean, point(p95), point(values.last())];
        facts.extend(names.into_iter().zip(cells).map(|(name, cell)| (name, meaning, cell)));
    }
    facts
}
