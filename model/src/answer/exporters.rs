//! What exporters of NetFlow v9 and IPFIX tell of themselves in options records, and
//! what of their records cannot be.
//!
//! Options records are no flows. They say how an exporter samples and what its
//! interfaces are called. Rates are told, never applied unless that is asked for: of
//! which sampler a flow is, documents mostly do not say.
//!
//! How much is kept is bounded: an input may have any number of exporters.

use std::collections::{BTreeMap, BTreeSet};

use super::record_counts::{ImpossibleCounts, SequenceCounts};
use crate::wire::templated::{Impossible, Impossibles, Interface, OptionsFound, Sampling};

/// Most exporters that are kept.
const MOST_EXPORTERS: usize = 4096;
/// Most samplers, and most rates of one, of an exporter.
const MOST_SAMPLERS: usize = 64;
/// Most interfaces of an exporter.
const MOST_INTERFACES: usize = 4096;
/// Most templates of an exporter.
const MOST_TEMPLATES: usize = 256;
/// Most observation domains of an exporter.
const MOST_DOMAINS: usize = 64;
/// Most characters of a name.
const MOST_LETTERS: usize = 80;

/// A sampling rate: of so many packets so many are looked at; packets first.
pub type Rate = (u64, u64);

/// What is known of one exporter beside its flows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfExporter {
    /// The rates that it told, by sampler; `None` is the exporter as a whole. More than
    /// one of a sampler contradict each other, or were changed.
    pub rates: BTreeMap<Option<u64>, BTreeSet<Rate>>,
    /// Names of interfaces by their number.
    pub interfaces: BTreeMap<u32, String>,
    /// Records with values that cannot be, by template; `None` is the unknown one.
    pub impossible: BTreeMap<Option<u16>, ImpossibleCounts>,
    /// What the sequence numbers of its datagrams say, by version and domain.
    pub sequences: BTreeMap<(u16, u32), SequenceCounts>,
}

/// What is known of exporters beside their flows, by exporter; `None` is the unknown one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exporters {
    known: BTreeMap<Option<String>, OfExporter>,
}

