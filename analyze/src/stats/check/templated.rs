//! Findings on NetFlow v9 and IPFIX: what options records tell, what cannot be, what is
//! reported twice, what the sequence numbers of datagrams say.

use std::collections::BTreeMap;

use flowkit_model::answer::{ImpossibleCounts, OfExporter, Tally};
use flowkit_model::names::Adaptation;
use flowkit_model::wire::templated::Impossible;
use flowkit_model::{FieldId, Sums};
use hashbrown::HashMap;

use super::findings::{Finding, push};
use crate::batch::Batch;

/// Exporter (its dictionary code) and template.
type Place = (Option<u64>, Option<u64>);

/// Records of v9 and IPFIX by exporter and template.
#[derive(Debug, Default)]
pub(super) struct Records(HashMap<Place, u64>);

impl Records {
    /// Adds the flows of a batch; those of one template are mostly consecutive.
    pub(super) fn add(&mut self, batch: &Batch) {
        let [versions, exporters] =
            [FieldId::Version, FieldId::Exporter].map(|field| batch.column(field));
        let Some(templates) = batch.column_if_any(FieldId::Flowset) else { return };
        if versions.min_max().is_none_or(|(_, most)| most <= 5) {
            return;
        }
        let mut run: (Place, u64) = ((None, None), 0);
        for row in (0..batch.rows()).filter(|row| versions.get(*row) > Some(5)) {
            let place = (exporters.get(row), templates.get(row));
            if place == run.0 {
                run.1 += 1;
            } else {
                self.count(std::mem::replace(&mut run, (place, 1)));
            }
        }
        self.count(run);
    }

    fn count(&mut self, (place, n): (Place, u64)) {
        if n > 0 {
            *self.0.entry(place).or_default() += n;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|counted| self.count(counted));
    }

    /// By the name of the exporter.
    fn by_name(
        &self,
        name: impl Fn(Option<u64>) -> String,
    ) -> BTreeMap<(String, Option<u16>), u64> {
        let mut named = BTreeMap::new();
        for ((exporter, template), n) in &self.0 {
            let template = template.and_then(|template| u16::try_from(template).ok());
            *named.entry((name(*exporter), template)).or_default() += n;
        }
        named
    }
}

/// Records with values that cannot be are those of another template from one in so many
/// on.
const ONE_IN: u64 = 100;

/// What is found in flows of v9 and IPFIX, and told by their exporters.
pub(super) fn of_templates(
    records: &Records,
    twice: &BTreeMap<Option<u64>, Sums>,
    name: &dyn Fn(Option<u64>) -> String,
    tally: &Tally,
    findings: &mut Vec<Finding>,
) {
    let records = records.by_name(name);
    let mut twice: Vec<_> = twice.iter().map(|(code, sums)| (name(*code), sums)).collect();
    twice.sort_by(|a, b| a.0.cmp(&b.0));
    for (exporter, sums) in twice {
        let flows = records.iter().filter(|((name, _), _)| *name == exporter).map(|(_, n)| n);
        let words = format!(
            "flows are reported twice, as they come in and as they leave: {} packets and {} bytes count double in sums; -f 'not direction egress' counts them once, if nothing is egress alone",
            sums.packets, sums.bytes
        );
        push(findings, "reported_twice", &exporter, sums.flows, flows.sum(), &words);
    }
    for (exporter, of) in tally.exporters.iter() {
        // What a filter left out is of no concern.
        let matches = |name: &Option<String>| name.as_deref() == exporter;
        if tally.is_filtered && !tally.sampling.keys().any(matches) {
            continue;
        }
        let exporter = exporter.unwrap_or("unknown");
        of_options(exporter, of, findings);
        if !tally.is_filtered {
            of_impossible(exporter, of, &records, findings);
            of_sequences(exporter, of, findings);
        }
    }
    let late =
        tally.adaptations().find(|(adaptation, _)| *adaptation == Adaptation::LogstashUptimes);
    push(
        findings,
        "late_uptimes",
        "",
        late.map_or(0, |(_, n)| n),
        tally.total.flows,
        "flows of version 9 have times that Logstash worked out from uptimes: 1 s late, up to 2 s with Logstash 5.6 to 6.8; --repair-times subtracts 1 s",
    );
}

