//! The text of blocks, in memory that is used again.
//!
//! A stream is read in blocks of one size. Fresh memory for each would have to
//! be filled with zeros, and be touched for the first time, once for every
//! block; so a block that was read gives its memory back.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Memory for the blocks of a stream, each of so many bytes.
#[derive(Debug)]
pub(super) struct Spares {
    length: usize,
    unused: Mutex<Vec<Vec<u8>>>,
}

/// Pieces of memory that are kept: as many as there are blocks on their way.
const MOST_SPARES: usize = 32;

impl Spares {
    pub(super) fn new(length: usize) -> Arc<Self> {
        Arc::new(Self { length, unused: Mutex::default() })
    }

    /// No text, and room for a block of it.
    pub(super) fn text(self: &Arc<Self>) -> Text {
        let spare = self.unused.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // Memory that the system has filled with zeros already.
        let room = spare.unwrap_or_else(|| vec![0; self.length]);
        Text { room, end: 0, spares: Arc::clone(self) }
    }
}

/// Text, and room behind it.
#[derive(Debug)]
pub(crate) struct Text {
    room: Vec<u8>,
    /// Where the text ends in it.
    end: usize,
    spares: Arc<Spares>,
}

impl Text {
    /// Text that is there already.
    pub(super) fn of(text: Vec<u8>) -> Self {
        Self { end: text.len(), room: text, spares: Spares::new(0) }
    }

    /// The room behind the text, up to so many bytes from its start.
    pub(super) fn room(&mut self, length: usize) -> &mut [u8] {
        if self.room.len() < length {
            self.room.resize(length, 0);
        }
        &mut self.room[self.end..length]
    }

    /// So much of the room is text now.
    pub(super) fn grow(&mut self, read: usize) {
        self.end = (self.end + read).min(self.room.len());
    }

    /// Drops so many bytes at the start.
    pub(super) fn drop_start(&mut self, length: usize) {
        self.room.copy_within(length..self.end, 0);
        self.end -= length;
    }

    /// Cuts it in two; gives what was after the cut.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let mut rest = self.spares.text();
        let length = self.end - at;
        rest.room(length)[..length].copy_from_slice(&self[at..]);
        rest.end = length;
        self.end = at;
        rest
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.end]
    }
}

impl DerefMut for Text {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.room[..self.end]
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        // A long document's memory is not kept.
        if self.room.len() == self.spares.length {
            let mut unused = self.spares.unused.lock().unwrap_or_else(PoisonError::into_inner);
            if unused.len() < MOST_SPARES {
                unused.push(std::mem::take(&mut self.room));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(spares: &Arc<Spares>, text: &[u8]) -> Text {
        let mut filled = spares.text();
        filled.room(text.len()).copy_from_slice(text);
        filled.grow(text.len());
        filled
    }

    #[test]
    fn memory_is_used_again_and_its_old_text_does_not_show() {
        let spares = Spares::new(8);
        let first = filled(&spares, b"abcdefgh");
        let place = first.as_ptr();
        drop(first);
        let mut second = filled(&spares, b"xyz");
        assert_eq!((second.as_ptr(), &*second), (place, &b"xyz"[..]));
        let rest = second.split_off(1);
        assert_eq!((&*second, &*rest), (&b"x"[..], &b"yz"[..]));
        second.drop_start(1);
        assert!(second.is_empty());
    }

    #[test]
    fn long_texts_grow_and_are_not_kept() {
        let spares = Spares::new(4);
        let mut long = filled(&spares, b"0123456789");
        let rest = long.split_off(3);
        assert_eq!((&*long, &*rest), (&b"012"[..], &b"3456789"[..]));
        drop((long, rest));
        assert!(spares.unused.lock().unwrap().is_empty());
    }
}
