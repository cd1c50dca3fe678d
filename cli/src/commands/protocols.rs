//! `flowkit protocols`: IP protocols.

use flowkit_analyze::stats;

use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Examples:
  flowkit protocols
  flowkit protocols --sort packets --format csv";

/// List the IP protocols that carry the most
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Protocols {
    #[command(flatten)]
    rows: Rows,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Protocols {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let statistic = stats::protocols::protocols(self.rows.order());
        report(&self.sources, &statistic, &self.output)
    }
}
