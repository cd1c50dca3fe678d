//! Finds where JSON values end, in text that arrives in pieces.
//!
//! Follows only braces, brackets and strings: enough for valid JSON, and what is
//! wrong with broken text is for the JSON parser to say.

use serde::de::IgnoredAny;

/// Follows the nesting of JSON text. The elements of an outermost array count as
/// values of their own, its brackets are skipped.
#[derive(Clone, Debug)]
pub(super) struct Nesting {
    depth: u32,
    /// Of the innermost 64 levels, whether each is an array.
    arrays: u64,
    in_string: bool,
    escaped: bool,
    /// The last byte outside strings that is not blank.
    last: u8,
    /// The current line is blank so far.
    is_blank: bool,
    /// Outer arrays, around the values, that are not closed.
    around: u32,
}

impl Default for Nesting {
    fn default() -> Self {
        Self::inside(0)
    }
}

impl Nesting {
    /// At the start of a line, inside `around` outer arrays.
    pub(super) fn inside(around: u32) -> Self {
        let (in_string, escaped, is_blank) = (false, false, true);
        Self { depth: 0, arrays: 0, in_string, escaped, last: 0, is_blank, around }
    }

    /// How many outer arrays are not closed.
    pub(super) fn around(&self) -> u32 {
        self.around
    }

    /// Scans to the end of the current or next object; returns the length
    /// scanned, or `None` if the object does not end in `text`.
    ///
    /// A truncated object ends where a line begins with another object at a
    /// position where no value can stand.
    pub(super) fn end_of_value(&mut self, text: &[u8]) -> Option<usize> {
        for (at, &byte) in text.iter().enumerate() {
            if self.in_string && byte != b'\n' {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\r' => continue,
                b'\n' => {
                    // JSON strings do not span lines.
                    (self.in_string, self.escaped, self.is_blank) = (false, false, true);
                    continue;
                }
                b'"' => self.in_string = true,
                b'{' if self.is_blank && self.is_broken() => {
                    *self = Self::inside(self.around);
                    return Some(at);
                }
                b'{' => self.open(false),
                b'[' if self.depth == 0 => self.around += 1,
                b']' if self.depth == 0 => self.around = self.around.saturating_sub(1),
                b'[' => self.open(true),
                b'}' => {
                    self.close();
                    if self.depth == 0 {
                        *self = Self { is_blank: false, ..Self::inside(self.around) };
                        return Some(at + 1);
                    }
                }
                b']' => self.close(),
                _ => {}
            }
            (self.last, self.is_blank) = (byte, false);
        }
        None
    }

    fn open(&mut self, is_array: bool) {
        self.depth += 1;
        self.arrays = self.arrays << 1 | u64::from(is_array);
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.arrays >>= 1;
    }

    /// Whether no object can begin here inside the current one: the text before
    /// it is truncated.
    fn is_broken(&self) -> bool {
        let may_begin = if self.arrays & 1 == 1 { &b"[,"[..] } else { b":" };
        (1..64).contains(&self.depth) && !may_begin.contains(&self.last)
    }
}

/// The values of a text, each with the position where it starts; at the end, the
/// rest that does not end, if it is not blank.
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

/// The values of a line that holds several: an array, or concatenated values,
/// since answers that `curl` appends to a file do not end with a line feed.
pub(crate) fn several(line: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let inner = line.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    let is_array = inner.is_some_and(|inner| inner.starts_with(b"{"));
    (is_array || has_second(line)).then(|| split(line).map(|(_, value)| value))
}

/// Whether another object begins after the first.
fn has_second(line: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(line).into_iter::<IgnoredAny>();
    let is_whole = line.starts_with(b"{") && matches!(values.next(), Some(Ok(_)));
    is_whole && line[values.byte_offset()..].trim_ascii_start().starts_with(b"{")
}

/// What may stand between values, and around those of an array.
fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']')
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
        assert_eq!(several(r#"[{"a":1},{"b":[]}]"#), Some(vec![r#"{"a":1}"#, r#"{"b":[]}"#]));
        for line in
            ["", "[]", "[1]", r#"{"a":1}"#, r#"{"a":1} "#, r#"{"a":1}x"#, r#"{"a"}{"b":1}"#, "1{}"]
        {
            assert_eq!(several(line), None, "{line}");
        }
    }

    /// A truncated value ends where the next one begins, if that cannot be part
    /// of it.
    #[test]
    fn a_broken_value_spoils_no_other() {
        let whole = "{\n \"a\": {\n  \"b\": [\n   {\n    \"c\": 1\n   },\n   {}\n  ]\n }\n}";
        let next = "{\n \"d\": 2\n}";
        let values = |text: &str| -> Vec<String> {
            split(text.as_bytes()).map(|(_, value)| String::from_utf8_lossy(value).into()).collect()
        };
        for cut in 1..whole.len() {
            let text = format!("{}\n{next}\n{next}\n", &whole[..cut]);
            let found = values(&text);
            // Where a value is missing, the next object could be it.
            let is_open = whole[..cut].trim_end().ends_with([':', '[', ',']) && found.len() < 3;
            assert!(is_open || found.len() == 3, "{text}: {found:?}");
            assert!(found.len() > 1 && found[found.len() - 1] == next, "{text}: {found:?}");
        }
        // Objects at the start of a line that are part of another one.
        let text = "{\"hits\":\n{\"hits\":[\n{\"a\":1},\n{\"b\":\n{}}\n]}}\n{}";
        assert_eq!(values(text).len(), 2);
    }

    /// Wherever the text is cut into pieces, the same end is found.
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
