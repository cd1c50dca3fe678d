//! The lines of a part of documents, read one after the other.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

/// Shows each line of a part to `take`, without its end.
///
/// # Errors
/// If the file cannot be read to its end: it is cut off or damaged. The lines
/// before that were shown.
pub fn each_line(file: File, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut lines = BufReader::with_capacity(1 << 17, zstd::Decoder::new(file)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        take(line.strip_suffix(b"\n").unwrap_or(&line));
    }
}
