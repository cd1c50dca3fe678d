//! `flowkit check`: what is wrong with the data.

use flowkit_analyze::stats;

use crate::args::output::Output;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Loss by sequence numbers of each exporter and engine, documents missing from
packets, times that Logstash wrote late, inverted times, uptime wraps, equal
flows, flows at two exporters, sampling, silence, and what was skipped or
unknown.

Examples:
  flowkit check
  flowkit check --day 2018-09-21 --format csv";

/// Say what is wrong with the data: loss, late times, duplicates, sampling
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Check {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        report(&self.sources, &stats::check::Check, &self.output)
    }
}
