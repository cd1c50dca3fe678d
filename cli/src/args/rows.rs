//! Which rows of a result to show, and in which order.

use clap::Arg;
use flowkit_model::question::{Grouping, Order, Report};

use crate::exit::Usage;

/// How many rows.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Rows")]
pub(crate) struct Limit {
    /// Number of rows to show; 0 shows all
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N", value_parser = number)]
    limit: usize,
}

impl Limit {
    /// The number; 0 is all.
    pub(crate) fn rows(&self) -> usize {
        self.limit
    }
}

/// Another default of `--limit`.
pub(crate) fn limited(arg: Arg, rows: &'static str) -> Arg {
    if arg.get_id() == "limit" { arg.default_value(rows) } else { arg }
}

/// Which rows of a ranking to show.
#[derive(clap::Args)]
#[command(next_help_heading = "Rows")]
pub(crate) struct Rows {
    /// Column to rank by
    #[arg(long, default_value = "bytes", value_name = "COLUMN")]
    sort: String,

    #[command(flatten)]
    limit: Limit,

    /// Rank the smallest first
    #[arg(long)]
    bottom: bool,

    /// Only rows with at least this share of the total, in percent
    #[arg(long, value_name = "PERCENT", value_parser = millionths)]
    min_percent: Option<u64>,

    /// Only rows that match, such as 'bytes > 1G and flows >= 10'
    #[arg(long, value_name = "CONDITION")]
    having: Option<String>,
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
        let grouping = report(Order::default()).grouping();
        let grouping = grouping.unwrap_or_else(|| Grouping::sums(Vec::new()));
        let wrong = |option: &str, value: &str, why: String| {
            Usage(format!("invalid value '{value}' for '{option}': {why}"))
        };
        let (sort, _) =
            grouping.named(&self.sort).map_err(|why| wrong("--sort <COLUMN>", &self.sort, why))?;
        let having = match &self.having {
            None => Vec::new(),
            Some(text) => {
                grouping.conditions(text).map_err(|why| wrong("--having <CONDITION>", text, why))?
            }
        };
        Ok(Order {
            sort,
            limit: self.limit.rows(),
            bottom: self.bottom,
            min_share: self.min_percent.unwrap_or(0),
            having,
        })
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
