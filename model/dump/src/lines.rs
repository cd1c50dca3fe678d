//! The lines of a part of documents, read one after the other: no more bytes than the
//! manifest says there are, and no line that is longer than any document.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use flowkit_model::dump::Part;

/// A longer line is no document; a question holds no longer one either.
const LONGEST_LINE: u64 = 1 << 29;

/// Shows each line of a part to `take`, without its end.
///
/// # Errors
/// If the file cannot be read to its end: it is cut off or damaged, or holds more than
/// the manifest says, or a line that is too long. The lines before that were shown.
pub fn each_line(file: File, part: &Part, take: impl FnMut(&[u8])) -> io::Result<()> {
    let text = zstd::Decoder::new(file.take(part.file_bytes))?;
    each_line_of(text, part.bytes, LONGEST_LINE, take)
}

fn each_line_of(
    text: impl Read,
    bytes: u64,
    longest: u64,
    mut take: impl FnMut(&[u8]),
) -> io::Result<()> {
    let damaged = |what| Err(io::Error::new(io::ErrorKind::InvalidData, what));
    let mut lines = BufReader::with_capacity(1 << 17, text);
    let (mut line, mut left) = (Vec::new(), bytes);
    loop {
        line.clear();
        // One byte more shows that there is more.
        let most = left.min(longest + 1);
        let read = (&mut lines).take(most + 1).read_until(b'\n', &mut line)? as u64;
        if read > left {
            return damaged(format!("it holds more than the {bytes} bytes that the manifest says"));
        }
        if read == 0 {
            return Ok(());
        }
        left -= read;
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        if line.len() as u64 > longest {
            return damaged(format!("a line is longer than {} MiB", longest >> 20));
        }
        take(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], bytes: u64, longest: u64) -> (Vec<String>, Option<String>) {
        let mut seen = Vec::new();
        let end = each_line_of(text, bytes, longest, |line| {
            seen.push(String::from_utf8(line.to_vec()).unwrap());
        });
        (seen, end.err().map(|error| error.to_string()))
    }

    #[test]
    fn lines_are_shown_up_to_what_is_too_much() {
        let all = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let text = b"ab\n\ncde\nf";
        assert_eq!(read(text, 9, 3), (all(&["ab", "", "cde", "f"]), None));
        let (seen, end) = read(text, 9, 2);
        assert_eq!((seen, end.unwrap().contains("longer than")), (all(&["ab", ""]), true));
        for bytes in 4..8 {
            let (seen, end) = read(text, bytes, 100);
            assert_eq!(seen, all(&["ab", ""]), "{bytes}");
            assert!(end.unwrap().contains(&format!("more than the {bytes} bytes")));
        }
        assert_eq!(read(b"", 0, 3), (vec![], None));
    }

    /// A stream without an end and without a line end is not held.
    #[test]
    fn a_line_without_an_end_is_not_held() {
        for (bytes, expected) in
            [(1_000, "more than the 1000 bytes"), (u64::MAX, "longer than 1 MiB")]
        {
            let end = each_line_of(io::repeat(b'x'), bytes, 1 << 20, |_| panic!("no line"));
            let told = end.unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        }
    }
}
