//! A document for people: indented by two blanks, fields in stored order,
//! numbers as stored, escaped letters decoded.
//!
//! The text is linear in the document, however deep that is: what is deeper than the
//! caller says stands on one line.

use std::io::{self, Write};

/// Prints a JSON value, which must be complete, and a line end. Objects and lists that
/// are deeper inside than `deepest` stand on one line.
pub(crate) fn write(json: &str, deepest: usize, out: &mut impl Write) -> io::Result<()> {
    let mut depth = 0_usize;
    let mut rest = json.trim();
    while let Some(first) = rest.bytes().next() {
        let token = match first {
            b'"' => string(rest),
            b'{' | b'[' | b'}' | b']' | b',' | b':' => &rest[..1],
            _ => &rest[..rest.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(rest.len())],
        };
        rest = rest[token.len()..].trim_start();
        match first {
            b'{' | b'[' if rest.starts_with(['}', ']']) => {
                out.write_all(token.as_bytes())?;
                out.write_all(&rest.as_bytes()[..1])?;
                rest = rest[1..].trim_start();
            }
            b'{' | b'[' => {
                depth += 1;
                out.write_all(token.as_bytes())?;
                line(depth, deepest, "", out)?;
            }
            b'}' | b']' => {
                let is_on_one_line = depth > deepest;
                depth = depth.saturating_sub(1);
                if !is_on_one_line {
                    line(depth, deepest, "", out)?;
                }
                out.write_all(token.as_bytes())?;
            }
            b',' => {
                out.write_all(b",")?;
                line(depth, deepest, " ", out)?;
            }
            b':' => out.write_all(b": ")?,
            b'"' if token.contains('\\') => unescaped(token, out)?,
            _ => out.write_all(token.as_bytes())?,
        }
    }
    out.write_all(b"\n")
}

/// Begins a line, or, where it would be too deep, writes what stands for that.
fn line(depth: usize, deepest: usize, instead: &str, out: &mut impl Write) -> io::Result<()> {
    if depth <= deepest {
        write!(out, "\n{:1$}", "", depth * 2)
    } else {
        out.write_all(instead.as_bytes())
    }
}

/// The JSON string that `text` starts with, including its quotes.
fn string(text: &str) -> &str {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return &text[..=place],
            _ => {}
        }
    }
    text
}

/// Decodes escapes such as `\u00e9` and `\/`, except those that JSON requires.
fn unescaped(token: &str, out: &mut impl Write) -> io::Result<()> {
    match serde_json::from_str::<String>(token) {
        Ok(text) => serde_json::to_writer(out, &text).map_err(io::Error::from),
        // Half of a surrogate pair is not a letter.
        Err(_) => out.write_all(token.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEEPEST: usize = 32;

    #[test]
    fn documents_are_indented_and_nothing_else_changes() {
        let json = r#"{"b":1.50,"a":[ ],"z":{"é":"\u00e9 \"x\" {[,:","n":[1,{"m":null}], "e":{}},"h":"\ud800","big":12345678901234567890123}"#;
        let mut out = Vec::new();
        write(json, DEEPEST, &mut out).unwrap();
        let expected = r#"{
  "b": 1.50,
  "a": [],
  "z": {
    "é": "é \"x\" {[,:",
    "n": [
      1,
      {
        "m": null
      }
    ],
    "e": {}
  },
  "h": "\ud800",
  "big": 12345678901234567890123
}
"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    /// What goes over the limit stands on one line, and nothing else changes.
    #[test]
    fn however_deep_a_document_is_its_text_is_linear_in_it() {
        let nested = |depth: usize| {
            let (open, close) = ("{\"a\":[".repeat(depth / 2), "]}".repeat(depth / 2));
            format!("{open}1,{{\"b\":[],\"c\":2}}{close}")
        };
        let written = |json: &str| {
            let mut out = Vec::new();
            write(json, DEEPEST, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let shallow = written(&nested(DEEPEST));
        let indent = " ".repeat(2 * DEEPEST);
        let expected = format!("\n{indent}1,\n{indent}{{\"b\": [], \"c\": 2}}\n");
        assert!(shallow.contains(&expected), "{shallow}");
        for depth in [DEEPEST + 2, 512, 30_000, 66_000, 1_000_000] {
            let json = nested(depth);
            let text = written(&json);
            assert!(text.len() < 100 * json.len() && text.lines().count() < 100, "{depth}");
            let stripped: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            assert!(stripped == json, "{depth}");
        }
    }
}
