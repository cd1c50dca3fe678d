//! The list of input formats, [`INPUTS`]: name, description, and how the bytes
//! are read.

use super::framing::Framing;

/// An input format.
#[derive(Debug, PartialEq, Eq)]
pub struct InputForm {
    /// Name, as in `--input-format`.
    pub name: &'static str,
    /// What it is, and who writes it.
    pub about: &'static str,
    pub(crate) reading: Reading,
}

/// How the bytes of a format are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A directory with a manifest.
    Dump,
    /// A Parquet file.
    Columns,
    /// Frames of a packet capture.
    Capture,
    /// Concatenated datagrams.
    Datagrams,
    /// Text, cut into documents by this framing.
    Text(Framing),
}

use Framing::{Bulk, Lines, Rows, Values};

const fn form(name: &'static str, reading: Reading, about: &'static str) -> InputForm {
    InputForm { name, about, reading }
}

/// Every input format; files may also be compressed with gzip, zstd, xz or bzip2.
/// The format is detected from the content, or given with `--input-format`.
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
    form("csv", Reading::Text(Rows), "rows under a header: nfdump, rwcut, flow-export, Kibana, es2csv, pandas, flowkit"),
    form("pcap", Reading::Capture, "pcap or pcapng with NetFlow v5, v9 or IPFIX over UDP, any port"),
    form("datagrams", Reading::Datagrams, "packets of NetFlow v5, v9 or IPFIX, one after the other"),
    form("parquet", Reading::Columns, "Parquet that flowkit wrote"),
];

impl InputForm {
    /// The format with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        INPUTS.iter().find(|form| form.name == name)
    }
}
