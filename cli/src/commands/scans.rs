//! `flowkit scans`: sources that reach many hosts or ports.

use flowkit_model::question::{self, Report};

use crate::args::general::General;
use crate::args::numbers::whole;
use crate::args::output::Output;
use crate::args::rows::{Chosen, sorted};
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
  flowkit scans -f 'flags = S' --min-targets 5
  flowkit scans --sort bytes --having 'targets > 100'
  flowkit scans --last 24h --format csv";

/// The column that rows are ranked by.
const TARGETS: &str = "targets";

/// Sources that reach many hosts on a port, or ports of a host
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(|arg| sorted(arg, TARGETS)))]
pub(crate) struct Scans {
    /// Minimum number of targets
    #[arg(
        long,
        alias = "least",
        default_value_t = 10,
        value_name = "N",
        value_parser = whole::<u64>,
        help_heading = "Question"
    )]
    min_targets: u64,

    #[command(flatten)]
    rows: Chosen,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Scans {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let rows = &self.rows;
        let scans = Report::Scans(question::Scans {
            min_targets: self.min_targets,
            limit: rows.limit.rows(),
            sort: rows.sort(Some(TARGETS)),
            bottom: rows.bottom,
            having: rows.having.clone(),
        });
        report(scans, &self.sources, &self.output, general)
    }
}
