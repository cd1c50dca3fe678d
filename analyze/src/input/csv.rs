//! Cuts rows of csv into records, and finds headers between them.
//!
//! What a row says is the model's; here is only where records end, in a text that
//! arrives in blocks, and under which header each block stands: files that were
//! concatenated have several.

use std::borrow::Cow;
use std::sync::Arc;

use flowkit_model::document::csv::cells::{cells, end_of_record};
use flowkit_model::document::csv::{Header, Start, start};
use memchr::{memchr, memchr_iter, memrchr};

/// The header that a text begins with.
///
/// # Errors
/// If it has none that names columns of flows: in which line, and what to do.
pub(super) fn header(text: &[u8]) -> Result<Header, (u64, String)> {
    match start(text, true) {
        Start::Rows(header) => Ok(header),
        Start::Refused(line, why) | Start::Unknown(line, why) => Err((line, why)),
        Start::No => Err((1, "no header that names columns".into())),
    }
}

/// Whether a text begins with rows of csv, or with text that is known not to be
/// flows.
pub(super) fn begins(text: &[u8]) -> bool {
    !matches!(start(text, false), Start::No)
}

/// What a text between documents holds of flows, if it does: rows under a header, or
/// what is refused where it begins a file. The answer goes on behind a number of bytes.
pub(super) fn between_documents(text: &[u8]) -> Option<String> {
    // Rows are several lines; most text between documents is one.
    memchr(b'\n', text.trim_ascii())?;
    match start(text, false) {
        Start::Rows(header) => {
            let n_cells = |line: &[u8]| cells(&text_of(line), header.delimiter()).count();
            let is_row = |line: &&[u8]| n_cells(line) >= header.n_columns();
            // The header is the first of them.
            let has_rows = text.split(|byte| *byte == b'\n').filter(is_row).nth(1).is_some();
            has_rows.then(|| {
                "of csv among documents were passed over; put them in a file of their own".into()
            })
        }
        Start::Refused(_, why) => Some(format!("among documents were passed over: {why}")),
        Start::Unknown(..) | Start::No => None,
    }
}

/// Where the last whole record of a text ends, if one does. Until the header is
/// known, a line is a record.
pub(super) fn end_of_records(text: &[u8], header: Option<&Header>) -> Option<usize> {
    let delimiter = header.filter(|_| memchr(b'"', text).is_some()).map(Header::delimiter);
    let Some(delimiter) = delimiter else { return memrchr(b'\n', text).map(|end| end + 1) };
    let mut at = 0;
    while let Some(length) = record_length(&text[at..], delimiter, false) {
        at += length;
    }
    (at > 0).then_some(at)
}

/// The header that a text stands under, which is `known` unless the text begins
/// with another or none is known yet, and where the records under it end before
/// `cut`.
///
/// # Errors
/// As [`header`].
pub(super) fn under_one_header(
    text: &[u8],
    cut: usize,
    known: Option<Arc<Header>>,
) -> Result<(Arc<Header>, usize), (u64, String)> {
    let mut current = match known {
        Some(known) => known,
        None => Arc::new(header(text)?),
    };
    loop {
        match other_header(&text[..cut], &current) {
            None => return Ok((current, cut)),
            Some((0, other)) => current = Arc::new(other),
            Some((at, _)) => return Ok((current, at)),
        }
    }
}

/// Length of the first record with its line end.
fn record_length(text: &[u8], delimiter: u8, is_last: bool) -> Option<usize> {
    let end = memchr(b'\n', text).map_or(text.len(), |end| end + 1);
    if memchr(b'"', &text[..end]).is_none() && (end < text.len() || text.ends_with(b"\n")) {
        return Some(end);
    }
    end_of_record(text, delimiter, is_last).filter(|length| *length > 0)
}

/// The records of a text of whole ones, without line ends, each with its place
/// and the number of its line, counted from `line`. Blank lines are left out.
pub(super) fn records(
    text: &[u8],
    delimiter: u8,
    mut line: u64,
) -> impl Iterator<Item = (u64, usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let rest = &text[at..];
            let length = record_length(rest, delimiter, true).unwrap_or(rest.len());
            let found = (line, at, &rest[..length]);
            at += length;
            // A record without its line end is the last one.
            line += memchr_iter(b'\n', found.2).count() as u64;
            if !found.2.trim_ascii().is_empty() {
                let record = found.2.strip_suffix(b"\n").unwrap_or(found.2);
                return Some((found.0, found.1, record.strip_suffix(b"\r").unwrap_or(record)));
            }
        }
        None
    })
}

/// The first record that is another header than `current`, and where it begins.
fn other_header(text: &[u8], current: &Header) -> Option<(usize, Header)> {
    records(text, current.delimiter(), 1).find_map(|(_, at, record)| {
        let header = may_be_header(record).then(|| Header::of(&text_of(record)).ok())??;
        (header != *current).then_some((at, header))
    })
}

