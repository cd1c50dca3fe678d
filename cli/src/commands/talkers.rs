//! `flowkit talkers`: addresses at either end.

use flowkit_analyze::stats;

use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
A flow counts at both its ends, so the shares of all addresses add up to more
than 100 %; a flow whose ends are equal counts once.

Examples:
  flowkit talkers
  flowkit talkers -n 0 --format csv
  flowkit talkers --sort flows hits.ndjson";

/// List the addresses that sent and received the most
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Talkers {
    #[command(flatten)]
    rows: Rows,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Talkers {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let statistic = stats::talkers::talkers(self.rows.order());
        report(&self.sources, &statistic, &self.output)
    }
}
