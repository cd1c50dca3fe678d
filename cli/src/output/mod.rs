//! How an answer is printed. To add a format, add a variant and a file; the
//! compiler asks for the rest.

mod csv;
pub(crate) mod destination;
pub(crate) mod document;
mod grid;
mod header;
mod json;
mod markdown;
mod style;
mod table;
mod text;
pub(crate) mod units;
mod value;
mod wide;
pub(crate) mod wrap;

use std::io::{self, Write};

use flowkit_analyze::Answer;

use self::csv::Separator;
pub(crate) use self::style::{Color, Style};

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Aligned, with names and units, for people
    #[default]
    Table,
    /// Exact numbers under one header, for programs
    Csv,
    /// The same with tabs
    Tsv,
    /// One object with rows and totals, exact, for programs
    Json,
    /// One object a row, exact, for programs
    Ndjson,
    /// A table for notes and tickets, with names and units
    Markdown,
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
        Format::Csv => csv::write(answer, Separator::Comma, &style.zone, out),
        Format::Tsv => csv::write(answer, Separator::Tab, &style.zone, out),
        Format::Json => json::write(answer, &style.zone, out),
        Format::Ndjson => json::write_rows(answer, &style.zone, out),
        Format::Markdown => markdown::write(answer, style, out),
    }
}
