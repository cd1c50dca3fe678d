//! Cuts text into records and a record into cells, as RFC 4180 quotes them.
//!
//! A cell that begins with a quote ends with one, and holds delimiters, line
//! ends and doubled quotes. A quote that does not open a cell so, or is not
//! closed within `LONGEST_QUOTED` bytes, is a letter like others: a stray one
//! spoils its own line and no other.

use std::borrow::Cow;

/// A quoted cell is shorter than this, so that a quote without its pair does not
/// swallow the rest of a file.
const LONGEST_QUOTED: usize = 1 << 16;

/// Where the first record of `text` ends, behind its line end; `None` if it goes
/// on behind the text.
#[must_use]
pub fn end_of_record(text: &[u8], delimiter: u8, is_last: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        match opened(text, at, delimiter) {
            Quoted::Closed(_, behind) => at = behind,
            Quoted::Open if !is_last => return None,
            Quoted::Open | Quoted::None => {}
        }
        let next = text[at..].iter().position(|byte| *byte == delimiter || *byte == b'\n');
        match next.map(|next| at + next) {
            Some(next) if text[next] == b'\n' => return Some(next + 1),
            Some(next) => at = next + 1,
            None => return is_last.then_some(text.len()),
        }
    }
}

/// What begins with a cell.
enum Quoted {
    /// No quotes.
    None,
    /// Quotes that close: position of the closing one, and of what follows it.
    Closed(usize, usize),
    /// The closing quote may follow behind the text.
    Open,
}

/// Looks for quotes around the cell that begins at `start`.
fn opened(text: &[u8], start: usize, delimiter: u8) -> Quoted {
    let blank = text[start..].iter().take_while(|byte| **byte == b' ').count();
    if text.get(start + blank) != Some(&b'"') {
        return Quoted::None;
    }
    let mut at = start + blank + 1;
    let limit = text.len().min(at + LONGEST_QUOTED);
    while let Some(quote) = text[at..limit].iter().position(|byte| *byte == b'"') {
        let behind = at + quote + 1;
        match text.get(behind) {
            Some(b'"') => at = (behind + 1).min(limit),
            None => return Quoted::Closed(behind - 1, behind),
            Some(byte) if *byte == delimiter || matches!(byte, b'\n' | b'\r' | b' ') => {
                return Quoted::Closed(behind - 1, behind);
            }
            Some(_) => return Quoted::None,
        }
    }
    if limit == text.len() { Quoted::Open } else { Quoted::None }
}

/// The cells of a record, unquoted, without blanks around them.
pub fn cells(record: &str, delimiter: u8) -> impl Iterator<Item = Cow<'_, str>> {
    let bytes = record.as_bytes();
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let from = start?;
        let (quotes, at) = match opened(bytes, from, delimiter) {
            Quoted::Closed(close, behind) => (Some(close), behind),
            Quoted::None | Quoted::Open => (None, from),
        };
        let end = bytes[at..].iter().position(|byte| *byte == delimiter).map(|end| at + end);
        start = end.map(|end| end + 1);
        let whole = &record[from..end.unwrap_or(record.len())];
        Some(match quotes {
            None => Cow::Borrowed(whole.trim_matches(' ')),
            Some(close) => {
                let open = from + whole.len() - whole.trim_start_matches(' ').len() + 1;
                let inside = record[open..close].trim_matches(' ');
                if inside.contains('"') {
                    Cow::Owned(inside.replace("\"\"", "\""))
                } else {
                    Cow::Borrowed(inside)
                }
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_apart() {
        for (line, expected) in [
            ("a,b", &["a", "b"][..]),
            ("", &[""]),
            ("a,", &["a", ""]),
            (r#""a,b",c"#, &["a,b", "c"]),
            (r#""a""b""#, &["a\"b"]),
            (r#""""#, &[""]),
            (r#""""""#, &["\""]),
            ("\"é\",é", &["é", "é"]),
            (" 1 , \"2\" ,3", &["1", "2", "3"]),
            ("\"two\nlines\",3", &["two\nlines", "3"]),
            // A quote that opens no cell, or is not closed, is a letter.
            (r#"5" disk,b"#, &["5\" disk", "b"]),
            (r#""a"#, &["\"a"]),
            (r#""a"b,c"#, &["\"a\"b", "c"]),
        ] {
            let found: Vec<_> = cells(line, b',').collect();
            assert_eq!(found, expected, "{line}");
        }
        assert_eq!(cells("a|b |", b'|').collect::<Vec<_>>(), ["a", "b", ""]);
    }

    #[test]
    fn a_record_ends_outside_of_quotes() {
        for (text, is_last, expected) in [
            ("a,b\nc", false, Some(4)),
            ("a,\"b\nc\"\nd", false, Some(8)),
            ("a,\"b\"\"\n\",c\r\nd", false, Some(12)),
            ("a,\"b\n", false, None),
            // At the end of the text such a quote is a letter.
            ("a,\"b\nc", true, Some(5)),
            ("a,b", false, None),
            ("a,b", true, Some(3)),
            ("a,b\"c\nd\"", false, Some(6)),
        ] {
            assert_eq!(end_of_record(text.as_bytes(), b',', is_last), expected, "{text:?}");
        }
        let long = format!("a,\"b\n{}", "c\n".repeat(LONGEST_QUOTED));
        assert_eq!(end_of_record(long.as_bytes(), b',', false), Some(5));
    }
}
