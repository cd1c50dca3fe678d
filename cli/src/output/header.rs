//! The line on top of a table: the query, and the flows that it read.

use flowkit_model::Answer;
use flowkit_model::answer::{Sampling, Tally};
use jiff::tz::TimeZone;

use super::units::grouped;
use super::value::moment;

/// Query and flows, part by part: `top dst_port by bytes`,
/// `flowkit-dump`, `window … to …`, `filter: proto tcp`, `5,012 flows`, `not sampled`.
pub(super) fn parts(answer: &Answer, zone: &TimeZone) -> Vec<String> {
    let flows = answer.tally.total.flows;
    let filter = answer.filter.as_ref();
    let mut parts = vec![answer.title(), sources(&answer.sources), span(answer, zone)];
    let clock = answer.question.as_ref().map(|question| question.flows.time);
    let clock = clock.filter(|clock| !clock.is_export());
    parts.extend(clock.map(|clock| format!("by the {}", clock.words())));
    parts.extend(filter.map(|filter| format!("filter: {filter}")));
    parts.push(format!("{} flow{}", grouped(flows.into()), if flows == 1 { "" } else { "s" }));
    parts.push(sampling(&answer.tally, answer.scaled));
    if answer.ranking.as_ref().is_some_and(|ranking| ranking.overlapping) {
        parts.push("a flow counts at both ends: shares add up to more than 100 %".into());
    }
    parts
}

