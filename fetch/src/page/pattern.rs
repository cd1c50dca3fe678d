//! Matches index names against patterns, as the server does.

use crate::error::is_harmless;

/// Longest name of an index in bytes: 255, and as much of a cluster before a colon.
const LONGEST_NAME: usize = 512;

/// Whether an index can have a name, also one of another cluster. Letters are not
/// looked at closely: other products may allow more of them.
///
/// Source: Elasticsearch reference, "Create index API", "Path parameters".
pub(crate) fn is_index_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && name.len() <= LONGEST_NAME
        && !name.contains(['\\', '/', '*', '?', '"', '<', '>', '|', ' ', ',', '#'])
        && !name.starts_with('-')
        && is_harmless(name)
}

/// Whether a name matches one of several patterns, separated by commas.
pub(crate) fn matches_any(pattern: &str, name: &str) -> bool {
    pattern.split(',').any(|part| matches(part.as_bytes(), name.as_bytes()))
}

/// Whether an index may be one that a pattern names, by its name alone: a part
/// without `*` may be an alias or a data stream, whose indices have other names.
pub(crate) fn may_name(pattern: &str, index: &str) -> bool {
    let is_open = |part: &str| {
        !part.starts_with('-') && (part == "_all" || part.contains('<') || !part.contains('*'))
    };
    index.contains(".ds-") || pattern.split(',').any(is_open) || matches_any(pattern, index)
}

/// Whether a whole name matches a pattern with `*`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // On a mismatch the last `*` matches one more character.
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(letter) if *letter == name[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                from = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_fit_as_on_the_server() {
        let cases = [
            ("netflow-*", "netflow-2018.09.21", true),
            ("*", "", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b", "aXbY", false),
            ("abc", "abd", false),
            ("", "a", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_name_that_no_index_can_have_is_none() {
        let long = "x".repeat(LONGEST_NAME + 1);
        for name in ["netflow-2018.09.21", ".ds-x-000001", "eu:netflow-1", "Ünïcode", "A"] {
            assert!(is_index_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "a\0",
            "a\u{1b}[m",
            "\u{202e}x",
            "a b",
            "a,b",
            "-a",
            "a*",
            &long,
        ] {
            assert!(!is_index_name(name), "{name}");
        }
    }

    #[test]
    fn an_index_is_refused_only_where_no_part_can_name_it() {
        let cases = [
            ("netflow-*", "netflow-1", true),
            ("netflow-*", "other-1", false),
            ("netflow-*,-netflow-old*", "other-1", false),
            ("netflow-*", ".ds-netflow-x-2018.09.21-000001", true),
            ("netflow-*,flows", "flows-000001", true),
            ("eu:netflow-*", "eu:netflow-1", true),
            ("eu:netflow-*", "netflow-1", false),
            ("_all", "x", true),
        ];
        for (pattern, index, expected) in cases {
            assert_eq!(may_name(pattern, index), expected, "{pattern} {index}");
        }
    }
}
