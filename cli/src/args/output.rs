//! Where a result goes, and in which format.

use std::path::{Path, PathBuf};

use flowkit_model::question::Measure;

use crate::exit::Usage;
use crate::output::Format;

/// Where an answer goes, and how it looks.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Format of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) file: OutputFile,

    /// Columns to show behind the keys, instead of the usual ones
    ///
    /// Rankings (top, talkers, ports, protocols, pairs) take any measures, which
    /// `flowkit top --help` lists; other reports some of their own columns and of
    /// their single values, such as bps_p95 of timeline.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// Print exact numbers in tables, without units and names
    #[arg(long)]
    pub(crate) raw: bool,

    /// Explain on standard error how the numbers were computed
    ///
    /// The fields and their bytes in the packet, the window, the filter, the rules
    /// of the report, and what was left out.
    #[arg(long)]
    pub(crate) explain: bool,

    /// Print the question as JSON, which `flowkit ask` answers, and no answer
    #[arg(long)]
    pub(crate) print_question: bool,
}

impl Output {
    /// The measures that a ranking is asked for instead of its usual columns.
    pub(crate) fn measures(&self) -> anyhow::Result<Option<Vec<Measure>>> {
        if self.columns.is_empty() {
            return Ok(None);
        }
        let columns = self.columns.iter().map(|name| Measure::parse_column(name));
        let measures: Result<_, _> = columns.collect();
        measures.map(Some).map_err(|error| Usage(format!("--columns: {error}")).into())
    }
}

/// The file that a result goes to.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputFile {
    /// Write to FILE instead of standard output
    ///
    /// FILE appears when it is complete: a command that fails or is interrupted
    /// leaves what was there.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl OutputFile {
    /// The file, if it is not standard output.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.output.as_deref()
    }
}

/// Whether a dump is written without the Parquet cache that queries read.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct NoColumns {
    /// Do not build the Parquet cache now; the first query builds it
    #[arg(long)]
    pub(crate) no_columns: bool,
}
