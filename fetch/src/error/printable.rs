//! Makes a server's text safe to show: for a terminal, short, and without secrets.

use flowkit_model::harmless::{harmless, is_harmful};

use super::secrets::blank;

/// Maximum length of a server's text in messages, in characters.
const MAX_CHARACTERS: usize = 300;

/// Makes a server's text safe to show: one line, harmless, truncated, and without the
/// secrets that were sent.
pub(crate) fn printable(text: &str) -> String {
    let mut line = String::new();
    let text = blank(text);
    for word in text.split(char::is_whitespace) {
        if line.len() > MAX_CHARACTERS {
            break;
        }
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&harmless(word));
        }
    }
    match line.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Whether a text is shown by a terminal as it is.
pub(crate) fn is_harmless(text: &str) -> bool {
    !text.contains(|letter: char| is_harmful(letter) || (letter.is_whitespace() && letter != ' '))
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
        assert_eq!(printable("a\n\u{1b}[31m b\r\n\tc"), "a \\u{1b}[31m b c");
        assert_eq!(printable("  "), "");
        assert_eq!(
            printable("a\u{202e}b\u{9b}31m\u{2028}c\u{7f}"),
            "a\\u{202e}b\\u{9b}31m c\\u{7f}"
        );
        let long = printable(&"é".repeat(5_000));
        assert_eq!(long.chars().count(), MAX_CHARACTERS + 1);
    }
}
