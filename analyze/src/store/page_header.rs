//! Writes and reads the header in front of each page.
//!
//! It has the page checksum that Parquet provides for. The crate writes none, so
//! that our code writes all headers. A damaged header would make values of levels,
//! or compressed bytes of plain ones, so that headers have checksums, too: those
//! stand in the footer, since some readers (Polars, fastparquet) refuse a header
//! with anything that the format does not name.
//!
//! Source: Apache Parquet, `parquet.thrift` (`PageHeader`), *Checksumming*.

use parquet::basic::{Encoding as Parquet, PageType};
use parquet::column::page::{CompressedPage, Page as Written, PageWriteSpec};
use parquet::errors::ParquetError;

use super::encoding::{Encoding, Fault, varint};
use super::thrift::{self, FALSE, Fields, I32, STRUCT, TRUE};

/// A decoded page header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PageHeader {
    /// Bytes of the header itself.
    pub(crate) length: usize,
    /// Bytes of the page in the file.
    pub(crate) stored: usize,
    /// Bytes of the page once it is decompressed, levels included.
    pub(crate) decompressed: usize,
    /// CRC-32 of the stored page; files of an earlier flowkit have none.
    pub(crate) checksum: Option<u32>,
    /// Type of the page.
    pub(crate) page: Page,
}

/// Type of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Page {
    /// A data page.
    Data {
        /// Number of rows, nulls included.
        rows: usize,
        /// Number of null rows.
        nulls: usize,
        /// Encoding of the values that are not null.
        encoding: Encoding,
        /// Bytes of the definition levels, which are never compressed.
        levels: usize,
        /// Whether what follows the levels is compressed as the column says.
        is_compressed: bool,
    },
    /// A dictionary page, and its number of values.
    Dictionary(usize),
    /// A page type that flowkit does not write.
    #[default]
    Other,
}

/// Upper bound of the size of our page headers, several times what they need.
pub(crate) const MOST: usize = 256;

impl PageHeader {
    /// Reads the header at the start of `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let mut rest = bytes;
        let mut header = Self::default();
        thrift::fields(&mut rest, |field, kind, rest| {
            match (field, kind) {
                (2, I32) => header.decompressed = thrift::size(rest)?,
                (3, I32) => header.stored = thrift::size(rest)?,
                (4, I32) => header.checksum = Some(checksum(rest)?),
                (7, STRUCT) => header.page = dictionary(rest)?,
                (8, STRUCT) => header.page = data(rest)?,
                _ => thrift::skip(kind, rest)?,
            }
            Ok(())
        })?;
        header.length = bytes.len() - rest.len();
        Ok(header)
    }

    /// Reads the header at the start of `bytes`, whose CRC-32 is known.
    pub(crate) fn read_checked(bytes: &[u8], checksum: u32) -> Result<Self, Fault> {
        let header = Self::read(bytes)?;
        let is_whole = crc32fast::hash(&bytes[..header.length]) == checksum;
        if is_whole { Ok(header) } else { Err("a damaged header") }
    }

    /// Checks the checksum of the page; a page without one passes.
    pub(crate) fn check(&self, page: &[u8]) -> Result<(), Fault> {
        match self.checksum {
            Some(checksum) if checksum != crc32fast::hash(page) => Err("a damaged page"),
            _ => Ok(()),
        }
    }
}

/// Reads a 32-bit checksum, which Thrift stores as a signed number.
fn checksum(rest: &mut &[u8]) -> Result<u32, Fault> {
    let number = u32::try_from(varint::read(rest)?).map_err(|_| "a checksum that is too large")?;
    Ok((number >> 1) ^ (number & 1).wrapping_neg())
}

fn dictionary(rest: &mut &[u8]) -> Result<Page, Fault> {
    let (mut values, mut encoding) = (0, Encoding::Plain);
    thrift::fields(rest, |field, kind, rest| {
        match (field, kind) {
            (1, I32) => values = thrift::size(rest)?,
            (2, I32) => encoding = encoding_of(rest)?,
            _ => thrift::skip(kind, rest)?,
        }
        Ok(())
    })?;
    if encoding == Encoding::Plain { Ok(Page::Dictionary(values)) } else { Ok(Page::Other) }
}

fn data(rest: &mut &[u8]) -> Result<Page, Fault> {
    let (mut rows, mut nulls, mut levels, mut repetitions) = (0, 0, 0, 0);
    let (mut encoding, mut is_compressed) = (Encoding::Plain, true);
    thrift::fields(rest, |field, kind, rest| {
        match (field, kind) {
            (1, I32) => rows = thrift::size(rest)?,
            (2, I32) => nulls = thrift::size(rest)?,
            (4, I32) => encoding = encoding_of(rest)?,
            (5, I32) => levels = thrift::size(rest)?,
            (6, I32) => repetitions = thrift::size(rest)?,
            (7, TRUE | FALSE) => is_compressed = kind == TRUE,
            _ => thrift::skip(kind, rest)?,
        }
        Ok(())
    })?;
    if repetitions != 0 {
        return Err("levels of a list");
    }
    Ok(Page::Data { rows, nulls, encoding, levels, is_compressed })
}

fn encoding_of(rest: &mut &[u8]) -> Result<Encoding, Fault> {
    let number = i32::try_from(thrift::size(rest)?).unwrap_or(i32::MAX);
    Encoding::of_number(number)
}

/// Pages of a column chunk with their headers, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    pub(crate) bytes: Vec<u8>,
    /// CRC-32 of each header.
    pub(crate) headers: Vec<u32>,
}