fn sources(sources: &[String]) -> String {
    match sources {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// The window of the query, or else the export times of the flows.
fn span(answer: &Answer, zone: &TimeZone) -> String {
    let time = |ms: Option<u64>, open: &str| {
        ms.map_or_else(|| open.to_owned(), |ms| moment(ms.into(), zone))
    };
    match (answer.window, answer.tally.seen) {
        (Some(window), _) => {
            let (from, to) = window.flow_times();
            format!("window {} to {}", time(from, "the start"), time(to, "the end"))
        }
        (None, Some((first, last))) => {
            format!("{} to {}", moment(first.into(), zone), moment(last.into(), zone))
        }
        (None, None) => "no export times".into(),
    }
}

/// `sampled 1:100 to 1:1000 on 2 of 3 exporters, not corrected for sampling`;
/// `scaled by ElastiFlow`, where the pipeline has multiplied the counters; `sampling
/// unknown`, where no flow says, as in what nfdump prints.
fn sampling(tally: &Tally, scaled: bool) -> String {
    let exporters = &tally.sampling;
    let sampled: Vec<Sampling> = tally.samplings().filter(|sampling| sampling.most > 1).collect();
    let most = sampled.iter().map(|sampling| sampling.most).max();
    let least = sampled.iter().map(|sampling| sampling.least.max(1)).min();
    let (Some(least), Some(most)) = (least, most) else {
        return match by_pipeline(tally) {
            Some((by, _)) => by,
            None if tally.is_sampling_unknown() => "sampling unknown".into(),
            None => "not sampled".into(),
        };
    };
    let rate = if least == most { format!("1:{most}") } else { format!("1:{least} to 1:{most}") };
    let n = exporters.len();
    let exporter = if n == 1 { "exporter" } else { "exporters" };
    let corrected = if scaled { "corrected for sampling" } else { "not corrected for sampling" };
    let scaled = match by_pipeline(tally) {
        None => corrected.to_owned(),
        Some((by, true)) => by,
        Some((by, false)) => format!("{by}, the rest {corrected}"),
    };
    format!("sampled {rate} on {} of {n} {exporter}, {scaled}", sampled.len())
}

/// Whose counters are multiplied already, and whether those of all flows are.
fn by_pipeline(tally: &Tally) -> Option<(String, bool)> {
    let names = tally.scaled_by().join(" and ");
    let scaled = tally.adaptations().filter(|(adaptation, _)| adaptation.is_scaled());
    let is_all = scaled.map(|(_, n)| n).sum::<u64>() >= tally.total.flows;
    let partly = if is_all { "" } else { "partly " };
    (!names.is_empty()).then(|| (format!("{partly}scaled by {names}"), is_all))
}

#[cfg(test)]
mod tests {
    use flowkit_model::FieldId;
    use flowkit_model::wire::templated::{OptionsFound, Sampling as OfOptions, Scope};

    use super::*;

    /// A tally of 3 flows, with intervals by exporter.
    fn tally(intervals: &[(u64, u64)]) -> Tally {
        let names = (1..).map(|n| Some(format!("r{n}")));
        let sampling =
            intervals.iter().map(|(least, most)| Some(Sampling { least: *least, most: *most }));
        let mut tally = Tally { sampling: names.zip(sampling).collect(), ..Tally::default() };
        tally.total.flows = 3;
        tally
    }

    #[test]
    fn counters_that_a_pipeline_scaled_are_told() {
        let of = |interval, scaled, adapted: &[(u64, u64)]| {
            let adapted = adapted.iter().copied().collect();
            super::sampling(&Tally { adapted, ..tally(&[(interval, interval)]) }, scaled)
        };
        let (elastiflow, nfcapd) = (2, 3);
        let sampled = |rest: &str| format!("sampled 1:100 on 1 of 1 exporter, {rest}");
        assert_eq!(of(0, false, &[(nfcapd, 3)]), "scaled by nfcapd");
        assert_eq!(of(0, false, &[(nfcapd, 1)]), "partly scaled by nfcapd");
        assert_eq!(of(100, false, &[(elastiflow, 3)]), sampled("scaled by ElastiFlow"));
        assert_eq!(of(100, true, &[(elastiflow, 3)]), sampled("scaled by ElastiFlow"));
        let rest = "partly scaled by ElastiFlow, the rest not corrected for sampling";
        assert_eq!(of(100, false, &[(elastiflow, 2)]), sampled(rest));
        let rest = "partly scaled by ElastiFlow and nfcapd, the rest corrected for sampling";
        assert_eq!(of(100, true, &[(elastiflow, 1), (nfcapd, 1)]), sampled(rest));
    }

    #[test]
    fn sampling_is_unknown_where_no_flow_states_it() {
        let of = |unknown: u64| {
            let unknown = vec![(FieldId::SamplingInterval, unknown)];
            super::sampling(&Tally { unknown, ..tally(&[(0, 0)]) }, false)
        };
        assert_eq!(of(3), "sampling unknown");
        assert_eq!(of(2), "not sampled");
        assert_eq!(super::sampling(&Tally::default(), false), "not sampled");
        // Flows of v9 have no such field, so that it is not missing.
        let sampling = [(Some("r1".to_owned()), None)].into();
        let mut of_templates = Tally { sampling, ..Tally::default() };
        of_templates.total.flows = 3;
        assert_eq!(super::sampling(&of_templates, false), "sampling unknown");
    }

    /// Some flows of an exporter are of no sampler, the others of one that options tell.
    #[test]
    fn of_flows_of_no_sampler_others_may_be_sampled() {
        let mut tally = tally(&[(0, 0)]);
        let options = OptionsFound {
            scope: Scope::System,
            sampling: Some(OfOptions {
                packets: 1,
                of: 1000,
                algorithm: None,
                sampler_id: Some(1),
            }),
            interface: None,
            boot_ms: None,
        };
        let exporter = tally.sampling.keys().next().unwrap().clone();
        tally.exporters.options(exporter.as_deref(), &options);
        assert_eq!(
            super::sampling(&tally, false),
            "sampled 1:1 to 1:1000 on 1 of 1 exporter, not corrected for sampling"
        );
    }

    /// Of two exporters one states 1 in 100, the other nothing.
    #[test]
    fn an_exporter_that_states_no_interval_is_not_sampled() {
        let mut tally = tally(&[(100, 100)]);
        tally.sampling.insert(None, None);
        assert_eq!(
            super::sampling(&tally, false),
            "sampled 1:100 on 1 of 2 exporters, not corrected for sampling"
        );
    }

    #[test]
    fn sampling_is_told_by_exporter() {
        let of = |intervals: &[(u64, u64)]| super::sampling(&tally(intervals), false);
        assert_eq!(of(&[]), "not sampled");
        assert_eq!(of(&[(0, 0), (1, 1)]), "not sampled");
        assert_eq!(
            of(&[(100, 100)]),
            "sampled 1:100 on 1 of 1 exporter, not corrected for sampling"
        );
        assert_eq!(
            of(&[(100, 100), (1000, 1000), (0, 1)]),
            "sampled 1:100 to 1:1000 on 2 of 3 exporters, not corrected for sampling"
        );
    }
}
