//! `flowkit pairs`: top pairs of addresses, both directions together.

use flowkit_model::question::{Ranked, Report};

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Each pair is one row for both directions, the lower address first as addr_a.
--sort and --having know every column shown, and the measures that
`flowkit top --help` lists, --columns these measures.

Examples:
  flowkit pairs
  flowkit pairs --sort flows -n 20
  flowkit pairs -n 0 --format csv -o pairs.csv";

/// Top N pairs of addresses by bytes, packets or flows
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
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let order = self.rows.order(|order| Report::Pairs(Ranked { columns: None, order }))?;
        let ranked = Ranked { columns: self.output.measures()?, order };
        report(Report::Pairs(ranked), &self.sources, &self.output, general)
    }
}
