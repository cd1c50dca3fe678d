//! Options that every command takes.

use crate::output::Color;

/// What is printed besides the result.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Messages")]
pub(crate) struct General {
    /// Print no notes and no progress, only warnings and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Print on standard error how long the command took
    #[arg(long, global = true)]
    pub(crate) stats: bool,

    /// Use colour; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,

    /// Print help
    #[arg(
        short,
        long,
        global = true,
        action = clap::ArgAction::HelpShort,
        help_heading = None::<&str>,
        display_order = 1000
    )]
    help: Option<bool>,
}
