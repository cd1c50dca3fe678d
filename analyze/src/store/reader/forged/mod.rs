//! A forger of files: every checksum is right, and what stands in them is not. Each is
//! refused, and named is what is wrong.
//!
//! | to learn | read |
//! | --- | --- |
//! | what is forged of pages | `pages` |
//! | what is forged of footers | `footers` |

mod footers;
mod pages;

use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, KeyValue, ParquetMetaDataWriter, RowGroupMetaData,
};

use super::*;
use crate::store::encoding::{Encoding, varint};
use crate::store::footer::Headers;
use crate::store::page_header::{Page, PageHeader};
use crate::store::writer::tests::{batch_of, both_families, file_with, flows};

/// A page of a file: its header and what is stored.
struct Forged {
    column: StoredColumn,
    header: PageHeader,
    stored: Vec<u8>,
}

impl Forged {
    /// Replaces what is stored by these bytes, as they are.
    fn store(&mut self, bytes: Vec<u8>) {
        self.header.decompressed = bytes.len();
        self.store_packed(zstd::bulk::compress(&bytes, 3).unwrap(), bytes);
    }

    /// The same, compressed where the column is.
    fn store_packed(&mut self, packed: Vec<u8>, plain: Vec<u8>) {
        let is_packed = match self.header.page {
            Page::Data { is_compressed, .. } => is_compressed,
            _ => true,
        };
        self.stored = if is_packed { packed } else { plain };
    }

    fn plain(&self) -> Vec<u8> {
        zstd::bulk::decompress(&self.stored, self.header.decompressed)
            .unwrap_or_else(|_| self.stored.clone())
    }
}

/// A number as Thrift writes it, behind the head of its field.
fn number(step: u8, value: usize, out: &mut Vec<u8>) {
    out.push(step << 4 | 5);
    varint::write((value as u64) << 1, out);
}

/// A header as it stands in a file, with the checksum of its page.
fn header_bytes(page: &Forged) -> Vec<u8> {
    let (header, mut out) = (&page.header, Vec::new());
    let checksum = crc32fast::hash(&page.stored).cast_signed();
    let is_data = matches!(header.page, Page::Data { .. });
    number(1, if is_data { 3 } else { 2 }, &mut out);
    number(1, header.decompressed, &mut out);
    number(1, page.stored.len(), &mut out);
    out.push(0x15);
    varint::write(u64::from(((checksum << 1) ^ (checksum >> 31)).cast_unsigned()), &mut out);
    match header.page {
        Page::Data { rows, nulls, encoding, levels, is_compressed } => {
            out.push(0x4c);
            for value in [rows, nulls, rows, usize::try_from(encoding.number()).unwrap(), levels, 0]
            {
                number(1, value, &mut out);
            }
            out.push(if is_compressed { 0x11 } else { 0x12 });
        }
        Page::Dictionary(n) => {
            out.push(0x3c);
            number(1, n, &mut out);
            number(1, 0, &mut out);
        }
        Page::Other => unreachable!("flowkit does not write it"),
    }
    out.extend([0, 0]);
    out
}

/// The file with its pages and footer changed, and every checksum made anew.
fn forged(
    bytes: &[u8],
    mut page: impl FnMut(&mut Forged),
    mut footer: impl FnMut(&mut Footer),
    mut group: impl FnMut(RowGroupMetaData) -> RowGroupMetaData,
) -> Vec<u8> {
    let file = ColumnFile::of_bytes(bytes).unwrap();
    let (mut out, mut headers, mut groups) = (b"PAR1".to_vec(), Headers::default(), Vec::new());
    let mut checksum = Xxh3::new();
    for known in file.metadata.row_groups() {
        let mut chunks = Vec::new();
        for (column, chunk) in file.layout.columns().iter().zip(known.columns()) {
            let (start, length) = chunk_range(chunk, u64::MAX).unwrap();
            let (start, length) =
                (usize::try_from(start).unwrap(), usize::try_from(length).unwrap());
            let mut rest = &bytes[start..start + length];
            let (from, mut of_chunk, mut data_at) = (out.len(), Vec::new(), None);
            while !rest.is_empty() {
                let header = PageHeader::read(rest).unwrap();
                let (stored, behind) = rest[header.length..].split_at(header.stored);
                let mut forged = Forged { column: *column, header, stored: stored.to_vec() };
                page(&mut forged);
                let header = header_bytes(&forged);
                if matches!(forged.header.page, Page::Data { .. }) {
                    data_at.get_or_insert(out.len());
                }
                of_chunk.push(crc32fast::hash(&header));
                out.extend(header);
                out.extend(forged.stored);
                rest = behind;
            }
            checksum.update(&out[from..]);
            headers.push(&of_chunk);
            let has_dictionary = chunk.dictionary_page_offset().is_some();
            let at = |offset: usize| i64::try_from(offset).unwrap();
            let chunk: ColumnChunkMetaData = chunk
                .clone()
                .into_builder()
                .set_dictionary_page_offset(has_dictionary.then(|| at(from)))
                .set_data_page_offset(at(data_at.unwrap_or(from)))
                .set_total_compressed_size(at(out.len() - from))
                .build()
                .unwrap();
            chunks.push(chunk);
        }
        groups
            .push(group(known.clone().into_builder().set_column_metadata(chunks).build().unwrap()));
    }
    let mut ours = file.footer().clone();
    (ours.checksum, ours.headers) = (format!("{:016x}", checksum.digest()), headers);
    footer(&mut ours);
    let Footer { belongs, tally, checksum, headers, .. } = ours;
    let ours = Footer::new(belongs, tally, checksum, headers, groups.iter());
    with_footer(out, &file, groups, &serde_json::to_string(&ours.unwrap()).unwrap())
}

fn with_footer(
    mut out: Vec<u8>,
    file: &ColumnFile,
    groups: Vec<RowGroupMetaData>,
    ours: &str,
) -> Vec<u8> {
    let known = file.metadata.file_metadata();
    let pairs = vec![KeyValue::new(footer::KEY.to_owned(), ours.to_owned())];
    let of_file = FileMetaData::new(
        known.version(),
        known.num_rows(),
        None,
        Some(pairs),
        known.schema_descr_ptr(),
        None,
    );
    let metadata = ParquetMetaData::new(of_file, groups);
    ParquetMetaDataWriter::new(&mut out, &metadata).finish().unwrap();
    out
}

fn good(encoding: fn(FieldId) -> Encoding) -> Vec<u8> {
    file_with(&batch_of(flows(130)), 100, Addresses::Number, encoding).unwrap()
}

const DICTIONARIES: fn(FieldId) -> Encoding = |_| Encoding::Dictionary;
const PLAIN: fn(FieldId) -> Encoding = |_| Encoding::Plain;

/// Why the flows of a file cannot be read; empty if they can.
fn why(bytes: &[u8]) -> String {
    let read = || {
        let file = ColumnFile::of_bytes(bytes)?;
        let (dictionary, mut buffers) = (Arc::default(), Buffers::default());
        let request = Request {
            columns: FieldSet::all(),
            coded: None,
            filter: None,
            dictionary: &dictionary,
        };
        (0..file.groups()).try_for_each(|group| file.read(group, &request, &mut buffers, |_| {}))
    };
    read().map_or_else(|error: StoreError| error.to_string(), |()| String::new())
}
