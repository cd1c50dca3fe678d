//! `flowkit talkers`: top addresses, as source or destination.

use flowkit_model::question::{Ranked, Report};

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
A flow counts at its source and at its destination address, so the shares of
all addresses add up to more than 100 %; it counts once if the two are equal.
--sort and --having know every column shown, and the measures that
`flowkit top --help` lists, --columns these measures.

Examples:
  flowkit talkers
  flowkit talkers -n 0 --format csv
  flowkit talkers --sort flows hits.ndjson";

/// Top N addresses, at either end, by bytes, packets or flows
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
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let order = self.rows.order(|order| Report::Talkers(Ranked { columns: None, order }))?;
        let ranked = Ranked { columns: self.output.measures()?, order };
        report(Report::Talkers(ranked), &self.sources, &self.output, general)
    }
}
