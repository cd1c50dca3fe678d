//! Where the flows come from: dumps, files and standard input.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use flowkit_analyze::scan::ReadOptions;
use flowkit_analyze::{ReadError, Source};

use crate::exit::Usage;
use crate::selection::Select;

/// The dump that `flowkit fetch` saves unless it is told otherwise.
const DEFAULT: &str = "flowkit-dump";

/// Sources of an answer.
#[derive(clap::Args)]
pub(crate) struct Sources {
    /// Dumps and files to read; - is standard input [default: ./flowkit-dump]
    ///
    /// A dump is a directory that `flowkit fetch` saved. A file may hold hits,
    /// one a line (as elasticdump writes), bare documents, a _bulk request,
    /// answers of the search API, a capture (pcap, pcapng) or raw NetFlow v5
    /// datagrams; documents also packed with gzip, zstd, xz or bzip2.
    #[arg(
        value_name = "SOURCE",
        env = "FLOWKIT_DUMP",
        default_value = DEFAULT,
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

    /// Bytes of groups to keep in memory; more go to temporary files
    #[arg(long, hide = true, env = "FLOWKIT_MEMORY", value_name = "BYTES")]
    memory: Option<usize>,

    #[command(flatten)]
    pub(crate) select: Select,
}

impl Sources {
    /// Finds all of them.
    pub(crate) fn open(&self) -> anyhow::Result<Vec<Source>> {
        let opened = self.paths.iter().map(|path| open(path)).collect::<Result<Vec<_>, _>>()?;
        if opened.iter().filter(|source| source.is_stdin()).count() > 1 {
            return Err(read_twice("- is named twice"));
        }
        Ok(opened)
    }

    /// How to read them.
    pub(crate) fn options(&self) -> ReadOptions {
        ReadOptions { strict: self.strict, memory: self.memory }
    }
}

/// Standard input would have to be read again.
pub(crate) fn read_twice(why: &str) -> anyhow::Error {
    Usage(format!("{why}, and standard input can be read only once; save it to a file")).into()
}

/// Opens a source; who named none and has no dump yet is told how to get one.
pub(crate) fn open(path: &Path) -> anyhow::Result<Source> {
    Source::open(path).map_err(|error| match error {
        ReadError::Open { ref source, .. }
            if path == Path::new(DEFAULT) && source.kind() == ErrorKind::NotFound =>
        {
            anyhow!(
                "there is no {DEFAULT} here; name a dump or a file, save one with `flowkit fetch`, \
                 or practise with `flowkit demo`"
            )
        }
        error => error.into(),
    })
}
