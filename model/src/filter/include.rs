//! Filters in files: `@include NAME`, whose text takes the place of the words,
//! as in nfdump.
//!
//! As there, the file's words are taken in as they are, without parentheses
//! around them. A file may include others.

use std::fmt;

use jiff::tz::TimeZone;

use super::FilterError;

/// What the text of a filter refers to and does not hold.
pub struct Context<'c> {
    /// The zone of times that name none.
    pub zone: TimeZone,
    /// Reads the file of a list, `in @NAME`, or of a filter, `@include NAME`;
    /// says why if it cannot.
    pub read: &'c dyn Fn(&str) -> Result<String, String>,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Context").field("zone", &self.zone).finish_non_exhaustive()
    }
}

/// The text of a filter with the files that it includes.
///
/// # Errors
/// If one cannot be read, or they include each other.
pub fn with_included(text: &str, context: &Context<'_>) -> Result<String, FilterError> {
    Whole::new(text, context).map(|whole| whole.text)
}

/// How deep files may include files, as in nfdump; a file that includes itself is
/// found by it.
const DEEPEST: usize = 10;

/// A filter with the files that it includes.
#[derive(Debug, Default)]
pub(super) struct Whole {
    /// The text.
    pub(super) text: String,
    /// Where each piece of the text begins, and what it comes from.
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    /// Its first byte in the whole.
    at: usize,
    /// The file, and the number of its line that the piece begins in; what was
    /// typed comes from none.
    file: Option<(String, usize)>,
}

impl Whole {
    /// Reads the files that a text includes.
    pub(super) fn new(typed: &str, context: &Context<'_>) -> Result<Self, FilterError> {
        let mut whole = Self::default();
        whole.take(typed, None, 0, context)?;
        Ok(whole)
    }

    fn take(
        &mut self,
        text: &str,
        file: Option<&str>,
        depth: usize,
        context: &Context<'_>,
    ) -> Result<(), FilterError> {
        let mut begins = 0;
        self.begin(text, begins, file);
        while let Some(found) = next_include(text, begins) {
            let wrong = |message: String| FilterError {
                message: place(file, text, found.at) + &message,
                text: text.into(),
                at: found.at,
                length: found.end - found.at,
            };
            if found.name.is_empty() {
                return Err(wrong("@include is followed by the name of a file".into()));
            }
            if depth == DEEPEST {
                return Err(wrong(format!("{} is included more than {DEEPEST} deep", found.name)));
            }
            let inner = (context.read)(found.name)
                .map_err(|why| wrong(format!("cannot read {}: {why}", found.name)))?;
            self.text.push_str(&text[begins..found.at]);
            let inner = inner.strip_prefix('\u{feff}').unwrap_or(&inner);
            self.take(inner, Some(found.name), depth + 1, context)?;
            // A comment at the end of the file ends with the file.
            self.text.push('\n');
            begins = found.end;
            self.begin(text, begins, file);
        }
        self.text.push_str(&text[begins..]);
        Ok(())
    }

    fn begin(&mut self, text: &str, at: usize, file: Option<&str>) {
        let file = file.map(|name| (name.to_owned(), line_of(text, at)));
        self.pieces.push(Piece { at: self.text.len(), file });
    }

    /// Says in which file a mistake is.
    pub(super) fn placed(&self, mut error: FilterError) -> FilterError {
        let piece = self.pieces.iter().rev().find(|piece| piece.at <= error.at);
        if let Some(Piece { at, file: Some((name, line)) }) = piece {
            let below = self.text[*at..error.at.min(self.text.len())].matches('\n').count();
            error.message = format!("{name}:{}: {}", line + below, error.message);
        }
        error
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

fn place(file: Option<&str>, text: &str, at: usize) -> String {
    file.map(|name| format!("{name}:{}: ", line_of(text, at))).unwrap_or_default()
}

/// An `@include` and its name: the bytes from `at` to `end`.
struct Include<'t> {
    at: usize,
    end: usize,
    name: &'t str,
}

/// The first `@include` from a byte on that is in no comment and no quotes.
fn next_include(text: &str, from: usize) -> Option<Include<'_>> {
    const WORD: &str = "@include";
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in text[from..].char_indices().map(|(at, letter)| (from + at, letter)) {
        let begins_word = before.is_whitespace() || before == '(';
        if let Some(end) = quote {
            quote = (letter != end).then_some(end);
        } else if "\"'".contains(letter) {
            quote = Some(letter);
        } else if letter == '#' {
            quote = Some('\n');
        } else if letter == '@'
            && begins_word
            && let Some(rest) = text[at..].strip_prefix(WORD)
            && rest.chars().next().is_none_or(char::is_whitespace)
        {
            return Some(named(text, at, rest));
        }
        before = letter;
    }
    None
}

/// The name: up to a blank or a parenthesis, or in quotes.
fn named<'t>(text: &str, at: usize, rest: &'t str) -> Include<'t> {
    let name = rest.trim_start_matches([' ', '\t']);
    let begins = text.len() - name.len();
    let ends = |letter: char| letter.is_whitespace() || letter == ')';
    let (name, quotes) = match name.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let quoted = &name[1..];
            (&quoted[..quoted.find(quote).unwrap_or(quoted.len())], 2)
        }
        _ => (&name[..name.find(ends).unwrap_or(name.len())], 0),
    };
    Include { at, end: (begins + name.len() + quotes).min(text.len()), name }
}
