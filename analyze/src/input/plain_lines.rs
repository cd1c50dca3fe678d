//! Lines that can be read one by one: each opens and closes with a brace.

use memchr::memchr_iter;

use super::bulk::is_action;

/// Length of the whole lines at the start of a text that are blank, or open and
/// close with a brace; actions of a `_bulk` request count only if `is_bulk`. With
/// `at_end`, the text after the last line end is a line, too.
pub(super) fn plain_lines(text: &[u8], at_end: bool, is_bulk: bool) -> usize {
    let (mut start, mut has_one) = (0, false);
    for end in memchr_iter(b'\n', text).chain(at_end.then_some(text.len())) {
        let line = &text[start..end];
        if !is_plain(line) || !is_bulk && is_action(line.trim_ascii()) {
            break;
        }
        has_one |= !line.trim_ascii().is_empty();
        start = text.len().min(end + 1);
    }
    // Blank text alone is left to what follows it.
    if has_one || at_end { start } else { 0 }
}

fn is_plain(line: &[u8]) -> bool {
    if let [b'{', .., b'}'] = line {
        return true;
    }
    let line = line.trim_ascii();
    line.is_empty() || matches!(line, [b'{', .., b'}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lines_end_where_another_begins() {
        let action = "{\"index\":{}}\n";
        for (text, at_end, is_bulk, expected) in [
            ("{}\n {\"a\":1} \r\n\n{}\n{", false, false, 18),
            ("{}\n{}", false, false, 3),
            ("{}\n{}", true, false, 5),
            ("text\n{}\n", false, false, 0),
            ("{}\n{},\n{}\n", false, false, 3),
            (&format!("{action}{{}}\n"), false, false, 0),
            (&format!("{action}{{}}\n"), false, true, action.len() + 3),
            ("\n\n{\n", false, false, 0),
            ("", true, false, 0),
        ] {
            assert_eq!(plain_lines(text.as_bytes(), at_end, is_bulk), expected, "{text}");
        }
    }
}
