//! Patterns of index names, as the server understands them.

/// Whether one of several patterns with commas fits a name.
pub(crate) fn fits_any(pattern: &str, name: &str) -> bool {
    pattern.split(',').any(|part| fits(part.as_bytes(), name.as_bytes()))
}

/// Whether a pattern with `*` fits a whole name.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    // On a mismatch the last `*` takes in one letter more.
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
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
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
            assert_eq!(fits(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
