//! Warnings, on standard error while a command works.

use std::io::{self, Write};

/// Warns of what is done all the same.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(io::stderr(), "flowkit: warning: {text}");
}
