//! Ranking, worked out by hand.

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
        let more = More { span_ms, bin_ms, ..More::default() };
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
        let protocols = answer.protocols;
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
