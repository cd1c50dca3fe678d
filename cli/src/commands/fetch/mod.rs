//! `flowkit fetch`: documents from a server into a dump.

pub(crate) mod progress;
pub(crate) mod words;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use flowkit_fetch::{
    Cancel, DEFAULT_PAGE, DEFAULT_PART, DEFAULT_RETRIES, Filter, Method, Request, Update,
};
use flowkit_model::filter::{self, Expression};
use flowkit_model::window::{Typed, Window, length_ms, time_ms, zone};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::progress::Progress;
use self::words::{outline_text, summary};
use crate::args::server::ServerArgs;
use crate::exit::Exit;
use crate::interrupt::listen_for_ctrl_c;
use crate::warn::warn;

const EXAMPLES: &str = "\
Examples:
  One day, from a server on this machine:
    flowkit fetch --day 2018-09-21

  The last day from elsewhere, into a folder of its own:
    flowkit fetch --url https://es.example:9200 --user me --last 24h \\
      -o yesterday

  Only web traffic of one network, in office hours in Tokyo:
    flowkit fetch --tz Asia/Tokyo --from '2018-09-21 09:00' \\
      --to '2018-09-21 18:00' -f 'net 10.1.0.0/16 and port in [80 443]'

  What would be fetched; then what is new in a dump:
    flowkit fetch --dry-run --last 7d
    flowkit fetch --update -o yesterday

