//! `flowkit fields`: what can be grouped by, and where it comes from.

use std::io;

use flowkit_analyze::stats;
use jiff::tz::TimeZone;

use crate::args::output::Output;
use crate::exit::Exit;
use crate::report::explanation;
use crate::report::print;

const EXAMPLES: &str = "\
Bytes in the packet count from 0: of the 24-byte header, or of a 48-byte record.
The type is that of the column in a dump's columns/*.parquet and in `flowkit
export --format parquet`, under the field's name and in its unit; unknown is
null.

Examples:
  flowkit fields
  flowkit fields --format csv";

/// List the fields of a flow: names, units, bytes in the packet, keys, column types
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Fields {
    #[command(flatten)]
    output: Output,
}

impl Fields {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let fields = stats::fields::fields();
        print(&fields, &self.output, TimeZone::UTC)?;
        if self.output.explain {
            explanation::write(&fields, None, &TimeZone::UTC, &mut io::stderr().lock())?;
        }
        Ok(Exit::Done)
    }
}
