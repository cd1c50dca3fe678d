//! The question, as plain data: which report, of which flows.
//!
//! A [`Question`] does no I/O and knows no engine. An engine over the flows
//! (Parquet on this machine, a server) takes it and returns an
//! [`Answer`](crate::Answer); the step from group rows to the answer is the same
//! for all engines: [`Ranker`](crate::answer::Ranker).
//!
//! # As JSON
//! One object. `flowkit_question` is the version of the format; later versions
//! add fields and rename none. A field that is left out has the default of the
//! command line, and an unknown field is an error:
//!
//! ```json
//! {
//!   "flowkit_question": 1,
//!   "report": { "top": { "by": ["dst_port"], "order": { "sort": "bytes", "limit": 10 } } },
//!   "flows": { "filter": "proto tcp", "window": { "day": "2018-09-21" }, "zone": "UTC" }
//! }
//! ```
//!
//! ```
//! use flowkit_model::question::{Question, Report};
//!
//! let text = r#"{"flowkit_question": 1, "report": {"top": {"by": ["dst_port"]}}}"#;
//! let question = Question::from_json(text).unwrap();
//! assert!(matches!(&question.report, Report::Top(_)));
//! assert_eq!(question.title(), "top dst_port by bytes");
//! assert_eq!(Question::from_json(&question.to_json()).unwrap(), question);
//! ```

mod clock;
mod condition;
mod flows;
mod grouping;
mod json;
mod key;
mod limit;
mod list;
mod measure;
mod order;
mod report;
mod report_json;
mod tables;
mod text;

use serde::{Deserialize, Serialize};

pub use self::clock::{ActiveKey, Clock};
pub use self::condition::{Condition, Sign};
pub use self::flows::Flows;
pub use self::grouping::{Forward, Grouping};
pub use self::json::{QuestionError, VERSION};
pub use self::key::{BINS, DAY_MS, Key, UnknownKey, bin_length_ms, not_a_bin};
pub use self::limit::Limit;
pub use self::list::{FlowColumn, List};
pub use self::measure::{Counted, Measure, Of, Point};
pub use self::order::{Order, most_rows};
pub use self::report::{Ranked, Report, Top};
pub use self::tables::{Beacons, Choice, Diff, Exporters, Scans, TimeDistribution, Timeline};

/// A report and the flows that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a question: an object with `flowkit_question` and `report`"
)]
pub struct Question {
    /// Version of the format ([`VERSION`]).
    #[serde(rename = "flowkit_question", deserialize_with = "json::version")]
    version: u32,
    /// The report.
    pub report: Report,
    /// The flows that it is about.
    #[serde(default)]
    pub flows: Flows,
}

impl Question {
    /// A report of some flows.
    #[must_use]
    pub fn new(report: Report, flows: Flows) -> Self {
        Self { version: VERSION, report, flows }
    }

    /// The title: `top dst_port by bytes`.
    #[must_use]
    pub fn title(&self) -> String {
        self.report.title()
    }
}
