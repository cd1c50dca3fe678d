//! A report as JSON: a name, or an object with one name and its options.

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::{Beacons, Exporters, List, Ranked, Report, Scans, Timeline};
use crate::filter::nearest;

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.name();
        match self {
            Self::Top(options) => serializer.collect_map([(name, options)]),
            Self::Talkers(options)
            | Self::Ports(options)
            | Self::Protocols(options)
            | Self::Pairs(options) => serializer.collect_map([(name, options)]),
            Self::List(options) => serializer.collect_map([(name, options)]),
            Self::Exporters(options) if *options == Exporters::default() => {
                serializer.serialize_str(name)
            }
            Self::Exporters(options) => serializer.collect_map([(name, options)]),
            Self::Timeline(options) => serializer.collect_map([(name, options)]),
            Self::Scans(options) => serializer.collect_map([(name, options)]),
            Self::Beacons(options) => serializer.collect_map([(name, options)]),
            Self::Diff(options) => serializer.collect_map([(name, options)]),
            Self::Summary | Self::Check => serializer.serialize_str(name),
        }
    }
}

/// The options of a report that has none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "{}: the report has no options")]
struct NoOptions {}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReportVisitor)
    }
}

struct ReportVisitor;

impl<'de> Visitor<'de> for ReportVisitor {
    type Value = Report;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a report: its name, or an object of one name and its options")
    }

    /// A name alone: every option has its default.
    fn visit_str<E: Error>(self, name: &str) -> Result<Report, E> {
        match name {
            "talkers" => Ok(Report::Talkers(Ranked::default())),
            "ports" => Ok(Report::Ports(Ranked::default())),
            "protocols" => Ok(Report::Protocols(Ranked::default())),
            "pairs" => Ok(Report::Pairs(Ranked::default())),
            "list" => Ok(Report::List(List::default())),
            "exporters" => Ok(Report::Exporters(Exporters::default())),
            "timeline" => Ok(Report::Timeline(Timeline::default())),
            "scans" => Ok(Report::Scans(Scans::default())),
            "beacons" => Ok(Report::Beacons(Beacons::default())),
            "summary" => Ok(Report::Summary),
            "check" => Ok(Report::Check),
            "top" | "diff" => Err(E::custom(format!(
                "{name} needs keys: {{\"{name}\": {{\"by\": [\"dst_port\"]}}}}"
            ))),
            _ => Err(unknown(name)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Report, A::Error> {
        let Some(name) = map.next_key::<String>()? else {
            return Err(A::Error::custom("the name of the report is missing"));
        };
        let report = match name.as_str() {
            "top" => Report::Top(map.next_value()?),
            "talkers" => Report::Talkers(map.next_value()?),
            "ports" => Report::Ports(map.next_value()?),
            "protocols" => Report::Protocols(map.next_value()?),
            "pairs" => Report::Pairs(map.next_value()?),
            "list" => Report::List(map.next_value()?),
            "exporters" => Report::Exporters(map.next_value()?),
            "timeline" => Report::Timeline(map.next_value()?),
            "scans" => Report::Scans(map.next_value()?),
            "beacons" => Report::Beacons(map.next_value()?),
            "diff" => Report::Diff(map.next_value()?),
            "summary" => map.next_value::<NoOptions>().map(|_| Report::Summary)?,
            "check" => map.next_value::<NoOptions>().map(|_| Report::Check)?,
            _ => return Err(unknown(&name)),
        };
        match map.next_key::<String>()? {
            None => Ok(report),
            Some(second) => Err(A::Error::custom(format!(
                "a question has one report; {second} is a second one"
            ))),
        }
    }
}

fn unknown<E: Error>(name: &str) -> E {
    let names: Vec<&str> = Report::every().iter().map(Report::name).collect();
    let near = nearest(name, names.iter().copied())
        .map_or_else(|| ";".into(), |near| format!("; did you mean {near}?"));
    E::custom(format!("no report is called {name}{near} there are: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Question;

    fn read(report: &str) -> Result<Report, String> {
        let text = format!(r#"{{"flowkit_question": 1, "report": {report}}}"#);
        Question::from_json(&text).map(|q| q.report).map_err(|error| error.to_string())
    }

    /// A name alone and a name with no options are the report with its defaults;
    /// what needs keys says so.
    #[test]
    fn every_report_is_read_by_its_name() {
        for report in Report::every() {
            let name = report.name();
            let (alone, empty) =
                (read(&format!("\"{name}\"")), read(&format!("{{\"{name}\": {{}}}}")));
            if let Report::Top(_) | Report::Diff(_) = report {
                assert!(alone.unwrap_err().contains("needs keys"), "{name}");
                assert!(empty.unwrap_err().contains("missing field `by`"), "{name}");
            } else {
                assert_eq!((alone.as_ref(), empty.as_ref()), (Ok(&report), Ok(&report)), "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_report_says_why() {
        for (report, why) in [
            (r#""summry""#, "no report is called summry; did you mean summary?"),
            ("{}", "the name of the report is missing"),
            ("7", "expected a report: its name, or an object of one name and its options"),
            (r#"{"summary": {}, "check": {}}"#, "check is a second one"),
            (r#"{"summary": {"limit": 3}}"#, "unknown field `limit`"),
        ] {
            let error = read(report).unwrap_err();
            assert!(error.contains(why), "{report}: {error}");
        }
    }
}