/// How an exporter samples, by its options records.
fn of_options(exporter: &str, of: &OfExporter, findings: &mut Vec<Finding>) {
    for (sampler, rates) in &of.rates {
        let place = match sampler {
            None => exporter.to_owned(),
            Some(sampler) => format!("{exporter} sampler {sampler}"),
        };
        if rates.len() > 1 {
            let list: Vec<String> =
                rates.iter().map(|(packets, all)| format!("{packets} of {all}")).collect();
            let words = format!(
                "sampling rates are told by options records, which contradict each other or were changed: {} packets",
                list.join(", ")
            );
            push(findings, "sampling_conflict", &place, rates.len() as u64, 0, &words);
        }
        for (packets, all) in rates.iter().filter(|(packets, all)| packets < all) {
            let words = format!(
                "packets, of which {packets} is looked at, as options records tell and flows do not: sums are as exported"
            );
            push(findings, "sampled_by_options", &place, *all, 0, &words);
        }
    }
}

/// Values that cannot be, by template; many of them are a sign.
fn of_impossible(
    exporter: &str,
    of: &OfExporter,
    records: &BTreeMap<(String, Option<u16>), u64>,
    findings: &mut Vec<Finding>,
) {
    for (template, counts) in &of.impossible {
        let place = match template {
            None => exporter.to_owned(),
            Some(template) => format!("{exporter} template {template}"),
        };
        let of = records.get(&(exporter.to_owned(), *template)).copied().unwrap_or(0);
        // A window has fewer flows than were read.
        let of = if of >= counts.records { of } else { 0 };
        for (kind, n) in counts.by_kind() {
            push(findings, "impossible", &format!("{place} {}", kind.name()), n, of, words(kind));
        }
        if is_of_another(counts, of) {
            push(
                findings,
                "other_template",
                &place,
                counts.strange,
                of,
                "records hold what cannot be, as those do that were decoded by a template that is not theirs, and what looks right may be wrong, too; if these are documents of Logstash, it keeps templates by number alone, for all exporters",
            );
        }
    }
}

fn is_of_another(counts: &ImpossibleCounts, of: u64) -> bool {
    counts.strange > 0 && counts.strange.saturating_mul(ONE_IN) >= of
}

fn words(kind: Impossible) -> &'static str {
    match kind {
        Impossible::Address => "records have an address of another length than there is: unknown",
        Impossible::Direction => "records have a direction that is neither 0 nor 1: unknown",
        Impossible::IpVersion => "records have a version of IP that is neither 4 nor 6",
        Impossible::Protocol => "records have a protocol above 255: unknown",
        Impossible::Mask => "records have a prefix that is longer than an address: unknown",
        Impossible::First => {
            "records start more than a day after their export or 60 days before it: unknown"
        }
        Impossible::Last => {
            "records end more than a day after their export or 60 days before it: unknown"
        }
        Impossible::Number => "records have a number that does not fit its field: unknown",
    }
}

/// What the sequence numbers of captured datagrams say.
fn of_sequences(exporter: &str, of: &OfExporter, findings: &mut Vec<Finding>) {
    for ((version, domain), counts) in &of.sequences {
        let (place, unit) = match version {
            9 => (format!("{exporter} source id {domain}"), "datagrams"),
            _ => (format!("{exporter} domain {domain}"), "records"),
        };
        let (lost, gaps) = counts.missing();
        let places = if gaps == 1 { "1 place".into() } else { format!("{gaps} places") };
        let words = format!(
            "{unit} are missing by the sequence numbers, in {places}: lost on the way to where they were captured, or outside of the capture"
        );
        let name = if *version == 9 { "lost_datagrams" } else { "lost_records" };
        push(findings, name, &place, lost, 0, &words);
        push(
            findings,
            "sequence_restarts",
            &place,
            counts.restarts,
            counts.datagrams,
            "datagrams have a number that was there before: the exporter started again, or they are copies",
        );
    }
}
