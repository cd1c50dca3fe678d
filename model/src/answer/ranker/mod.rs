//! From groups to an answer: computes measures, selects and sorts rows, and adds
//! shares, the other groups and the total.
//!
//! Every engine uses it, so that none ranks or rounds differently. It needs no
//! file and no column: groups in, rows out.
//!
//! ```
//! use flowkit_model::answer::{Cell, GroupRow, Ranker, Rest};
//! use flowkit_model::question::{Grouping, Key, Order};
//! use flowkit_model::{FieldId, Sums};
//!
//! let order = Order { limit: 1, ..Order::default() };
//! let grouping = Grouping::new(vec![Key::Field(FieldId::DstPort)], order);
//! let row = |port: u64, bytes| GroupRow {
//!     key: vec![Cell::from(port)],
//!     sums: Sums { bytes, packets: 1, flows: 1 },
//!     ..GroupRow::default()
//! };
//! let total = Sums { bytes: 90, packets: 3, flows: 3 };
//! let rows = vec![row(22, 10), row(443, 50), row(53, 30)];
//! let answer = Ranker::new(&grouping, total).finish(rows, Rest::default());
//! assert_eq!(answer.table.rows[0][..2], [Cell::from(443), Cell::Number(50)]);
//! assert_eq!(answer.ranking.unwrap().other.bytes, 40);
//! ```

use std::cmp::Ordering;

use super::{
    Answer, Cell, Column, Group, GroupRow, PortKind, Protocols, Ranking, Table, millionths,
};
use crate::Sums;
use crate::question::{Condition, Counted, Grouping, Measure, Of, Order};

/// Ranks the groups of a question.
#[derive(Clone, Debug)]
pub struct Ranker<'q> {
    grouping: &'q Grouping,
    counted: Vec<Counted>,
    distributions: Vec<Of>,
    total: Sums,
    /// Rates are over the bin of time of a key.
    is_binned: bool,
}

/// Groups that an engine has left out because they cannot have a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// Number of keys.
    pub keys: u64,
    /// Their sums.
    pub sums: Sums,
    /// Flows that belong to no group.
    pub left_out: u64,
}

impl<'q> Ranker<'q> {
    /// A ranker for a question, given the sums of all flows.
    #[must_use]
    pub fn new(grouping: &'q Grouping, total: Sums) -> Self {
        let (counted, distributions) = (grouping.counted(), grouping.distributions());
        let is_binned = grouping.is_binned();
        Self { grouping, counted, distributions, total, is_binned }
    }

    /// A measure of a group; `None` if it is unknown.
    #[must_use]
    #[inline]
    pub fn measure<G: Group>(&self, measure: Measure, group: &G) -> Option<u128> {
        let duration = || {
            let (Some(first), Some(last)) = group.span_ms() else { return None };
            Some(u128::from(last.saturating_sub(first)))
        };
        // Of a bin of time the whole bin counts, whenever its flows began and ended.
        let rated_ms = || {
            let ms = if self.is_binned { group.bin_ms()?.into() } else { duration()? };
            Some(ms.max(1))
        };
        match measure {
            Measure::Sum(metric) => Some(metric.of(&group.sums())),
            Measure::Share(_) | Measure::PortKind => None,
            Measure::Key(place) => match group.key(place.into()) {
                Cell::Number(number) => Some(number),
                _ => None,
            },
            Measure::Forward => group.ways().map(|ways| ways.0),
            Measure::Backward => group.ways().map(|ways| ways.1),
            Measure::First => group.span_ms().0.map(u128::from),
            Measure::Last => group.span_ms().1.map(u128::from),
            Measure::Duration => duration(),
            Measure::BitsPerSecond => Some(group.sums().bytes * 8000 / rated_ms()?),
            Measure::PacketsPerSecond => Some(group.sums().packets * 1000 / rated_ms()?),
            Measure::BytesPerPacket => {
                let sums = group.sums();
                sums.bytes.checked_div(sums.packets)
            }
            Measure::Distinct(counted) => {
                let index = self.counted.iter().position(|known| *known == counted)?;
                group.distinct(index).map(u128::from)
            }
            Measure::Spread(of, point) => {
                let index = self.distributions.iter().position(|known| *known == of)?;
                group.quantiles(index)?.at(point)
            }
        }
    }

