//! Warnings, on standard error.

use std::io::{self, Write};

/// Warns of something that does not stop the command.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(io::stderr(), "flowkit: warning: {text}");
}
