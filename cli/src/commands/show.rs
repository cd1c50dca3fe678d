//! `flowkit show`: documents as they were stored.

use std::io::{self, Write};
use std::path::PathBuf;

use flowkit_analyze::documents;
use flowkit_model::{FlowRecord, late};

use crate::args::selection::{Refused, without};
use crate::args::sources::Sources;
use crate::args::sources::refuse_sources;
use crate::exit::Exit;
use crate::output::destination::write_to;
use crate::output::document;
use crate::report::notes;

const EXAMPLES: &str = "\
Examples:
  flowkit show -n 1
  flowkit show -f 'dst port 443 and flags S'
  flowkit show -n 0 --format ndjson > hits.ndjson";

/// Options that would show what is not stored.
const REFUSED: &[Refused] = &[Refused::ScaleSampling, Refused::Dedupe];

/// Show documents as they were stored
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(|arg| without(arg, REFUSED)))]
pub(crate) struct Show {
    #[command(flatten)]
    sources: Sources,

    /// Documents to show; 0 shows all
    #[arg(
        short = 'n',
        long = "limit",
        default_value_t = 10,
        value_name = "N",
        help_heading = "Output"
    )]
    limit: u64,

    /// Form of the documents
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    format: Form,

    /// File to write them to, instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
}

/// The form of documents.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum Form {
    /// What is under _source, indented, in the order it was stored
    #[default]
    Json,
    /// One line each, the bytes as stored: hits where there are hits
    Ndjson,
}

impl Show {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        self.sources
            .select
            .refuse(REFUSED, "does not go with show, which shows documents as they were stored")?;
        let sources = self.sources.open()?;
        refuse_sources(self.output.as_deref(), &sources)?;
        let window = self.sources.select.window(&sources, self.sources.options())?;
        let selection = self.sources.select.selected(window)?.selection;
        let filter = selection.filter();
        let repairs = self.sources.select.repairs_times();
        let meant =
            |flow: FlowRecord| filter.matches(&if repairs { late::repaired(&flow) } else { flow });
        let is_meant =
            |found: documents::Found<'_>| filter.is_any() || found.flow().is_some_and(meant);
        let (mut shown, mut found_any) = (0, false);
        let tally = write_to(self.output.as_deref(), |out| {
            let mut written = Ok(());
            let tally = documents::each(&sources, self.sources.options(), |found| {
                found_any = true;
                if !is_meant(found) {
                    return true;
                }
                written = match self.format {
                    Form::Json => document::write(found.source, out),
                    Form::Ndjson => writeln!(out, "{}", found.whole),
                };
                shown += 1;
                written.is_ok() && shown != self.limit
            })?;
            written?;
            Ok(tally)
        })?;
        let is_said = !tally.skipped.is_empty() || !tally.notes.is_empty();
        if !found_any && !is_said && tally.incomplete.is_empty() {
            writeln!(io::stderr(), "note: there are no documents")?;
        }
        notes::of_tally(&tally, &mut io::stderr().lock())?;
        Ok(if tally.incomplete.is_empty() || self.sources.allow_incomplete {
            Exit::Done
        } else {
            Exit::Incomplete
        })
    }
}
