//! `flowkit summary`: totals, times and exporters.

use flowkit_model::question::Report;

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
first and last are export times (@timestamp); first_switched and last_switched
are the times of the first and the last packet of all flows. csv has the totals
only, json the exporters too.

Examples:
  flowkit summary
  flowkit summary --format json monday tuesday";

/// Totals, times, exporters, and what could not be read
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Summary {
    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Summary {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        report(Report::Summary, &self.sources, &self.output, general)
    }
}
