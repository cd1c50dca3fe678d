//! `top`: the values of one or more fields that carry the most.

use flowkit_model::{Field, FieldId};

use super::{Order, Statistic, ranking};
use crate::answer::Answer;
use crate::columns::Batch;
use crate::group::Counters;
use crate::group::key::{KeyLayout, KeyPart};
use crate::group::table::Table;
use crate::tally::Tally;

/// Sums by the values of some fields.
#[derive(Debug)]
pub struct Top {
    title: String,
    fields: Vec<FieldId>,
    layout: KeyLayout,
    order: Order,
}

impl Top {
    /// Groups by these fields.
    #[must_use]
    pub fn new(fields: &[&Field], order: Order) -> Self {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        Self {
            title: format!("top {} by {}", names.join(", "), order.sort.name()),
            fields: fields.iter().map(|field| field.id).collect(),
            layout: KeyLayout::new(fields.iter().map(|field| KeyPart::of(field)).collect()),
            order,
        }
    }

    /// The same under another title.
    #[must_use]
    pub fn titled(self, name: &str) -> Self {
        Self { title: format!("{name} by {}", self.order.sort.name()), ..self }
    }
}

impl Statistic for Top {
    type Partial = Table<Counters>;

    fn fields(&self) -> Vec<FieldId> {
        self.fields.clone()
    }

    fn start(&self) -> Self::Partial {
        Table::new(&self.layout)
    }

    fn add(&self, table: &mut Self::Partial, batch: &Batch) {
        let keys: Vec<_> = self.fields.iter().map(|field| batch.column(*field)).collect();
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        table.add(&self.layout, &keys, None, |sums, row| sums.add(bytes[row], packets[row]));
    }

    fn merge(&self, table: &mut Self::Partial, other: Self::Partial) {
        table.merge(other);
    }

    fn answer(&self, table: Self::Partial, texts: &[String], tally: &Tally) -> Answer {
        let ranked = table.rank(&self.layout, self.order.sort, self.order.limit, texts);
        ranking::answer(self.title.clone(), &self.layout, &ranked, &[], self.order, texts, tally)
    }
}
