//! `flowkit fetch`: documents from a server into a dump.

mod flows;
pub(crate) mod progress;
pub(crate) mod words;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use flowkit_fetch::{
    Cancel, DEFAULT_PAGE, DEFAULT_RETRIES, FetchError, Filter, Method, Request, SearchBody, Update,
};
use flowkit_model::window::{length_ms, time_ms, without_clock};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::flows::flows_text;
use self::progress::Progress;
use self::words::{left_text, listing_text, outline_text, summary};
use crate::args::choice::Choice;
use crate::args::general::General;
use crate::args::numbers::{from_one, whole, within};
use crate::args::output::NoColumns;
use crate::args::server::ServerArgs;
use crate::args::sources::{DEFAULT, VARIABLE};
use crate::exit::{Exit, Usage};
use crate::interrupt::in_order;
use crate::screen;
use crate::warn::warn;

const EXAMPLES: &str = "\
The dump is complete, or the command fails; run it again to resume. Without a
window (--day, --last, --from, --to) everything is fetched. An existing dump is
replaced only when the server has answered. The dump is FLOWKIT_DUMP, if set.
Load it back: zstdcat flowkit-dump/parts/*.zst | elasticdump --input=$ ...

Examples:
  flowkit fetch --day 2018-09-21
  flowkit fetch --url https://es.example:9200 --user me --last 24h -o yesterday
  flowkit fetch --tz Asia/Tokyo --from '2018-09-21 09:00' \\
    --to '2018-09-21 18:00' -f 'net 10.1.0.0/16 and port in [80 443]'
  flowkit fetch --list
  flowkit fetch --dry-run --last 7d
  flowkit fetch --update -o yesterday";

/// Save flows from Elasticsearch or OpenSearch into a dump
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Fetch {
    #[command(flatten)]
    documents: Documents,

    #[command(flatten)]
    dump: Dump,

    #[command(flatten)]
    transfer: Transfer,

    #[command(flatten)]
    choice: Choice,

    #[command(flatten)]
    server: ServerArgs,
}

/// Which documents, besides a filter and a window.
#[derive(Args)]
#[command(next_help_heading = "Which documents")]
struct Documents {
    /// Index pattern, or several with commas [default: netflow-*]
    #[arg(long, value_name = "PATTERN")]
    index: Option<String>,

    /// Only documents matching a query (or search body), such as
    /// '{"term":{"host":"10.0.0.1"}}'
    #[arg(long, value_name = "JSON")]
    query: Option<String>,

    /// Fetch only the fields flowkit uses; all others are discarded
    #[arg(long)]
    source_fields: bool,
}

/// Where the documents go.
#[derive(Args)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
struct Dump {
    /// Directory of the dump to write
    #[arg(
        short,
        long,
        env = VARIABLE,
        hide_env = true,
        default_value = DEFAULT,
        value_name = "DUMP"
    )]
    output: PathBuf,

    /// Print the plan and fetch nothing
    #[arg(long, conflicts_with = "force")]
    dry_run: bool,

    /// List the server's indices, their times and dialect
    #[arg(long, conflicts_with_all = ["dry_run", "update", "force", "filter"])]
    list: bool,

    /// Add to a complete dump what is new, up to --to or now
    #[arg(long, conflicts_with_all = ["from", "last", "day", "force"])]
    update: bool,

    /// How late documents may have been indexed (with --update)
    #[arg(long, value_name = "LENGTH", default_value = "1h", requires = "update")]
    overlap: String,

    /// Re-fetch the named parts (with --update)
    #[arg(long, value_name = "PART", value_delimiter = ',', requires = "update")]
    again: Vec<String>,

    /// Overwrite an existing dump
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    cache: NoColumns,
}

/// How documents are transferred.
#[derive(Args)]
#[command(next_help_heading = "Transfer")]
struct Transfer {
    /// Page size; reduced automatically to the index limit
    #[arg(long, default_value_t = DEFAULT_PAGE, value_name = "N", value_parser = from_one::<u32>)]
    size: u32,

    /// Paging method; auto: a point in time where safe, else a scroll
    #[arg(long, value_enum, default_value_t)]
    method: Paging,

    /// Maximum number of parts in parallel, at most 64
    #[arg(long, value_name = "N", value_parser = within(1..=64_u16))]
    jobs: Option<u16>,

    /// Approximate documents per part [default: a 20th]
    #[arg(long, value_name = "N", value_parser = from_one::<u64>)]
    part_size: Option<u64>,

    /// Number of retries of a part
    #[arg(long, default_value_t = DEFAULT_RETRIES, value_name = "N", value_parser = whole::<u32>)]
    retries: u32,

    /// Abort a request after this long without data, such as 30s or 10m
    #[arg(long, default_value = "2m", value_name = "LENGTH", value_parser = timeout)]
    timeout: Duration,

    /// Documents per second; 0 = unlimited
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = whole::<u64>)]
    max_rate: u64,

    /// How long the server keeps a scroll open between pages
    #[arg(long, default_value = "5m", value_name = "LENGTH", value_parser = keep_alive)]
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

impl From<Paging> for Method {
    fn from(paging: Paging) -> Self {
        match paging {
            Paging::Auto => Self::Auto,
            Paging::Scroll => Self::Scroll,
            Paging::Pit => Self::Pit,
        }
    }
}

impl Fetch {
    /// Fetches, and reports on standard error what was saved.
    ///
    /// # Errors
    /// `WindowError` or `FilterError` for wrong usage, `FetchError` for
    /// everything else; [`Exit::of`] has the code of each.
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let zone = self.choice.zone()?;
        let request = self.request(&zone)?;
        let cancel = Cancel::new();
        let order = in_order(&cancel, UNCLOSED);
        let progress = Progress::new(general.quiet, zone.clone());
        if self.dump.list {
            let listing = flowkit_fetch::list(&request, &cancel, &progress)?;
            let is_narrowed = request.window.is_some() || request.query.is_some();
            let text = listing_text(&listing, is_narrowed, &zone);
            screen::out().write_all(text.as_bytes())?;
            return Ok(Exit::Done);
        }
        if self.dump.dry_run {
            let outline = flowkit_fetch::dry_run(&request, &cancel, &progress)?;
            screen::out().write_all(outline_text(&outline).as_bytes())?;
            return Ok(Exit::Done);
        }
        let fetched = flowkit_fetch::fetch(&request, &cancel, &progress);
        progress.finish(fetched.is_ok());
        if let Err(FetchError::Interrupted) = fetched {
            let left = left_text(&self.dump.output, self.dump.update);
            let _ = writeln!(screen::err(), "flowkit: interrupted; {left}");
            return Ok(Exit::Interrupted);
        }
        let manifest = fetched?;
        // The dump is complete: there is nothing more to end in order.
        drop(order);
        if !self.dump.cache.no_columns
            && let Err(error) = flowkit_analyze::columns::make_missing(&self.dump.output)
        {
            // The dump is complete without its cache, and can be queried.
            warn(&format!("{:#}", anyhow::Error::from(error)));
        }
        if !general.quiet {
            let _ = writeln!(screen::err(), "{}", summary(&manifest, &self.dump.output, &zone));
            // Without columns the documents would be read once more to count them.
            if manifest.documents() > 0 && !self.dump.cache.no_columns {
                let flows = flows_text(&self.dump.output, manifest.documents());
                let _ = writeln!(screen::err(), "{flows}");
            }
        }
        Ok(Exit::Done)
    }

    fn request(&self, zone: &TimeZone) -> anyhow::Result<Request> {
        let now = Timestamp::now();
        let url = self.server.url.clone().or_else(|| std::env::var("FLOWKIT_URL").ok());
        let (documents, dump, transfer) = (&self.documents, &self.dump, &self.transfer);
        let mut request = Request {
            url: url.filter(|url| !url.is_empty()),
            index: documents.index.clone(),
            filter: self.filter()?,
            only_known_fields: documents.source_fields,
            method: transfer.method.into(),
            page_size: transfer.size,
            part_size: transfer.part_size,
            keep_alive: transfer.keep_alive.clone(),
            jobs: transfer.jobs.map(usize::from),
            retries: transfer.retries,
            timeout: transfer.timeout,
            max_rate: Some(transfer.max_rate).filter(|rate| *rate > 0),
            output: dump.output.clone(),
            force: dump.force,
            ..Request::default()
        };
        if let Some(text) = &documents.query {
            let body = SearchBody::parse(text).map_err(|error| Usage(error.to_string()))?;
            request.query = Some(body);
        }
        if dump.update {
            request.update = Some(Update {
                overlap_ms: length("--overlap", &dump.overlap)?,
                to_ms: Some(match &self.choice.to {
                    Some(text) => time_ms("--to", &without_clock("--to", text, zone, now)?, zone)?,
                    None => now.as_millisecond(),
                }),
                refetch: dump.again.clone(),
            });
        } else {
            request.window = self.choice.window(now)?;
        }
        if !dump.list {
            self.server.settle(&mut request, dump.dry_run)?;
        }
        self.server.fill(&mut request)?;
        Ok(request)
    }

    /// The filter; a resumed fetch compares its text with that in the dump.
    fn filter(&self) -> anyhow::Result<Option<Filter>> {
        let Some(typed) = &self.choice.filter else { return Ok(None) };
        let (expression, whole) = self.choice.expression()?;
        let is_file = typed.starts_with('@') && !typed.starts_with("@include ");
        let text = whole.filter(|_| is_file).unwrap_or_else(|| typed.clone());
        Ok(Some(Filter { text, expression }))
    }
}

/// A length of time on the command line, in ms.
fn length(option: &'static str, text: &str) -> anyhow::Result<u64> {
    let ms = length_ms(option, text)?;
    Ok(u64::try_from(ms).unwrap_or(0))
}

/// A length of time in which an answer can come.
fn timeout(text: &str) -> Result<Duration, String> {
    match length_ms("--timeout", text).map(u64::try_from) {
        Ok(Ok(ms @ 1..)) => Ok(Duration::from_millis(ms)),
        _ => Err("not a length of time above 0; try 30s or 10m".to_owned()),
    }
}

/// What Ctrl-C does to a fetch that cannot listen for it.
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

    #[test]
    fn a_timeout_of_no_time_is_refused() {
        assert_eq!(timeout("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(timeout("1s"), Ok(Duration::from_secs(1)));
        for text in ["0s", "0", "0m", "00m", "-1s", "", "x"] {
            assert!(timeout(text).is_err(), "{text}");
        }
    }
}
