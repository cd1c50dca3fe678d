//! `flowkit beacons`: who talks at a regular interval.

use flowkit_analyze::stats;

use crate::args::output::Output;
use crate::args::rows::rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Flows of one sender, receiver, protocol and port, by the time from each to the
next: the interval is their median, the jitter the median deviation from it.
Time servers, monitors and updates are regular too.

Examples:
  flowkit beacons
  flowkit beacons -f 'not dst port in [53 123]' --jitter 5
  flowkit beacons --least 20 -n 0 --format csv";

/// List pairs that talk at a regular interval
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Beacons {
    /// Fewest flows that have a row
    #[arg(long, default_value_t = 8, value_name = "N", help_heading = "Question")]
    least: usize,

    /// Largest jitter that has a row, in percent of the interval
    #[arg(long, default_value_t = 10, value_name = "PERCENT", help_heading = "Question")]
    jitter: u64,

    /// Rows; 0 shows all
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

impl Beacons {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        report(
            &self.sources,
            &stats::beacons::Beacons::new(self.least, self.jitter, self.limit),
            &self.output,
        )
    }
}
