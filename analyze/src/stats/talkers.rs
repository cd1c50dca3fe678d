//! `talkers`: addresses at either end, with what each sent and received.

use flowkit_model::{FieldId, Kind};

use super::ranking::Extra;
use super::{Order, Statistic, ranking};
use crate::answer::{Answer, Meaning};
use crate::columns::Batch;
use crate::group::key::{KeyLayout, KeyPart};
use crate::group::table::Table;
use crate::group::{Accumulator, Counters, Sum};
use crate::tally::{Sums, Tally};

/// Sums by address.
#[derive(Debug)]
pub struct Talkers {
    layout: KeyLayout,
    order: Order,
}

/// What an address has to do with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Talker {
    all: Counters,
    sent: Sum,
    received: Sum,
}

impl Accumulator for Talker {
    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.sent.merge(other.sent);
        self.received.merge(other.received);
    }

    fn sums(&self) -> Sums {
        self.all.sums()
    }
}

impl Talkers {
    /// In this order.
    #[must_use]
    pub fn new(order: Order) -> Self {
        let addr = KeyPart { name: "addr".into(), kind: Kind::Address, bits: 32 };
        Self { layout: KeyLayout::new(vec![addr]), order }
    }
}

impl Statistic for Talkers {
    type Partial = Table<Talker>;

    fn fields(&self) -> Vec<FieldId> {
        vec![FieldId::SrcAddr, FieldId::DstAddr]
    }

    fn start(&self) -> Self::Partial {
        Table::new(&self.layout)
    }

    /// A flow with equal ends counts once in `all`, as sent and as received.
    fn add(&self, table: &mut Self::Partial, batch: &Batch) {
        let (src, dst) = (batch.column(FieldId::SrcAddr), batch.column(FieldId::DstAddr));
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        table.add(&self.layout, &[src], None, |talker, row| {
            talker.all.add(bytes[row], packets[row]);
            talker.sent.add(bytes[row]);
        });
        table.add(&self.layout, &[dst], None, |talker, row| {
            if src.get(row) != dst.get(row) {
                talker.all.add(bytes[row], packets[row]);
            }
            talker.received.add(bytes[row]);
        });
    }

    fn merge(&self, table: &mut Self::Partial, other: Self::Partial) {
        table.merge(other);
    }

    fn answer(&self, table: Self::Partial, texts: &[String], tally: &Tally) -> Answer {
        let ranked = table.rank(&self.layout, self.order.sort, self.order.limit, texts);
        let extra = [
            Extra {
                name: "sent_bytes",
                meaning: Meaning::Bytes,
                value: |talker: &Talker| talker.sent.total(),
            },
            Extra {
                name: "received_bytes",
                meaning: Meaning::Bytes,
                value: |talker| talker.received.total(),
            },
        ];
        let title = format!("talkers by {}", self.order.sort.name());
        let mut answer =
            ranking::answer(title, &self.layout, &ranked, &extra, self.order, texts, tally);
        if let Some(ranking) = &mut answer.ranking {
            ranking.overlapping = true;
        }
        answer
    }
}
