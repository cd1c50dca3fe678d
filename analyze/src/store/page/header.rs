//! The header in front of each page, in Thrift's compact protocol.
//!
//! It has the checksum of its page that the format provides for, and one of
//! itself: the bytes of a page mean something else if its header says that they
//! are levels, or packed. That one is an extension, which others pass over.
//!
//! Source: Apache Parquet, `parquet.thrift` (`PageHeader`), *Checksumming*,
//! *Binary Protocol Extensions*; Apache Thrift, *Thrift compact protocol
//! encoding*.

use parquet::basic::Encoding;

use super::Fault;
use super::packed::varint;

/// What a header says of its page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of the header itself.
    pub(crate) length: usize,
    /// Bytes of the page in the file.
    pub(crate) stored: usize,
    /// Bytes of the page once it is unpacked, levels included.
    pub(crate) unpacked: usize,
    /// CRC-32 of the page in the file; an earlier flowkit wrote none.
    pub(crate) checksum: Option<u32>,
    /// What the page is.
    pub(crate) page: Page,
}

/// What a page is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Page {
    /// Rows.
    Rows {
        /// How many, unknown ones included.
        rows: usize,
        /// How many are unknown.
        nulls: usize,
        /// How the known ones are laid out.
        encoding: Encoding,
        /// Bytes of the definition levels, which are never packed.
        levels: usize,
        /// Whether what follows the levels is compressed as the column says.
        is_packed: bool,
    },
    /// So many values that rows refer to.
    Dictionary(usize),
    /// Something that flowkit does not write.
    #[default]
    Other,
}

/// Bytes in which the header of one of our pages has room, several times over.
pub(crate) const MOST: usize = 256;

/// Structures in structures that are followed.
const DEPTH: usize = 4;

/// The types of the protocol that mean something here.
pub(crate) const TRUE: u8 = 1;
pub(crate) const FALSE: u8 = 2;
pub(crate) const I32: u8 = 5;
pub(crate) const BINARY: u8 = 8;
pub(crate) const STRUCT: u8 = 12;

/// The field that the format leaves to extensions.
pub(crate) const EXTENSION: u64 = 32_767;
/// Begins ours; behind it is the CRC-32 of the header up to there.
pub(crate) const OURS: &[u8] = b"fkit";

impl Header {
    /// Reads the header at the front of some bytes.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let mut rest = bytes;
        let mut header = Self::default();
        fields(&mut rest, |field, kind, rest| {
            match (field, kind) {
                (2, I32) => header.unpacked = size(rest)?,
                (3, I32) => header.stored = size(rest)?,
                (4, I32) => header.checksum = Some(checksum(rest)?),
                (7, STRUCT) => header.page = dictionary(rest)?,
                (8, STRUCT) => header.page = data(rest)?,
                (EXTENSION, BINARY) => extension(bytes, rest)?,
                _ => skip(kind, rest, DEPTH)?,
            }
            Ok(())
        })?;
        header.length = bytes.len() - rest.len();
        Ok(header)
    }

    /// Checks that some bytes are those of its page; what has no checksum may be
    /// anything.
    pub(crate) fn check(&self, page: &[u8]) -> Result<(), Fault> {
        match self.checksum {
            Some(checksum) if checksum != crc32fast::hash(page) => Err("a damaged page"),
            _ => Ok(()),
        }
    }
}

/// Takes an extension off the front of the `rest` of a header; in ours is what
/// the `bytes` before it must be.
fn extension(bytes: &[u8], rest: &mut &[u8]) -> Result<(), Fault> {
    let length = usize::try_from(varint(rest)?).map_err(|_| BREAKS_OFF)?;
    let content = rest.split_off(..length).ok_or(BREAKS_OFF)?;
    let Some(expected) = content.strip_prefix(OURS) else { return Ok(()) };
    let before = &bytes[..bytes.len() - rest.len() - expected.len()];
    let is_whole = expected == crc32fast::hash(before).to_le_bytes();
    if is_whole { Ok(()) } else { Err("a damaged header") }
}

/// A number of 32 bits, whose sign is one of them.
fn checksum(rest: &mut &[u8]) -> Result<u32, Fault> {
    let number = u32::try_from(varint(rest)?).map_err(|_| "a checksum that is too large")?;
    Ok((number >> 1) ^ (number & 1).wrapping_neg())
}

fn dictionary(rest: &mut &[u8]) -> Result<Page, Fault> {
    let (mut values, mut encoding) = (0, Encoding::PLAIN);
    fields(rest, |field, kind, rest| {
        match (field, kind) {
            (1, I32) => values = size(rest)?,
            (2, I32) => encoding = encoding_of(size(rest)?)?,
            _ => skip(kind, rest, DEPTH)?,
        }
        Ok(())
    })?;
    if encoding == Encoding::PLAIN { Ok(Page::Dictionary(values)) } else { Ok(Page::Other) }
}

fn data(rest: &mut &[u8]) -> Result<Page, Fault> {
    let (mut rows, mut nulls, mut levels, mut repetitions) = (0, 0, 0, 0);
    let (mut encoding, mut is_packed) = (Encoding::PLAIN, true);
    fields(rest, |field, kind, rest| {
        match (field, kind) {
            (1, I32) => rows = size(rest)?,
            (2, I32) => nulls = size(rest)?,
            (4, I32) => encoding = encoding_of(size(rest)?)?,
            (5, I32) => levels = size(rest)?,
            (6, I32) => repetitions = size(rest)?,
            (7, TRUE | FALSE) => is_packed = kind == TRUE,
            _ => skip(kind, rest, DEPTH)?,
        }
        Ok(())
    })?;
    if repetitions != 0 {
        return Err("levels of a list");
    }
    Ok(Page::Rows { rows, nulls, encoding, levels, is_packed })
}

