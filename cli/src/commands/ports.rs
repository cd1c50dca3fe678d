//! `flowkit ports`: top services, by protocol and port.

use flowkit_model::question::{Ranked, Report};

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
The service of a flow is the lower of its two ports, so both directions of a
conversation are in one row. Only TCP, UDP, SCTP and DCCP have ports.
--sort and --having know every column shown, and the measures that
`flowkit top --help` lists, --columns these measures.

Examples:
  flowkit ports
  flowkit ports --sort flows -n 20
  flowkit ports --format json hits.ndjson";

/// Top N services (protocol and port) by bytes, packets or flows
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Ports {
    #[command(flatten)]
    rows: Rows,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Ports {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let order = self.rows.order(|order| Report::Ports(Ranked { columns: None, order }))?;
        let ranked = Ranked { columns: self.output.measures()?, order };
        report(Report::Ports(ranked), &self.sources, &self.output, general)
    }
}
