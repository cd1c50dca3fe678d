//! `flowkit exporters`: what each router exported, and what was lost.

use flowkit_model::FieldId;
use flowkit_model::question::{self, Key, Report, Top};

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::rows::{BYTES, Chosen, limited};
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
lost_flows is computed from the sequence numbers of export packets,
missing_documents from the number of flows that each packet says it carried;
first and last are export times (@timestamp). --sort and --having know every
column shown.

Examples:
  flowkit exporters
  flowkit exporters --interfaces
  flowkit exporters --sort lost_flows --having 'lost_flows > 0'
  flowkit exporters --format csv";

/// Exporters and their engines: flows, loss, sampling
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(|arg| limited(arg, "0")))]
pub(crate) struct Exporters {
    /// Group by input and output interface too
    #[arg(long, help_heading = "Question")]
    interfaces: bool,

    #[command(flatten)]
    rows: Chosen,

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
        let rows = &self.rows;
        let exporters = if self.interfaces {
            let by = BY_INTERFACE.map(Key::Field);
            let top = |order| Report::Top(Top { by: by.to_vec(), columns: None, order });
            let (order, columns) = (rows.order(top)?, self.output.measures()?);
            Report::Top(Top { by: by.to_vec(), columns, order })
        } else {
            Report::Exporters(question::Exporters {
                sort: rows.sort(Some(BYTES)),
                bottom: rows.bottom,
                limit: rows.limit.rows(),
                having: rows.having.clone(),
            })
        };
        report(exporters, &self.sources, &self.output, general)
    }
}
