//! `flowkit summary`: how much there is, of when, from whom.

use flowkit_analyze::stats;

use crate::args::output::Output;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
first and last are of @timestamp, the time of export; first_switched and
last_switched of the first and last packet of any flow. csv has the totals
alone, json the exporters too.

Examples:
  flowkit summary
  flowkit summary --format json monday tuesday";

/// Show totals, times, exporters, and what could not be read
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Summary {
    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Summary {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        report(&self.sources, &stats::summary::Summary::default(), &self.output)
    }
}
