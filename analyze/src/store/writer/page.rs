//! A page as it stands in a file: a header with checksums, and its bytes.
//!
//! The crate writes no checksums, so headers are written here, in Thrift's
//! compact protocol. `store::page::header` has their fields and reads them.

use parquet::basic::{Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriteSpec};
use parquet::errors::ParquetError;

use super::hybrid::varint;
use crate::store::page::header::{BINARY, EXTENSION, FALSE, I32, OURS, STRUCT, TRUE};

/// Appends a page; what is said of it counts its header.
pub(super) fn append(
    page: &CompressedPage,
    out: &mut Vec<u8>,
) -> Result<PageWriteSpec, ParquetError> {
    let start = out.len();
    let length = header(page, out)?;
    out.extend_from_slice(page.data());
    let mut written = PageWriteSpec::new();
    written.page_type = page.page_type();
    written.uncompressed_size = page.uncompressed_size() + length;
    written.compressed_size = page.compressed_size() + length;
    written.num_values = page.num_values();
    written.offset = start as u64;
    written.bytes_written = (out.len() - start) as u64;
    Ok(written)
}

/// Appends the header of a page; how many bytes that are.
fn header(page: &CompressedPage, out: &mut Vec<u8>) -> Result<usize, ParquetError> {
    let start = out.len();
    let mut fields = Fields { last: 0, out };
    let of_page = match page.page_type() {
        PageType::DICTIONARY_PAGE => (2, 7),
        _ => (3, 8),
    };
    fields.number(1, of_page.0);
    fields.number(2, size(page.uncompressed_size())?);
    fields.number(3, size(page.compressed_size())?);
    fields.number(4, crc32fast::hash(page.data()).cast_signed());
    fields.head(of_page.1, STRUCT);
    let mut inner = Fields { last: 0, out: fields.out };
    match page.compressed_page() {
        Page::DictionaryPage { num_values, encoding, is_sorted, .. } => {
            inner.number(1, num_values.cast_signed());
            inner.number(2, number_of(*encoding)?);
            inner.truth(3, *is_sorted);
        }
        Page::DataPageV2 {
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
        Page::DataPage { .. } => {
            return Err(ParquetError::General("a page of an older layout".into()));
        }
    }
    out.push(0);
    // Too far from the field before to be told by the step from there.
    out.push(BINARY);
    varint(EXTENSION << 1, out);
    out.push(OURS.len().to_le_bytes()[0] + 4);
    out.extend_from_slice(OURS);
    let checksum = crc32fast::hash(&out[start..]);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.push(0);
    Ok(out.len() - start)
}

fn size(bytes: usize) -> Result<i32, ParquetError> {
    i32::try_from(bytes).map_err(|_| ParquetError::General("a page is too long".into()))
}

/// The number that stands for an encoding.
fn number_of(encoding: Encoding) -> Result<i32, ParquetError> {
    match encoding {
        Encoding::PLAIN => Ok(0),
        Encoding::DELTA_BINARY_PACKED => Ok(5),
        Encoding::RLE_DICTIONARY => Ok(8),
        _ => Err(ParquetError::General("an encoding that flowkit does not use".into())),
    }
}

/// The fields of a structure, in ascending order.
struct Fields<'o> {
    last: u8,
    out: &'o mut Vec<u8>,
}

impl Fields<'_> {
    fn head(&mut self, field: u8, kind: u8) {
        self.out.push((field - self.last) << 4 | kind);
        self.last = field;
    }

    fn number(&mut self, field: u8, number: i32) {
        self.head(field, I32);
        let zigzag = (number << 1) ^ (number >> 31);
        varint(zigzag.cast_unsigned().into(), self.out);
    }

    fn truth(&mut self, field: u8, is_so: bool) {
        self.head(field, if is_so { TRUE } else { FALSE });
    }
}
