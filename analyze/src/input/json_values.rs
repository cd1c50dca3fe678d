//! Finds where JSON values end, in text that arrives in pieces and may have other
//! text between them.
//!
//! Follows only braces, brackets and strings: enough for valid JSON, and what is
//! wrong with broken text is for the JSON parser to say.

/// Follows the nesting of JSON text. The elements of an outermost array count as
/// values of their own, its brackets are skipped.
#[derive(Clone, Debug)]
pub(super) struct Nesting {
    depth: u32,
    /// Of the innermost 64 levels, whether each is an array.
    arrays: u64,
    in_string: bool,
    escaped: bool,
    /// The last byte outside strings that is not blank; a colon only behind a key.
    last: u8,
    /// The current line has neither quote nor brace so far.
    is_plain: bool,
    /// Outer arrays, around the values, that are not closed.
    around: u32,
    /// Brackets before a value, which open arrays if that is an object.
    opening: u32,
    /// Open brackets of this line that belong to text.
    of_text: u32,
}

impl Default for Nesting {
    fn default() -> Self {
        Self::inside(0)
    }
}

impl Nesting {
    /// At the start of a line, inside `around` outer arrays.
    pub(super) fn inside(around: u32) -> Self {
        let (in_string, escaped, is_plain) = (false, false, true);
        let (depth, arrays, last) = (0, 0, 0);
        let (opening, of_text) = (0, 0);
        Self { depth, arrays, in_string, escaped, last, is_plain, around, opening, of_text }
    }

    /// How many outer arrays are not closed.
    pub(super) fn around(&self) -> u32 {
        self.around
    }

    /// The same at the end of a text, where brackets that nothing follows are arrays.
    pub(super) fn around_at_end(&self) -> u32 {
        self.around + self.opening
    }

    /// Whether no value is open.
    pub(super) fn is_outside(&self) -> bool {
        self.depth == 0
    }

    /// Scans to the end of the current or next object; returns the length
    /// scanned, or `None` if the object does not end in `text`.
    ///
    /// A truncated object ends where another one begins at a position where no
    /// value can stand, with neither quote nor brace before it in its line.
    pub(super) fn end_of_value(&mut self, text: &[u8]) -> Option<usize> {
        for (at, &byte) in text.iter().enumerate() {
            if self.in_string && !matches!(byte, b'\n' | b'\r') {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b' ' | b'\t' => continue,
                b'\n' | b'\r' => {
                    // JSON strings do not span lines.
                    (self.in_string, self.escaped) = (false, false);
                    (self.is_plain, self.of_text) = (true, 0);
                    continue;
                }
                b'{' if self.is_plain && self.is_broken() => {
                    *self = Self::inside(self.around);
                    return Some(at);
                }
                b'{' => {
                    self.around += std::mem::take(&mut self.opening);
                    self.open(false);
                    self.is_plain = false;
                }
                _ if self.depth == 0 => self.outside(byte),
                b'"' => (self.in_string, self.is_plain) = (true, false),
                b'[' => self.open(true),
                b'}' => {
                    self.close();
                    if self.depth == 0 {
                        *self = Self { is_plain: false, ..Self::inside(self.around) };
                        return Some(at + 1);
                    }
                    self.is_plain = false;
                }
                b']' => self.close(),
                _ => {}
            }
            let is_behind_key = byte != b':' || self.last == b'"';
            self.last = if is_behind_key { byte } else { 0 };
        }
        None
    }

    /// A byte between values: brackets there belong to arrays of values, or to text.
    fn outside(&mut self, byte: u8) {
        match byte {
            b'[' => self.opening += 1,
            b']' if self.opening > 0 => self.opening -= 1,
            b']' if self.of_text > 0 => self.of_text -= 1,
            b']' => self.around = self.around.saturating_sub(1),
            _ => self.of_text += std::mem::take(&mut self.opening),
        }
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

/// The search for values in what was read.
pub(super) struct Scan {
    pub(super) nesting: Nesting,
    /// Bytes that were searched.
    pub(super) searched: usize,
    /// Where the last value in them ends.
    pub(super) cut: usize,
    /// Bytes without a line end.
    pub(super) without_end: usize,
}

impl Scan {
    pub(super) fn inside(arrays: u32) -> Self {
        Self { nesting: Nesting::inside(arrays), searched: 0, cut: 0, without_end: 0 }
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

/// What may stand between values, and around those of an array.
pub(super) fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']' | RECORD)
}

/// Begins a record of `application/json-seq`.
const RECORD: u8 = 0x1e;

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
