//! `flowkit scans`: who tries many hosts or ports.

use flowkit_analyze::stats;

use crate::args::output::Output;
use crate::args::rows::rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
hosts: one source reaches many hosts on one port; ports: many ports of one host.
Servers that answer many clients are here too, on ports above 1023: look at
tcp_flags, and at syn_only_flows, flows in which nobody answered.

Examples:
  flowkit scans
  flowkit scans -f 'flags = 2' --least 5
  flowkit scans --last 24h --format csv";

/// List sources that reach many hosts on one port, or many ports of one host
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Scans {
    /// Fewest targets that have a row
    #[arg(long, default_value_t = 10, value_name = "N", help_heading = "Question")]
    least: u64,

    /// Rows of each kind; 0 shows all
    #[arg(
        short = 'n',
        long = "limit",
        default_value_t = 10,
        value_name = "N",
        value_parser = rows,
        help_heading = "Question"
    )]
    limit: usize,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Scans {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        report(&self.sources, &stats::scans::Scans::new(self.least, self.limit), &self.output)
    }
}