    /// The value that a group is ranked by.
    #[must_use]
    #[inline]
    pub fn value<G: Group>(&self, group: &G) -> Option<u128> {
        match self.grouping.order.sort {
            // The whole is the same for all.
            Measure::Share(metric) => Some(metric.of(&group.sums())),
            // All kinds are in the order of their names.
            Measure::PortKind => self.port_kind(group).map(|kind| kind as u128),
            measure => self.measure(measure, group),
        }
    }

    /// What the port of a group's key is; `None` if it has none, or no protocol is known.
    fn port_kind<G: Group>(&self, group: &G) -> Option<PortKind> {
        let is_told = self.grouping.tells_port_kinds;
        is_told.then(|| self.protocols(group))?.port_kind()
    }

    /// Whether a group may have a row: it fulfils all conditions and has the
    /// minimum share.
    #[must_use]
    pub fn has_row<G: Group>(&self, group: &G) -> bool {
        let order = &self.grouping.order;
        order.having.iter().all(|condition| self.fulfils(condition, group))
            && order.is_large_enough(&group.sums(), &self.total)
    }

    fn fulfils<G: Group>(&self, condition: &Condition, group: &G) -> bool {
        match condition.measure {
            Measure::Share(metric) => {
                let (part, whole) = (metric.of(&group.sums()), metric.of(&self.total));
                condition.holds_for_share(millionths(part, whole))
            }
            Measure::Key(place) => match group.key(place.into()) {
                Cell::Text(text) => condition.holds_for_text(&text),
                Cell::Number(number) => condition.holds(Some(number)),
                _ => false,
            },
            Measure::PortKind => {
                self.port_kind(group).is_some_and(|kind| condition.holds_for_text(kind.name()))
            }
            measure => condition.holds(self.measure(measure, group)),
        }
    }

    /// Whether ranking needs the keys of groups, other than for ties.
    #[must_use]
    pub fn ranks_by_key(&self) -> bool {
        let order = &self.grouping.order;
        let conditions = order.having.iter().map(|condition| condition.measure);
        conditions.chain([order.sort]).any(|measure| match measure {
            Measure::Key(_) => true,
            // Of the protocol in the key.
            Measure::PortKind => self.grouping.protocol_key().is_some(),
            _ => false,
        })
    }

    /// Whether ranking needs distinct counts or quantiles; else they are needed
    /// only for the rows that are shown.
    #[must_use]
    pub fn ranks_by_more_than_sums(&self) -> bool {
        let order = &self.grouping.order;
        let conditions = order.having.iter().map(|condition| condition.measure);
        conditions
            .chain([order.sort])
            .any(|measure| matches!(measure, Measure::Distinct(_) | Measure::Spread(..)))
    }

    /// Whether ranking needs the length of each group's bin of time.
    #[must_use]
    pub fn ranks_by_rates_of_bins(&self) -> bool {
        let order = &self.grouping.order;
        let conditions = order.having.iter().map(|condition| condition.measure);
        let is_rate =
            |measure| matches!(measure, Measure::BitsPerSecond | Measure::PacketsPerSecond);
        self.is_binned && conditions.chain([order.sort]).any(is_rate)
    }

