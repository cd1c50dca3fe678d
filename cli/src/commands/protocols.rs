//! `flowkit protocols`: top IP protocols.

use flowkit_model::question::{Ranked, Report};

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
--sort and --having know every column shown, and the measures that
`flowkit top --help` lists, --columns these measures.

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
        let order = self.rows.order(|order| Report::Protocols(Ranked { columns: None, order }))?;
        let ranked = Ranked { columns: self.output.measures()?, order };
        report(Report::Protocols(ranked), &self.sources, &self.output, general)
    }
}
