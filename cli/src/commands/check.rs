//! `flowkit check`: data quality.

use flowkit_model::question::Report;

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Finds flows lost between router and collector (sequence numbers), documents
missing from packets, times that Logstash wrote late, flows that end before they
start, uptime wraps, equal flows, flows seen by two exporters, sampling, gaps in
the export, and what was skipped or unknown.

Examples:
  flowkit check
  flowkit check --day 2018-09-21 --format csv";

/// Data quality: loss, late times, duplicates, sampling, gaps
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Check {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        report(Report::Check, &self.sources, &self.output, general)
    }
}
