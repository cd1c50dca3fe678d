//! The words of a file of values: one or many a line, apart by blanks or
//! commas; `#` begins a comment.

/// Each word, and the number of its line, from 1.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (1..).zip(text.lines()).flat_map(|(number, line)| {
        let line = line.split('#').next().unwrap_or_default();
        let words = line.split(|letter: char| letter.is_whitespace() || letter == ',');
        words.filter(|word| !word.is_empty()).map(move |word| (number, word))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn comments_and_commas_part_words() {
        let text = "\u{feff}# bad hosts\r\n10.0.0.1, 10.0.0.2 # two\n\n192.0.2.0/24";
        let words: Vec<_> = super::words(text).collect();
        assert_eq!(words, [(2, "10.0.0.1"), (2, "10.0.0.2"), (4, "192.0.2.0/24")]);
    }
}
