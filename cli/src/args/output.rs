//! Where a result goes, and in which format.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use flowkit_model::question::{FlowColumn, Measure};

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
    /// `flowkit top --help` lists; `flowkit list` any fields; other reports some of
    /// their own columns and of their single values, such as bps_p95 of timeline.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    #[command(flatten)]
    pub(crate) csv: CsvSafe,

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

/// Whether csv may be opened by a spreadsheet.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct CsvSafe {
    /// Defuse texts in csv and tsv that a spreadsheet would run
    ///
    /// A text that begins with = + - @, a tab or a line end gets an apostrophe in
    /// front. Numbers stay numbers, also below 0. Read again, the apostrophe is part
    /// of the text.
    #[arg(long)]
    pub(crate) csv_safe: bool,
}

impl CsvSafe {
    /// Refuses the option where no csv is written.
    pub(crate) fn refuse_unless(&self, is_csv: bool) -> anyhow::Result<()> {
        if self.csv_safe && !is_csv {
            return Err(
                Usage("--csv-safe applies to csv and tsv; choose --format csv".into()).into()
            );
        }
        Ok(())
    }
}

impl Output {
    /// The columns that a list of flows is asked for instead of its usual ones.
    pub(crate) fn flow_columns(&self) -> anyhow::Result<Option<Vec<FlowColumn>>> {
        self.columns_as(FlowColumn::parse)
    }

    /// The measures that a ranking is asked for instead of its usual columns.
    pub(crate) fn measures(&self) -> anyhow::Result<Option<Vec<Measure>>> {
        self.columns_as(Measure::parse_column)
    }

    fn columns_as<T>(
        &self,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> anyhow::Result<Option<Vec<T>>> {
        if self.columns.is_empty() {
            return Ok(None);
        }
        let columns: Result<_, _> = self.columns.iter().map(|name| parse(name)).collect();
        columns.map(Some).map_err(|error| Usage(format!("--columns: {error}")).into())
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
    #[arg(short, long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(a_file))]
    output: Option<PathBuf>,
}

/// Formats of all commands, which nfdump and other programs take after `-o`.
const FORMATS: [&str; 12] = [
    "csv",
    "tsv",
    "json",
    "ndjson",
    "table",
    "markdown",
    "parquet",
    "documents",
    "hits",
    "pcap",
    "stored",
    "text",
];

/// Formats of nfdump that are none here.
const OF_NFDUMP: [&str; 8] =
    ["line", "long", "extended", "biline", "bilong", "raw", "pipe", "extended4"];

/// A file, unless its name is that of a format.
fn a_file(path: OsString) -> Result<PathBuf, String> {
    let name = path.to_str().unwrap_or_default();
    let file = format!("for a file of that name say ./{name}");
    if FORMATS.contains(&name) {
        return Err(format!("a format? --format {name}; {file}"));
    }
    if OF_NFDUMP.contains(&name) || name.starts_with("fmt:") {
        return Err(format!("a format of nfdump? --format and --columns say it here; {file}"));
    }
    Ok(path.into())
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