A window is half open: --from is in it, --to is not. Times are those of
@timestamp. Without --url it is FLOWKIT_URL, that of the dump, or
http://localhost:9200. What comes is complete, or the command fails; run it
again, and it goes on where it broke off. The lines can be loaded back with:
zstdcat flowkit-dump/parts/*.zst | elasticdump --input=$ ...
Exit codes: 0 saved, also if nothing matched; 1 failed; 2 wrong usage;
130 interrupted.";

/// Save flows from Elasticsearch or OpenSearch into a dump, complete or not at all
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub(crate) struct Fetch {
    #[command(flatten)]
    server: ServerArgs,

    /// Index to read, with * as a wildcard; several with commas, such as
    /// 'netflow-2018.09.*,netflow-2018.10.01' [default: netflow-*]
    #[arg(long, value_name = "PATTERN")]
    index: Option<String>,

    /// Start of the window: 2018-09-21, '2018-09-21 07:00' or
    /// 2018-09-21T07:00:00Z
    #[arg(long, value_name = "TIME", help_heading = "Window")]
    from: Option<String>,

    /// End of the window, itself outside; a date is the start of that day
    #[arg(long, value_name = "TIME", help_heading = "Window")]
    to: Option<String>,

    /// The time up to now, such as 24h, 7d, 90m or 30s
    #[arg(long, value_name = "LENGTH", conflicts_with_all = ["from", "to", "day"], help_heading = "Window")]
    last: Option<String>,

    /// One whole day, such as 2018-09-21
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"], help_heading = "Window")]
    day: Option<String>,

    /// Zone of times without one, such as Asia/Tokyo, +09:00 or local
    #[arg(long, value_name = "ZONE", default_value = "UTC", help_heading = "Window")]
    tz: String,

    /// Only flows that this means, such as 'proto tcp and dst port 443'; the
    /// server selects, and what comes is checked again
    #[arg(short, long, value_name = "FILTER", help_heading = "Selection")]
    filter: Option<String>,

    /// Only documents of this query, in the server's own JSON, such as
    /// '{"term":{"host":"10.0.0.1"}}'
    #[arg(long, value_name = "JSON", help_heading = "Selection")]
    query: Option<String>,

    /// Only the members of a document that flowkit reads: less to send and
    /// to keep, but the rest is gone
    #[arg(long, help_heading = "Selection")]
    source_fields: bool,

    /// Folder of the dump, such as september
    #[arg(short, long, env = "FLOWKIT_DUMP", default_value = "flowkit-dump", value_name = "DUMP")]
    output: PathBuf,

    /// Say what would be fetched, and do nothing
    #[arg(long, conflicts_with_all = ["update", "force"])]
    dry_run: bool,

    /// Add to a complete dump what is new since its end, up to --to or now
    #[arg(long, conflicts_with_all = ["from", "last", "day", "force"])]
    update: bool,

    /// How much later than its time a document may have come, for --update
    #[arg(long, value_name = "LENGTH", default_value = "1h", requires = "update")]
    overlap: String,

    /// Parts to fetch once more, by name, for --update
    #[arg(long, value_name = "PART", value_delimiter = ',', requires = "update")]
    again: Vec<String>,

    /// Replace what is there; a complete dump goes once the server has answered
    /// and it is known what replaces it
    #[arg(long)]
    force: bool,

    /// Say nothing but warnings and errors
    #[arg(short, long)]
    quiet: bool,

    /// Leave the columns, by which a dump is asked, to the first question
    #[arg(long)]
    no_columns: bool,

    /// Documents in a page; lowered by itself to what the index allows, and
    /// where pages are large
    #[arg(long, default_value_t = DEFAULT_PAGE, value_name = "N", help_heading = "Transfer", value_parser = clap::value_parser!(u32).range(1..))]
    size: u32,

    /// How to page: a point in time where the server has a safe one, else a
    /// scroll
    #[arg(long, value_enum, default_value_t, help_heading = "Transfer")]
    method: Paging,

    /// Parts at a time, at most; held below what the server has room for
    #[arg(long, value_name = "N", help_heading = "Transfer", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,

    /// Documents in a part, about: so much is fetched once more at most
    #[arg(long, default_value_t = DEFAULT_PART, value_name = "N", help_heading = "Transfer", value_parser = clap::value_parser!(u64).range(1..))]
    part_size: u64,

    /// How often a part is tried again
    #[arg(long, default_value_t = DEFAULT_RETRIES, value_name = "N", help_heading = "Transfer")]
    retries: u32,

    /// The longest silence of the server, such as 30s or 10m
    #[arg(long, default_value = "2m", value_name = "LENGTH", help_heading = "Transfer")]
    timeout: String,

    /// Documents a second, at most
    #[arg(long, value_name = "N", help_heading = "Transfer", value_parser = clap::value_parser!(u64).range(1..))]
    max_rate: Option<u64>,

    /// How long the server keeps its place between two pages, such as 10m
    #[arg(long, default_value = "5m", value_name = "TIME", help_heading = "Transfer", value_parser = keep_alive)]
    keep_alive: String,
}

/// How to page.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Paging {
    /// A point in time where the server has a safe one, else a scroll
    #[default]
    Auto,
    /// A scroll, which every server has
    Scroll,
    /// A point in time, or an error
    Pit,
}

impl Fetch {
    /// Fetches, and says on standard error what came.
    ///
    /// # Errors
    /// `WindowError` or `FilterError` for wrong usage, `FetchError` for
    /// everything else; [`Exit::of`] has the code of each.
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let zone = zone(&self.tz)?;
        let request = self.request(&zone)?;
        let cancel = Cancel::new();
        listen_for_ctrl_c(&cancel, UNCLOSED);
        let progress = Progress::new(self.quiet, zone.clone());
        if self.dry_run {
            let outline = flowkit_fetch::dry_run(&request, &cancel, &progress)?;
            io::stdout().write_all(outline_text(&outline).as_bytes())?;
            return Ok(Exit::Done);
        }
        let fetched = flowkit_fetch::fetch(&request, &cancel, &progress);
        progress.finish(fetched.is_ok());
        let manifest = fetched?;
        if !self.no_columns
            && let Err(error) = flowkit_analyze::store::make_missing(&self.output)
        {
            // The dump is whole without them, and is asked all the same.
            warn(&format!("{:#}", anyhow::Error::from(error)));
        }
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{}", summary(&manifest, &self.output, &zone));
        }
        Ok(Exit::Done)
    }

    fn request(&self, zone: &TimeZone) -> anyhow::Result<Request> {
        let now = Timestamp::now();
        let url = self.server.url.clone().or_else(|| std::env::var("FLOWKIT_URL").ok());
        let mut request = Request {
            url: url.filter(|url| !url.is_empty()),
            index: self.index.clone(),
            filter: self.filter(zone)?,
            only_known_fields: self.source_fields,
            method: match self.method {
                Paging::Auto => Method::Auto,
                Paging::Scroll => Method::Scroll,
                Paging::Pit => Method::Pit,
            },
            page_size: self.size,
            part_size: self.part_size,
            keep_alive: self.keep_alive.clone(),
            jobs: self.jobs.map(usize::from),
            retries: self.retries,
            timeout: Duration::from_millis(length("--timeout", &self.timeout)?.max(1)),
            max_rate: self.max_rate,
            output: self.output.clone(),
            force: self.force,
            ..Request::default()
        };
        if let Some(text) = &self.query {
            let query = serde_json::from_str(text).context("--query is no JSON")?;
            request.query = Some(query);
        }
        if self.update {
            request.update = Some(Update {
                overlap_ms: length("--overlap", &self.overlap)?,
                to_ms: Some(match &self.to {
                    Some(text) => time_ms("--to", text, zone)?,
                    None => now.as_millisecond(),
                }),
                again: self.again.clone(),
            });
        } else {
            request.window = self.window(zone, now)?;
        }
        self.server.fill(&mut request)?;
        Ok(request)
    }

    /// The window, if one was asked for.
    fn window(&self, zone: &TimeZone, now: Timestamp) -> anyhow::Result<Option<Window>> {
        let typed = Typed {
            from: self.from.clone(),
            to: self.to.clone(),
            last: self.last.clone(),
            day: self.day.clone(),
        };
        if typed == Typed::default() {
            return Ok(None);
        }
        Ok(Some(Window::new(typed, zone, now)?))
    }

    fn filter(&self, zone: &TimeZone) -> anyhow::Result<Option<Filter>> {
        let Some(text) = &self.filter else { return Ok(None) };
        let read = |path: &str| std::fs::read_to_string(path).map_err(|error| error.to_string());
        let context = filter::Context { zone: zone.clone(), read: &read };
        let expression = Expression::parse_in(text, &context)?;
        Ok(Some(Filter { text: text.clone(), expression }))
    }
}

/// A length of time on the command line, in ms.
fn length(option: &'static str, text: &str) -> anyhow::Result<u64> {
    let ms = length_ms(option, text)?;
    Ok(u64::try_from(ms).unwrap_or(0))
}

/// What Ctrl-C does to a fetch that does not hear it.
pub(crate) const UNCLOSED: &str = "end the fetch without closing the scroll";

/// A length of time in Elasticsearch's words.
fn keep_alive(text: &str) -> Result<String, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_number = text[..digits].parse::<u32>().is_ok_and(|number| number > 0);
    if is_number && matches!(&text[digits..], "ms" | "s" | "m" | "h" | "d") {
        Ok(text.to_owned())
    } else {
        Err("not a length of time; try 1m, 90s or 1h".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keep_alive_is_what_the_server_reads() {
        for text in ["1m", "90s", "24h", "1d", "500ms"] {
            assert_eq!(keep_alive(text).as_deref(), Ok(text));
        }
        for text in ["", "m", "1", "0m", "1 m", "1m&x=y", "-1m", "1é"] {
            assert!(keep_alive(text).is_err(), "{text}");
        }
    }
}
