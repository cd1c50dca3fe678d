//! `flowkit timeline`: bytes, packets and flows over time.

use flowkit_model::question::{
    Clock, Report, TimeDistribution, Timeline, bin_length_ms, not_a_bin,
};

use crate::args::general::General;
use crate::args::keys::Keys;
use crate::args::output::Output;
use crate::args::rows::{Chosen, unlimited, unsorted};
use crate::args::sources::Sources;
use crate::exit::{Exit, Usage};
use crate::report::report;

const EXAMPLES: &str = "\
Bins start at midnight in --tz and cover the time window (@timestamp). Volume
outside the window is in the rows before and after, so all rows add up to the
total. A bin that flows exported after the window reach into is incomplete: an
edge. The column kind says it: bin, edge, before, after or unknown. A flow
counts once in `flows`: in the bin of its first packet, or in the bin that
--load end or export gives all of it to. Rows are in the order of time unless
--sort names a column; --having and --sort know every column shown, and leave
the rates above the rows as they are. With --by, --limit is the number of series
(usually 5; one more sums the others), else that of rows (usually all).

Time distributions (--load), for flows that span several bins:
  proportional   by the time spent in each bin
  uniform        equal parts to each bin
  start, end     all to the bin of the first, or of the last packet
  export         all to the bin of the export, as in Kibana

Examples:
  flowkit timeline --bin 5m
  flowkit timeline --bin hour --by protocol -n 3
  flowkit timeline --bin 5m --sort bps -n 10
  flowkit timeline --having 'kind = bin and bps > 1M'
  flowkit timeline --bin 1h --load start --format csv -f 'dst port 443'";

/// Bytes, packets and flows over time, with the rates of each bin
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(|arg| unlimited(unsorted(arg))))]
pub(crate) struct Timelines {
    #[command(flatten)]
    keys: Keys,

    /// Length of a bin: 30s, 5m, 1h, 1d, minute, hour, day, week
    ///
    /// Bins of up to a day are counted from local midnight, so the last one of a day may
    /// be shorter; longer ones are of whole days (2d, 48h, week) and are counted from
    /// 1970-01-01. A day is that of the local date.
    #[arg(long, default_value = "hour", value_name = "LENGTH", help_heading = "Question")]
    bin: String,

    /// How a flow's bytes and packets are spread over time bins
    ///
    /// Without it by the time spent in each bin; with --time first as start, with --time
    /// last as end.
    #[arg(long, value_enum, value_name = "DISTRIBUTION", help_heading = "Question")]
    load: Option<Distribution>,

    #[command(flatten)]
    rows: Chosen,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

/// How a flow's volume is spread over the bins that it spans.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Distribution {
    /// By the time spent in each bin
    Proportional,
    /// All to the bin of the first packet
    Start,
    /// All to the bin of the last packet
    End,
    /// Equal parts to each bin
    Uniform,
    /// All to the bin of the export
    Export,
}

impl From<Distribution> for TimeDistribution {
    fn from(distribution: Distribution) -> Self {
        match distribution {
            Distribution::Proportional => Self::Proportional,
            Distribution::Start => Self::Start,
            Distribution::End => Self::End,
            Distribution::Uniform => Self::Uniform,
            Distribution::Export => Self::Export,
        }
    }
}

impl Timelines {
    /// How volume is spread: as asked for, else by the clock of the window.
    fn distribution(&self) -> TimeDistribution {
        match (self.load, self.sources.select.clock()) {
            (Some(load), _) => load.into(),
            (None, Clock::First) => TimeDistribution::Start,
            (None, Clock::Last) => TimeDistribution::End,
            (None, Clock::Export | Clock::Active) => TimeDistribution::Proportional,
        }
    }

    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        if bin_length_ms(&self.bin).is_none() {
            let bin = &self.bin;
            let why =
                not_a_bin(bin).unwrap_or_else(|| "not a length of time; try 5m, 1h or day".into());
            return Err(Usage(format!("--bin {bin}: {why}")).into());
        }
        let (by, usual) = (self.keys.keys()?, Timeline::default());
        let limit = self.rows.limit.typed();
        let (series, rows) = if by.is_empty() { (None, limit) } else { (limit, None) };
        let timeline = Report::Timeline(Timeline {
            bin: self.bin.clone(),
            distribution: self.distribution(),
            by,
            limit: series.unwrap_or(usual.limit),
            sort: self.rows.sort(None),
            bottom: self.rows.bottom,
            having: self.rows.having.clone(),
            rows: rows.unwrap_or(usual.rows),
        });
        report(timeline, &self.sources, &self.output, general)
    }
}
