//! `flowkit ports`: services by protocol.

use flowkit_analyze::stats;

use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
The service of a flow is the lower of its two ports, so both directions of a
conversation count for one. Only TCP, UDP, SCTP and DCCP have ports.

Examples:
  flowkit ports
  flowkit ports --sort flows -n 20
  flowkit ports --format json hits.ndjson";

/// List the services that carry the most, by protocol and port
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
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let statistic = stats::ports::ports(self.rows.order());
        report(&self.sources, &statistic, &self.output)
    }
}
