//! Builds a column chunk: the pages of a column in a row group, and its metadata
//! for the footer.

use parquet::basic::{Compression, Encoding as Parquet, EncodingMask, PageType};
use parquet::column::page::{CompressedPage, Page};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

use crate::store::encoding::Encoding;
use crate::store::error::TooLong;
use crate::store::page_header::Pages;
use crate::store::tuning::{self, MOST_PAGE, WORTH_COMPRESSING};

/// A column chunk that is being built.
pub(super) struct Chunk {
    pages: Pages,
    compressor: Compressor<'static>,
    n_rows: u64,
    /// Uncompressed size of the pages, with their headers.
    uncompressed: usize,
    /// Number of pages of each encoding.
    encodings: Vec<(Parquet, i32)>,
}

/// A page of values.
pub(super) struct ValuePage {
    pub(super) n_rows: u32,
    pub(super) n_unknown: u32,
    /// Encoded definition levels.
    pub(super) levels: Vec<u8>,
    pub(super) encoding: Encoding,
    pub(super) content: Vec<u8>,
    pub(super) may_be_compressed: bool,
}

/// Content of fewer bytes is not compressed: a zstd frame has 9 bytes of
/// overhead.
const SMALL: usize = 32;

/// Refuses a page of so many bytes that it would not be read.
fn refuse_longer(bytes: usize) -> Result<(), ParquetError> {
    if bytes > MOST_PAGE {
        return Err(ParquetError::External(Box::new(TooLong::Page)));
    }
    Ok(())
}

impl Chunk {
    pub(super) fn new() -> Result<Self, ParquetError> {
        Ok(Self {
            pages: Pages::default(),
            compressor: Compressor::new(tuning::zstd_level().compression_level())?,
            n_rows: 0,
            uncompressed: 0,
            encodings: Vec::new(),
        })
    }

    /// Adds a page.
    pub(super) fn add(&mut self, page: ValuePage) -> Result<(), ParquetError> {
        let ValuePage { n_rows, n_unknown, mut levels, encoding, content, may_be_compressed } =
            page;
        let (level_bytes, whole) = (levels.len(), levels.len() + content.len());
        refuse_longer(whole)?;
        let mut compressed = Vec::new();
        if may_be_compressed && content.len() >= SMALL {
            compressed = self.compressor.compress(&content)?;
        }
        let is_compressed =
            !compressed.is_empty() && (compressed.len() as f64) < whole as f64 * WORTH_COMPRESSING;
        levels.extend_from_slice(if is_compressed { &compressed } else { &content });
        let page = Page::DataPageV2 {
            buf: levels.into(),
            num_values: n_rows,
            encoding: encoding.parquet(),
            num_nulls: n_unknown,
            num_rows: n_rows,
            def_levels_byte_len: u32::try_from(level_bytes)
                .map_err(|_| ParquetError::General("a page is too long".into()))?,
            rep_levels_byte_len: 0,
            is_compressed,
            statistics: None,
        };
        let header_and_page = self.pages.append(&CompressedPage::new(page, whole))?;
        self.uncompressed += header_and_page.uncompressed_size;
        self.n_rows += u64::from(n_rows);
        match self.encodings.last_mut() {
            Some((last, n)) if *last == encoding.parquet() => *n += 1,
            _ => self.encodings.push((encoding.parquet(), 1)),
        }
        Ok(())
    }

    /// Puts the dictionary, of `n_values`, before the pages; returns the pages
    /// for the file and the metadata for its footer.
    pub(super) fn finish(
        mut self,
        description: ColumnDescPtr,
        dictionary: &[u8],
        n_values: u32,
        statistics: Statistics,
    ) -> Result<(Pages, ColumnCloseResult), ParquetError> {
        refuse_longer(dictionary.len())?;
        let page = Page::DictionaryPage {
            buf: self.compressor.compress(dictionary)?.into(),
            num_values: n_values,
            encoding: Parquet::PLAIN,
            is_sorted: false,
        };
        let mut pages = Pages::default();
        let written = pages.append(&CompressedPage::new(page, dictionary.len()))?;
        let dictionary_bytes = pages.bytes.len();
        pages.extend(self.pages);
        let whole = i64::try_from(written.uncompressed_size + self.uncompressed);
        let of_pages = |(encoding, count)| PageEncodingStats {
            page_type: PageType::DATA_PAGE_V2,
            encoding,
            count,
        };
        let of_dictionary = PageEncodingStats {
            page_type: PageType::DICTIONARY_PAGE,
            encoding: Parquet::PLAIN,
            count: 1,
        };
        let encodings = [Parquet::PLAIN, Parquet::RLE];
        let encodings = encodings.iter().chain(self.encodings.iter().map(|(encoding, _)| encoding));
        let length = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let metadata = ColumnChunkMetaData::builder(description)
            .set_compression(Compression::ZSTD(tuning::zstd_level()))
            .set_encodings_mask(EncodingMask::new_from_encodings(encodings))
            .set_page_encoding_stats(
                std::iter::once(of_dictionary)
                    .chain(self.encodings.iter().copied().map(of_pages))
                    .collect(),
            )
            .set_num_values(i64::try_from(self.n_rows).unwrap_or(i64::MAX))
            .set_total_uncompressed_size(whole.unwrap_or(i64::MAX))
            .set_total_compressed_size(length(pages.bytes.len()))
            .set_dictionary_page_offset(Some(0))
            .set_data_page_offset(length(dictionary_bytes))
            .set_statistics(statistics)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: pages.bytes.len() as u64,
            rows_written: self.n_rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((pages, close))
    }
}
