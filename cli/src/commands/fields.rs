//! `flowkit fields`: the fields of a flow, and where they come from.

use clap::Arg;
use jiff::tz::TimeZone;

use crate::args::general::General;
use crate::args::output::Output;
use crate::exit::{Exit, Usage};
use crate::report::{explanation, print};
use crate::screen;

const EXAMPLES: &str = "\
Offsets in the packet count from 0: in the 24-byte header, or in a 48-byte
record. The type is that of the column in a dump's columns/*.parquet and in
`flowkit export --format parquet`, which have the field's name and unit; unknown
is null.

Examples:
  flowkit fields
  flowkit fields --format csv";

/// List the fields of a flow: name, unit, packet offset, type
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(without_question))]
pub(crate) struct Fields {
    #[command(flatten)]
    output: Output,
}

/// The list of fields is no report: it is about no flows.
fn without_question(arg: Arg) -> Arg {
    if arg.get_id() == "print_question" { arg.hide(true) } else { arg }
}

impl Fields {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        if self.output.print_question {
            let why =
                "--print-question is for reports; fields prints a catalogue and reads no flows";
            return Err(Usage(why.into()).into());
        }
        self.output.csv.refuse_unless(self.output.format.has_one_header())?;
        let mut fields = flowkit_analyze::fields();
        print(&mut fields, &self.output, general, TimeZone::UTC)?;
        if self.output.explain {
            explanation::write(&fields, &TimeZone::UTC, &mut screen::err())?;
        }
        Ok(Exit::Done)
    }
}
