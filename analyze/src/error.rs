//! What can go wrong between a file and an answer.
//!
//! A partly readable source is no error: it is read as far as possible, and what
//! is missing is in the [`Tally`](flowkit_model::answer::Tally).

use std::io;
use std::path::PathBuf;

use flowkit_dump::DumpError;
use flowkit_model::harmless;

/// A source cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file or directory cannot be opened.
    #[error("cannot open {}", harmless::path(path))]
    Open {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The disk, or the pipe, failed while a file was read.
    #[error("cannot read {name} after byte {offset}")]
    Read {
        /// The file.
        name: String,
        /// Decompressed bytes read before.
        offset: u64,
        /// Why not.
        source: io::Error,
    },
    /// A directory without a manifest.
    #[error(
        "{} is no dump (it has no manifest.json); name the files in it, or a dump that `flowkit fetch` saved",
        harmless::path(path)
    )]
    NotADump {
        /// The directory.
        path: PathBuf,
    },
    /// A directory with neither a manifest nor files.
    #[error(
        "{} holds no files to read (those in its subfolders are not looked for) and is no dump; name files, or a dump that `flowkit fetch` saved",
        harmless::path(path)
    )]
    NoFiles {
        /// The directory.
        path: PathBuf,
    },
    /// A manifest that cannot be read.
    #[error("{} is no manifest that this flowkit reads", harmless::path(path))]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// A manifest of another program.
    #[error("{} is no manifest of a dump", harmless::path(path))]
    OtherManifest {
        /// The manifest.
        path: PathBuf,
    },
    /// A manifest of a later flowkit.
    #[error("{} is of a later flowkit than this one; use that", harmless::path(path))]
    LaterManifest {
        /// The manifest.
        path: PathBuf,
    },
    /// The memory budget is used up (by identities for deduplication, or by
    /// groups), and spilling to temporary files fails.
    #[error(
        "cannot use temporary files for what does not fit in memory; set TMPDIR to a folder with room"
    )]
    Spill {
        /// Why not.
        source: io::Error,
    },
    /// A file of another program, which is not read.
    #[error("{name} is {what}; {advice}")]
    OfOthers {
        /// The file.
        name: String,
        /// What it is.
        what: &'static str,
        /// What to do with it.
        advice: &'static str,
    },
    /// A source that holds something, and nothing of it is a flow.
    #[error("{name}: nothing in it is a flow of NetFlow v5, v9 or IPFIX; it holds {met}")]
    NoFlows {
        /// The source.
        name: String,
        /// What was met instead, by cause.
        met: String,
    },
    /// A Parquet file on a stream, which cannot be read at random positions.
    #[error("{name} is a Parquet file, which is read by its name only, not from a pipe")]
    ParquetFromPipe {
        /// What is read.
        name: String,
    },
    /// `--input-format parquet` with standard input.
    #[error("{name} is read from its start to its end, and columns are not; save it to a file")]
    ColumnsFromPipe {
        /// What is read.
        name: String,
    },
    /// `--input-format dump` with a file or standard input.
    #[error("{name} is no dump but a file, or standard input; leave --input-format out")]
    NotADumpButAFile {
        /// The file.
        name: String,
    },
    /// A Parquet file that another program wrote, or a damaged one.
    #[error("{name} is a Parquet file that this flowkit did not write, or a damaged one: {what}")]
    ForeignParquet {
        /// The file.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// A Parquet file that was exported for other programs.
    #[error(
        "{name} has addresses as text, which is for other tools; export it again without --addresses text"
    )]
    AddressesAsText {
        /// The file.
        name: String,
    },
    /// A Parquet file turned out to be damaged while it was read.
    #[error("{name} is a damaged Parquet file")]
    DamagedParquet {
        /// The file.
        name: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Packets were asked for, and the source holds documents.
    #[error(
        "{name} holds documents, not packets; explain one with `flowkit explain --flow 1 {name}`, \
         or make packets of them: `flowkit export {name} --format pcap -o flows.pcap`"
    )]
    NoPackets {
        /// The file.
        name: String,
    },
    /// A capture, or a file of datagrams, in which nothing is NetFlow v5, v9 or IPFIX.
    #[error("{name}: nothing in it is NetFlow v5, v9 or IPFIX that flowkit reads; it holds {met}")]
    NoDatagrams {
        /// The file.
        name: String,
        /// Layers and versions, with their numbers.
        met: String,
    },
    /// A document exceeds the size limit.
    #[error("{name}:{line}: a document of over 512 MiB begins here; is it flow documents at all?")]
    TooLong {
        /// The file.
        name: String,
        /// Where it begins.
        line: u64,
    },
    /// Rows or other text of flow programs that cannot be read as flows.
    #[error("{name}:{line}: {why}")]
    NoRows {
        /// The file.
        name: String,
        /// The line that says so.
        line: u64,
        /// What it is, and what to do.
        why: String,
    },
    /// Nothing in the file is JSON.
    #[error(
        "{name}:{line}: not JSON ({reason}), nor is anything after it; flowkit reads documents, hits and answers of Elasticsearch"
    )]
    NoJson {
        /// The file.
        name: String,
        /// First line that is not blank.
        line: u64,
        /// The JSON parser's message.
        reason: String,
    },
    /// A server's error was saved instead of an answer.
    #[error("{name}:{line}: a server's error instead of flows: {kind}: {reason}")]
    ServerError {
        /// The file.
        name: String,
        /// Line of the error.
        line: u64,
        /// Elasticsearch's name of the error.
        kind: String,
        /// The server's reason.
        reason: String,
    },
    /// A document would be skipped, in strict mode.
    #[error("{position}: {what}; without --strict it is skipped and counted")]
    Strict {
        /// File and line.
        position: String,
        /// What is wrong.
        what: String,
    },
}

/// What is wrong with a dump that is opened.
impl From<DumpError> for ReadError {
    fn from(error: DumpError) -> Self {
        match error {
            DumpError::NoManifest { path } => Self::NotADump { path },
            DumpError::DamagedManifest { path, source } => Self::Manifest { path, source },
            DumpError::OtherManifest { path } => Self::OtherManifest { path },
            DumpError::LaterManifest { path } => Self::LaterManifest { path },
            DumpError::Io { path, source, .. } => Self::Open { path, source },
            // The other errors occur only while a dump is written.
            error => Self::Open { path: "the dump".into(), source: io::Error::other(error) },
        }
    }
}
