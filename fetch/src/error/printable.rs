//! Makes a server's text safe for a terminal.

/// Maximum length of a server's text in messages, in characters.
const MAX_CHARACTERS: usize = 300;

/// Makes a server's text safe for a terminal: one line, no control characters,
/// truncated.
pub(crate) fn printable(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|letter: char| letter.is_whitespace() || is_harmful(letter)) {
        if line.len() > MAX_CHARACTERS {
            break;
        }
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    match line.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Whether a terminal obeys a character instead of showing it: control characters, and
/// marks that turn the direction of writing.
fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text has nothing that a terminal obeys.
pub(crate) fn is_harmless(text: &str) -> bool {
    let is_odd = |letter: char| is_harmful(letter) || (letter.is_whitespace() && letter != ' ');
    !text.contains(is_odd)
}

/// What is wrong with an answer, in words that may quote a server: safe for a terminal.
pub(crate) fn told(error: &serde_json::Error) -> serde_json::Error {
    serde::de::Error::custom(printable(&error.to_string()))
}

/// Names that exist instead, in brackets; empty if there are none.
pub(super) fn others(found: &[String]) -> String {
    if found.is_empty() { String::new() } else { format!(" (found: {})", found.join(", ")) }
}

/// A reason in brackets; empty if there is none.
pub(super) fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_write_to_the_terminal() {
        assert_eq!(printable("a\n\u{1b}[31m b\r\n\tc"), "a [31m b c");
        assert_eq!(printable("  "), "");
        assert_eq!(printable("a\u{202e}b\u{9b}31m\u{2028}c\u{7f}"), "a b 31m c");
        let long = printable(&"é".repeat(5_000));
        assert_eq!(long.chars().count(), MAX_CHARACTERS + 1);
    }
}
