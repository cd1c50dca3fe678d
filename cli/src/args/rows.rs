//! Which rows of a result to show, and in which order.

use clap::Arg;
use clap::builder::Resettable;
use flowkit_model::question::{Grouping, Order, Report};

use crate::exit::Usage;

/// How many rows.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Rows")]
pub(crate) struct Limit {
    /// Number of rows to show; 0 shows all
    #[arg(short = 'n', long, default_value = "10", value_name = "N", value_parser = number)]
    limit: Option<usize>,
}

impl Limit {
    /// The number; 0 is all.
    pub(crate) fn rows(&self) -> usize {
        self.limit.unwrap_or_default()
    }

    /// The number, if there is one: without a default it must be typed.
    pub(crate) fn typed(&self) -> Option<usize> {
        self.limit
    }
}

/// Another default of `--limit`.
pub(crate) fn limited(arg: Arg, rows: &'static str) -> Arg {
    if arg.get_id() == "limit" { arg.default_value(rows) } else { arg }
}

/// Another default of `--sort`.
pub(crate) fn sorted(arg: Arg, column: &'static str) -> Arg {
    if arg.get_id() == "sort" { arg.default_value(column) } else { arg }
}

/// No default of `--limit`, where it depends on other options.
pub(crate) fn unlimited(arg: Arg) -> Arg {
    if arg.get_id() == "limit" { arg.default_value(Resettable::Reset) } else { arg }
}

/// No default of `--sort`, where the usual order is that of no column; then `--bottom`
/// needs one.
pub(crate) fn unsorted(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "sort" => arg.default_value(Resettable::Reset),
        "bottom" => arg.requires("sort").help("Rank the smallest first; needs --sort"),
        _ => arg,
    }
}

/// Which rows of a table to show, and in which order.
#[derive(clap::Args)]
#[command(next_help_heading = "Rows")]
pub(crate) struct Chosen {
    /// Column to rank by
    #[arg(long, default_value = BYTES, value_name = "COLUMN")]
    sort: Option<String>,

    #[command(flatten)]
    pub(crate) limit: Limit,

    /// Rank the smallest first
    #[arg(long)]
    pub(crate) bottom: bool,

    /// Only rows that match, such as 'bytes > 1G and flows >= 10'
    #[arg(long, value_name = "CONDITION", display_order = 100)]
    pub(crate) having: Option<String>,
}

/// The column that most reports rank by.
pub(crate) const BYTES: &str = "bytes";

impl Chosen {
    /// The column to sort by, if it is not the usual one of the report.
    pub(crate) fn sort(&self, usual: Option<&str>) -> Option<String> {
        self.sort.clone().filter(|column| Some(&**column) != usual)
    }
}

/// Which rows of a ranking to show.
#[derive(clap::Args)]
#[command(next_help_heading = "Rows")]
pub(crate) struct Rows {
    #[command(flatten)]
    chosen: Chosen,

    /// Only rows with at least this share of the total, in percent
    #[arg(long, value_name = "PERCENT", value_parser = millionths)]
    min_percent: Option<u64>,
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "not a number of rows such as 20; 0 is all".to_owned())
}

/// A percentage, in millionths of a percent.
fn millionths(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text}: not a percentage; try 5 or 0.5");
    let text = text.trim().trim_end_matches('%').trim_end();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals: String = decimals.chars().chain("000000".chars()).take(6).collect();
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
    let value = number(whole)?.saturating_mul(1_000_000).saturating_add(number(&decimals)?);
    if value > 100_000_000 { Err(wrong()) } else { Ok(value) }
}

impl Rows {
    /// Order and conditions, in the columns of a report; `report` is that of an order.
    pub(crate) fn order(&self, report: impl Fn(Order) -> Report) -> anyhow::Result<Order> {
        let order = self.chosen.order(report)?;
        Ok(Order { min_share: self.min_percent.unwrap_or(0), ..order })
    }
}

impl Chosen {
    /// Order and conditions, in the columns of a ranking; `report` is that of an order.
    pub(crate) fn order(&self, report: impl Fn(Order) -> Report) -> anyhow::Result<Order> {
        let grouping =
            |order: Order| report(order).grouping().unwrap_or_else(|| Grouping::sums(Vec::new()));
        let wrong = |option: &str, value: &str, why: String| {
            Usage(format!("invalid value '{value}' for '{option}': {why}"))
        };
        let sort = self.sort.as_deref().unwrap_or(BYTES);
        let (sort, _) = grouping(Order::default())
            .named(sort)
            .map_err(|why| wrong("--sort <COLUMN>", sort, why))?;
        let having = match &self.having {
            None => Vec::new(),
            Some(text) => grouping(Order { sort, ..Order::default() })
                .conditions(text)
                .map_err(|why| wrong("--having <CONDITION>", text, why))?,
        };
        let (limit, bottom) = (self.limit.rows(), self.bottom);
        Ok(Order { sort, limit, bottom, min_share: 0, having })
    }
}

#[cfg(test)]
mod tests {
    use super::millionths;

    #[test]
    fn percentages_are_exact() {
        for (text, expected) in [
            ("5", Some(5_000_000)),
            ("0.5%", Some(500_000)),
            ("100", Some(100_000_000)),
            ("0.0000019", Some(1)),
            ("100.1", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(millionths(text).ok(), expected, "{text}");
        }
    }
}
