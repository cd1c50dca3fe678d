//! How deep what looks into a document goes: all the limits, and why each is where it is.
//!
//! No document of a flow has more than some ten levels; one of a stranger may have
//! as many as it has bytes. Beyond [`DEEPEST`] a document is no flow that is read
//! ([`NotAFlow::TooDeep`](super::NotAFlow)), and nothing climbs into it; the other
//! limits are below that, for what takes more than a look.

use super::json::string_end;

/// Most objects and lists of a document that are inside of each other, itself
/// included.
pub const DEEPEST: usize = 512;

/// Objects and lists that are deeper inside are shown as they stand, on one line: so
/// what is shown is linear in the document.
pub const DEEPEST_SHOWN: usize = 32;

/// Objects that are deeper inside have no shape that is learnt, so that the stack
/// suffices.
pub(super) const DEEPEST_LEARNT: u32 = 64;

/// Answers inside of answers, and in texts, are looked into this deep.
pub const DEEPEST_ANSWER: u32 = 4;

/// Most names of a dotted path that become objects in one another. No field of a flow
/// has more, and what is made of more could neither be read nor dropped again.
pub(super) const MOST_NAMES: usize = 64;

/// Whether a dotted path has more names than become objects in one another.
#[must_use]
pub fn is_long_path(path: &str) -> bool {
    path.split('.').nth(MOST_NAMES).is_some()
}

/// Whether more than [`DEEPEST`] objects and lists of a JSON text are inside of
/// each other.
#[must_use]
pub fn is_too_deep(json: &[u8]) -> bool {
    // A brace and a bracket differ in this bit alone.
    let n_open = json.iter().filter(|byte| **byte | 0x20 == b'{').count();
    n_open > DEEPEST && depth_is_over(DEEPEST, json)
}

/// Whether a text nests deeper than `most`.
fn depth_is_over(most: usize, json: &[u8]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => at += string_end(&json[at..]) - 1,
            b'{' | b'[' if depth == most => return true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::NotAFlow;

    #[test]
    fn only_what_is_inside_of_each_other_counts() {
        let lists = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let objects = |n: usize| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n));
        let mixed = |n: usize| format!("{}{}", "[{\"a\":".repeat(n / 2), "}]".repeat(n / 2));
        for (text, expected) in [
            (lists(DEEPEST), false),
            (lists(DEEPEST + 1), true),
            (objects(DEEPEST), false),
            (objects(DEEPEST + 1), true),
            (mixed(DEEPEST), false),
            (mixed(DEEPEST + 2), true),
            (lists(1_000_000), true),
            (format!("[{}]", "{},".repeat(DEEPEST * 2)), false),
            (format!("[\"\\\"{}\"]", "[{".repeat(DEEPEST)), false),
            (format!("[\"{}", "[{".repeat(DEEPEST)), false),
            (format!("{}{}", "]".repeat(9), lists(DEEPEST)), false),
        ] {
            assert_eq!(is_too_deep(text.as_bytes()), expected, "{} bytes", text.len());
        }
    }
    /// What is made of a path, and what is learnt and shown, can be read again.
    #[test]
    fn the_other_limits_are_below_that_of_documents() {
        let path = |n_names: usize| vec!["a"; n_names].join(".");
        assert!(!is_long_path(&path(MOST_NAMES)) && is_long_path(&path(MOST_NAMES + 1)));
        assert!(!is_long_path("") && is_long_path(&".".repeat(1_000_000)));
        for limit in [MOST_NAMES, DEEPEST_SHOWN, DEEPEST_LEARNT as usize, DEEPEST_ANSWER as usize] {
            // A reader of JSON goes 128 deep.
            assert!(limit < DEEPEST.min(128), "{limit}");
        }
    }

    #[test]
    fn what_is_said_of_a_deep_document_names_the_limit() {
        let expected = format!("nested deeper than {DEEPEST} levels");
        assert_eq!(NotAFlow::TooDeep.text(), expected);
    }
}
