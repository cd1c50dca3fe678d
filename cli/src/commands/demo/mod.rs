//! `flowkit demo`: a practice server in this process, a real fetch from it,
//! and a first query; questions to practise on, and a walk through the API.

mod guide;
mod practice;
mod questions;

use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use flowkit_analyze::input::read_manifest;
use flowkit_analyze::{Source, ask};
use flowkit_fetch::{Cancel, DEFAULT_PAGE, Request};
use flowkit_model::FieldId;
use flowkit_model::question::{Flows, Key, Order, Question, Report, Top};
use flowkit_testdata::{Server, practice_day};
use jiff::tz::TimeZone;

use super::fetch::UNCLOSED;
use super::fetch::progress::Progress;
use super::fetch::words::summary;
use crate::args::general::General;
use crate::args::numbers::within;
use crate::destination::to_terminal;
use crate::exit::Exit;
use crate::interrupt::in_order;
use crate::output::{self, Format, Style};
use crate::report::notes;
use crate::screen;

const EXAMPLES: &str = "\
The day is 2018-09-21, synthetic: an office with a web server, a backup at
night, a video call, a port scan, a sampled exporter and more.

Examples:
  flowkit demo
  flowkit demo --questions
  flowkit demo --answers
  flowkit demo --serve --port 9200
    and in another terminal:
  curl localhost:9200/netflow-*/_count
  flowkit fetch --day 2018-09-21 -o practice";

/// Practise without a server: fetch a synthetic day, run a query
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demo {
    /// Serve the day over the search API until Ctrl-C; prints a guide for curl
    #[arg(long)]
    serve: bool,

    /// Print questions about the day, from easy to hard
    #[arg(long, conflicts_with = "serve")]
    questions: bool,

    /// Print the questions with answers, and the commands that find them
    #[arg(long, conflicts_with_all = ["serve", "questions"])]
    answers: bool,

    /// Port to serve on
    #[arg(long, default_value_t = 9200, requires = "serve", value_name = "PORT", value_parser = within(0..=u16::MAX))]
    port: u16,
}

/// Where the demo goes, in the working directory.
const DUMP: &str = "flowkit-demo";
/// Name of the practice server's cluster, which tells the dump of a demo.
const CLUSTER: &str = "flowkit-practice";

impl Demo {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        if self.questions || self.answers {
            let mut out = screen::out();
            practice::write(self.answers, &mut out)?;
            return Ok(Exit::Done);
        }
        if self.serve { self.serve() } else { fetch_and_query(general) }
    }

    fn serve(&self) -> anyhow::Result<Exit> {
        let server = Server::start(practice_day(), self.port).with_context(|| {
            format!("cannot serve on port {}; choose another with --port", self.port)
        })?;
        let mut out = screen::out();
        guide::write(&server.url(), &mut out)?;
        out.flush()?;
        let stopped = Cancel::new();
        let _order = in_order(&stopped, "end the server");
        while !stopped.is_set() {
            thread::sleep(Duration::from_millis(50));
        }
        Ok(Exit::Done)
    }
}

fn fetch_and_query(general: &General) -> anyhow::Result<Exit> {
    let dump = PathBuf::from(DUMP);
    // What is no dump at all is refused where the folder is locked.
    if read_manifest(&dump).is_ok() && !is_a_demo(&dump) {
        bail!("./{DUMP} exists and is not a demo; rename it, or use another directory");
    }
    let server = Server::start(practice_day(), 0).context("cannot open a port on this machine")?;
    let tell = |line: String| {
        if general.quiet { Ok(()) } else { writeln!(screen::err(), "{line}") }
    };
    tell(format!("practice server on {}; fetching from it through the Scroll API", server.url()))?;
    let request = Request {
        url: Some(server.url()),
        page_size: DEFAULT_PAGE.min(1000),
        output: dump.clone(),
        force: true,
        ..Request::default()
    };
    let cancel = Cancel::new();
    let order = in_order(&cancel, UNCLOSED);
    let progress = Progress::new(general.quiet, TimeZone::UTC);
    let fetched = flowkit_fetch::fetch(&request, &cancel, &progress);
    progress.finish(fetched.is_ok());
    let manifest = fetched?;
    drop(order);
    tell(format!("{}\n", summary(&manifest, &dump, &TimeZone::UTC)))?;

    let (by, order) = (vec![Key::Field(FieldId::DstPort)], Order::default());
    let top = Report::Top(Top { by, columns: None, order });
    let question = Question::new(top, Flows::default());
    let answer = ask(&[Source::open(&dump)?], &question)?;
    let mut out = screen::out();
    let style = Style::new(TimeZone::UTC, false, general.color, to_terminal(None));
    output::write(&answer, Format::Table, &style, &mut out)?;
    writeln!(out, "\n{}", next_steps())?;
    notes::write(&answer, &TimeZone::UTC, general.quiet, &mut screen::err())?;
    Ok(Exit::Done)
}

/// Whether a directory is the dump of an earlier demo.
fn is_a_demo(dump: &std::path::Path) -> bool {
    read_manifest(dump).is_ok_and(|manifest| manifest.server.cluster.as_deref() == Some(CLUSTER))
}

fn next_steps() -> String {
    [
        format!("Saved in ./{DUMP}; queries now read it, without a server. Try:"),
        format!("  flowkit summary {DUMP}"),
        format!("  flowkit talkers {DUMP}"),
        format!("  flowkit top --by src_addr,dst_port --sort flows {DUMP}"),
        format!("  flowkit show -n 1 {DUMP}"),
        "  flowkit fields".into(),
        "  flowkit demo --questions".into(),
    ]
    .join("\n")
}
