//! Quality of the times of flows, by exporter.

use flowkit_model::FieldId;
use flowkit_model::answer::Quality;
use hashbrown::HashMap;

use crate::batch::Batch;

/// Quality of the times of flows, by the dictionary code of their exporter.
#[derive(Debug, Default)]
pub(crate) struct Times(HashMap<Option<u64>, Quality>);

impl Times {
    /// The fields it needs.
    pub(crate) const FIELDS: [FieldId; 4] =
        [FieldId::Exporter, FieldId::Timestamp, FieldId::FirstSwitched, FieldId::LastSwitched];

    /// From the quality of each exporter.
    pub(crate) fn of(all: impl Iterator<Item = (Option<u64>, Quality)>) -> Self {
        Self(all.collect())
    }

    /// Adds the flows of a batch; those of one exporter are mostly consecutive.
    pub(crate) fn add(&mut self, batch: &Batch) {
        let [exporters, sent, first, last] = Self::FIELDS.map(|field| batch.column(field));
        let mut row = 0;
        while row < batch.rows() {
            let exporter = exporters.get(row);
            let quality = self.0.entry(exporter).or_default();
            while row < batch.rows() && exporters.get(row) == exporter {
                quality.add(sent.get(row), first.get(row), last.get(row));
                row += 1;
            }
        }
    }

    /// Adds what another thread has.
    pub(crate) fn merge(&mut self, other: Self) {
        for (exporter, quality) in other.0 {
            self.0.entry(exporter).or_default().merge(&quality);
        }
    }

    /// The quality of each exporter, in any order.
    pub(crate) fn by_exporter(self) -> impl Iterator<Item = (Option<u64>, Quality)> {
        self.0.into_iter()
    }
}
