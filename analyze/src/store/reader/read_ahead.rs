//! Read-ahead: reads the bytes of a column chunk piece by piece into one buffer
//! that stays in the CPU cache.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes per read: a few pages. With 16 kB or 1 MB a question takes about as
/// long, within a tenth.
const AT_ONCE: usize = 128 << 10;

/// A range of a file, read in order.
pub(super) struct ReadAhead<'f> {
    file: &'f File,
    /// File offset of the first byte behind the buffer.
    next: u64,
    end: u64,
    buffer: Vec<u8>,
    /// The range of the buffer that is not consumed yet.
    from: usize,
    to: usize,
}

impl<'f> ReadAhead<'f> {
    /// Nothing is read yet. The content of `buffer` is overwritten.
    pub(super) fn new(file: &'f File, (start, end): (u64, u64), buffer: Vec<u8>) -> Self {
        Self { file, next: start, end, buffer, from: 0, to: 0 }
    }

    /// At least `wanted` bytes, without consuming them; fewer only at the end.
    pub(super) fn ahead(&mut self, wanted: usize) -> io::Result<&[u8]> {
        if self.to - self.from < wanted && self.next < self.end {
            self.fill(wanted)?;
        }
        Ok(&self.buffer[self.from..self.to])
    }

    /// Consumes the next `length` bytes; `None` if fewer are left.
    pub(super) fn take(&mut self, length: usize) -> io::Result<Option<&[u8]>> {
        if self.ahead(length)?.len() < length {
            return Ok(None);
        }
        let from = self.from;
        self.from += length;
        Ok(Some(&self.buffer[from..from + length]))
    }

    /// Skips `length` bytes, without reading those that are not buffered; false
    /// if fewer are left.
    pub(super) fn pass(&mut self, length: usize) -> bool {
        let buffered = self.to - self.from;
        if length <= buffered {
            self.from += length;
            return true;
        }
        let unread = (length - buffered) as u64;
        if unread > self.end - self.next {
            return false;
        }
        (self.from, self.to) = (0, 0);
        self.next += unread;
        true
    }

    /// Returns the buffer.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        self.buffer.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        let left = usize::try_from(self.end - self.next).unwrap_or(usize::MAX);
        let more = (wanted.max(AT_ONCE) - self.to).min(left);
        if self.buffer.len() < self.to + more {
            self.buffer.resize(self.to + more, 0);
        }
        self.file.read_exact_at(&mut self.buffer[self.to..self.to + more], self.next)?;
        self.to += more;
        self.next += more as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// For any sequence of looking ahead, taking and skipping, the bytes are
    /// those of the file.
    #[test]
    fn bytes_come_in_order_and_end() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let (start, end) = (10, 900_000);
        let mut file = ReadAhead::new(&file, (start as u64, end as u64), vec![7; 5]);
        let mut at = start;
        for round in 0.. {
            let ahead = file.ahead(300).unwrap();
            let least = 300.min(end - at);
            assert!(ahead.len() >= least && ahead == &bytes[at..at + ahead.len()], "{round}");
            let length = [3, 40_000, AT_ONCE + 5, 0, 77][round % 5];
            if length > end - at {
                assert_eq!(file.take(length).unwrap(), None);
                assert!(!file.pass(length));
                break;
            }
            if round % 2 == 0 {
                assert_eq!(file.take(length).unwrap().unwrap(), &bytes[at..at + length]);
            } else {
                assert!(file.pass(length));
            }
            at += length;
        }
        let rest = end - at;
        assert_eq!(file.take(rest).unwrap().unwrap(), &bytes[at..end]);
        assert!(file.ahead(1).unwrap().is_empty());
    }
}
