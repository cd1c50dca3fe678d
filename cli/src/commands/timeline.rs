//! `flowkit timeline`: how much at what time.

use std::time::Instant;

use flowkit_analyze::bins::Bins;
use flowkit_analyze::scan::common_window;
use flowkit_analyze::stats::timeline::{Load, Timeline};

use crate::args::keys::keys;
use crate::args::output::Output;
use crate::args::rows::rows;
use crate::args::sources::Sources;
use crate::args::sources::refuse_sources;
use crate::exit::{Exit, Usage};
use crate::report::{answer_of, finish};

const EXAMPLES: &str = "\
Bins are counted from midnight in --tz and lie in the window over @timestamp;
what flows carried outside of it is in the rows before and after, so all rows
add up to the total. A flow counts once in `flows`, in the bin of its first
packet, or in the one that --load end or export gives all to.

How a flow's bytes are given to the bins that it spans (--load):
  proportional   by the time spent in each
  uniform        the same to each that it touches
  start, end     all to the bin of the first, or of the last packet
  export         all to the bin of the export, as Kibana does

Examples:
  flowkit timeline --bin 5m
  flowkit timeline --bin hour --by protocol -n 3
  flowkit timeline --bin 1h --load start --format csv -f 'dst port 443'";

/// Show bytes, packets and flows over time, with the rates of the bins
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Timelines {
    /// Length of a bin: 30s, 5m, 1h, 1d, minute, hour, day, week
    #[arg(long, default_value = "hour", value_name = "LENGTH", help_heading = "Question")]
    bin: String,

    /// How a flow's volume is given to bins
    #[arg(long, value_enum, default_value_t, value_name = "RULE", help_heading = "Question")]
    load: Rule,

    /// One series for each of the largest keys
    #[arg(long, value_name = "KEY[,KEY…]", value_delimiter = ',', help_heading = "Question")]
    by: Vec<String>,

    /// Series to show, beside the one of all others; 0 shows all
    #[arg(
        short = 'n',
        long = "limit",
        default_value_t = 5,
        value_name = "N",
        value_parser = rows,
        help_heading = "Question"
    )]
    limit: usize,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

/// How a flow's volume is given to the bins that it spans.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Rule {
    /// By the time spent in each
    #[default]
    Proportional,
    /// All to the bin of the first packet
    Start,
    /// All to the bin of the last packet
    End,
    /// The same to each bin
    Uniform,
    /// All to the bin of the export
    Export,
}

impl Timelines {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let begun = Instant::now();
        let zone = self.sources.select.zone()?;
        let bins = Bins::parse(&self.bin, &zone).ok_or_else(|| {
            Usage(format!("--bin {}: not a length of time; try 5m, 1h or day", self.bin))
        })?;
        let load = match self.load {
            Rule::Proportional => Load::Proportional,
            Rule::Start => Load::Start,
            Rule::End => Load::End,
            Rule::Uniform => Load::Uniform,
            Rule::Export => Load::Export,
        };
        let by = keys(&self.by, &self.sources)?;
        let opened = self.sources.open()?;
        refuse_sources(self.output.output.as_deref(), &opened)?;
        let window = self.sources.select.window(&opened, self.sources.options())?;
        let window = window.or_else(|| common_window(&opened));
        let timeline = Timeline::new(&self.bin, bins, load, window).by(by, self.limit);
        let answer = answer_of(&opened, &self.sources, &timeline)?;
        finish(&self.sources, &answer, &self.output, begun)
    }
}
