//! How an answer is printed. To add a format, add a variant and a file; the
//! compiler asks for the rest.

mod csv;
pub(crate) mod document;
mod header;
mod json;
mod table;
pub(crate) mod units;
mod value;

use std::io::{self, Write};

use flowkit_analyze::Answer;

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Aligned, with names and units, for people
    #[default]
    Table,
    /// Exact numbers under one header, for programs
    Csv,
    /// One object with rows and totals, exact, for programs
    Json,
}

/// Prints an answer.
pub(crate) fn write(answer: &Answer, format: Format, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Table => table::write(answer, out),
        Format::Csv => csv::write(answer, out),
        Format::Json => json::write(answer, out),
    }
}
