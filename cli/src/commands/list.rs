//! `flowkit list`: single flows, one row each.

use flowkit_model::question::{self, FlowColumn, Report};

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::rows::{Limit, unlimited, unsorted};
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
One row a flow, as `nfdump -o long` and `rwcut` print them: in the order of the
sources, or sorted by any column (--sort), largest first, or smallest first with
--bottom; equal values are in the order of the columns, unknown is last. Columns
are the fields that `flowkit fields` lists, under any of their names, and
duration, bps, pps, bpp and service, as filters have them.
table, markdown and json show 10 flows unless -n says more; csv, tsv and ndjson
write all flows. Rows are in memory until they are printed, about 1 kB each; of
many millions `flowkit export --format csv` streams. Tables show a port behind
its address, and the type and code of ICMP in its place; other formats have a
column for each.
`flowkit show` prints whole documents.

Examples:
  flowkit list
  flowkit list -f 'src ip 192.0.2.1 and dst port 443' -n 50
  flowkit list --sort bytes -n 20
  flowkit list --sort first --bottom --format csv -o by-time.csv
  flowkit list --columns first,last,src_addr,dst_addr,bps --format ndjson";

/// List single flows, one row each
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(unsorted), mut_args(unlimited))]
pub(crate) struct List {
    /// Column to rank by
    #[arg(long, value_name = "COLUMN", value_parser = FlowColumn::parse, help_heading = "Rows")]
    sort: Option<FlowColumn>,

    #[command(flatten)]
    limit: Limit,

    /// Rank the smallest first
    #[arg(long, help_heading = "Rows")]
    bottom: bool,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl List {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let list = question::List {
            columns: self.output.flow_columns()?,
            sort: self.sort,
            bottom: self.bottom,
            limit: self.limit.typed(),
        };
        report(Report::List(list), &self.sources, &self.output, general)
    }
}
