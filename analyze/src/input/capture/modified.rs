//! Kuznetzov's modified pcap as plain pcap: each of its records has eight bytes
//! more in its header.

use std::io::{self, Read};

/// Magic numbers of the modified format, in both byte orders, and the plain one of
/// each order.
pub(in crate::input) const MAGICS: [([u8; 4], [u8; 4]); 2] = [
    ([0x34, 0xcd, 0xb2, 0xa1], [0xd4, 0xc3, 0xb2, 0xa1]),
    ([0xa1, 0xb2, 0xcd, 0x34], [0xa1, 0xb2, 0xc3, 0xd4]),
];

/// Length of the header of a file, of a plain record, and of a modified one.
const FILE_HEADER: usize = 24;
const PLAIN_HEADER: usize = 16;
const MODIFIED_HEADER: usize = 24;

/// A capture with plain headers, whichever it came with.
pub(super) struct Plain<R> {
    stream: R,
    state: State,
    /// A header that is to be given next.
    ready: Vec<u8>,
    is_big_endian: bool,
}

enum State {
    /// Nothing was read.
    Start,
    /// Not modified: all is passed on.
    AsItIs,
    /// A record's header comes.
    Header,
    /// Bytes of a frame that are passed on.
    Frame(u64),
}

impl<R: Read> Plain<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, state: State::Start, ready: Vec::new(), is_big_endian: false }
    }

    /// Reads up to `n` bytes; fewer at the end of the stream.
    fn read_up_to(&mut self, n: usize) -> io::Result<()> {
        self.ready.clear();
        self.stream.by_ref().take(n as u64).read_to_end(&mut self.ready).map(drop)
    }

    fn start(&mut self) -> io::Result<()> {
        self.read_up_to(FILE_HEADER)?;
        let modified = MAGICS.iter().find(|(magic, _)| self.ready.starts_with(magic));
        self.state = State::AsItIs;
        if let Some((magic, plain)) = modified {
            self.ready[..4].copy_from_slice(plain);
            self.is_big_endian = magic[0] == 0xa1;
            self.state = State::Header;
        }
        Ok(())
    }

    fn header(&mut self) -> io::Result<()> {
        self.read_up_to(MODIFIED_HEADER)?;
        let length = self.ready.get(8..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| {
            if self.is_big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) }
        });
        if self.ready.len() == MODIFIED_HEADER {
            self.ready.truncate(PLAIN_HEADER);
        }
        self.state = State::Frame(length.into());
        Ok(())
    }
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.ready.is_empty() {
            match &mut self.state {
                State::Start => {
                    self.start()?;
                    if self.ready.is_empty() {
                        return Ok(0);
                    }
                }
                State::AsItIs => return self.stream.read(out),
                State::Header | State::Frame(0) => {
                    self.header()?;
                    if self.ready.is_empty() {
                        return Ok(0);
                    }
                }
                State::Frame(left) => {
                    let most = usize::try_from(*left).unwrap_or(usize::MAX).min(out.len());
                    let read = self.stream.read(&mut out[..most])?;
                    *left -= read as u64;
                    return Ok(read);
                }
            }
        }
        let given = self.ready.len().min(out.len());
        out[..given].copy_from_slice(&self.ready[..given]);
        self.ready.drain(..given);
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file header, then records with headers of this length.
    fn capture(magic: [u8; 4], header: usize, frames: &[&[u8]]) -> Vec<u8> {
        let mut bytes = [&magic[..], &[7; 20]].concat();
        for frame in frames {
            let length = u32::try_from(frame.len()).unwrap();
            let length = if magic[0] == 0xa1 { length.to_be_bytes() } else { length.to_le_bytes() };
            bytes.extend([&[1; 8][..], &length, &length].concat());
            bytes.resize(bytes.len() + header - PLAIN_HEADER, 9);
            bytes.extend(*frame);
        }
        bytes
    }

    #[test]
    fn records_lose_what_the_plain_format_does_not_have() {
        let frames: [&[u8]; 3] = [&[1; 300], &[], &[2; 5]];
        for (modified, plain) in MAGICS {
            let expected = capture(plain, PLAIN_HEADER, &frames);
            for (magic, header) in [(modified, MODIFIED_HEADER), (plain, PLAIN_HEADER)] {
                let bytes = capture(magic, header, &frames);
                let mut found = Vec::new();
                Plain::new(&*bytes).read_to_end(&mut found).unwrap();
                assert_eq!(found, expected);
                // Cut anywhere it ends there, and does not hang.
                for cut in 0..bytes.len() {
                    Plain::new(&bytes[..cut]).read_to_end(&mut Vec::new()).unwrap();
                }
            }
        }
    }
}
