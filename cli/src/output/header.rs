//! The line on top of a table: the query, and the flows that it read.

use std::collections::BTreeMap;

use flowkit_model::Answer;
use flowkit_model::answer::Sampling;
use jiff::tz::TimeZone;

use super::units::grouped;
use super::value::moment;

/// Query and flows, part by part: `top dst_port by bytes`,
/// `flowkit-dump`, `window … to …`, `filter: proto tcp`, `5,012 flows`, `not sampled`.
pub(super) fn parts(answer: &Answer, zone: &TimeZone) -> Vec<String> {
    let flows = answer.tally.total.flows;
    let filter = answer.filter.as_ref();
    let mut parts = vec![answer.title(), sources(&answer.sources), span(answer, zone)];
    parts.extend(filter.map(|filter| format!("filter: {filter}")));
    parts.push(format!("{} flow{}", grouped(flows.into()), if flows == 1 { "" } else { "s" }));
    parts.push(sampling(&answer.tally.sampling, answer.scaled, &answer.tally.scaled_by()));
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

/// `sampled 1:100 to 1:1000 on 2 of 3 exporters, not corrected for sampling`; or
/// `scaled by ElastiFlow`, where the pipeline has multiplied the counters.
fn sampling(
    exporters: &BTreeMap<Option<String>, Sampling>,
    scaled: bool,
    scaled_by: &[&str],
) -> String {
    let by_pipeline = format!("scaled by {}", scaled_by.join(" and "));
    let sampled: Vec<&Sampling> = exporters.values().filter(|sampling| sampling.most > 1).collect();
    let most = sampled.iter().map(|sampling| sampling.most).max();
    let least = sampled.iter().map(|sampling| sampling.least.max(1)).min();
    let (Some(least), Some(most)) = (least, most) else {
        return if scaled_by.is_empty() { "not sampled".into() } else { by_pipeline };
    };
    let rate = if least == most { format!("1:{most}") } else { format!("1:{least} to 1:{most}") };
    let n = exporters.len();
    let exporter = if n == 1 { "exporter" } else { "exporters" };
    let scaled = match (scaled, scaled_by) {
        (false, []) => "not corrected for sampling".into(),
        (true, []) => "corrected for sampling".into(),
        (false, _) => by_pipeline,
        (true, _) => format!("{by_pipeline}, the rest corrected for sampling"),
    };
    format!("sampled {rate} on {} of {n} {exporter}, {scaled}", sampled.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_a_pipeline_scaled_are_told() {
        let of = |interval, scaled, by: &[&str]| {
            let sampling = Sampling { least: interval, most: interval };
            super::sampling(&[(None, sampling)].into(), scaled, by)
        };
        assert_eq!(of(0, false, &["nfcapd"]), "scaled by nfcapd");
        assert_eq!(
            of(100, false, &["ElastiFlow"]),
            "sampled 1:100 on 1 of 1 exporter, scaled by ElastiFlow"
        );
        assert_eq!(
            of(100, true, &["ElastiFlow", "nfcapd"]),
            "sampled 1:100 on 1 of 1 exporter, scaled by ElastiFlow and nfcapd, the rest corrected for sampling"
        );
    }

    #[test]
    fn sampling_is_told_by_exporter() {
        let of = |intervals: &[(u64, u64)]| {
            let names = (1..).map(|n| Some(format!("r{n}")));
            let sampling =
                intervals.iter().map(|(least, most)| Sampling { least: *least, most: *most });
            super::sampling(&names.zip(sampling).collect(), false, &[])
        };
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
