//! What all rankings have in common: rows of keys and sums, shares of the
//! total, the rest and the number of keys.

use flowkit_model::Kind;

use super::Order;
use crate::answer::{Answer, Cell, Column, Meaning, Metric, Ranking, Table};
use crate::group::Accumulator;
use crate::group::key::KeyLayout;
use crate::group::rank::Ranked;
use crate::tally::{Sums, Tally};

/// Columns that a statistic puts between the keys and the sums.
pub(super) struct Extra<A> {
    pub(super) name: &'static str,
    pub(super) meaning: Meaning,
    pub(super) value: fn(&A) -> u128,
}

/// Makes the answer of a ranking.
pub(super) fn answer<A: Accumulator>(
    title: String,
    layout: &KeyLayout,
    ranked: &Ranked<A>,
    extra: &[Extra<A>],
    order: Order,
    texts: &[String],
    tally: &Tally,
) -> Answer {
    let keys = layout
        .parts()
        .iter()
        .map(|part| Column { name: part.name.clone(), meaning: Meaning::Key(part.kind) });
    let extras =
        extra.iter().map(|extra| Column { name: extra.name.into(), meaning: extra.meaning });
    let sums = Metric::ALL.map(|metric| Column {
        name: metric.name().into(),
        meaning: if metric == Metric::Bytes { Meaning::Bytes } else { Meaning::Count },
    });
    let shares = Metric::ALL
        .map(|metric| Column { name: metric.share_name().into(), meaning: Meaning::Share(metric) });
    let rows = ranked
        .rows
        .iter()
        .map(|(key, accumulator)| {
            let parts = layout.parts().iter().zip(key);
            let keys = parts.map(|(part, value)| key_cell(part.kind, *value, texts));
            let extras = extra.iter().map(|extra| Cell::Number((extra.value)(accumulator)));
            keys.chain(extras).chain(sum_cells(&accumulator.sums(), &tally.total)).collect()
        })
        .collect();
    Answer {
        title,
        table: Table {
            name: "rows",
            columns: keys.chain(extras).chain(sums).chain(shares).collect(),
            rows,
        },
        ranking: Some(Ranking {
            total: tally.total,
            other: ranked.other,
            keys: ranked.keys,
            sort: order.sort,
            overlapping: false,
        }),
        ..Answer::default()
    }
}

/// A key's value; text is looked up.
pub(super) fn key_cell(kind: Kind, value: Option<u64>, texts: &[String]) -> Cell {
    match (kind, value) {
        (_, None) => Cell::Unknown,
        (Kind::Text, Some(number)) => usize::try_from(number)
            .ok()
            .and_then(|number| texts.get(number))
            .map_or(Cell::Unknown, |text| Cell::Text(text.clone())),
        (_, Some(value)) => Cell::from(value),
    }
}

/// Sums and their shares.
fn sum_cells(sums: &Sums, total: &Sums) -> impl Iterator<Item = Cell> {
    let (sums, total) = (*sums, *total);
    let values = Metric::ALL.into_iter().map(move |metric| Cell::Number(metric.of(&sums)));
    let shares = Metric::ALL
        .into_iter()
        .map(move |metric| Cell::Share { part: metric.of(&sums), whole: metric.of(&total) });
    values.chain(shares)
}
