//! `flowkit fetch`: documents from a server into a dump.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use flowkit_fetch::{Cancel, DEFAULT_PAGE, Request, has_credentials};
use flowkit_model::dump::Manifest;
use flowkit_model::window::{Typed, Window, rfc3339, zone};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::progress::Progress;
use crate::exit::Exit;

const EXAMPLES: &str = "\
Examples:
  One day, from a server on this machine:
    flowkit fetch --day 2018-09-21

  The last day from elsewhere, into a folder of its own:
    flowkit fetch --url https://es.example:9200 --last 24h -o yesterday

  Office hours in Tokyo, from one index:
    flowkit fetch --index netflow-2018.09.21 --tz Asia/Tokyo \\
      --from '2018-09-21 09:00' --to '2018-09-21 18:00'

A window is half open: --from is in it, --to is not. Times are those of
@timestamp. What comes is complete, or the command fails; the lines can be
loaded back with: zstdcat flowkit-dump/parts/*.zst | elasticdump --input=$ ...
Exit codes: 0 saved, also if nothing matched; 1 failed; 2 wrong usage;
130 interrupted.";

/// Save flows from Elasticsearch or OpenSearch into a dump, complete or not at all
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Fetch {
    /// Address of the server, with a path if the API is behind one, such as
    /// es.example:9200/search; without https:// in front it is plain HTTP
    #[arg(
        long,
        env = "FLOWKIT_URL",
        hide_env_values = true,
        default_value = "http://localhost:9200",
        value_name = "URL"
    )]
    url: String,

    /// Index to read, with * as a wildcard; several with commas, such as
    /// 'netflow-2018.09.*,netflow-2018.10.01'
    #[arg(long, default_value = "netflow-*", value_name = "PATTERN")]
    index: String,

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

    /// Folder of the dump, such as september
    #[arg(short, long, env = "FLOWKIT_DUMP", default_value = "flowkit-dump", value_name = "DUMP")]
    output: PathBuf,

    /// Documents in a page; lowered by itself to what the index allows, such
    /// as 2000 where documents are large or memory is short
    #[arg(long, default_value_t = DEFAULT_PAGE, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    size: u32,

    /// How long the server keeps its place between two pages, such as 5m
    #[arg(long, default_value = "1m", value_name = "TIME", value_parser = keep_alive)]
    keep_alive: String,

    /// Replace a complete dump; the old one goes once the server has answered
    /// and it is known what replaces it
    #[arg(long)]
    force: bool,

    /// Say nothing but warnings and errors
    #[arg(short, long)]
    quiet: bool,
}

impl Fetch {
    /// Fetches, and says on standard error what came.
    ///
    /// # Errors
    /// `WindowError` for a wrong window, `FetchError` for everything else;
    /// [`Exit::of`] has the code of each.
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let zone = zone(&self.tz)?;
        let typed = Typed {
            from: self.from.clone(),
            to: self.to.clone(),
            last: self.last.clone(),
            day: self.day.clone(),
        };
        let request = Request {
            url: self.url.clone(),
            index: self.index.clone(),
            window: Window::new(typed, &zone, Timestamp::now())?,
            page_size: self.size,
            keep_alive: self.keep_alive.clone(),
            output: self.output.clone(),
            force: self.force,
        };
        if has_credentials(&self.url) {
            warn(
                "others may see the password of a URL, in the list of processes or the history of the shell",
            );
        }
        let cancel = Cancel::new();
        listen_for_ctrl_c(&cancel);
        let progress = Progress::new(self.quiet, zone.clone());
        let fetched = flowkit_fetch::fetch(&request, &cancel, &progress);
        progress.finish();
        let manifest = fetched?;
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{}", summary(&manifest, &self.output, &zone));
        }
        Ok(Exit::Done)
    }
}

fn warn(text: &str) {
    let _ = writeln!(io::stderr(), "flowkit: warning: {text}");
}

/// The first Ctrl-C ends the fetch in order, the second at once.
pub(super) fn listen_for_ctrl_c(cancel: &Cancel) {
    let cancel = cancel.clone();
    let listening = ctrlc::set_handler(move || {
        if cancel.is_set() {
            std::process::exit(Exit::Interrupted.code().into());
        }
        cancel.cancel();
    });
    if let Err(error) = listening {
        warn(&format!("Ctrl-C will end the fetch without closing the scroll: {error}"));
    }
}

/// What came, in one line.
pub(super) fn summary(manifest: &Manifest, output: &std::path::Path, zone: &TimeZone) -> String {
    let documents = manifest.documents();
    let parts = manifest.parts.len();
    let file_bytes: u64 = manifest.parts.iter().map(|part| part.file_bytes).sum();
    let first = manifest.parts.iter().filter_map(|part| part.first_ms).min();
    let last = manifest.parts.iter().filter_map(|part| part.last_ms).max();
    let span = match (first, last) {
        (Some(first), Some(last)) => {
            format!(", {} to {}", rfc3339(first, zone), rfc3339(last, zone))
        }
        _ => String::new(),
    };
    let undated = match manifest.undated() {
        0 => String::new(),
        count => format!(", {count} of them without @timestamp"),
    };
    format!(
        "complete: {documents} documents{undated} in {parts} part{} of {}{span}, in {}",
        if parts == 1 { "" } else { "s" },
        super::progress::bytes(file_bytes),
        output.display()
    )
}

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
