//! `flowkit pairs`: two addresses and what went between them.

use flowkit_analyze::stats;

use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Each pair is one row, the lower address first as addr_a, with the bytes of each
direction.

Examples:
  flowkit pairs
  flowkit pairs --sort flows -n 20
  flowkit pairs -n 0 --format csv -o pairs.csv";

/// List the pairs of addresses that exchanged the most
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Pairs {
    #[command(flatten)]
    rows: Rows,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Pairs {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let statistic = stats::pairs::pairs(self.rows.order());
        report(&self.sources, &statistic, &self.output)
    }
}