    /// Ranks groups, given in any order, and makes the answer.
    ///
    /// An engine may have sorted them or left some out; `rest` has the latter.
    /// The caller adds question, sources and tally to the answer.
    #[must_use]
    pub fn finish(&self, groups: Vec<GroupRow>, rest: Rest) -> Answer {
        let order = &self.grouping.order;
        let (keys, mut other) = (rest.keys + groups.len() as u64, rest.sums);
        let mut rows = groups;
        rows.retain(|group| {
            let has_row = self.has_row(group);
            if !has_row {
                other.add(&group.sums);
            }
            has_row
        });
        if !rows.is_sorted_by(|a, b| self.compare(a, b).is_le()) {
            rows.sort_unstable_by(|a, b| self.compare(a, b));
        }
        for group in rows.drain(order.most_rows().min(rows.len())..) {
            other.add(&group.sums);
        }
        let protocols = rows.iter().filter(|_| self.grouping.tells_port_kinds);
        let protocols = protocols.map(|group| self.protocols(group)).collect();
        let rows = rows.into_iter().map(|group| self.cells(group)).collect();
        let (mut notes, sorted_by) = (Vec::new(), self.grouping.sorted_by());
        if rest.left_out > 0 {
            let (are, have) =
                if rest.left_out == 1 { ("flow is", "has") } else { ("flows are", "have") };
            notes.push(format!(
                "{} {are} not TCP, UDP, SCTP or DCCP and {have} no port: in the total, in no row",
                rest.left_out
            ));
        }
        Answer {
            table: Table { name: "rows", columns: self.columns(), rows },
            bars: (!matches!(order.sort, Measure::Key(_) | Measure::PortKind))
                .then(|| sorted_by.clone()),
            ranking: Some(Ranking {
                total: self.total,
                other,
                keys,
                sort: order.metric(),
                sorted_by,
                overlapping: self.grouping.is_overlapping(),
            }),
            protocols,
            notes,
            ..Answer::default()
        }
    }

    /// Order of rows: by value, largest first or smallest first, unknown last;
    /// ties by key.
    fn compare(&self, a: &GroupRow, b: &GroupRow) -> Ordering {
        let Order { sort, bottom, .. } = self.grouping.order;
        let by_value = match sort {
            Measure::Key(place) => by_key(&a.key(place.into()), &b.key(place.into()), bottom),
            _ => match (self.value(a), self.value(b)) {
                (Some(a), Some(b)) if bottom => a.cmp(&b),
                (Some(a), Some(b)) => b.cmp(&a),
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
        };
        by_value.then_with(|| a.key.cmp(&b.key))
    }

    /// The protocols of a group: the one of its key, or those that the engine tells.
    fn protocols<G: Group>(&self, group: &G) -> Protocols {
        let of_key = |place| Protocols::of_cell(&group.key(place));
        self.grouping.protocol_key().map_or_else(|| group.protocols(), of_key)
    }

    fn columns(&self) -> Vec<Column> {
        let keys = self.grouping.keys.iter().zip(self.grouping.key_names());
        let keys = keys.map(|(key, name)| Column { name, meaning: key.meaning() });
        let columns = self.grouping.columns.iter();
        let columns = columns
            .map(|(name, measure)| Column { name: name.clone(), meaning: measure.meaning() });
        keys.chain(columns).collect()
    }

    /// The cells of a row: key and columns.
    fn cells(&self, mut group: GroupRow) -> Vec<Cell> {
        let port_kind = self.port_kind(&group);
        let mut cells = std::mem::take(&mut group.key);
        cells.reserve_exact(self.grouping.columns.len());
        cells.extend(self.grouping.columns.iter().map(|(_, measure)| match measure {
            Measure::Share(metric) => {
                Cell::Share { part: metric.of(&group.sums), whole: metric.of(&self.total) }
            }
            Measure::PortKind => PortKind::cell(port_kind),
            measure => self.measure(*measure, &group).map_or(Cell::Unknown, Cell::Number),
        }));
        cells
    }
}

/// The order of rows by a part of their keys; unknown is last, either way.
fn by_key(a: &Cell, b: &Cell, bottom: bool) -> Ordering {
    match (a, b) {
        (Cell::Unknown, _) | (_, Cell::Unknown) => a.cmp(b),
        _ if bottom => a.cmp(b),
        _ => b.cmp(a),
    }
}

#[cfg(test)]
mod tests;
