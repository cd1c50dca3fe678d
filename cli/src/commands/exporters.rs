//! `flowkit exporters`: what each router exported, and what was lost.

use flowkit_model::FieldId;
use flowkit_model::question::{Key, Order, Report, Top};

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
        let exporters = if self.interfaces {
            let by = BY_INTERFACE.map(Key::Field).into();
            let order = Order { limit: 0, ..Order::default() };
            Report::Top(Top { by, columns: self.output.measures()?, order })
        } else {
            Report::Exporters
        };
        report(exporters, &self.sources, &self.output, general)
    }
}
