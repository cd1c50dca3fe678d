//! Walks over a text of JSON values with other text between them: after what is no
//! JSON, reading begins again at the next thing that opens a document.

use super::json_values::{Nesting, is_separator};

/// A stretch of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stretch<'t> {
    /// From a brace to the one that closes it; it may turn out to be no JSON.
    Value(&'t [u8]),
    /// What is passed over: neither JSON nor what stands between values.
    Text(&'t [u8]),
    /// What opens as a value does and is none: it breaks off, or is damaged.
    Broken(&'t [u8]),
}

/// Some programs write it before UTF-8 text; files that were concatenated have it
/// anywhere.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Passes the stretches of a text to `visit`, in order, with their positions.
///
/// `visit` says of a [`Stretch::Value`] whether it is JSON. If it is not, the
/// objects in it that open a line are visited, and what is left of it is
/// [`Stretch::Broken`]. Blanks, commas and brackets between values are no stretches.
pub(crate) fn walk<'t>(text: &'t [u8], mut visit: impl FnMut(usize, Stretch<'t>) -> bool) {
    let mut at = 0;
    while at < text.len() {
        let length = Nesting::default().end_of_value(&text[at..]).unwrap_or(text.len() - at);
        let end = at + length;
        let open = memchr::memchr(b'{', &text[at..end]).map_or(end, |open| at + open);
        if let Some((start, passed)) = trimmed(text, at, open) {
            visit(start, Stretch::Text(passed));
        }
        let value = text[open..end].trim_ascii_end();
        if !value.is_empty() && !visit(open, Stretch::Value(value)) {
            resume(text, open, end, &mut visit);
        }
        at = end;
    }
}

/// Visits the objects in a broken value that open a line, and what is left of it.
fn resume<'t>(
    text: &'t [u8],
    from: usize,
    end: usize,
    visit: &mut impl FnMut(usize, Stretch<'t>) -> bool,
) {
    let mut at = from;
    let left = |at, end, visit: &mut dyn FnMut(usize, Stretch<'t>) -> bool| {
        if let Some((start, broken)) = trimmed(text, at, end) {
            let is_text = memchr::memchr2(b'{', b'"', broken).is_none() && at > from;
            let closes = broken.iter().all(|byte| b"{}[]:,".contains(byte) || is_blank(*byte));
            match (is_text, closes) {
                (_, true) if at > from => {}
                (true, _) => drop(visit(start, Stretch::Text(broken))),
                _ => drop(visit(start, Stretch::Broken(broken))),
            }
        }
    };
    let mut fault = None;
    for (open, close) in objects_that_open_a_line(&text[from..end]) {
        let (open, close) = (from + open, from + close);
        // What is wrong with an object is wrong with those in it that it is in.
        let is_around = |fault: usize| open < fault && close > fault;
        if open < at || fault.is_some_and(is_around) {
            continue;
        }
        let object = &text[open..close];
        // What came before is told first, so it has to be known whether this is JSON.
        match serde_json::from_slice::<serde::de::IgnoredAny>(object) {
            Ok(_) => {
                left(at, open, visit);
                visit(open, Stretch::Value(object));
                at = close;
            }
            Err(error) => fault = Some(open + place_of(&error, object)),
        }
    }
    left(at, end, visit);
}

/// Where the fault of a text is that is no JSON.
fn place_of(error: &serde_json::Error, text: &[u8]) -> usize {
    let n_lines = error.line().saturating_sub(1);
    let line = n_lines
        .checked_sub(1)
        .and_then(|before| memchr::memchr_iter(b'\n', text).nth(before))
        .map_or(0, |end| end + 1);
    (line + error.column().saturating_sub(1)).min(text.len())
}

/// Objects of a text whose brace is the first of its line, with no quote before it,
/// in the order in which they open; not the one that begins the text.
fn objects_that_open_a_line(text: &[u8]) -> Vec<(usize, usize)> {
    // Braces that are open: those that open a line, each with the number of others
    // behind it, since there may be a brace a byte.
    let (mut found, mut open) = (Vec::new(), Vec::<(usize, usize)>::new());
    let (mut in_string, mut escaped, mut is_plain) = (false, false, true);
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'\n' | b'\r' => (in_string, escaped, is_plain) = (false, false, true),
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => (in_string, is_plain) = (!in_string, false),
            _ if in_string => {}
            b'{' => {
                match open.last_mut() {
                    _ if is_plain && at > 0 => open.push((at, 0)),
                    Some((_, others)) => *others += 1,
                    None => {}
                }
                is_plain = false;
            }
            b'}' => {
                match open.last_mut() {
                    Some((_, others @ 1..)) => *others -= 1,
                    Some(_) => found.extend(open.pop().map(|(start, _)| (start, at + 1))),
                    None => {}
                }
                is_plain = false;
            }
            _ => {}
        }
    }
    found.sort_unstable();
    found
}

