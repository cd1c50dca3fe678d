//! Rows of a csv file, under a header that names fields: what `nfdump -o csv`
//! and `flowkit export --format csv` write.
//!
//! A cell may be quoted, but cannot contain line ends. nfdump appends a summary,
//! whose lines are ignored.

use std::borrow::Cow;

use flowkit_model::FlowRecord;
use flowkit_model::document::nfdump_csv::{Column, set_end};

/// The line that names the columns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    line: Vec<u8>,
    columns: Vec<Column>,
}

/// A header names at least this many known columns: prose has commas, too.
const FEWEST_COLUMNS: usize = 3;
/// A longer line is no header.
const LONGEST_HEADER: usize = 1 << 14;

impl Header {
    /// Parses a header line; `None` if it does not name columns of flows.
    pub(crate) fn of(line: &[u8]) -> Option<Self> {
        if line.len() > LONGEST_HEADER {
            return None;
        }
        let text = std::str::from_utf8(line.trim_ascii()).ok()?;
        let columns: Vec<Column> = cells(text).map(|name| Column::of(name.trim())).collect();
        let n_known = columns.iter().filter(|column| matches!(column, Column::Fields(_))).count();
        (n_known >= FEWEST_COLUMNS).then(|| Self { line: line.trim_ascii().into(), columns })
    }

    /// Parses a line under this header.
    pub(crate) fn row(&self, line: &[u8]) -> Row {
        if line == self.line {
            return Row::Aside;
        }
        let Ok(text) = std::str::from_utf8(line) else { return Row::Wrong("no UTF-8".into()) };
        if is_aside(text, self.columns.len()) {
            return Row::Aside;
        }
        let mut flow = FlowRecord::default();
        let (mut n_cells, mut duration) = (0, None);
        for (cell, column) in cells(text).zip(&self.columns) {
            match column {
                Column::Duration => duration = Some(cell),
                column => column.write(&cell, &mut flow),
            }
            n_cells += 1;
        }
        if n_cells != self.columns.len() || cells(text).nth(n_cells).is_some() {
            let (found, wanted) = (cells(text).count(), self.columns.len());
            return Row::Wrong(format!("{found} cells under {wanted} names"));
        }
        if let Some(duration) = duration {
            set_end(&mut flow, &duration);
        }
        Row::Flow(Box::new(flow))
    }
}

/// What a line is.
#[derive(Debug, PartialEq)]
pub(crate) enum Row {
    /// A flow.
    Flow(Box<FlowRecord>),
    /// A repeated header or a line of nfdump's summary, to be ignored.
    Aside,
    /// An invalid row, and why.
    Wrong(String),
}

/// Whether a line belongs to nfdump's summary, or says that nothing matched.
fn is_aside(line: &str, n_columns: usize) -> bool {
    const SUMMARY: [&str; 6] = ["flows", "bytes", "packets", "avg_bps", "avg_pps", "avg_bpp"];
    let is_number = |cell: &str| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    match line {
        "Summary" | "No matched flows" => true,
        _ if n_columns == SUMMARY.len() => false,
        _ => {
            let n = line.split(',').count();
            n == SUMMARY.len() && (line.split(',').eq(SUMMARY) || line.split(',').all(is_number))
        }
    }
}

/// The cells of a line, unquoted.
fn cells(line: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(quoted) = text.strip_prefix('"') else {
            let (cell, more) = match text.split_once(',') {
                Some((cell, more)) => (cell, Some(more)),
                None => (text, None),
            };
            rest = more;
            return Some(Cow::Borrowed(cell));
        };
        let end = end_of_quotes(quoted);
        rest = quoted.get(end + 1..).and_then(|more| more.strip_prefix(','));
        Some(Cow::Owned(quoted[..end].replace("\"\"", "\"")))
    })
}

/// Position of the closing quote; a doubled quote is an escaped one.
fn end_of_quotes(text: &str) -> usize {
    let mut at = 0;
    while let Some(quote) = text[at..].find('"').map(|quote| at + quote) {
        if !text[quote + 1..].starts_with('"') {
            return quote;
        }
        at = quote + 2;
    }
    text.len()
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
            (r#""a"#, &["a"]),
            (r#""""#, &[""]),
            (r#"""""#, &["\""]),
            ("\"é\",é", &["é", "é"]),
        ] {
            let found: Vec<_> = cells(line).collect();
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn rows_headers_and_summaries_are_told_apart() {
        let header = Header::of(b"ts,td,sa,dp,ibyt,smk\r").unwrap();
        let wide = Header::of(b"ts,td,sa,dp,ibyt,smk,x").unwrap();
        for (header, line, expected) in [
            (&header, "2018-09-21 00:00:01,0.5,10.0.0.1,53,7,0", Some(Some(7))),
            (&header, "ts,td,sa,dp,ibyt,smk", None),
            (&header, "Summary", None),
            (&wide, "flows,bytes,packets,avg_bps,avg_pps,avg_bpp", None),
            (&wide, "708,708447200,3299800,83401,48,214", None),
            (&wide, "No matched flows", None),
            (&wide, "2018-09-21 00:00:01,0.5,10.0.0.1,53,-7,0,", Some(None)),
        ] {
            match (header.row(line.as_bytes()), expected) {
                (Row::Flow(flow), Some(bytes)) => assert_eq!(flow.bytes, bytes, "{line}"),
                (Row::Aside, None) => {}
                (row, _) => panic!("{line}: {row:?}"),
            }
        }
        for (line, why) in [
            (&b"1,2"[..], "2 cells under 7 names"),
            (b"1,2,3,4,5,6,7,8", "8 cells under 7 names"),
            (b"\xff", "no UTF-8"),
        ] {
            assert_eq!(wide.row(line), Row::Wrong(why.into()));
        }
    }

    #[test]
    fn prose_and_json_are_no_headers() {
        for line in [&b"hello, world, this, is"[..], b"{\"ts\":1,\"sa\":2}", b"", b"\xff,ts,sa,da"]
        {
            assert_eq!(Header::of(line), None);
        }
    }
}
