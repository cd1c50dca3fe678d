//! `flowkit show`: documents as they were stored.

use std::io::Write;

use flowkit_analyze::{documents, select};
use flowkit_model::document::nesting::DEEPEST_SHOWN;

use crate::args::general::General;
use crate::args::output::OutputFile;
use crate::args::rows::Limit;
use crate::args::selection::{Refused, without};
use crate::args::sources::{Sources, refuse_sources};
use crate::destination::write_to;
use crate::exit::Exit;
use crate::output::document;
use crate::report::{exit, notes};
use crate::screen::{self, Content, Harmless};

const EXAMPLES: &str = "\
Format json: the document under _source, indented, fields in stored order.
Format stored: one document or hit per line, byte for byte as stored.

Examples:
  flowkit show -n 1
  flowkit show -f 'dst port 443 and flags S'
  flowkit show -n 0 --format stored > hits.ndjson";

/// Options that would change documents.
const REFUSED: &[Refused] = &[Refused::ScaleSampling, Refused::Dedupe];

/// Print documents as they were stored
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(|arg| without(arg, REFUSED)))]
pub(crate) struct Show {
    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    limit: Limit,

    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    format: Format,

    #[command(flatten)]
    file: OutputFile,
}

/// The format of documents.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// What is under _source, indented, in the order it was stored
    #[default]
    Json,
    /// One per line, byte for byte as stored: hits where there are hits
    #[value(alias = "ndjson")]
    Stored,
}

impl Show {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        self.sources.select.refuse(
            REFUSED,
            "does not apply to show, which prints documents as they were stored",
        )?;
        let sources = self.sources.open()?;
        refuse_sources(self.file.path(), &sources)?;
        let flows = self.sources.select.flows()?;
        let selection = select(&sources, &flows, self.sources.options())?;
        let matches = |found: documents::Found<'_>| {
            selection.is_any() || found.flow().is_some_and(|flow| selection.matches(&flow))
        };
        let limit = self.limit.rows();
        let (mut shown, mut found_any) = (0, false);
        let tally = write_to(self.file.path(), Content::Json, |out| {
            let mut written = Ok(());
            let tally = documents::each(&sources, self.sources.options(), |found| {
                found_any = true;
                if !matches(found) {
                    return true;
                }
                written = match self.format {
                    Format::Json => {
                        let mut out = Harmless::new(&mut *out, Content::Json);
                        document::write(found.source, DEEPEST_SHOWN, &mut out)
                    }
                    Format::Stored => writeln!(out, "{}", found.whole),
                };
                shown += 1;
                written.is_ok() && shown != limit
            })?;
            written?;
            Ok(tally)
        })?;
        let is_said = !tally.skipped.is_empty() || !tally.notes.is_empty();
        if !found_any && !is_said && tally.incomplete.is_empty() && !general.quiet {
            writeln!(screen::err(), "note: there are no documents")?;
        }
        notes::of_tally(&tally, general.quiet, &mut screen::err())?;
        Ok(exit(&self.sources, &tally))
    }
}
