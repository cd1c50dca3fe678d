//! Lines that fit in 80 columns.

use std::fmt::{self, Write};

/// Widest line.
pub(crate) const WIDTH: usize = 80;

/// Fewest columns that text is broken to.
const NARROWEST: usize = 20;

/// Appends what `write!` would.
pub(crate) fn add(out: &mut String, text: fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes all that is written to it");
}

/// Breaks text at blanks into lines of at most `width` characters.
pub(crate) fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A label, then text that is broken into lines which all start at `indent`;
/// below the label if the label is longer. Ends in a line end.
///
/// `label` may hold colours, so `looks` is its width on the screen.
pub(crate) fn hanging(label: &str, looks: usize, indent: usize, text: &str) -> String {
    let mut out = label.to_owned();
    let below = format!("\n{:indent$}", "");
    let lines = lines(text, WIDTH.saturating_sub(indent).max(NARROWEST));
    for (place, line) in lines.iter().enumerate() {
        match indent.checked_sub(looks) {
            Some(blanks) if place == 0 => add(&mut out, format_args!("{:blanks$}", "")),
            _ => {
                out.truncate(out.trim_end().len());
                out.push_str(&below);
            }
        }
        out.push_str(line);
    }
    format!("{}\n", out.trim_end())
}

/// A paragraph.
pub(crate) fn paragraph(text: &str) -> String {
    hanging("", 0, 0, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_blanks_and_hangs() {
        assert_eq!(lines("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(lines("", 4), [""; 0]);
        let long = "word ".repeat(40);
        let text = hanging("label", 5, 10, &long);
        assert!(text.lines().all(|line| line.len() <= WIDTH));
        assert!(text.lines().skip(1).all(|line| line.starts_with("          word")));
        assert_eq!(hanging("a long label", 12, 4, "text"), "a long label\n    text\n");
        assert_eq!(hanging("label", 5, 500, "text").trim_end().len(), 504);
    }
}
