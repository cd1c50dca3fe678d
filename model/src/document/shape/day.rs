//! Times, whose dates are few and come one after another.

use super::text::{clock_ms, plain_string};
use crate::time;

/// The midnight of the date that came last.
#[derive(Debug, Default)]
pub struct DayCache {
    date: [u8; 10],
    midnight_ms: u64,
}

impl DayCache {
    /// A time up to its quote.
    #[inline]
    pub(super) fn time(&mut self, text: &[u8]) -> Option<(u64, usize)> {
        // `2018-09-21T07:17:49.230Z"`
        if let Some(time) = text.first_chunk::<25>()
            && (time[10], time[23], time[24]) == (b'T', b'Z', b'"')
        {
            let of_day_ms = clock_ms(time[11..].first_chunk()?)?;
            let date = time.first_chunk()?;
            if !is_same(date, &self.date) {
                self.midnight_ms = time::parse_ms(std::str::from_utf8(date).ok()?)?;
                self.date = *date;
            }
            return Some((self.midnight_ms + of_day_ms, 24));
        }
        let text = plain_string(text)?;
        Some((time::parse_ms(text)?, text.len()))
    }
}

/// As two words, without a call of `memcmp`.
#[inline]
fn is_same(a: &[u8; 10], b: &[u8; 10]) -> bool {
    let word = |bytes: &[u8; 10]| {
        let mut word = [0; 16];
        word[..10].copy_from_slice(bytes);
        u128::from_le_bytes(word)
    };
    word(a) == word(b)
}
