//! The bytes between two values, as words of eight bytes: most are some 20
//! bytes long, and calling `memcmp` for each would take as long as reading the
//! values.

use std::ops::Range;

/// Bytes of a word.
const WORD: usize = 8;

/// Literals one after the other.
#[derive(Debug, Default)]
pub(super) struct Literals {
    bytes: Vec<u8>,
    /// All literals in words; each begins with a word of its own and is filled up
    /// with zeros.
    words: Vec<u64>,
    has_line_ends: bool,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    bytes: Range<usize>,
    words: Range<usize>,
    /// The bits of its last word that count.
    last: u64,
}

impl Literals {
    pub(super) fn push(&mut self, text: &[u8]) -> Literal {
        let (byte, word) = (self.bytes.len(), self.words.len());
        self.bytes.extend_from_slice(text);
        self.has_line_ends |= text.contains(&b'\n');
        for piece in text.chunks(WORD) {
            let mut word = [0; WORD];
            word[..piece.len()].copy_from_slice(piece);
            self.words.push(u64::from_le_bytes(word));
        }
        let over = (WORD - text.len() % WORD) % WORD;
        let last = u64::MAX >> (8 * over);
        Literal { bytes: byte..self.bytes.len(), words: word..self.words.len(), last }
    }

    /// Its length, if the text begins with it.
    #[inline]
    pub(super) fn at_start(&self, literal: &Literal, text: &[u8]) -> Option<usize> {
        let words = &self.words[literal.words.clone()];
        let is_there = match (text.get(..words.len() * WORD), words.split_last()) {
            (Some(head), Some((last, words))) => {
                let (pieces, _) = head.as_chunks::<WORD>();
                let word = |piece: &[u8; WORD]| u64::from_le_bytes(*piece);
                // One after the other: vectors do not pay for two or three.
                pieces.iter().zip(words).all(|(piece, expected)| word(piece) == *expected)
                    && pieces.last().is_some_and(|end| (word(end) ^ last) & literal.last == 0)
            }
            // The last word would reach over the end of the text.
            _ => text.starts_with(&self.bytes[literal.bytes.clone()]),
        };
        is_there.then_some(literal.bytes.len())
    }

    /// Whether none of them holds a line end.
    pub(super) fn is_one_line(&self) -> bool {
        !self.has_line_ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Literals of every length, in texts that go on, end with them, end too
    /// early, or differ in any byte.
    #[test]
    fn words_find_what_bytes_find() {
        let whole: Vec<u8> = (b'!'..).take(40).collect();
        let mut literals = Literals::default();
        for length in 0..=33 {
            let literal = literals.push(&whole[..length]);
            for end in 0..=whole.len() {
                let expected = (end >= length).then_some(length);
                assert_eq!(literals.at_start(&literal, &whole[..end]), expected, "{length} {end}");
                for wrong in 0..end {
                    let mut text = whole[..end].to_vec();
                    text[wrong] ^= 0x80;
                    let expected = expected.filter(|_| wrong >= length);
                    assert_eq!(literals.at_start(&literal, &text), expected, "{length} {wrong}");
                }
            }
        }
    }
}
