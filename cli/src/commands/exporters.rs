//! `flowkit exporters`: what each router exported, and what was lost.

use flowkit_analyze::stats;
use flowkit_analyze::stats::Order;
use flowkit_analyze::stats::dimension::Dimension;
use flowkit_model::FieldId;

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
lost_flows is computed from the sequence numbers of export packets,
missing_documents from the number of flows that each packet says it carried;
first and last are export times (@timestamp).

Examples:
  flowkit exporters
  flowkit exporters --interfaces
  flowkit exporters --format csv";

/// Exporters and their engines: flows, loss, sampling
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Exporters {
    /// Group by input and output interface too
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
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        if !self.interfaces {
            let statistic = stats::exporters::Exporters::default();
            return report(&self.sources, &statistic, &self.output, general);
        }
        let by = BY_INTERFACE.map(Dimension::Field);
        let order = Order { limit: 0, ..Order::default() };
        let top = stats::top::top(by.into(), order, self.output.measures()?);
        report(&self.sources, &top, &self.output, general)
    }
}
