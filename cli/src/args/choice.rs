//! Which flows, by what is typed alone: a filter and a window of time.

use std::path::Path;

use flowkit_analyze::zone;
use flowkit_dump::named::read_small_text;
use flowkit_model::Expression;
use flowkit_model::filter::{Context, with_included};
use flowkit_model::question::Flows;
use flowkit_model::window::{Typed, Window, WindowError};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::exit::Usage;

/// A filter and a window.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Which flows")]
pub(crate) struct Choice {
    /// Only flows matching FILTER (nfdump syntax); @FILE reads it from a file
    ///
    /// `proto tcp and dst port 443`, `src ip in @bad-hosts.txt`, `bytes > 10k`,
    /// `flags S and not flags AFRPU`, `dst_port = 443`, `(@include web.nf) and tcp`;
    /// `flowkit filter --help` lists all there is. With `flowkit fetch` the server
    /// selects, and the documents that arrive are checked again.
    #[arg(short, long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,

    /// Only flows exported at this time or later
    ///
    /// A time is 2018-09-21, '2018-09-21 07:00' or 2018-09-21T07:00:00Z;
    /// 2018/09/21.07:00, as nfdump writes it; seconds or milliseconds since 1970; now,
    /// now-1h, today, yesterday, 'yesterday 07:00'; or 07:00, of --day, else of the last
    /// day of the sources (with `flowkit fetch`, today). Windows are half open: --from
    /// is inside, --to is outside. The time of a flow is that of its export, @timestamp,
    /// as in Elasticsearch and Kibana; with --time of reports, another.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,

    /// Only flows exported before this time; a date is the start of that day
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,

    /// Only the last 24h, 7d, 1h30m or 30s
    ///
    /// Up to now with `flowkit fetch`, elsewhere up to the end of the sources.
    #[arg(long, value_name = "LENGTH")]
    last: Option<String>,

    /// Only flows exported on this day: 2018-09-21, today, yesterday
    ///
    /// With --from 07:00 or --to 09:00 only that part of it.
    #[arg(long, value_name = "DATE")]
    day: Option<String>,

    #[command(flatten)]
    zone: Zone,
}

/// The zone of times.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Which flows")]
pub(crate) struct Zone {
    /// Time zone of times in input and output: UTC, Asia/Tokyo, +09:00, local
    #[arg(long, value_name = "ZONE", default_value = "UTC", allow_hyphen_values = true)]
    tz: String,
}

impl Zone {
    /// The zone.
    pub(crate) fn zone(&self) -> anyhow::Result<TimeZone> {
        Ok(zone(&self.tz)?)
    }
}

impl Choice {
    /// Filter, window and zone as a question has them.
    ///
    /// # Errors
    /// If one of them cannot be understood.
    pub(crate) fn flows(&self) -> anyhow::Result<Flows> {
        // A question names no clock, so that it means the same flows tomorrow.
        let window = self.typed().at(&self.zone()?, Timestamp::now())?;
        self.check(&window)?;
        let (expression, text) = self.expression()?;
        let (filter, filter_typed) = match text {
            None => (None, None),
            // Without the files that it names, the text may mean something else.
            Some(text) if self.means(&text, &expression)? => (Some(text), None),
            Some(text) => (Some(expression.to_string()), Some(text)),
        };
        let zone = self.zone.tz.clone();
        Ok(Flows { filter, filter_typed, window, zone, ..Flows::default() })
    }

    /// Refuses a window that is wrong whatever the sources are.
    fn check(&self, window: &Typed) -> anyhow::Result<()> {
        let checked = Window::new(window.clone(), &self.zone()?, Timestamp::UNIX_EPOCH);
        match checked {
            // Where it ends is known when the sources are.
            Err(WindowError::Order { .. } | WindowError::Empty { .. })
                if window.ends_with_sources() =>
            {
                Ok(())
            }
            checked => Ok(checked.map(|_| ())?),
        }
    }

    /// Whether a text has this meaning where no file can be read.
    fn means(&self, text: &str, expression: &Expression) -> anyhow::Result<bool> {
        let read = |name: &str| Err(name.to_owned());
        let context = Context { zone: self.zone()?, read: &read };
        Ok(Expression::parse_in(text, &context).is_ok_and(|found| found == *expression))
    }

    /// The zone of times.
    pub(crate) fn zone(&self) -> anyhow::Result<TimeZone> {
        self.zone.zone()
    }

    /// The filter, as an expression, and as text in one line.
    pub(crate) fn expression(&self) -> anyhow::Result<(Expression, Option<String>)> {
        let Some(typed) = &self.filter else { return Ok((Expression::Any, None)) };
        if typed.trim().is_empty() {
            // As of a variable that is not set.
            return Err(Usage(
                "-f is empty; leave it out to select all flows, or write -f any".into(),
            )
            .into());
        }
        let (expression, text) = expression(typed, self.zone()?)?;
        Ok((expression, Some(text)))
    }

    fn typed(&self) -> Typed {
        Typed {
            from: self.from.clone(),
            to: self.to.clone(),
            last: self.last.clone(),
            day: self.day.clone(),
        }
    }

    /// Whether a zone was typed other than the default.
    pub(crate) fn has_zone(&self) -> bool {
        self.zone.tz != "UTC"
    }

    /// Whether a window was typed.
    pub(crate) fn has_window(&self) -> bool {
        self.typed() != Typed::default()
    }

    /// The window of a fetch, if one was typed: `--last` ends now, and a time of day is of
    /// today. It remembers what was typed, since a fetch that is resumed is told by it.
    pub(crate) fn window(&self, now: Timestamp) -> anyhow::Result<Option<Window>> {
        if !self.has_window() {
            return Ok(None);
        }
        let zone = self.zone()?;
        let window = Window::new(self.typed().at(&zone, now)?, &zone, now)?;
        Ok(Some(Window { typed: self.typed(), ..window }))
    }
}

/// Parses a filter; the text is in one line, with the files it includes.
pub(crate) fn expression(typed: &str, zone: TimeZone) -> anyhow::Result<(Expression, String)> {
    // `@FILE` alone is `@include FILE`; the file is read once, since it may be
    // a pipe.
    let file = typed.strip_prefix('@').filter(|_| !typed.starts_with("@include "));
    let whole = match file {
        None => typed.to_owned(),
        Some(name) => read(name).map_err(|why| {
            Usage(format!("cannot read the filter {name}: {why}; name a file after the @"))
        })?,
    };
    let read_other = |name: &str| match file {
        Some(file) if file == name => Ok(whole.clone()),
        _ => read(name),
    };
    let context = Context { zone, read: &read_other };
    let text = file.map_or_else(
        || whole.clone(),
        |name| {
            let quote = if name.contains('"') { '\'' } else { '"' };
            format!("@include {quote}{name}{quote}")
        },
    );
    let expression = Expression::parse_in(&text, &context)?;
    Ok((expression, in_one_line(&with_included(&text, &context)?)))
}

fn read(name: &str) -> Result<String, String> {
    read_small_text(Path::new(name)).map_err(|error| error.to_string())
}

/// Lines joined, without comments.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
