//! What the file of a part holds.

use serde::{Deserialize, Serialize};

/// What the file of a part holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartForm {
    /// Documents, one a line.
    #[default]
    Documents,
    /// A capture, pcap or pcapng, as it was imported.
    Capture,
    /// NetFlow datagrams, one after the other, as they were imported.
    Datagrams,
    /// Rows of csv, as they were imported.
    Rows,
}

impl PartForm {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Documents, Self::Capture, Self::Datagrams, Self::Rows];

    /// End of the name of a finished part.
    #[must_use]
    pub const fn end(self) -> &'static str {
        match self {
            Self::Documents => ".ndjson.zst",
            Self::Capture => ".pcap.zst",
            Self::Datagrams => ".v5.zst",
            Self::Rows => ".csv.zst",
        }
    }

    /// Whether it is documents.
    #[must_use]
    pub fn is_documents(&self) -> bool {
        *self == Self::Documents
    }
}
