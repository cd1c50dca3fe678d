//! The sampling intervals that exporters tell in options records, by the dictionary code
//! of the exporter.

use flowkit_model::answer::Tally;
use hashbrown::HashMap;

use super::dictionary::Dictionary;

/// Sampling intervals above 1 by exporter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates(HashMap<u64, u64>);

impl Rates {
    /// Those of the exporters that told one interval, whichever of their samplers it is
    /// of: which of several a flow is of, it mostly does not say.
    pub(crate) fn told(tally: &Tally, dictionary: &Dictionary) -> Self {
        let rates = tally.exporters.iter().filter_map(|(exporter, of)| {
            let interval = of.interval().filter(|interval| *interval > 1)?;
            Some((u64::from(dictionary.code(exporter?)), interval))
        });
        Self(rates.collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The interval of an exporter.
    pub(crate) fn get(&self, exporter: u64) -> Option<u64> {
        self.0.get(&exporter).copied()
    }
}