/// A part of a text without separators around it, and where it begins.
fn trimmed(text: &[u8], from: usize, to: usize) -> Option<(usize, &[u8])> {
    let mut start = from;
    while start < to {
        if is_separator(text[start]) {
            start += 1;
        } else if text[start..to].starts_with(BYTE_ORDER_MARK) {
            start += BYTE_ORDER_MARK.len();
        } else {
            break;
        }
    }
    let mut end = start + text[start..to].iter().rposition(|byte| !is_separator(*byte))? + 1;
    // Brackets around a word of text belong to it, and open no array.
    while start > from && text[start - 1] == b'[' {
        start -= 1;
    }
    if text[start] == b'[' && end < to && text[end] == b']' {
        end += 1;
    }
    Some((start, &text[start..end]))
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

/// Whether a text is nothing but bytes of zeros, as they are left where a file was
/// not written.
pub(super) fn is_zeros(text: &[u8]) -> bool {
    text.iter().all(|byte| *byte == 0 || is_separator(*byte))
}

/// Whether text that was passed over may have held a document.
pub(crate) fn may_hold_a_document(text: &[u8]) -> bool {
    memchr::memchr2(b'{', b'}', text).is_some()
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    /// The stretches of a text: values in brackets, text in quotes, broken ones
    /// behind a bang.
    fn stretches(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        walk(text.as_bytes(), |at, stretch| {
            let shown = |bytes: &[u8]| {
                assert!(text.as_bytes()[at..].starts_with(bytes), "{text}");
                String::from_utf8_lossy(bytes).replace(['\n', ' '], "")
            };
            match stretch {
                Stretch::Value(value) => {
                    let is_json = serde_json::from_slice::<IgnoredAny>(value).is_ok();
                    if is_json {
                        found.push(shown(value));
                    }
                    return is_json;
                }
                Stretch::Text(text) => found.push(format!("'{}'", shown(text))),
                Stretch::Broken(text) => found.push(format!("!{}", shown(text))),
            }
            true
        });
        found
    }

    #[test]
    fn reading_resumes_at_what_opens_a_document() {
        for (text, expected) in [
            (
                "page 1 of 2\n{\"a\":1}\npage 2\n{\n\"b\":2}",
                &["'page1of2'", "{\"a\":1}", "'page2'", "{\"b\":2}"][..],
            ),
            (
                "GET /_search\n{\"size\":3}\n\n{\n\"a\":{}}",
                &["'GET/_search'", "{\"size\":3}", "{\"a\":{}}"],
            ),
            (
                "HTTP/1.1 200 OK\r\nlength: 9\r\n\r\n{\"a\":1}",
                &["'HTTP/1.1200OK\rlength:9'", "{\"a\":1}"],
            ),
            (
                "user@host:~$ {\"a\":1}user@host:~$ ",
                &["'user@host:~$'", "{\"a\":1}", "'user@host:~$'"],
            ),
            ("[info] page 1 [of 2]\n{\"a\":1}", &["'[info]page1[of2]'", "{\"a\":1}"]),
            ("2018 [info] say \"hi\" {\"a\":1}", &["'2018[info]say\"hi\"'", "{\"a\":1}"]),
            // Of a broken document, those that open a line are read.
            ("{\"a\":\n{\"a\":2}\n{\"a\":3}", &["!{\"a\":", "{\"a\":2}", "{\"a\":3}"]),
            (
                "{\"hits\":[\n{\"a\":1},\n{\"b\n{\"c\":3}",
                &["!{\"hits\":", "{\"a\":1}", "!{\"b", "{\"c\":3}"],
            ),
            (
                "{\"h\":{\n\"_source\":{\"a\":1},\n\"sort\":[",
                &["!{\"h\":{\"_source\":{\"a\":1},\"sort\":"],
            ),
            (
                "{\"a\":1,\n2018 netflow: {\"b\":2}\n$ {\"c\":3}\n",
                &["!{\"a\":1,2018netflow:", "{\"b\":2}", "'$'", "{\"c\":3}"],
            ),
            ("found {1/3\n{\"a\":1}", &["'found'", "!{1/3", "{\"a\":1}"]),
            ("{'a': 1}\n{\"a\":1}", &["!{'a':1}", "{\"a\":1}"]),
            (
                "\u{feff}{\"a\":1}\n\u{feff}{\"a\":2}\u{1e}{\"a\":3}\n",
                &["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"],
            ),
            ("[{\"a\":1},\n {\"b\":[]}\n]\n", &["{\"a\":1}", "{\"b\":[]}"]),
            ("{\"a\":1}\r{\"a\":2}\r", &["{\"a\":1}", "{\"a\":2}"]),
            ("} done\n{\"a\":1}", &["'}done'", "{\"a\":1}"]),
            ("no document", &["'nodocument'"]),
            (" ,[]\n", &[]),
        ] {
            assert_eq!(stretches(text), expected, "{text}");
        }
    }

    /// Lines that open one another and never close do not take quadratic time.
    #[test]
    fn endless_opening_is_walked_once() {
        let text = "{\"a\":[\n".repeat(200_000);
        assert_eq!(stretches(&text).len(), 1);
    }

    /// Nor do objects in one another of which the innermost is broken.
    #[test]
    fn a_fault_deep_inside_is_looked_at_once() {
        let (open, close) = ("{\"a\":\n".repeat(100_000), "}".repeat(100_000));
        assert_eq!(stretches(&format!("{open}x{close}\n{{\"b\":1}}")).len(), 2);
        // Objects before the fault and behind it are read.
        let text = "{\"a\":[\n{\"b\":1},\n{\"c\":[\n{\"d\":2},x,\n{\"e\":3}\n]},\n{\"f\":4}\n]}";
        let values: Vec<String> =
            stretches(text).into_iter().filter(|stretch| stretch.starts_with('{')).collect();
        assert_eq!(values, ["{\"b\":1}", "{\"d\":2}", "{\"e\":3}", "{\"f\":4}"]);
    }
}
