//! `flowkit import`: from files of any input format to a dump.

use std::io::Write;
use std::path::PathBuf;

use flowkit_analyze::import::import;
use flowkit_model::harmless;
use jiff::Timestamp;

use super::fetch::words::contents;
use crate::args::general::General;
use crate::args::output::NoColumns;
use crate::args::selection::{Refused, without};
use crate::args::sources::Sources;
use crate::exit::Exit;
use crate::report::{exit, notes};
use crate::screen;

const EXAMPLES: &str = "\
Documents are kept as they are, one per line; line ends inside a document become
blanks, and those of a _bulk request become hits with the index, id and routing
of their actions. Packet captures, datagrams and csv are kept byte for byte.
Queries then read the dump's Parquet cache.

Examples:
  flowkit import hits.ndjson.gz -o september
  flowkit import 'exports/*.pcap' -o september
  zstdcat pages.jsonl.zst | flowkit import - -o september";

/// Options of the queries that a dump will answer.
const REFUSED: &[Refused] =
    &[Refused::Choice, Refused::RepairTimes, Refused::ScaleSampling, Refused::Dedupe];

/// Save files of flows as a dump, which queries read much faster
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(|arg| without(arg, REFUSED)))]
pub(crate) struct Import {
    #[command(flatten)]
    sources: Sources,

    /// Directory of the dump to write; it must not exist yet
    #[arg(short, long, value_name = "DUMP", help_heading = "Output")]
    output: PathBuf,

    #[command(flatten)]
    cache: NoColumns,
}

impl Import {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        self.sources.select.refuse(
            REFUSED,
            "does not apply to import: a dump keeps all documents as they are; use it in queries of the dump",
        )?;
        let sources = self.sources.open()?;
        let started = Timestamp::now().to_string();
        let columns = !self.cache.no_columns;
        let options = self.sources.options();
        let imported = import(&sources, &self.output, started, columns, options)?;
        let mut out = screen::err();
        let state = if imported.tally.incomplete.is_empty() { "complete" } else { "saved" };
        if !general.quiet {
            let contents = contents(&imported.manifest);
            writeln!(out, "{state}: {contents} in {}", harmless::path(&self.output))?;
        }
        notes::of_tally(&imported.tally, general.quiet, &mut out)?;
        Ok(exit(&self.sources, &imported.tally))
    }
}
