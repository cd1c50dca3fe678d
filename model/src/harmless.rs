//! Text that somebody else wrote, made harmless for a terminal: characters that would
//! act on the screen, turn the order of letters or hide text are shown as escapes.
//!
//! Names of files and indices, values of documents, reasons of servers, notes of a
//! manifest: whatever did not come from flowkit itself passes through [`harmless`]
//! before people see it. A bare escape character can retitle a window, move the
//! cursor over lines that were printed before, or ask the terminal to type an answer.
//!
//! Sources: ECMA-48 (control functions, C0 and C1); Unicode Standard Annex 9
//! (bidirectional controls); `DerivedCoreProperties.txt`, the property
//! `Default_Ignorable_Code_Point` (characters without a picture).

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::path::Path;

/// Characters that have no picture of their own, from first to last: those of
/// `Default_Ignorable_Code_Point`, the separators of lines and paragraphs, and the
/// marks around annotations.
const HIDDEN: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),       // soft hyphen
    ('\u{34f}', '\u{34f}'),     // joiner of graphemes
    ('\u{61c}', '\u{61c}'),     // Arabic letter mark, bidirectional
    ('\u{115f}', '\u{1160}'),   // fillers of Hangul
    ('\u{17b4}', '\u{17b5}'),   // inherent vowels of Khmer
    ('\u{180b}', '\u{180f}'),   // separators of Mongolian
    ('\u{200b}', '\u{200f}'),   // blanks of no width, marks of direction
    ('\u{2028}', '\u{202e}'),   // line and paragraph separators, overrides of direction
    ('\u{2060}', '\u{206f}'),   // word joiner, isolates of direction
    ('\u{3164}', '\u{3164}'),   // filler of Hangul
    ('\u{fe00}', '\u{fe0f}'),   // variation selectors
    ('\u{feff}', '\u{feff}'),   // byte order mark
    ('\u{ffa0}', '\u{ffa0}'),   // filler of Hangul, half as wide
    ('\u{fff0}', '\u{fffb}'),   // unassigned, and marks around annotations
    ('\u{1bca0}', '\u{1bca3}'), // controls of shorthand
    ('\u{1d173}', '\u{1d17a}'), // controls of music
    ('\u{e0000}', '\u{e0fff}'), // tags, more variation selectors
];

/// Whether a character would do something to a terminal or hide there: C0, DEL, C1,
/// controls of direction, and what has no picture.
#[must_use]
pub fn is_harmful(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    letter.is_control() || HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&letter))
}

/// A text in which each harmful character is an escape such as `\u{9b}` or `\n`.
///
/// Doing it twice changes nothing more: a backslash is left alone.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_harmful(letter) {
            escape(letter, &mut shown);
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// Appends the escape of a character: `\n`, `\r`, `\t`, `\0`, or `\u{9b}`.
pub fn escape(letter: char, shown: &mut String) {
    match letter {
        '\n' | '\r' | '\t' => shown.extend(letter.escape_default()),
        '\0' => shown.push_str("\\0"),
        _ => shown.extend(letter.escape_unicode()),
    }
}

/// The name of a file for people: harmless, and bytes that are no UTF-8 as `\xff`.
#[must_use]
pub fn path(path: &Path) -> impl fmt::Display {
    harmless(&name(path)).into_owned()
}

/// The name of a file as text: bytes that are no UTF-8 as `\xff`, all else as it is.
///
/// It is what an answer says of its sources, so that formats for programs have the name
/// itself; for people it has yet to be made [`harmless`].
#[must_use]
pub fn name(path: &Path) -> String {
    let mut name = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        name.push_str(chunk.valid());
        for byte in chunk.invalid() {
            write!(name, "\\x{byte:02x}").expect("a string takes all that is written to it");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_and_all_else_stays() {
        for (text, expected) in [
            ("", ""),
            ("netflow-2018.09.21 é 日本 €", "netflow-2018.09.21 é 日本 €"),
            ("\u{1b}]0;title\u{7}\u{1b}[31m", "\\u{1b}]0;title\\u{7}\\u{1b}[31m"),
            ("a\r\n\tb\0\u{8}\u{7f}", "a\\r\\n\\tb\\0\\u{8}\\u{7f}"),
            ("\u{9b}31m\u{85}\u{a0}", "\\u{9b}31m\\u{85}\u{a0}"),
            (
                "gpj.\u{202e}exe\u{2066}\u{2069}\u{200f}",
                "gpj.\\u{202e}exe\\u{2066}\\u{2069}\\u{200f}",
            ),
            ("\u{61c}\u{200e}\u{2028}\u{2029}", "\\u{61c}\\u{200e}\\u{2028}\\u{2029}"),
            ("a\u{200b}\u{feff}\u{e0041}\u{ad}b", "a\\u{200b}\\u{feff}\\u{e0041}\\u{ad}b"),
            ("\\u{9b}", "\\u{9b}"),
        ] {
            assert_eq!(harmless(text), expected, "{text:?}");
            assert_eq!(harmless(&harmless(text)), expected, "{text:?} twice");
            assert!(!harmless(text).contains(is_harmful));
        }
    }

    /// Every control character that there is, and nothing that has a picture.
    #[test]
    fn all_of_the_first_letters_are_judged() {
        for letter in '\0'..'\u{600}' {
            let is_listed = matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}');
            assert_eq!(is_harmful(letter), letter.is_control() || is_listed, "{letter:?}");
        }
        assert!(HIDDEN.iter().all(|(first, last)| first <= last));
        assert!(HIDDEN.is_sorted_by(|one, next| one.1 < next.0));
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_shown_in_names() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;

        let file = Path::new(OsStr::from_bytes(b"a/\xff\x9b31m\n\xc3\xa9\xe2\x80"));
        assert_eq!(name(file), "a/\\xff\\x9b31m\né\\xe2\\x80");
        assert_eq!(path(file).to_string(), "a/\\xff\\x9b31m\\né\\xe2\\x80");
        assert_eq!(path(Path::new("plain.ndjson")).to_string(), "plain.ndjson");
    }
}
