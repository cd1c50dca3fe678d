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

use super::{Answer, Cell, Column, Group, GroupRow, Protocols, Ranking, Table};
use crate::Sums;
use crate::question::{Counted, Grouping, Measure, Of};

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
            measure => self.measure(measure, group),
        }
    }

    /// Whether a group may have a row: it fulfils all conditions and has the
    /// minimum share.
    #[must_use]
    pub fn has_row<G: Group>(&self, group: &G) -> bool {
        let order = &self.grouping.order;
        let holds = |measure| self.measure(measure, group);
        order.having.iter().all(|condition| condition.holds(holds(condition.measure)))
            && order.is_large_enough(&group.sums(), &self.total)
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
            notes.push(format!(
                "{} flows are not TCP, UDP, SCTP or DCCP and have no port: in the total, in no row",
                rest.left_out
            ));
        }
        Answer {
            table: Table { name: "rows", columns: self.columns(), rows },
            bars: Some(sorted_by.clone()),
            ranking: Some(Ranking {
                total: self.total,
                other,
                keys,
                sort: order.metric(),
                sorted_by,
                overlapping: self.grouping.is_overlapping(),
                protocols,
            }),
            notes,
            ..Answer::default()
        }
    }

    /// Order of rows: by value, largest first or smallest first, unknown last;
    /// ties by key.
    fn compare(&self, a: &GroupRow, b: &GroupRow) -> Ordering {
        let by_value = match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) if self.grouping.order.bottom => a.cmp(&b),
            (Some(a), Some(b)) => b.cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        by_value.then_with(|| a.key.cmp(&b.key))
    }

    /// The protocols of a group: the one of its key, or those that the engine tells.
    fn protocols(&self, group: &GroupRow) -> Protocols {
        let Some(place) = self.grouping.protocol_key() else { return group.protocols };
        match group.key.get(place) {
            Some(Cell::Number(number)) => Protocols::of(u64::try_from(*number).ok()),
            _ => Protocols::default(),
        }
    }

    fn columns(&self) -> Vec<Column> {
        let keys = self.grouping.keys.iter();
        let keys = keys.map(|key| Column { name: key.name(), meaning: key.meaning() });
        let columns = self.grouping.columns.iter();
        let columns = columns
            .map(|(name, measure)| Column { name: name.clone(), meaning: measure.meaning() });
        keys.chain(columns).collect()
    }

    /// The cells of a row: key and columns.
    fn cells(&self, mut group: GroupRow) -> Vec<Cell> {
        let protocols = self.protocols(&group);
        let mut cells = std::mem::take(&mut group.key);
        cells.reserve_exact(self.grouping.columns.len());
        cells.extend(self.grouping.columns.iter().map(|(_, measure)| match measure {
            Measure::Share(metric) => {
                Cell::Share { part: metric.of(&group.sums), whole: metric.of(&self.total) }
            }
            Measure::PortKind => {
                let kind = protocols.port_kind().filter(|_| self.grouping.tells_port_kinds);
                kind.map_or(Cell::Unknown, |kind| Cell::Text(kind.name().into()))
            }
            measure => self.measure(*measure, &group).map_or(Cell::Unknown, Cell::Number),
        }));
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{More, Quantiles};
    use crate::question::{Condition, Key, Order, Point, Report, Top};
    use crate::{FieldId, Metric};

    fn group(key: Option<u64>, bytes: u128) -> GroupRow {
        let sums = Sums { bytes, packets: 2, flows: 1 };
        GroupRow { key: vec![key.into()], sums, ..GroupRow::default() }
    }

    fn keys(answer: &Answer) -> Vec<Cell> {
        answer.table.rows.iter().map(|row| row[0].clone()).collect()
    }

    fn ask(order: Order, groups: Vec<GroupRow>) -> Answer {
        let grouping = Grouping::new(vec![Key::Field(FieldId::DstPort)], order);
        let mut total = Sums::default();
        for group in &groups {
            total.add(&group.sums);
        }
        Ranker::new(&grouping, total).finish(groups, Rest::default())
    }

    /// Ties are sorted by key, unknown keys last among them; groups without a row
    /// are in `other`.
    #[test]
    fn groups_are_ranked_cut_and_summed() {
        let groups = vec![group(None, 5), group(Some(9), 5), group(Some(1), 7), group(Some(3), 5)];
        let all = ask(Order { limit: 0, ..Order::default() }, groups.clone());
        let expected = [Some(1), Some(3), Some(9), None].map(Cell::from);
        assert_eq!(keys(&all), expected);
        let two = ask(Order { limit: 2, ..Order::default() }, groups.clone());
        let ranking = two.ranking.clone().unwrap();
        assert_eq!(keys(&two), expected[..2]);
        assert_eq!((ranking.keys, ranking.other.bytes, ranking.total.bytes), (4, 10, 22));
        let bottom = Order { bottom: true, limit: 1, ..Order::default() };
        assert_eq!(keys(&ask(bottom, groups)), [Cell::from(Some(3))]);
    }

    #[test]
    fn conditions_and_shares_leave_groups_out() {
        let groups = vec![group(Some(1), 60), group(Some(2), 30), group(Some(3), 10)];
        let having = Condition::parse_all("bytes < 50").unwrap();
        let found = ask(Order { having, ..Order::default() }, groups.clone());
        assert_eq!(keys(&found), [Cell::from(Some(2)), Cell::from(Some(3))]);
        assert_eq!(found.ranking.unwrap().other.bytes, 60);
        let found = ask(Order { min_share: 30_000_000, ..Order::default() }, groups);
        assert_eq!(keys(&found), [Cell::from(Some(1)), Cell::from(Some(2))]);
    }

    /// The whole of a share is the same for all groups.
    #[test]
    fn a_share_ranks_as_its_metric() {
        let groups = vec![group(Some(1), 5), group(Some(2), 70), group(Some(3), 25)];
        let by = |sort| ask(Order { sort, ..Order::default() }, groups.clone());
        let expected = keys(&by(Measure::Sum(Metric::Bytes)));
        assert_eq!(keys(&by(Measure::Share(Metric::Bytes))), expected);
    }

    #[test]
    fn measures_come_from_what_a_group_tells() {
        let order = Order { sort: Measure::Spread(Of::Bytes, Point::Max), ..Order::default() };
        let mut grouping = Grouping::new(vec![Key::Service], order);
        let counted = Counted::Field(FieldId::DstAddr);
        grouping.columns.push(("hosts".into(), Measure::Distinct(counted)));
        let more = More {
            ways: Some((70, 30)),
            span_ms: (Some(1_000), Some(3_000)),
            bin_ms: None,
            distinct: vec![4],
            quantiles: vec![Quantiles { n: 2, min: 1, max: 9, sum: 10, median: 1, p95: 9 }],
        };
        let group = GroupRow { more: Some(Box::new(more)), ..group(Some(80), 1000) };
        let ranker = Ranker::new(&grouping, group.sums);
        for (measure, expected) in [
            (Measure::Sum(Metric::Packets), Some(2)),
            (Measure::Forward, Some(70)),
            (Measure::Duration, Some(2000)),
            (Measure::BitsPerSecond, Some(4000)),
            (Measure::PacketsPerSecond, Some(1)),
            (Measure::BytesPerPacket, Some(500)),
            (Measure::Distinct(counted), Some(4)),
            (Measure::Distinct(Counted::Peer), None),
            (Measure::Spread(Of::Bytes, Point::Mean), Some(5)),
            (Measure::Spread(Of::Duration, Point::Mean), None),
        ] {
            assert_eq!(ranker.measure(measure, &group), expected, "{measure}");
        }
        assert!(ranker.ranks_by_more_than_sums());
        assert_eq!(ranker.value(&GroupRow::default()), None);
    }

    /// 6000 bits in a bin of 120 s are 50 bit/s, whenever the flows began; without the
    /// length of the bin, as where the time is unknown, there is no rate.
    #[test]
    fn rates_of_a_bin_of_time_are_over_the_bin() {
        let grouping = Grouping::new(vec![Key::parse("5m").unwrap()], Order::default());
        let ranker = Ranker::new(&grouping, Sums::default());
        let rate = |bin_ms| {
            let span_ms = (Some(1_000), Some(3_000));
            let more = More { bin_ms, span_ms, ..More::default() };
            let group = GroupRow { more: Some(Box::new(more)), ..group(Some(0), 750) };
            ranker.measure(Measure::BitsPerSecond, &group)
        };
        assert_eq!((rate(Some(120_000)), rate(None)), (Some(50), None));
    }

    /// The protocols of a row are those that the engine tells, or that of its key.
    #[test]
    fn rows_by_port_tell_what_the_port_is() {
        let kinds = |by: &[&str], key: Vec<Cell>, protocol| {
            let by = by.iter().map(|key| Key::parse(key).unwrap()).collect();
            let top = Top { by, columns: None, order: Order::default() };
            let grouping = Report::Top(top).grouping().unwrap();
            let row = GroupRow { key, protocols: Protocols::of(protocol), ..GroupRow::default() };
            let answer = Ranker::new(&grouping, Sums::default()).finish(vec![row], Rest::default());
            let last = answer.table.columns.last().unwrap().name.clone();
            let protocols = answer.ranking.unwrap().protocols;
            (last, answer.table.rows[0].last().cloned().unwrap(), protocols.len())
        };
        let port = |kind: &str| ("port_kind".to_owned(), Cell::Text(kind.into()), 1);
        let key = || vec![Cell::from(2048)];
        assert_eq!(kinds(&["dst_port"], key(), Some(1)), port("icmp"));
        assert_eq!(kinds(&["port"], key(), Some(17)), port("port"));
        assert_eq!(kinds(&["src_port"], key(), None), ("port_kind".into(), Cell::Unknown, 1));
        let both = vec![Cell::from(2048), Cell::from(50)];
        assert_eq!(kinds(&["dst_port", "protocol"], both, None), port("none"));
        assert_eq!(kinds(&["service"], key(), Some(6)).2, 0);
    }
}
