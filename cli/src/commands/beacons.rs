//! `flowkit beacons`: connections at a regular interval.

use flowkit_model::question::{self, Report};

use crate::args::general::General;
use crate::args::numbers::{whole, whole_percent};
use crate::args::output::Output;
use crate::args::rows::{Chosen, unsorted};
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Flows of one source, destination, protocol and port, by the time from the start
of each connection to the start of the next: the interval is the median of these
times, the jitter the median deviation from it, in percent of the interval. Time
servers, monitoring and software updates are regular too. The steadiest are
first unless --sort names a column; --having and --sort know every column shown.

Examples:
  flowkit beacons
  flowkit beacons -f 'not dst port in [53 123]' --max-jitter 5
  flowkit beacons --sort beats --having 'interval >= 1m and jitter < 1 %'
  flowkit beacons --min-connections 20 -n 0 --format csv";

/// Pairs of addresses that connect at a regular interval
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(unsorted))]
pub(crate) struct Beacons {
    /// Minimum number of connections
    #[arg(
        long,
        alias = "least",
        default_value_t = 8,
        value_name = "N",
        value_parser = whole::<usize>,
        help_heading = "Question"
    )]
    min_connections: usize,

    /// Maximum jitter, in percent of the interval
    #[arg(
        long,
        alias = "jitter",
        default_value_t = 10,
        value_name = "PERCENT",
        value_parser = whole_percent,
        help_heading = "Question"
    )]
    max_jitter: u64,

    #[command(flatten)]
    rows: Chosen,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Beacons {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let beacons = Report::Beacons(question::Beacons {
            min_connections: self.min_connections,
            max_jitter_percent: self.max_jitter,
            limit: self.rows.limit.rows(),
            sort: self.rows.sort(None),
            bottom: self.rows.bottom,
            having: self.rows.having.clone(),
        });
        report(beacons, &self.sources, &self.output, general)
    }
}
