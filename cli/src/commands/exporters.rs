//! `flowkit exporters`: who exported what, and what is missing of it.

use flowkit_analyze::stats;
use flowkit_analyze::stats::Order;
use flowkit_analyze::stats::dimension::Dimension;
use flowkit_model::FieldId;

use crate::args::output::Output;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
lost_flows is by the sequence numbers of export packets, missing_documents by
how many flows a packet says it carried; first and last are of @timestamp.

Examples:
  flowkit exporters
  flowkit exporters --interfaces
  flowkit exporters --format csv";

/// List exporters and their engines: flows, loss, sampling
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Exporters {
    /// By interface, in and out, instead of by engine alone
    #[arg(long, help_heading = "Question")]
    interfaces: bool,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

const BY_INTERFACE: [FieldId; 5] = [
    FieldId::Exporter,
    FieldId::EngineType,
    FieldId::EngineId,
    FieldId::InputSnmp,
    FieldId::OutputSnmp,
];

impl Exporters {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        if !self.interfaces {
            let statistic = stats::exporters::Exporters::default();
            return report(&self.sources, &statistic, &self.output);
        }
        let by = BY_INTERFACE.map(Dimension::Field);
        let order = Order { limit: 0, ..Order::default() };
        report(&self.sources, &stats::top::top(by.into(), order, None), &self.output)
    }
}