impl Pages {
    /// Appends a page with its header; the sizes returned include the header.
    pub(crate) fn append(&mut self, page: &CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        let Self { bytes, headers } = self;
        let start = bytes.len();
        let length = write(page, bytes)?;
        headers.push(crc32fast::hash(&bytes[start..]));
        bytes.extend_from_slice(page.data());
        let mut written = PageWriteSpec::new();
        written.page_type = page.page_type();
        written.uncompressed_size = page.uncompressed_size() + length;
        written.compressed_size = page.compressed_size() + length;
        written.num_values = page.num_values();
        written.offset = start as u64;
        written.bytes_written = (bytes.len() - start) as u64;
        Ok(written)
    }

    /// Appends the pages of another.
    pub(crate) fn extend(&mut self, mut other: Self) {
        self.bytes.append(&mut other.bytes);
        self.headers.append(&mut other.headers);
    }
}

/// Appends the header of a page; returns its length.
fn write(page: &CompressedPage, out: &mut Vec<u8>) -> Result<usize, ParquetError> {
    let start = out.len();
    let mut fields = Fields::new(out);
    let of_page = match page.page_type() {
        PageType::DICTIONARY_PAGE => (2, 7),
        _ => (3, 8),
    };
    fields.number(1, of_page.0);
    fields.number(2, size(page.uncompressed_size())?);
    fields.number(3, size(page.compressed_size())?);
    fields.number(4, crc32fast::hash(page.data()).cast_signed());
    let mut inner = fields.structure(of_page.1);
    match page.compressed_page() {
        Written::DictionaryPage { num_values, encoding, is_sorted, .. } => {
            inner.number(1, num_values.cast_signed());
            inner.number(2, number_of(*encoding)?);
            inner.truth(3, *is_sorted);
        }
        Written::DataPageV2 {
            num_values,
            num_nulls,
            num_rows,
            encoding,
            def_levels_byte_len,
            rep_levels_byte_len,
            is_compressed,
            ..
        } => {
            inner.number(1, num_values.cast_signed());
            inner.number(2, num_nulls.cast_signed());
            inner.number(3, num_rows.cast_signed());
            inner.number(4, number_of(*encoding)?);
            inner.number(5, def_levels_byte_len.cast_signed());
            inner.number(6, rep_levels_byte_len.cast_signed());
            inner.truth(7, *is_compressed);
        }
        Written::DataPage { .. } => {
            return Err(ParquetError::General("a page of an older layout".into()));
        }
    }
    inner.end();
    fields.end();
    Ok(out.len() - start)
}

fn size(bytes: usize) -> Result<i32, ParquetError> {
    i32::try_from(bytes).map_err(|_| ParquetError::General("a page is too long".into()))
}

fn number_of(encoding: Parquet) -> Result<i32, ParquetError> {
    let known = Encoding::of_parquet(encoding);
    known.map(Encoding::number).map_err(|fault| ParquetError::General(fault.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header as other programs write it, with statistics, which ours lack.
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
            0x12, // 7: not compressed
            0x1c, // 8: statistics
            0x18, 0x02, 0xff, 0xff, // a text of 2 bytes
            0x19, 0x21, 0x01, 0x02, // a list of 2 truth values
            0x1b, 0x01, 0x58, 0x02, 0x01, 0x2a, // a map of one number to a text
            0x17, 0, 0, 0, 0, 0, 0, 0, 0, // a fraction
            0x00, 0x00, 0x00, // ends
            0x77,
        ];
        let rows = Page::Data {
            rows: 10,
            nulls: 2,
            encoding: Encoding::Dictionary,
            levels: 3,
            is_compressed: false,
        };
        let length = bytes.len() - 1;
        assert_eq!(
            PageHeader::read(&bytes),
            Ok(PageHeader {
                length,
                stored: 20,
                decompressed: 32,
                checksum: Some(u32::MAX - 6),
                page: rows
            })
        );
        for end in 0..length {
            assert!(PageHeader::read(&bytes[..end]).is_err(), "{end}");
        }
    }

    /// A header that must match its checksum and its data page.
    fn checked(bytes: &[u8], checksum: u32) -> Result<PageHeader, Fault> {
        let header = PageHeader::read_checked(bytes, checksum)?;
        let Page::Data { .. } = header.page else { return Err("no data page") };
        let page = bytes[header.length..].get(..header.stored).ok_or("a page that breaks off")?;
        header.check(page).map(|()| header)
    }

    /// A written header is read back, and a flipped bit is detected.
    #[test]
    fn a_header_is_read_as_it_was_written() {
        for encoding in Encoding::ALL {
            let is_compressed = encoding == Encoding::Plain;
            let page = Written::DataPageV2 {
                buf: vec![7; 300].into(),
                num_values: 70_000,
                encoding: encoding.parquet(),
                num_nulls: 300,
                num_rows: 70_000,
                def_levels_byte_len: 20,
                rep_levels_byte_len: 0,
                is_compressed,
                statistics: None,
            };
            let mut pages = Pages::default();
            pages.append(&CompressedPage::new(page, 9000)).unwrap();
            let (mut bytes, checksum) = (pages.bytes, pages.headers[0]);
            let header = checked(&bytes, checksum).unwrap();
            let page = Page::Data { rows: 70_000, nulls: 300, encoding, levels: 20, is_compressed };
            assert_eq!((&header.page, header.stored, header.decompressed), (&page, 300, 9000));
            assert_eq!(header.length + header.stored, bytes.len());
            for bit in 0..bytes.len() * 8 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                let found = checked(&bytes, checksum);
                assert!(found.is_err(), "bit {bit}: {found:?}");
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = PageHeader::read(&bytes);
        }
    }
}
