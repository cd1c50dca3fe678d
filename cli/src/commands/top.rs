//! `flowkit top`: top values of any fields.

use flowkit_model::question::{self, Report};

use crate::args::general::General;
use crate::args::keys::{Keys, required};
use crate::args::output::Output;
use crate::args::rows::Rows;
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::report;

const EXAMPLES: &str = "\
Results are exact: every flow is read, ties are ordered by key, and the row
`other` sums the keys without a row. Shares are of the total.

Keys: a field (`flowkit fields` lists them; names of the codec, of Cisco and of
nfdump work too), a prefix such as src_addr/24, of IPv6 src_addr/64, of both
src_addr/24+64, addr, port, as, if or mask for either end, service for the lower
port, hour, day or 5m for the export time (or that of --time).
Bins longer than a day are of whole days, counted from 1970-01-01. Keys that are
called as a measure have the columns bytes_key and packets_key.
Measures (--sort, --having, --columns): bytes, packets, flows and their _share;
first, last, duration, bps, pps, bpp; min, max, mean, median or p95 with _bytes
or _duration; distinct:FIELD. --sort and --having also know the keys. Conditions
compare as filters do: bytes > 10M, duration > 10m, bytes_share > 12.5 %,
first >= 2018-09-21T07:00.

Examples:
  flowkit top --by dst_port
  flowkit top --by src_addr,dst_addr --sort flows -n 20
  flowkit top --by src_addr/24 -f 'proto tcp and not dst port 443'
  flowkit top --by src_addr --sort distinct:dst_addr --columns flows,bps
  flowkit top --by hour,protocol --having 'bytes > 1M' --tz Asia/Tokyo
  flowkit top --by exporter,input_snmp --format csv
  zstdcat hits.ndjson.zst | flowkit top --by protocol -";

/// Top N values of one or more fields by bytes, packets or flows
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(required))]
pub(crate) struct Top {
    #[command(flatten)]
    keys: Keys,

    #[command(flatten)]
    rows: Rows,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Top {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let by = self.keys.keys()?;
        let top = |order| Report::Top(question::Top { by: by.clone(), columns: None, order });
        let order = self.rows.order(top)?;
        let top = Report::Top(question::Top { by, columns: self.output.measures()?, order });
        report(top, &self.sources, &self.output, general)
    }
}
