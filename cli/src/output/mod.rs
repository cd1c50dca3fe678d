//! How an answer is printed. To add a format, add a variant and a file; the
//! compiler asks for the rest.

mod csv;
pub(crate) mod document;
mod ends;
mod grid;
mod header;
mod json;
mod markdown;
mod ports;
mod style;
mod table;
mod text;
pub(crate) mod units;
mod value;
mod wide;
pub(crate) mod wrap;

use std::io::{self, Write};

use flowkit_model::Answer;

use self::csv::Separator;
pub(crate) use self::style::{Color, Style};

/// The format of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns with names and units, for people
    #[default]
    Table,
    /// Exact numbers under one header, separated by commas, for programs
    Csv,
    /// Exact numbers under one header, separated by tabs
    Tsv,
    /// One JSON object with rows and totals, exact, for programs
    Json,
    /// One JSON object per row, exact, for programs
    Ndjson,
    /// A table with names and units, for notes and tickets
    Markdown,
}

impl Format {
    /// Whether it is written row by row, so that no row must wait for the others.
    pub(crate) fn is_written_by_row(self) -> bool {
        match self {
            Self::Csv | Self::Tsv | Self::Ndjson => true,
            Self::Table | Self::Json | Self::Markdown => false,
        }
    }

    /// Whether one header is above all values.
    pub(crate) fn has_one_header(self) -> bool {
        match self {
            Self::Csv | Self::Tsv => true,
            Self::Table | Self::Json | Self::Ndjson | Self::Markdown => false,
        }
    }
}

/// Prints an answer.
pub(crate) fn write(
    answer: &Answer,
    format: Format,
    style: &Style,
    out: &mut impl Write,
) -> io::Result<()> {
    match format {
        Format::Table => table::write(answer, style, out),
        Format::Csv => csv::write(answer, Separator::Comma, style, out),
        Format::Tsv => csv::write(answer, Separator::Tab, style, out),
        Format::Json => json::write(answer, &style.zone, out),
        Format::Ndjson => json::write_rows(answer, &style.zone, out),
        Format::Markdown => markdown::write(answer, style, out),
    }
}
