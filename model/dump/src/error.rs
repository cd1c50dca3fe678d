//! What can go wrong with the files of a dump.
//!
//! A message says what failed and where; `source` says why. What to try depends
//! on who asks, so that is added by the caller.

use std::io;
use std::path::{Path, PathBuf};

use flowkit_model::harmless;

/// A dump cannot be read, or cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// The folder holds something else.
    #[error("{} is no flowkit dump ({why})", harmless::path(.path))]
    NotADump {
        /// The folder.
        path: PathBuf,
        /// How that is known.
        why: &'static str,
    },
    /// There is no manifest.
    #[error("{} is no flowkit dump (it has no manifest.json)", harmless::path(.path))]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// The manifest is no JSON, or names no parts.
    #[error("{} is damaged", harmless::path(.path))]
    DamagedManifest {
        /// The manifest.
        path: PathBuf,
        /// What was expected where.
        source: serde_json::Error,
    },
    /// The manifest is another program's.
    #[error("{} is not one this version of flowkit reads", harmless::path(.path))]
    OtherManifest {
        /// The manifest.
        path: PathBuf,
    },
    /// The manifest is of a layout that is not known yet.
    #[error("{} is of a later flowkit than this one; use that", harmless::path(.path))]
    LaterManifest {
        /// The manifest.
        path: PathBuf,
    },
    /// Another process writes there.
    #[error("another fetch is writing to {}", harmless::path(.path))]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A file operation failed.
    #[error("cannot {doing} {}", harmless::path(.path))]
    Io {
        /// A verb: `read`, `write`, `create`.
        doing: &'static str,
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DumpError {
    /// The error of a file operation.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