/// The encodings that flowkit writes.
fn encoding_of(number: usize) -> Result<Encoding, Fault> {
    match number {
        0 => Ok(Encoding::PLAIN),
        5 => Ok(Encoding::DELTA_BINARY_PACKED),
        8 => Ok(Encoding::RLE_DICTIONARY),
        _ => Err("an encoding that flowkit does not use"),
    }
}

/// Hands on number and type of each field of a structure; `take` takes its value
/// off the front.
fn fields(
    rest: &mut &[u8],
    mut take: impl FnMut(u64, u8, &mut &[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut field = 0;
    loop {
        let head = byte(rest)?;
        let (step, kind) = (head >> 4, head & 15);
        if kind == 0 {
            return Ok(());
        }
        field = match step {
            0 => zigzag(varint(rest)?).ok_or(NEGATIVE)?,
            step => field + u64::from(step),
        };
        take(field, kind, rest)?;
    }
}

/// Takes a value of a type off the front.
fn skip(kind: u8, rest: &mut &[u8], depth: usize) -> Result<(), Fault> {
    let inside = depth.checked_sub(1).ok_or("a header that is too deep")?;
    match kind {
        TRUE | FALSE => {}
        3 => drop(byte(rest)?),
        4..=6 => drop(varint(rest)?),
        7 => take(rest, 8)?,
        BINARY => {
            let length = varint(rest)?;
            take(rest, usize::try_from(length).map_err(|_| BREAKS_OFF)?)?;
        }
        9 | 10 => {
            let head = byte(rest)?;
            let n = if head >> 4 == 15 { varint(rest)? } else { (head >> 4).into() };
            for _ in 0..n {
                skip_element(head & 15, rest, inside)?;
            }
        }
        11 => {
            let n = varint(rest)?;
            let kinds = if n == 0 { 0 } else { byte(rest)? };
            for _ in 0..n {
                skip_element(kinds >> 4, rest, inside)?;
                skip_element(kinds & 15, rest, inside)?;
            }
        }
        STRUCT => fields(rest, |_, kind, rest| skip(kind, rest, inside))?,
        _ => return Err("a header of another protocol"),
    }
    Ok(())
}

/// In lists a truth value has a byte of its own.
fn skip_element(kind: u8, rest: &mut &[u8], depth: usize) -> Result<(), Fault> {
    if let TRUE | FALSE = kind { byte(rest).map(drop) } else { skip(kind, rest, depth) }
}

const BREAKS_OFF: Fault = "a header that breaks off";
const NEGATIVE: Fault = "a header with a negative size";

fn byte(rest: &mut &[u8]) -> Result<u8, Fault> {
    rest.split_off_first().copied().ok_or(BREAKS_OFF)
}

fn take(rest: &mut &[u8], length: usize) -> Result<(), Fault> {
    rest.split_off(..length).map(drop).ok_or(BREAKS_OFF)
}

fn size(rest: &mut &[u8]) -> Result<usize, Fault> {
    let number = zigzag(varint(rest)?).ok_or(NEGATIVE)?;
    u32::try_from(number).map(|number| number as usize).map_err(|_| "a page that is too large")
}

/// A signed number that is not negative.
fn zigzag(number: u64) -> Option<u64> {
    (number & 1 == 0).then_some(number >> 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header as others write it, with statistics, which we leave out.
    #[test]
    fn what_is_not_needed_is_passed_over() {
        let bytes = [
            0x15, 0x06, // 1: type 3, rows of the second layout
            0x15, 0x40, // 2: 32 bytes
            0x15, 0x28, // 3: 20 bytes
            0x15, 0x0d, // 4: a checksum of -7
            0x4c, // 8: rows
            0x15, 0x14, 0x15, 0x04, 0x15, 0x14, // 10 values, 2 of them null, 10 rows
            0x15, 0x10, // dictionary
            0x15, 0x06, 0x15, 0x00, // 3 bytes of levels, none of lists
            0x12, // 7: not packed
            0x1c, // 8: statistics
            0x18, 0x02, 0xff, 0xff, // a text of 2 bytes
            0x19, 0x21, 0x01, 0x02, // a list of 2 truth values
            0x1b, 0x01, 0x58, 0x02, 0x01, 0x2a, // a map of one number to a text
            0x17, 0, 0, 0, 0, 0, 0, 0, 0, // a fraction
            0x00, 0x00, 0x00, // ends
            0x77,
        ];
        let rows = Page::Rows {
            rows: 10,
            nulls: 2,
            encoding: Encoding::RLE_DICTIONARY,
            levels: 3,
            is_packed: false,
        };
        let length = bytes.len() - 1;
        assert_eq!(
            Header::read(&bytes),
            Ok(Header {
                length,
                stored: 20,
                unpacked: 32,
                checksum: Some(u32::MAX - 6),
                page: rows
            })
        );
        for end in 0..length {
            assert!(Header::read(&bytes[..end]).is_err(), "{end}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Header::read(&bytes);
        }
    }
}
