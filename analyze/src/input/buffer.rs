//! The text of blocks, in buffers from a pool.
//!
//! A stream is read in blocks of one size. A new buffer for each would have to be
//! zeroed and page-faulted in for every block, so a block that is dropped returns
//! its buffer to the pool.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Buffer pool of one stream; each buffer has `length` bytes.
#[derive(Debug)]
pub(super) struct BufferPool {
    length: usize,
    unused: Mutex<Vec<Vec<u8>>>,
}

/// Unused buffers that the pool keeps: about as many as there are blocks in
/// flight.
const MOST_UNUSED: usize = 32;

impl BufferPool {
    pub(super) fn new(length: usize) -> Arc<Self> {
        Arc::new(Self { length, unused: Mutex::default() })
    }

    /// An empty text, with room for one block.
    pub(super) fn text(self: &Arc<Self>) -> Text {
        let buffer = self.unused.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // `vec![0; n]` comes zeroed from the system.
        let room = buffer.unwrap_or_else(|| vec![0; self.length]);
        Text { room, end: 0, pool: Arc::clone(self) }
    }
}

/// Text in a buffer, with room behind it.
#[derive(Debug)]
pub(crate) struct Text {
    room: Vec<u8>,
    /// Where the text ends in `room`.
    end: usize,
    pool: Arc<BufferPool>,
}

impl Text {
    /// Text that is already in memory; its buffer is not pooled.
    pub(super) fn of(text: Vec<u8>) -> Self {
        Self { end: text.len(), room: text, pool: BufferPool::new(0) }
    }

    /// The room behind the text, up to `length` bytes from the start of the text.
    pub(super) fn room(&mut self, length: usize) -> &mut [u8] {
        if self.room.len() < length {
            self.room.resize(length, 0);
        }
        &mut self.room[self.end..length]
    }

    /// Adds the first `read` bytes of the room to the text.
    pub(super) fn grow(&mut self, read: usize) {
        self.end = (self.end + read).min(self.room.len());
    }

    /// Drops the first `length` bytes.
    pub(super) fn drop_start(&mut self, length: usize) {
        self.room.copy_within(length..self.end, 0);
        self.end -= length;
    }

    /// Cuts the text in two and returns the second half.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let mut rest = self.pool.text();
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
        // The larger buffer of a long document does not go back to the pool.
        if self.room.len() == self.pool.length {
            let mut unused = self.pool.unused.lock().unwrap_or_else(PoisonError::into_inner);
            if unused.len() < MOST_UNUSED {
                unused.push(std::mem::take(&mut self.room));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pool: &Arc<BufferPool>, text: &[u8]) -> Text {
        let mut filled = pool.text();
        filled.room(text.len()).copy_from_slice(text);
        filled.grow(text.len());
        filled
    }

    #[test]
    fn memory_is_used_again_and_its_old_text_does_not_show() {
        let pool = BufferPool::new(8);
        let first = filled(&pool, b"abcdefgh");
        let place = first.as_ptr();
        drop(first);
        let mut second = filled(&pool, b"xyz");
        assert_eq!((second.as_ptr(), &*second), (place, &b"xyz"[..]));
        let rest = second.split_off(1);
        assert_eq!((&*second, &*rest), (&b"x"[..], &b"yz"[..]));
        second.drop_start(1);
        assert!(second.is_empty());
    }

    #[test]
    fn long_texts_grow_and_are_not_kept() {
        let pool = BufferPool::new(4);
        let mut long = filled(&pool, b"0123456789");
        let rest = long.split_off(3);
        assert_eq!((&*long, &*rest), (&b"012"[..], &b"3456789"[..]));
        drop((long, rest));
        assert!(pool.unused.lock().unwrap().is_empty());
    }
}
