//! Recognises rows at the start of a text, and text outputs of flow programs that
//! are no rows.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::cells::cells;
use super::header::{Header, NoHeader};
use crate::time::parse_ms;

/// What a text begins with.
#[derive(Debug)]
pub enum Start {
    /// Rows under this header, which stands in one of the first lines.
    Rows(Header),
    /// Something that is no rows of flows: its line, from 1, and what to do.
    Refused(u64, String),
    /// A line that seems to name columns, which no layout knows: as above.
    Unknown(u64, String),
    /// Nothing that looks like rows.
    No,
}

/// Lines that may stand before a header, such as the command that nfsen prints.
const LINES_BEFORE: usize = 10;

/// Longer lines are cut here; no header and no row of flows is so long.
const LONGEST_LINE: usize = 1 << 14;

/// Looks at the start of a text. Where the reader was told that these are rows
/// (`is_told`), what is no header is refused, too.
#[must_use]
pub fn start(text: &[u8], is_told: bool) -> Start {
    let lines = text
        .split(|byte| *byte == b'\n')
        .zip(1..)
        .map(|(line, number)| (number, line.strip_suffix(b"\r").unwrap_or(line)))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .take(1 + LINES_BEFORE)
        .map(|(number, line)| (number, &line[..line.len().min(LONGEST_LINE)]));
    let is_json = |line: &[u8]| line.trim_ascii_start().starts_with(b"{") || line.starts_with(b"[");
    let mut lines: Vec<(u64, Cow<'_, str>)> = lines
        .take_while(|(_, line)| !is_json(line))
        .map(|(number, line)| (number, String::from_utf8_lossy(line)))
        .collect();
    let has_json = lines.len() <= LINES_BEFORE && text.contains(&b'{');
    let Some((first, line)) = lines.first().cloned() else {
        return if is_told { Start::Refused(1, NO_HEADER.into()) } else { Start::No };
    };
    if is_headless(&line) {
        return Start::Refused(first, HEADLESS.into());
    }
    if let Some((header, _)) = line.split_once('\r')
        && Header::of(header).is_ok()
    {
        return Start::Refused(first, CARRIAGE_RETURNS.into());
    }
    for (number, line) in &lines {
        match Header::of(line) {
            Ok(header) => return Start::Rows(header),
            Err(error @ NoHeader::Refused(_)) => return Start::Refused(*number, error.to_string()),
            Err(_) => {}
        }
        if let Some(why) = text_output(line) {
            return Start::Refused(*number, why.into());
        }
    }
    let second = if lines.len() > 1 { lines.swap_remove(1).1 } else { Cow::default() };
    match Header::of(&line) {
        Err(error) if is_told || !has_json && is_header_of(&line, &second) => {
            Start::Unknown(first, error.to_string())
        }
        _ => Start::No,
    }
}

const NO_HEADER: &str = "no header of csv, which names the columns in the first line";
const CARRIAGE_RETURNS: &str = "rows that end with carriage returns alone, which are not read; \
    turn them into line ends: `tr '\\r' '\\n' < FILE`";
const HEADLESS: &str = "rows without a header, so that nothing says what the columns are; write them with it: \
    nfdump without -q, rwcut without --no-titles, flow-export with its first line";

/// Whether a line is a row of flows: several cells, one of them an address, and
/// most of them numbers.
fn is_headless(line: &str) -> bool {
    [b',', b'\t', b';', b'|'].into_iter().any(|delimiter| {
        let cells: Vec<_> = cells(line, delimiter).collect();
        let is_number = |cell: &str| cell.starts_with(|letter: char| letter.is_ascii_digit());
        let n_numbers = cells.iter().filter(|cell| is_number(cell)).count();
        cells.len() >= 4
            && n_numbers * 2 >= cells.len()
            && (cells.iter().any(|cell| cell.parse::<Ipv4Addr>().is_ok())
                && Header::of(line).is_err())
    })
}

/// Whether a line seems to name the columns of the next one: so many names as it
/// has cells, none of them a number.
fn is_header_of(line: &str, row: &str) -> bool {
    [b',', b'\t', b';', b'|'].into_iter().any(|delimiter| {
        let is_name = |cell: &str| {
            !cell.starts_with(|letter: char| letter.is_ascii_digit()) && cell.len() <= 64
        };
        let names: Vec<_> = cells(line, delimiter).collect();
        names.len() >= 3
            && names.iter().all(|name| is_name(name))
            && cells(row, delimiter).count() == names.len()
    })
}

/// What a text output is by its first line: of nfdump, flow-print or
/// flow-report.
fn text_output(line: &str) -> Option<&'static str> {
    let begins = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
    let has = |words: &[&str]| words.iter().all(|word| line.contains(word));
    if begins(&["Top "]) && has(&[" ordered by "]) {
        return Some(
            "statistics that `nfdump -s` printed, not flows; print the flows: `nfdump -r FILE -o csv`",
        );
    }
    // A line of it after `-q`, from a time to an arrow.
    let is_quiet = || line.as_bytes().get(10) == Some(&b' ') && (has(&[" -> "]) || has(&[" <-> "]));
    let is_time = line.get(..10).is_some_and(|date| parse_ms(date).is_some());
    // Of `-o fmt:`, which begins with any of its elements.
    let is_of_fmt = has(&[" IP Addr"]) && line.trim_start().starts_with(['S', 'D']);
    if begins(&["Date first seen", "Date flow start", "Event time", "Aggregated flows "])
        || is_of_fmt
        || is_time && is_quiet()
    {
        return Some(
            "nfdump's output for people, whose numbers are rounded; print it as csv: `nfdump -r FILE -o csv`",
        );
    }
    if begins(&["Flow Record:"]) {
        return Some(
            "records that `nfdump -o raw` printed; print them as csv: `nfdump -r FILE -o csv`",
        );
    }
    if begins(&["Ident: "]) {
        return Some(
            "what `nfdump -I` says of a file, not flows; print the flows: `nfdump -r FILE -o csv`",
        );
    }
    let is_digits = |cell: &str| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    if begins(&["2|", "10|"]) && line.split('|').count() >= 10 && line.split('|').all(is_digits) {
        return Some(
            "records that `nfdump -o pipe` printed, without a header; print them as csv: `nfdump -r FILE -o csv`",
        );
    }
    let line = line.to_ascii_lowercase();
    if !line.contains([',', '|'])
        && line.contains("srcip")
        && line.contains("dstip")
        && line.split_whitespace().count() >= 4
    {
        return Some("what flow-print prints for people; write csv: `flow-export -f2 < FILE`");
    }
    if line.starts_with("# --- ---- ---- report information") {
        return Some(
            "a report of flow-report, not flows; write the flows: `flow-export -f2 < FILE`",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_text_tells_what_it_is() {
        for (text, expected) in [
            ("ts,te,sa,da\n1,2,3,4\n", "rows"),
            ("\n# made by a script\nsa;da;ibyt\n", "rows"),
            ("** nfdump -o csv\nany\nsrcAddr,dstAddr,bytes\n", "rows"),
            ("hello, world, this, is\n{}\n", "no"),
            ("{\"a\":1}\nsa,da,ibyt\n", "no"),
            ("one line\nof text\n", "no"),
            ("", "no"),
            ("a,b,c\n1,2,3\n", "not understood: a, b, c"),
            ("sa,da,ibyt\r1,2,3\r", "carriage returns"),
            ("Top 10 IP Addr ordered by flows:\n", "statistics"),
            ("Date first seen          Duration Proto\n", "-o csv"),
            ("2018-09-21 09:59:50.123     5.000 TCP  192.0.2.10:1 ->  192.0.2.1:443  \n", "-o csv"),
            ("     Src IP Addr    Bytes\n      192.0.2.10,    9084\n", "-o csv"),
            ("\nFlow Record: \n  Flags = 0x00\n", "-o raw"),
            ("Ident: none\nFlows: 6\n", "nfdump -I"),
            ("2|1537523995123|1537523999123|6|0|0|0|3221225994|51000|0\n", "-o pipe"),
            ("192.0.2.10|198.51.100.20|51000|443|\n", "--no-titles"),
            ("Sif  SrcIPaddress     DIf  DstIPaddress      Pr\n", "flow-export"),
        ] {
            let found = match start(text.as_bytes(), false) {
                Start::Rows(_) => "rows".to_owned(),
                Start::Refused(_, why) | Start::Unknown(_, why) => why,
                Start::No => "no".to_owned(),
            };
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