fn text_of(record: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(record)
}

/// Names do not begin with a digit, and few rows have no cell that does.
fn may_be_header(record: &[u8]) -> bool {
    let is_number = |cell: &[u8]| {
        cell.trim_ascii_start()
            .strip_prefix(b"\"")
            .unwrap_or(cell.trim_ascii_start())
            .first()
            .is_some_and(u8::is_ascii_digit)
    };
    let delimiters = |byte: &u8| matches!(byte, b',' | b'\t' | b';' | b'|');
    memchr(b'\n', record).is_none() && !record.split(delimiters).any(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::blocks::{BlockError, Blocks};
    use crate::input::framing::Framing;

    fn found(text: &str) -> Vec<(u64, &str)> {
        records(text.as_bytes(), b',', 1)
            .map(|(line, _, record)| (line, std::str::from_utf8(record).unwrap()))
            .collect()
    }

    #[test]
    fn records_end_outside_of_quotes() {
        assert_eq!(found("a,b\r\n\n1,2"), [(1, "a,b"), (3, "1,2")]);
        assert_eq!(found("\"a\nb\",1\n2,3\n"), [(1, "\"a\nb\",1"), (3, "2,3")]);
        assert_eq!(found("\"a,1\n2,3\n"), [(1, "\"a,1"), (2, "2,3")]);
        assert_eq!(found("a\tb\t\n"), [(1, "a\tb\t")]);
        let header = Header::of("sa,ibyt").unwrap();
        for (text, end) in [("1,2\n3,\"4\n", Some(4)), ("1,2\n3,4\n5", Some(8)), ("1,\"2\n", None)]
        {
            assert_eq!(end_of_records(text.as_bytes(), Some(&header)), end, "{text}");
        }
        assert_eq!(end_of_records(b"1,\"2\n", None), Some(5));
    }

    #[test]
    fn another_header_is_found_between_rows() {
        let current = Header::of("sa,da,ibyt").unwrap();
        let text =
            b"sa,da,ibyt\n10.0.0.1,10.0.0.2,3\nsa,da,ibyt\nx,y,z\nsrcAddr,dstAddr,bytes\n1,2,3\n";
        let (at, other) = other_header(text, &current).unwrap();
        assert_eq!((at, other), (48, Header::of("srcAddr,dstAddr,bytes").unwrap()));
        assert_eq!(other_header(&text[..48], &current), None);
    }

    #[test]
    fn rows_between_documents_are_told_from_prose() {
        for (text, expected) in [
            ("srcAddr,dstAddr,bytes\r\n10.0.0.1,10.0.0.2,3\r\n", "of csv"),
            // A delimiter inside of quotes is no end of a cell.
            ("\"srcAddr\",\"bytes\"\n\"10.0.0.1\",\"1,500\"\n", "of csv"),
            ("@timestamp,netflow.bytes\n\"Sep 21, 2018 @ 10:00:00.123\",3\n", "of csv"),
            // The first name, which is empty, was taken for a comma between values.
            ("sa,da,ibyt\n0,10.0.0.1,10.0.0.2,3\n", "of csv"),
            ("$ cat flows.csv\nsa;da;ibyt\n10.0.0.1;10.0.0.2;3\n", "of csv"),
            ("10.0.0.1,10.0.0.2,3,4\n10.0.0.1,10.0.0.2,3,4\n", "over: rows without a header"),
            ("Date first seen          Duration Proto\n2018-09-21", "over: nfdump's output"),
            ("page 1, of 2, done\npage 2, of 2, done\n", ""),
            (
                "[2018-09-21T10:00:00,123][INFO ] 192.0.2.1\n[2018-09-21T10:00:00,123][INFO ] x\n",
                "",
            ),
            ("sa,da,ibyt\n", ""),
            ("bytes, packets\nas above\n", ""),
        ] {
            let found = between_documents(text.as_bytes()).unwrap_or_default();
            assert!(
                found.contains(expected) && found.is_empty() == expected.is_empty(),
                "{text}: {found}"
            );
        }
    }

    #[test]
    fn rows_need_a_header_and_every_block_has_it() {
        let text = format!("ts,te,sa,da\n{}", "1,2,3,4\n".repeat(300_000));
        let blocks: Vec<_> =
            Blocks::new(text.as_bytes(), None).map(|block| block.unwrap().header).collect();
        assert!(blocks.len() > 2 && blocks[0].is_some());
        assert!(blocks.windows(2).all(|pair| pair[0] == pair[1]));
        for text in ["hello\n", "hello", "\n\nhello\n1,2,3\n"] {
            let mut blocks = Blocks::new(text.as_bytes(), Some(Framing::Rows));
            assert!(matches!(blocks.next(), Some(Err(BlockError::NoRows(..)))), "{text}");
        }
    }
}
