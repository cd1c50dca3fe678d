//! `flowkit diff`: what changed between two sources, or two windows of one.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use flowkit_model::Metric;
use flowkit_model::question::{self, Report};

use crate::args::general::General;
use crate::args::keys::{Keys, required};
use crate::args::output::Output;
use crate::args::rows::{Limit, limited};
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Compares two sources, or two windows of the same sources. A window is FROM..TO,
either of which may be left out, or a date for a whole day. Rows are ranked by
the size of the change; keys whose bytes, packets and flows are equal have no
row. `flowkit top --help` lists the keys.

Examples:
  flowkit diff monday tuesday --by dst_port
  flowkit diff flowkit-dump --by src_addr --a 2018-09-20 --b 2018-09-21
  flowkit diff --by service --a ..2018-09-21T08:00 --b 2018-09-21T08:00..";

/// Changes between two sources or two time windows
#[derive(clap::Args)]
#[command(
    after_help = EXAMPLES,
    mut_args(|arg| limited(required(arg), "20"))
)]
pub(crate) struct Diff {
    #[command(flatten)]
    keys: Keys,

    /// First window (before)
    #[arg(long, value_name = "FROM..TO", requires = "b", help_heading = "Question")]
    a: Option<String>,

    /// Second window (after)
    #[arg(long, value_name = "FROM..TO", requires = "a", help_heading = "Question")]
    b: Option<String>,

    /// Column to rank by
    #[arg(
        long,
        value_parser = metrics(),
        default_value = "bytes",
        value_name = "COLUMN",
        help_heading = "Rows"
    )]
    sort: Metric,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

/// The names of the metrics.
fn metrics() -> impl TypedValueParser<Value = Metric> {
    PossibleValuesParser::new(Metric::ALL.map(Metric::name)).map(|name| {
        let named = |metric: &Metric| metric.name() == name;
        Metric::ALL.into_iter().find(named).expect("the parser knows the names of metrics alone")
    })
}

impl Diff {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let windows = self.a.clone().zip(self.b.clone()).map(|(a, b)| [a, b]);
        let (sort, limit) = (self.sort, self.limit.rows());
        let diff = Report::Diff(question::Diff { by: self.keys.keys()?, windows, sort, limit });
        report(diff, &self.sources, &self.output, general)
    }
}