impl Exporters {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// All of which something is known, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&str>, &OfExporter)> {
        self.known.iter().map(|(name, of)| (name.as_deref(), of))
    }

    /// Datagrams of version 9 and records of IPFIX that did not come, by their numbers.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let of =
            |of: &OfExporter| of.sequences.values().map(|counts| counts.missing().0).sum::<u64>();
        self.known.values().map(of).fold(0, u64::saturating_add)
    }

    /// The smallest and the largest sampling interval above 1 that some exporters told, and
    /// how many of them did.
    #[must_use]
    pub fn sampled(&self, is_meant: impl Fn(Option<&str>) -> bool) -> Option<(u64, u64, usize)> {
        let meant = self.iter().filter(|(exporter, _)| is_meant(*exporter));
        let told = meant.filter_map(|(_, of)| of.intervals());
        let sampled: Vec<(u64, u64)> = told.filter(|(_, most)| *most > 1).collect();
        let least = sampled.iter().map(|(least, _)| *least).min()?;
        let most = sampled.iter().map(|(_, most)| *most).max()?;
        Some((least.max(1), most, sampled.len()))
    }

    /// What is known of one.
    #[must_use]
    pub fn get(&self, exporter: Option<&str>) -> Option<&OfExporter> {
        self.known.get(&exporter.map(str::to_owned))
    }

    /// The entry of an exporter; `None` if there are too many.
    fn entry(&mut self, exporter: Option<&str>) -> Option<&mut OfExporter> {
        let name = exporter.map(str::to_owned);
        let has_room = self.known.len() < MOST_EXPORTERS || self.known.contains_key(&name);
        has_room.then(|| self.known.entry(name).or_default())
    }

    /// Adds what an options record tells.
    pub fn options(&mut self, exporter: Option<&str>, found: &OptionsFound<'_>) {
        if found.sampling.is_none() && found.interface.is_none() {
            return;
        }
        let Some(of) = self.entry(exporter) else { return };
        if let Some(sampling) = &found.sampling {
            of.sampling(sampling);
        }
        if let Some(interface) = &found.interface {
            of.interface(interface);
        }
    }

    /// Counts a record with values that cannot be.
    pub fn impossible(
        &mut self,
        exporter: Option<&str>,
        template: Option<u16>,
        kinds: Impossibles,
    ) {
        if kinds.is_empty() {
            return;
        }
        let Some(of) = self.entry(exporter) else { return };
        let Some(counts) = bounded(&mut of.impossible, template, MOST_TEMPLATES) else { return };
        counts.records += 1;
        let is_time = |kind: Impossible| matches!(kind, Impossible::First | Impossible::Last);
        counts.strange += u64::from(!kinds.iter().all(is_time));
        for (n, kind) in counts.kinds.iter_mut().zip(Impossible::ALL) {
            *n += u64::from(kinds.contains(kind));
        }
    }

    /// Adds what the sequence numbers of an exporter say.
    pub fn sequence(
        &mut self,
        exporter: Option<&str>,
        version_and_domain: (u16, u32),
        counts: SequenceCounts,
    ) {
        let Some(of) = self.entry(exporter) else { return };
        if let Some(known) = bounded(&mut of.sequences, version_and_domain, MOST_DOMAINS) {
            known.add(&counts);
        }
    }

    /// Adds what is known of exporters in another part of the input.
    pub fn merge(&mut self, other: &Self) {
        for (exporter, others) in &other.known {
            let Some(of) = self.entry(exporter.as_deref()) else { continue };
            for (sampler, rates) in &others.rates {
                for rate in rates {
                    of.rate(*sampler, *rate);
                }
            }
            for (number, name) in &others.interfaces {
                of.name(*number, name);
            }
            for (template, counts) in &others.impossible {
                if let Some(known) = bounded(&mut of.impossible, *template, MOST_TEMPLATES) {
                    known.add(counts);
                }
            }
            for (place, counts) in &others.sequences {
                if let Some(known) = bounded(&mut of.sequences, *place, MOST_DOMAINS) {
                    known.add(counts);
                }
            }
        }
    }

    /// Without what is counted: of another window of the same input, whose records are
    /// counted already.
    #[must_use]
    pub fn uncounted(mut self) -> Self {
        for of in self.known.values_mut() {
            of.impossible.clear();
            of.sequences.clear();
        }
        self
    }

    /// With other names, and without those of interfaces, which say whose network it is;
    /// without exporters that have no other name.
    #[must_use]
    pub fn renamed(self, name: impl Fn(&str) -> Option<String>) -> Self {
        let mut renamed = Self::default();
        for (exporter, of) in self.known {
            let other = exporter.as_deref().map(&name);
            if let None | Some(Some(_)) = other {
                renamed.insert(other.flatten(), OfExporter { interfaces: BTreeMap::new(), ..of });
            }
        }
        renamed
    }

    /// Adds what was kept of an exporter.
    pub fn insert(&mut self, exporter: Option<String>, of: OfExporter) {
        self.merge(&Self { known: BTreeMap::from([(exporter, of)]) });
    }
}

/// The entry of a key in a table that does not grow beyond a size.
fn bounded<K: Ord, V: Default>(table: &mut BTreeMap<K, V>, key: K, most: usize) -> Option<&mut V> {
    let has_room = table.len() < most || table.contains_key(&key);
    has_room.then(|| table.entry(key).or_default())
}

impl OfExporter {
    fn sampling(&mut self, sampling: &Sampling) {
        self.rate(sampling.sampler_id, (sampling.packets, sampling.of));
    }

    /// A rate beyond 2^32 is none.
    fn rate(&mut self, sampler: Option<u64>, (packets, of): Rate) {
        let sampler_can_be = sampler.is_none_or(|sampler| sampler <= u32::MAX.into());
        if !sampler_can_be || packets == 0 || packets > of || of > u32::MAX.into() {
            return;
        }
        if let Some(rates) = bounded(&mut self.rates, sampler, MOST_SAMPLERS)
            && rates.len() < MOST_SAMPLERS
        {
            rates.insert((packets, of));
        }
    }

    fn interface(&mut self, interface: &Interface<'_>) {
        let names = [&interface.name, &interface.description];
        let name = names.into_iter().flatten().find(|name| !name.trim().is_empty());
        if let Some(name) = name {
            self.name(interface.number, name.trim());
        }
    }

    /// Of two names of one interface the lesser counts, so that order does not matter.
    fn name(&mut self, number: u32, name: &str) {
        let name: String = name.chars().take(MOST_LETTERS).collect();
        let has_room =
            self.interfaces.len() < MOST_INTERFACES || self.interfaces.contains_key(&number);
        if has_room {
            let known = self.interfaces.entry(number).or_insert_with(|| name.clone());
            if name < *known {
                *known = name;
            }
        }
    }

