//! `flowkit protocols`: top IP protocols.

use flowkit_analyze::stats;

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
`flowkit top --help` lists the measures for --sort, --having and --columns.

Examples:
  flowkit protocols
  flowkit protocols --sort packets --format csv";

/// Top N IP protocols by bytes, packets or flows
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
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let statistic = self.output.columns_of(stats::protocols::protocols(self.rows.order()))?;
        report(&self.sources, &statistic, &self.output, general)
    }
}
