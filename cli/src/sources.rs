//! Where the flows come from: dumps, files and standard input.

use std::path::PathBuf;

use flowkit_analyze::scan::ReadOptions;
use flowkit_analyze::{ReadError, Source};

/// Sources of an answer.
#[derive(clap::Args)]
pub(crate) struct Sources {
    /// Dumps and files to read; - is standard input [default: ./flowkit-dump]
    ///
    /// A dump is a directory that `flowkit fetch` saved. A file may hold hits,
    /// one a line (as elasticdump writes), bare documents, or answers of the
    /// search API; also packed with gzip or zstd.
    #[arg(
        value_name = "SOURCE",
        env = "FLOWKIT_DUMP",
        default_value = "flowkit-dump",
        hide_default_value = true,
        hide_env_values = true
    )]
    paths: Vec<PathBuf>,

    /// Stop at the first document that is no flow, instead of skipping it
    #[arg(long)]
    strict: bool,

    /// Exit with 0 even if a source is known to be incomplete
    #[arg(long)]
    pub(crate) allow_incomplete: bool,
}

impl Sources {
    /// Finds all of them.
    pub(crate) fn open(&self) -> Result<Vec<Source>, ReadError> {
        self.paths.iter().map(|path| Source::open(path)).collect()
    }

    /// How to read them.
    pub(crate) fn options(&self) -> ReadOptions {
        ReadOptions { strict: self.strict }
    }
}
