//! What exporters of v9 and IPFIX told, as the footer keeps it.

use flowkit_model::answer::{Exporters, ImpossibleCounts, OfExporter, SequenceCounts};
use serde::{Deserialize, Serialize};

/// One exporter. Keys that are no texts have no place in an object of JSON, so tables are
/// lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredExporter {
    exporter: Option<String>,
    /// Sampler, packets looked at, of how many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rates: Vec<(Option<u64>, u64, u64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    interfaces: Vec<(u32, String)>,
    /// Template, records, those with more than times, records by kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    impossible: Vec<(Option<u16>, u64, u64, Vec<u64>)>,
    /// Version, domain; datagrams, lost, gaps, late, filled, restarts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sequences: Vec<(u16, u32, [u64; 6])>,
}

/// What the footer keeps.
pub(super) fn of(exporters: &Exporters) -> Vec<StoredExporter> {
    let one = |(exporter, of): (Option<&str>, &OfExporter)| StoredExporter {
        exporter: exporter.map(str::to_owned),
        rates: of
            .rates
            .iter()
            .flat_map(|(sampler, rates)| rates.iter().map(|rate| (*sampler, rate.0, rate.1)))
            .collect(),
        interfaces: of.interfaces.iter().map(|(number, name)| (*number, name.clone())).collect(),
        impossible: of
            .impossible
            .iter()
            .map(|(template, counts)| {
                (*template, counts.records, counts.strange, counts.kinds.to_vec())
            })
            .collect(),
        sequences: of
            .sequences
            .iter()
            .map(|((version, domain), counts)| {
                let SequenceCounts { datagrams, lost, gaps, late, filled, restarts } = *counts;
                (*version, *domain, [datagrams, lost, gaps, late, filled, restarts])
            })
            .collect(),
    };
    exporters.iter().map(one).collect()
}

/// What it says.
pub(super) fn exporters(stored: &[StoredExporter]) -> Exporters {
    let mut exporters = Exporters::default();
    for one in stored {
        let mut of = OfExporter::default();
        for (sampler, packets, all) in &one.rates {
            of.rates.entry(*sampler).or_default().insert((*packets, *all));
        }
        of.interfaces.extend(one.interfaces.iter().cloned());
        for (template, records, strange, kinds) in &one.impossible {
            let mut counts =
                ImpossibleCounts { records: *records, strange: *strange, ..Default::default() };
            counts.kinds.iter_mut().zip(kinds).for_each(|(n, kept)| *n = *kept);
            of.impossible.insert(*template, counts);
        }
        for (version, domain, counts) in &one.sequences {
            let [datagrams, lost, gaps, late, filled, restarts] = *counts;
            let counts = SequenceCounts { datagrams, lost, gaps, late, filled, restarts };
            of.sequences.insert((*version, *domain), counts);
        }
        exporters.insert(one.exporter.clone(), of);
    }
    exporters
}

#[cfg(test)]
mod tests {
    use flowkit_model::wire::templated::{Impossible, OptionsFound, Sampling, Scope};

    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let mut of = OfExporter::default();
        of.interfaces.insert(3, "Gi0/3".into());
        of.rates.entry(Some(1)).or_default().insert((1, 512));
        of.impossible.insert(
            Some(256),
            ImpossibleCounts { records: 3, strange: 2, kinds: [1, 2, 3, 4, 5, 6, 7, 8] },
        );
        let counts =
            SequenceCounts { datagrams: 9, lost: 2, gaps: 3, late: 4, filled: 5, restarts: 1 };
        of.sequences.insert((9, 7), counts);
        let mut before = Exporters::default();
        before.insert(Some("r1".into()), of);
        let sampling = Sampling { packets: 2, of: 8, algorithm: None, sampler_id: None };
        let found = OptionsFound {
            scope: Scope::System,
            sampling: Some(sampling),
            interface: None,
            boot_ms: None,
        };
        before.options(None, &found);
        assert_eq!(Impossible::ALL.len(), 8);
        let stored = serde_json::to_string(&super::of(&before)).unwrap();
        let after: Vec<StoredExporter> = serde_json::from_str(&stored).unwrap();
        assert_eq!(exporters(&after), before);
        assert!(super::of(&Exporters::default()).is_empty());
    }
}
