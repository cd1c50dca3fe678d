//! The rows of a timeline: its bins by series, and rows for flows outside of its window;
//! the rates over the bins.

use std::collections::{BTreeMap, BTreeSet};

use flowkit_model::answer::{
    Answer, Cell, Column, Meaning, PortKind, Protocols, Table as Rows, Tally,
};
use flowkit_model::question::Key;
use flowkit_model::{FieldId, Kind, Sums};
use hashbrown::HashMap;

use super::all_bins::{MOST_ROWS, move_outside, too_many};
use super::slots::{Amount, Slot};
use super::{Binned, TimelinePartial};
use crate::batch::dictionary::Codebook;
use crate::group::counters::{Accumulator, Counters};
use crate::group::rank::{ExtraValues, RankBy};
use crate::group::table::Table;
use crate::spill::map::Map;
use crate::statistic::{NoAnswer, key_cell};
use crate::stats::grouping::accumulators::FlowAccumulator;
use crate::stats::grouping::with_protocols::WithProtocols;

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
        codes: &Codebook,
        tally: &Tally,
    ) -> Result<Answer, NoAnswer> {
        let of_times = times.notes();
        if times.is_over {
            return Err(too_many("there would be a row for more bins than that".into()));
        }
        let (touched, mut notes) = (slots(times.all), Vec::new());
        let bins = self.all_bins(&touched, tally, &mut notes);
        let mut series = if self.keys.is_empty() {
            let (key, protocols) = (Vec::new(), Protocols::default());
            vec![Series { key, protocols, slots: touched }]
        } else {
            self.largest(times.series, codes, bins.len())?
        };
        for Series { slots, .. } in &mut series {
            move_outside(slots, &bins);
        }
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

    /// The series with the most bytes, ties by key, and one of all others: for a number
    /// of bins, not more than there may be rows.
    fn largest(
        &self,
        table: Table<WithProtocols<Counters>, Amount>,
        codes: &Codebook,
        bins: usize,
    ) -> Result<Vec<Series>, NoAnswer> {
        let value = |sums: &WithProtocols<Counters>, _: &ExtraValues| Some(sums.sums().bytes);
        let wanted = if self.series == 0 { usize::MAX } else { self.series };
        // Without bins there are rows of unknown time.
        let bins = bins.max(1);
        let most = (MOST_ROWS / bins).max(1);
        let limit = wanted.min(most);
        let found = table.rank_values(&RankBy::largest(&value, limit, codes))?;
        let are_more = found.keys > found.rows.len() as u64;
        let keys = usize::try_from(found.keys).unwrap_or(usize::MAX);
        let series = if keys > wanted { wanted.saturating_add(1) } else { keys };
        if series.saturating_mul(bins) > MOST_ROWS {
            return Err(too_many(format!("there would be {bins} bins of {series} series")));
        }
        let mut series: Vec<Series> = Vec::with_capacity(found.rows.len() + 1);
        for (group, amounts) in found.rows {
            let parts = self.layout.parts().iter().zip(&group.key);
            let key = parts.map(|(part, value)| key_cell(part.kind, *value, codes));
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
