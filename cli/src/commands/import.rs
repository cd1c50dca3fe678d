//! `flowkit import`: anything that is read, into a dump.

use std::io::{self, Write};
use std::path::PathBuf;

use flowkit_analyze::import::{self, ImportError};
use flowkit_fetch::Cancel;
use jiff::Timestamp;

use super::fetch::words::contents;
use crate::args::selection::{Refused, without};
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::interrupt::listen_for_ctrl_c;
use crate::report::notes;

const EXAMPLES: &str = "\
Documents are kept as they stand, one a line; line ends inside a document become
blanks, and those of a _bulk request become hits with the index, id and routing
of their actions. Captures, datagrams and csv are kept byte for byte. Each later
question reads the columns beside them.

Examples:
  flowkit import hits.ndjson.gz -o september
  flowkit import 'exports/*.pcap' -o september
  zstdcat pages.jsonl.zst | flowkit import - -o september";

/// Options that a dump is asked with later.
const REFUSED: &[Refused] =
    &[Refused::Choice, Refused::RepairTimes, Refused::ScaleSampling, Refused::Dedupe];

/// Save files of flows as a dump, which is read many times faster
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(|arg| without(arg, REFUSED)))]
pub(crate) struct Import {
    #[command(flatten)]
    sources: Sources,

    /// Folder of the dump; it must not be there yet
    #[arg(short, long, value_name = "DUMP", help_heading = "Output")]
    output: PathBuf,

    /// Leave the columns to the first question
    #[arg(long, help_heading = "Output")]
    no_columns: bool,
}

impl Import {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        self.sources.select.refuse(
            REFUSED,
            "does not go with import: a dump keeps all documents as they are; ask it with the option",
        )?;
        let sources = self.sources.open()?;
        let started = Timestamp::now().to_string();
        let columns = !self.no_columns;
        let options = self.sources.options();
        let cancel = Cancel::new();
        listen_for_ctrl_c(&cancel, "leave a part of the dump behind");
        let is_cancelled = || cancel.is_set();
        let imported =
            import::import_until(&is_cancelled, &sources, &self.output, started, columns, options);
        let mut out = io::stderr().lock();
        if let Err(ImportError::Cancelled) = imported {
            writeln!(out, "flowkit: interrupted; nothing was written")?;
            return Ok(Exit::Interrupted);
        }
        let imported = imported?;
        let state = if imported.tally.incomplete.is_empty() { "complete" } else { "saved" };
        writeln!(out, "{state}: {} in {}", contents(&imported.manifest), self.output.display())?;
        notes::of_tally(&imported.tally, &mut out)?;
        Ok(if imported.tally.incomplete.is_empty() || self.sources.allow_incomplete {
            Exit::Done
        } else {
            Exit::Incomplete
        })
    }
}
