//! The list of forms that are read, [`INPUTS`]: what each is called, what it is,
//! and how its bytes are read.

use super::framing::Framing;

/// A form of input.
#[derive(Debug, PartialEq, Eq)]
pub struct InputForm {
    /// Name.
    pub name: &'static str,
    /// What it is, and who writes it.
    pub about: &'static str,
    pub(crate) reading: Reading,
}

/// How the bytes of a form are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A directory with a manifest.
    Dump,
    /// A file of columns.
    Columns,
    /// Frames of a capture.
    Capture,
    /// Datagrams, one after the other.
    Datagrams,
    /// Text, cut into documents in one way.
    Text(Framing),
}

use Framing::{Bulk, Lines, Rows, Values};

const fn form(name: &'static str, reading: Reading, about: &'static str) -> InputForm {
    InputForm { name, about, reading }
}

/// Every form that is read; the files also packed with gzip, zstd, xz or
/// bzip2. A form is told by its content, or named with `--input-format`.
#[rustfmt::skip]
pub const INPUTS: &[InputForm] = &[
    form("dump", Reading::Dump, "directory that `flowkit fetch` or `flowkit import` saved"),
    form("hits", Reading::Text(Lines), "one hit per line, as elasticdump writes: _index, _id, _source"),
    form("documents", Reading::Text(Lines), "one bare document per line: @timestamp, host, netflow"),
    form("answers", Reading::Text(Values), "answers of _search or _search/scroll, one or many per file"),
    form("array", Reading::Text(Values), "a JSON array of hits or documents"),
    form("objects", Reading::Text(Values), "hits or documents one after the other, each over several lines"),
    form("bulk", Reading::Text(Bulk), "a _bulk request: an action and a document in turn"),
    form("nfdump-json", Reading::Text(Values), "what `nfdump -o json` writes"),
    form("csv", Reading::Text(Rows), "what `nfdump -o csv` or `flowkit export --format csv` writes"),
    form("pcap", Reading::Capture, "pcap or pcapng with NetFlow v5 over UDP, any port"),
    form("datagrams", Reading::Datagrams, "NetFlow v5 packets, one after the other"),
    form("parquet", Reading::Columns, "Parquet that flowkit wrote"),
];

impl InputForm {
    /// The form of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        INPUTS.iter().find(|form| form.name == name)
    }
}
