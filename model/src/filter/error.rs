//! A filter that cannot be understood: what is wrong, where, and what to try.

use std::fmt;

use strsim::osa_distance;

use crate::harmless::harmless;

/// Not a filter. Its text is the message, the line of the filter and a caret
/// under the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// What is wrong, and what to try.
    pub message: String,
    /// The filter.
    pub text: String,
    /// Byte at which the mistake begins.
    pub at: usize,
    /// Its length in bytes.
    pub length: usize,
}

/// Characters that are shown of a longer line.
const WIDEST: usize = 120;

impl std::error::Error for FilterError {}

impl fmt::Display for FilterError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.min(self.text.len());
        let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line = self.text[start..].lines().next().unwrap_or_default();
        // As they are shown: an escape is wider than the letter it stands for.
        let width = |text: &str| harmless(text).chars().count();
        let carets = self.text.get(at..at + self.length).map_or(1, width);
        let before = width(&self.text[start..at]);
        let line = harmless(line);
        // Of a long line the part around the mistake.
        let skipped =
            if line.chars().count() > WIDEST { before.saturating_sub(WIDEST / 2) } else { 0 };
        let shown: String = line.chars().skip(skipped).take(WIDEST).collect();
        let blanks = before - skipped;
        let carets = carets.min(WIDEST.saturating_sub(blanks)).max(1);
        let message = harmless(&self.message);
        write!(out, "filter: {message}\n  {shown}\n  {:blanks$}{}", "", "^".repeat(carets))
    }
}

/// The known word nearest to one that is not known, if one is near: the only one that
/// begins with it, else the most similar.
///
/// Near: at most a third of its letters are wrong, missing, too many or
/// swapped with a neighbour.
#[must_use]
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_ascii_lowercase();
    let known: Vec<&str> = known.collect();
    let mut begun = known.iter().filter(|known| word.len() > 2 && known.starts_with(&word));
    if let Some(first) = begun.next()
        && begun.all(|other| other == first)
    {
        return Some(first);
    }
    let (distance, found) = known
        .into_iter()
        .map(|known| (osa_distance(&word, known), known))
        .min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= word.chars().count().max(3)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_if_it_is_near() {
        let known = ["dst_port", "dst_addr", "src_port", "bytes", "proto", "last", "lost_flows"];
        for (word, expected) in [
            ("dts_port", Some("dst_port")),
            ("DST_PROT", Some("dst_port")),
            ("byte", Some("bytes")),
            ("porto", Some("proto")),
            ("colour", None),
            ("x", None),
            ("lost", Some("lost_flows")),
            ("dst", None),
            ("lo", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), expected, "{word}");
        }
    }
}
