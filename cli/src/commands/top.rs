//! `flowkit top`: which values of a field carry the most.

use flowkit_analyze::stats;
use flowkit_analyze::stats::measure::Measure;

use crate::args::keys::keys;
use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Exact: every flow is added up, ties are ordered by key, and what has no row is
in the row `other`. Shares are of the total. `flowkit fields` lists the fields;
names of the codec, of Cisco and of nfdump work too (l4_dst_port, dstport).

Examples:
  flowkit top --by dst_port
  flowkit top --by src_addr,dst_addr --sort flows -n 20
  flowkit top --by src_addr/24 -f 'proto tcp and not dst port 443'
  flowkit top --by src_addr --sort distinct:dst_addr --columns flows,bps
  flowkit top --by hour,protocol --having 'bytes > 1M' --tz Asia/Tokyo
  flowkit top --by exporter,input_snmp --format csv
  zstdcat hits.ndjson.zst | flowkit top --by protocol -";

/// List the values of one or more fields that carry the most
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Top {
    /// Key to group by, or several with commas
    ///
    /// A field (`flowkit fields` lists them); a prefix such as src_addr/24; addr,
    /// port, as, if for either end; service, the lower port; hour, day, 5m for
    /// the bin of the export time.
    #[arg(
        long,
        value_name = "KEY[,KEY…]",
        required = true,
        value_delimiter = ',',
        help_heading = "Question"
    )]
    by: Vec<String>,

    #[command(flatten)]
    rows: Rows,

    /// Columns behind the key, instead of sums and shares
    ///
    /// bytes, packets, flows and their _share; first, last, duration, bps, pps,
    /// bpp; min, max, mean, median, p95 with _bytes or _duration;
    /// distinct:FIELD.
    #[arg(
        long,
        value_name = "MEASURE[,MEASURE…]",
        value_delimiter = ',',
        value_parser = Measure::parse,
        help_heading = "Rows"
    )]
    columns: Option<Vec<Measure>>,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Top {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let by = keys(&self.by, &self.sources)?;
        let statistic = stats::top::top(by, self.rows.order(), self.columns.clone());
        report(&self.sources, &statistic, &self.output)
    }
}
