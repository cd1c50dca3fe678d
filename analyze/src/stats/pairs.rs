//! `pairs`: two addresses and what went each way between them.

use flowkit_model::{FieldId, Kind};

use super::ranking::Extra;
use super::{Order, Statistic, ranking};
use crate::answer::{Answer, Meaning};
use crate::columns::{Batch, Column, Values};
use crate::group::key::{KeyLayout, KeyPart};
use crate::group::table::Table;
use crate::group::{Accumulator, Counters, Sum};
use crate::tally::{Sums, Tally};

/// Sums by pair of addresses, the lower first.
#[derive(Debug)]
pub struct Pairs {
    layout: KeyLayout,
    order: Order,
}

/// What went between two addresses.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conversation {
    all: Counters,
    /// From the lower to the higher address.
    a_to_b: Sum,
    b_to_a: Sum,
}

impl Accumulator for Conversation {
    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.a_to_b.merge(other.a_to_b);
        self.b_to_a.merge(other.b_to_a);
    }

    fn sums(&self) -> Sums {
        self.all.sums()
    }
}

impl Pairs {
    /// In this order.
    #[must_use]
    pub fn new(order: Order) -> Self {
        let part = |name: &str| KeyPart { name: name.into(), kind: Kind::Address, bits: 32 };
        Self { layout: KeyLayout::new(vec![part("addr_a"), part("addr_b")]), order }
    }
}

/// Addresses as they sort: unknown is the highest.
fn ranks(column: &Column) -> Vec<u64> {
    (0..column.len()).map(|row| column.get(row).unwrap_or(UNKNOWN)).collect()
}

const UNKNOWN: u64 = 1 << 32;

fn column(ranks: impl Iterator<Item = u64>) -> Column {
    let (values, unknown) =
        ranks.map(|rank| (u32::try_from(rank).unwrap_or(0), rank == UNKNOWN)).unzip();
    Column { values: Values::U32(values), unknown: Some(unknown) }
}

impl Statistic for Pairs {
    type Partial = Table<Conversation>;

    fn fields(&self) -> Vec<FieldId> {
        vec![FieldId::SrcAddr, FieldId::DstAddr]
    }

    fn start(&self) -> Self::Partial {
        Table::new(&self.layout)
    }

    fn add(&self, table: &mut Self::Partial, batch: &Batch) {
        let (src, dst) =
            (ranks(batch.column(FieldId::SrcAddr)), ranks(batch.column(FieldId::DstAddr)));
        let ends = || src.iter().zip(&dst);
        let lower = column(ends().map(|(src, dst)| *src.min(dst)));
        let higher = column(ends().map(|(src, dst)| *src.max(dst)));
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        table.add(&self.layout, &[&lower, &higher], None, |pair, row| {
            pair.all.add(bytes[row], packets[row]);
            let way = if src[row] <= dst[row] { &mut pair.a_to_b } else { &mut pair.b_to_a };
            way.add(bytes[row]);
        });
    }

    fn merge(&self, table: &mut Self::Partial, other: Self::Partial) {
        table.merge(other);
    }

    fn answer(&self, table: Self::Partial, texts: &[String], tally: &Tally) -> Answer {
        let ranked = table.rank(&self.layout, self.order.sort, self.order.limit, texts);
        let extra = [
            Extra {
                name: "a_to_b_bytes",
                meaning: Meaning::Bytes,
                value: |pair: &Conversation| pair.a_to_b.total(),
            },
            Extra {
                name: "b_to_a_bytes",
                meaning: Meaning::Bytes,
                value: |pair| pair.b_to_a.total(),
            },
        ];
        let title = format!("pairs by {}", self.order.sort.name());
        ranking::answer(title, &self.layout, &ranked, &extra, self.order, texts, tally)
    }
}
