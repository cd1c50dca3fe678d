//! Where a JSON value ends, in text that comes in pieces.
//!
//! Follows braces, brackets and strings alone: enough for whole values, and
//! for broken text the JSON reader says what is wrong.

use serde::de::IgnoredAny;

/// Follows the nesting of JSON text.
#[derive(Clone, Debug, Default)]
pub(super) struct Nesting {
    depth: u64,
    in_string: bool,
    escaped: bool,
}

impl Nesting {
    /// Takes text up to the end of the object or array that it is in, or that
    /// starts in it; gives the length taken, or `None` if there is no end.
    pub(super) fn end_of_value(&mut self, text: &[u8]) -> Option<usize> {
        for (place, byte) in text.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(place + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// Whole values, one after the other, each with where it starts; last, what is
/// left without an end, if it is not blank.
pub(super) fn split(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text[at..].iter().take_while(|byte| is_separator(**byte)).count();
        if at == text.len() {
            return None;
        }
        let length = Nesting::default().end_of_value(&text[at..]).unwrap_or(text.len() - at);
        let start = at;
        at += length;
        Some((start, &text[start..at]))
    })
}

/// The values of a line that is several, one behind the other: answers that
/// `curl` appended to a file end without a line end.
pub(crate) fn several(line: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut values = serde_json::Deserializer::from_slice(line).into_iter::<IgnoredAny>();
    let is_whole = line.starts_with(b"{") && matches!(values.next(), Some(Ok(_)));
    let goes_on = is_whole && line[values.byte_offset()..].trim_ascii_start().starts_with(b"{");
    goes_on.then(|| split(line).map(|(_, value)| value))
}

/// What may stand between values, and behind the last one of an array.
fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b',' || byte == b']'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_their_braces_do() {
        let text = br#" {"a": "}\"{", "b": [{}, []]}
            {"c": 1},{}x {"#;
        let values: Vec<&str> =
            split(text).map(|(_, value)| std::str::from_utf8(value).unwrap()).collect();
        assert_eq!(values, [r#"{"a": "}\"{", "b": [{}, []]}"#, r#"{"c": 1}"#, "{}", "x {"]);
    }

    #[test]
    fn a_line_may_be_several_values() {
        let several = |line: &'static str| {
            let values = several(line.as_bytes())?;
            Some(values.map(|value| std::str::from_utf8(value).unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(
            several(r#"{"a":1}{"b":"}{"} {"#),
            Some(vec![r#"{"a":1}"#, r#"{"b":"}{"}"#, "{"])
        );
        for line in ["", r#"{"a":1}"#, r#"{"a":1} "#, r#"{"a":1}x"#, r#"{"a"}{"b":1}"#, "1{}"] {
            assert_eq!(several(line), None, "{line}");
        }
    }

    /// Wherever the text is cut, the end is found in the same place.
    #[test]
    fn pieces_do_not_show() {
        let text = br#"{"a\\": "\"}", "b": [[], "]"]} {"#;
        let end = Nesting::default().end_of_value(text).unwrap();
        for cut in 0..end {
            let mut nesting = Nesting::default();
            assert_eq!(nesting.end_of_value(&text[..cut]), None);
            assert_eq!(nesting.end_of_value(&text[cut..]), Some(end - cut), "cut at {cut}");
        }
    }
}
