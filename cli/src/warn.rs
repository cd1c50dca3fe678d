//! Warnings, on standard error.

use std::io::Write;

use crate::screen::err;

/// Warns of something that does not stop the command.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(err(), "flowkit: warning: {text}");
}
