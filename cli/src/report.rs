//! From a question to an answer on the screen or in a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use flowkit_analyze::answer::Metric;
use flowkit_analyze::stats::{Order, Statistic};
use flowkit_analyze::{Answer, Selection, ask};

use crate::exit::Exit;
use crate::notes;
use crate::output::{self, Format};
use crate::sources::Sources;

/// Where an answer goes, and in which form.
#[derive(clap::Args)]
pub(crate) struct Output {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,

    /// File to write the answer to, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Which rows of a ranking to show.
#[derive(clap::Args)]
pub(crate) struct Rows {
    /// What to rank by
    #[arg(long, value_enum, default_value_t)]
    sort: Sort,

    /// Rows to show; 0 shows all
    #[arg(short = 'n', long = "limit", default_value_t = 10, value_name = "N")]
    limit: usize,
}

/// What to rank by.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum Sort {
    /// Layer 3 bytes
    #[default]
    Bytes,
    /// Packets
    Packets,
    /// Flows
    Flows,
}

impl Rows {
    pub(crate) fn order(&self) -> Order {
        let sort = match self.sort {
            Sort::Bytes => Metric::Bytes,
            Sort::Packets => Metric::Packets,
            Sort::Flows => Metric::Flows,
        };
        Order { sort, limit: self.limit }
    }
}

/// Asks, prints, and says on standard error what the reader should know.
pub(crate) fn report(
    sources: &Sources,
    statistic: &impl Statistic,
    output: &Output,
) -> anyhow::Result<Exit> {
    let answer = ask(&sources.open()?, statistic, &Selection::default(), sources.options())?;
    print(&answer, output)?;
    notes::write(&answer, &mut io::stderr().lock())?;
    Ok(if answer.tally.incomplete.is_empty() || sources.allow_incomplete {
        Exit::Done
    } else {
        Exit::Incomplete
    })
}

/// Prints an answer.
pub(crate) fn print(answer: &Answer, output: &Output) -> anyhow::Result<()> {
    match &output.output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            output::write(answer, output.format, &mut out)?;
            out.flush()?;
        }
        Some(path) => {
            let cannot = || format!("cannot write {}", path.display());
            let mut out = BufWriter::new(File::create(path).with_context(cannot)?);
            output::write(answer, output.format, &mut out)
                .and_then(|()| out.flush())
                .with_context(cannot)?;
        }
    }
    Ok(())
}
