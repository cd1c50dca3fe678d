//! How deep a document may nest: one limit, for all that look into documents.
//!
//! No document of a flow has more than some ten levels; one of a stranger may have
//! as many as it has bytes. Beyond the limit a document is no flow that is read
//! ([`NotAFlow::TooDeep`](super::NotAFlow)), and nothing climbs into it.

use super::json::string_end;

/// Most objects and lists of a document that are inside of each other, itself
/// included.
pub const DEEPEST: usize = 512;

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
}
