//! `flowkit top`: which values of a field carry the most.

use flowkit_analyze::stats;
use flowkit_model::{FIELDS, Field};

use crate::exit::Exit;
use crate::report::{Output, Rows, report};
use crate::sources::Sources;

const EXAMPLES: &str = "\
Exact: every flow is added up, ties are ordered by key, and what has no row is
in the row `other`. Shares are of the total. `flowkit fields` lists the fields;
names of the codec, of Cisco and of nfdump work too (l4_dst_port, dstport).

Examples:
  flowkit top --by dst_port
  flowkit top --by src_addr,dst_addr --sort flows -n 20
  flowkit top --by exporter,input_snmp --format csv
  zstdcat hits.ndjson.zst | flowkit top --by protocol -";

/// List the values of one or more fields that carry the most
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Top {
    #[command(flatten)]
    sources: Sources,

    /// Field to group by, or several with commas
    #[arg(long, value_name = "FIELD[,FIELD…]", required = true, value_delimiter = ',', value_parser = field)]
    by: Vec<&'static Field>,

    #[command(flatten)]
    rows: Rows,

    #[command(flatten)]
    output: Output,
}

impl Top {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let statistic = stats::top::Top::new(&self.by, self.rows.order());
        report(&self.sources, &statistic, &self.output)
    }
}

fn field(name: &str) -> Result<&'static Field, String> {
    Field::by_name(name.trim()).ok_or_else(|| {
        let names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
        format!("no such field; the fields are {}", names.join(", "))
    })
}
