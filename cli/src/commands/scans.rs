//! `flowkit scans`: sources that reach many hosts or ports.

use flowkit_model::question::{self, Report};

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::rows::Limit;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
The column kind is hosts if one source reaches many hosts on one port, ports if
it reaches many ports of one host; --limit applies to each kind. Servers that
answer many clients are listed too, on ports above 1023: look at tcp_flags, and
at syn_only_flows, the flows that nobody answered.

Examples:
  flowkit scans
  flowkit scans -f 'flags = 2' --min-targets 5
  flowkit scans --last 24h --format csv";

/// Sources that reach many hosts on a port, or ports of a host
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Scans {
    /// Minimum number of targets
    #[arg(
        long,
        alias = "least",
        default_value_t = 10,
        value_name = "N",
        help_heading = "Question"
    )]
    min_targets: u64,

    /// Column to sort by, largest first, instead of targets
    #[arg(long, value_name = "COLUMN", help_heading = "Rows")]
    sort: Option<String>,

    /// Only rows that match, such as 'targets > 100 and bytes < 1M'
    #[arg(long, value_name = "CONDITION", help_heading = "Rows")]
    having: Option<String>,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Scans {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let (min_targets, limit) = (self.min_targets, self.limit.rows());
        let (sort, having) = (self.sort.clone(), self.having.clone());
        let scans = Report::Scans(question::Scans { min_targets, limit, sort, having });
        report(scans, &self.sources, &self.output, general)
    }
}