    /// Smallest and largest sampling interval that it told, rounded down: 1 is every
    /// packet. `None` if it told none.
    #[must_use]
    pub fn intervals(&self) -> Option<(u64, u64)> {
        let all = self.rates.values().flatten().map(|(packets, of)| of / packets);
        all.fold(None, |ends, interval| {
            let (least, most) = ends.unwrap_or((interval, interval));
            Some((least.min(interval), most.max(interval)))
        })
    }

    /// The one interval of all its samplers, if it is one and a whole number.
    #[must_use]
    pub fn interval(&self) -> Option<u64> {
        let is_whole = self.rates.values().flatten().all(|(packets, of)| of % packets == 0);
        let (least, most) = self.intervals()?;
        (is_whole && least == most).then_some(most)
    }

    /// Whether one of its samplers has several rates.
    #[must_use]
    pub fn has_conflict(&self) -> bool {
        self.rates.values().any(|rates| rates.len() > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::Scope;

    fn sampled(of: u64, sampler_id: Option<u64>) -> OptionsFound<'static> {
        OptionsFound {
            scope: Scope::System,
            sampling: Some(Sampling { packets: 1, of, algorithm: None, sampler_id }),
            interface: None,
            boot_ms: None,
        }
    }

    fn named(number: u32, name: &'static str) -> OptionsFound<'static> {
        let interface = Interface { number, name: Some(name.into()), description: None };
        OptionsFound { sampling: None, interface: Some(interface), ..sampled(1, None) }
    }

    #[test]
    fn rates_of_one_sampler_contradict_and_those_of_two_do_not() {
        let mut exporters = Exporters::default();
        exporters.options(Some("r1"), &sampled(1000, Some(1)));
        exporters.options(Some("r1"), &sampled(50, Some(2)));
        let one = exporters.get(Some("r1")).unwrap();
        assert_eq!((one.intervals(), one.interval()), (Some((50, 1000)), None));
        assert!(!one.has_conflict());
        exporters.options(Some("r1"), &sampled(100, Some(2)));
        assert!(exporters.get(Some("r1")).unwrap().has_conflict());
        exporters.options(Some("r2"), &sampled(512, None));
        exporters.options(Some("r2"), &sampled(512, Some(1)));
        assert_eq!(exporters.get(Some("r2")).unwrap().interval(), Some(512));
    }

    #[test]
    fn the_order_of_parts_makes_no_difference() {
        let part = |found: &[OptionsFound<'_>]| {
            let mut exporters = Exporters::default();
            for found in found {
                exporters.options(None, found);
            }
            exporters
        };
        let (a, b) = (part(&[named(3, "b"), sampled(9, None)]), part(&[named(3, "a")]));
        let (mut one, mut other) = (a.clone(), b.clone());
        one.merge(&b);
        other.merge(&a);
        assert_eq!(one, other);
        assert_eq!(one.get(None).unwrap().interfaces[&3], "a");
    }

    #[test]
    fn what_an_input_can_have_any_number_of_is_bounded() {
        let mut exporters = Exporters::default();
        for n in 0..10_000_u32 {
            exporters.options(Some(&n.to_string()), &named(1, "x"));
            exporters.options(Some("0"), &named(n, "x"));
            exporters.options(Some("0"), &sampled(u64::from(n) + 1, Some(n.into())));
            exporters.options(Some("0"), &sampled(u64::from(n) + 1, Some(1)));
        }
        assert_eq!(exporters.iter().count(), MOST_EXPORTERS);
        let of = exporters.get(Some("0")).unwrap();
        assert_eq!((of.interfaces.len(), of.rates.len()), (MOST_INTERFACES, MOST_SAMPLERS));
        assert_eq!(of.rates[&Some(1)].len(), MOST_SAMPLERS);
    }

    #[test]
    fn other_names_leave_nothing_of_the_network() {
        let mut exporters = Exporters::default();
        exporters.options(Some("r1"), &sampled(512, Some(1)));
        exporters.options(Some("r1"), &named(1, "to-customer"));
        exporters.options(Some("r2"), &sampled(100, None));
        exporters.options(None, &named(2, "uplink"));
        let of = |name: &str| (name == "r1").then(|| "x".to_owned());
        let renamed = exporters.renamed(of);
        let names: Vec<_> = renamed.iter().map(|(name, _)| name).collect();
        assert_eq!(names, [None, Some("x")]);
        assert_eq!(renamed.get(Some("x")).unwrap().rates[&Some(1)].len(), 1);
        assert!(renamed.iter().all(|(_, of)| of.interfaces.is_empty()));
    }
}
