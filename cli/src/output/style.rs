//! How tables look: the zone of times, width, colour, units.

use jiff::tz::TimeZone;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether to colour what goes to a terminal, or elsewhere.
    pub(crate) fn is_on(self, to_terminal: bool) -> bool {
        let is_unwanted = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Self::Auto => to_terminal && !is_unwanted(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// How an answer is shown.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    /// Zone of times.
    pub(crate) zone: TimeZone,
    /// Columns of the terminal; `None` is unlimited.
    pub(crate) width: Option<usize>,
    /// Whether to colour.
    pub(crate) color: bool,
    /// Exact numbers instead of units and names.
    pub(crate) raw: bool,
    /// Texts in csv that a spreadsheet would run are defused.
    pub(crate) csv_safe: bool,
}

impl Style {
    /// For a terminal, or what is none.
    pub(crate) fn new(zone: TimeZone, raw: bool, color: Color, to_terminal: bool) -> Self {
        Self {
            zone,
            width: width(to_terminal),
            color: color.is_on(to_terminal),
            raw,
            csv_safe: false,
        }
    }

    /// For a test, or where nothing is known.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { zone: TimeZone::UTC, width: None, color: false, raw: false, csv_safe: false }
    }
}

/// The width of the terminal, or COLUMNS; a file has no width.
fn width(on_terminal: bool) -> Option<usize> {
    let from_environment =
        std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|width| *width > 0);
    let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    if on_terminal { measured().or(from_environment) } else { from_environment }
}
