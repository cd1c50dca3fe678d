//! `flowkit ask`: answers a saved question.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use flowkit_dump::named::read_small_text;
use flowkit_model::harmless;
use flowkit_model::question::{Question, Report};

use crate::args::general::General;
use crate::args::output::Output;
use crate::args::selection::{Refused, without};
use crate::args::sources::Sources;
use crate::exit::{Exit, Usage, read_twice};
use crate::report::answer;

const EXAMPLES: &str = "\
A question is JSON: the report, its keys, order and limit, and the flows it is
about. Every report prints its own with --print-question; what is left out has
the default of the command line, and an unknown field is an error. What an
answer looks like (--format, --columns, --raw) is for ask.
The answer is that of the command which printed the question. Where a window
ends with the sources (--last), it ends with those that are asked.

Examples:
  flowkit top --by dst_port -f 'proto tcp' --print-question > ports.json
  flowkit ask ports.json monday tuesday
  flowkit ask ports.json --format csv
  echo '{\"flowkit_question\": 1, \"report\": \"summary\"}' | flowkit ask -";

/// What the question says itself.
const REFUSED: &[Refused] = &[
    Refused::Choice,
    Refused::Zone,
    Refused::RepairTimes,
    Refused::ScaleSampling,
    Refused::Dedupe,
];

/// Answer a question that --print-question of a report saved
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(|arg| without(arg, REFUSED)))]
pub(crate) struct Ask {
    /// File with the question; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    output: Output,
}

impl Ask {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        self.sources.select.refuse(REFUSED, "is for the question to say; change it there")?;
        let mut question = Question::from_json(&self.text()?)
            .map_err(|error| Usage(format!("{}: {error}", harmless::path(&self.file))))?;
        let same = |path: &Path| path.canonicalize().ok() == self.file.canonicalize().ok();
        if self.output.file.path().is_some_and(|path| path.exists() && same(path)) {
            let file = harmless::path(&self.file);
            return Err(Usage(format!("{file} is the question; name another file with -o")).into());
        }
        self.choose_columns(&mut question.report)?;
        answer(&question, &self.sources, &self.output, general)
    }

    /// Replaces the measures of a ranking and the columns of a list by those of
    /// `--columns`. The columns of other reports are chosen when their answer is printed.
    fn choose_columns(&self, report: &mut Report) -> anyhow::Result<()> {
        let columns = match report {
            Report::List(list) => {
                let columns = self.output.flow_columns()?;
                list.columns = columns.or(list.columns.take());
                return Ok(());
            }
            Report::Top(top) => &mut top.columns,
            Report::Talkers(ranked)
            | Report::Ports(ranked)
            | Report::Protocols(ranked)
            | Report::Pairs(ranked) => &mut ranked.columns,
            Report::Exporters(_)
            | Report::Timeline(_)
            | Report::Scans(_)
            | Report::Beacons(_)
            | Report::Diff(_)
            | Report::Summary
            | Report::Check => return Ok(()),
        };
        if let Some(measures) = self.output.measures()? {
            *columns = Some(measures);
        }
        Ok(())
    }

    fn text(&self) -> anyhow::Result<String> {
        let name = harmless::path(&self.file);
        let is_stdin = self.file.as_os_str() == "-";
        if self.sources.read_pipe(&self.file) {
            let why = format!("the question and a source are both {name}");
            let pipe = if is_stdin { "standard input".into() } else { name.to_string() };
            return Err(read_twice(&why, &pipe));
        }
        if !is_stdin {
            return read_small_text(&self.file).with_context(|| format!("cannot read {name}"));
        }
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        Ok(text)
    }
}
