//! Where an answer goes, and in which form.

use std::path::PathBuf;

use crate::output::{Color, Format};

/// Where an answer goes, and in which form.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_field_names, reason = "the names of the options")]
pub(crate) struct Output {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,

    /// File to write the answer to, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Exact numbers in tables, without units and names
    #[arg(long)]
    pub(crate) raw: bool,

    /// Colour in tables; auto is on a terminal, if NO_COLOR is not set
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,

    /// Say on standard error how long the answer took
    #[arg(long)]
    pub(crate) stats: bool,

    /// Say on standard error how the numbers came about: fields, window, rules
    #[arg(long)]
    pub(crate) explain: bool,
}
