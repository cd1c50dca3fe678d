//! `flowkit diff`: what changed between two sources, or two windows of one.

use flowkit_model::question::{self, Report};
use flowkit_model::window::{WindowError, without_clock};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::args::general::General;
use crate::args::keys::{Keys, required};
use crate::args::output::Output;
use crate::args::rows::{BYTES, Chosen, limited};
use crate::args::sources::Sources;
use crate::exit::{Exit, Usage};
use crate::report::report;

const EXAMPLES: &str = "\
Compares two sources, or two windows of the same sources. A window is FROM..TO,
either of which may be left out, or a date, today or yesterday for a whole day.
Rows are ranked by the size of the change; keys whose bytes, packets and flows
are equal have no row. `flowkit top --help` lists the keys. To --sort and
--having, bytes, packets and flows are the sizes of the changes; they know every
column shown, too, where bytes_change is below 0 if bytes decreased. The column
change says appeared (in b only), vanished (in a only), or grew, shrank and
changed by the metric sorted by, bytes if there is none; changed if that metric
is equal and another is not.

Examples:
  flowkit diff monday tuesday --by dst_port
  flowkit diff flowkit-dump --by src_addr --a 2018-09-20 --b 2018-09-21
  flowkit diff --by dst_port --a yesterday --b today
  flowkit diff monday tuesday --by src_addr --sort bytes_change --bottom
  flowkit diff monday tuesday --by dst_addr --having 'change = appeared'
  flowkit diff --by service --a ..2018-09-21T08:00 --b 2018-09-21T08:00..";

/// Changes between two sources or two time windows
#[derive(clap::Args)]
#[command(
    after_help = EXAMPLES,
    mut_args(|arg| limited(required(arg), "20"))
)]
pub(crate) struct Diff {
    #[command(flatten)]
    keys: Keys,

    /// First window (before)
    #[arg(long, value_name = "FROM..TO", requires = "b", help_heading = "Question")]
    a: Option<String>,

    /// Second window (after)
    #[arg(long, value_name = "FROM..TO", requires = "a", help_heading = "Question")]
    b: Option<String>,

    #[command(flatten)]
    rows: Chosen,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Diff {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        if self.a.is_some() && self.sources.select.has_window() {
            let why = "--a and --b name the windows; leave out --from, --to, --last and --day";
            return Err(Usage(why.into()).into());
        }
        let windows = self.windows(&self.sources.select.zone()?, Timestamp::now())?;
        let rows = &self.rows;
        let diff = Report::Diff(question::Diff {
            by: self.keys.keys()?,
            windows,
            sort: rows.sort(None).unwrap_or_else(|| BYTES.into()),
            limit: rows.limit.rows(),
            bottom: rows.bottom,
            having: rows.having.clone(),
        });
        report(diff, &self.sources, &self.output, general)
    }

    /// Both windows, without words that a clock explains.
    fn windows(&self, zone: &TimeZone, now: Timestamp) -> anyhow::Result<Option<[String; 2]>> {
        let (Some(a), Some(b)) = (&self.a, &self.b) else { return Ok(None) };
        let said = |option, text: &str| -> Result<String, WindowError> {
            match text.split_once("..") {
                None => without_clock(option, text, zone, now),
                Some((from, to)) => Ok(format!(
                    "{}..{}",
                    without_clock(option, from, zone, now)?,
                    without_clock(option, to, zone, now)?
                )),
            }
        };
        Ok(Some([said("--a", a)?, said("--b", b)?]))
    }
}
