//! Reads the pages of a column chunk in order; each is decoded or skipped.

use std::fs::File;
use std::io;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;

use super::Request;
use super::buffers::Buffers;
use super::page_rows::{Decoder, PageRows, PageValues, Wanted};
use super::read_ahead::ReadAhead;
use crate::batch::Values;
use crate::batch::dictionary::Dictionary;
use crate::store::encoding::{Fault, levels};
use crate::store::footer::HeaderChecksums;
use crate::store::layout::StoredColumn;
use crate::store::page_header::{self, Page, PageHeader};
use crate::store::tuning::DICTIONARY_BYTES;

/// Why a page cannot be read.
pub(super) enum Damage {
    Io(io::Error),
    Fault(Fault),
}

impl From<io::Error> for Damage {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Fault> for Damage {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The pages of a column chunk.
pub(super) struct ColumnPages<'f> {
    column: StoredColumn,
    file: ReadAhead<'f>,
    headers: HeaderChecksums<'f>,
    is_compressed: bool,
    /// Whether dictionary codes are wanted where a page has them.
    wants_codes: bool,
    /// The column chunk's dictionary; of texts, their codes in the dictionary of
    /// the scan.
    dictionary: Option<Arc<Values>>,
    codes: Arc<Dictionary>,
}

/// The columns of a row group have pages of different numbers of rows.
pub(super) const MISALIGNED: Fault = "pages that do not line up";

/// Most rows accepted in one page: ours have `tuning::PAGE_ROWS`, a quarter of
/// it.
const MOST_ROWS: usize = 1 << 16;

/// Most values accepted in a dictionary: ours are full at [`DICTIONARY_BYTES`], and
/// no value takes less than four.
const MOST_VALUES: usize = DICTIONARY_BYTES / 4 + 1;

impl<'f> ColumnPages<'f> {
    /// The pages of a column chunk, given the file, start and length of the chunk,
    /// and the checksums of its headers.
    pub(super) fn new(
        column: StoredColumn,
        chunk: &ColumnChunkMetaData,
        (file, (start, length)): (&'f File, (u64, u64)),
        headers: HeaderChecksums<'f>,
        request: &Request<'_>,
        buffers: &mut Buffers,
    ) -> Result<Self, Damage> {
        let is_compressed = match chunk.compression() {
            Compression::UNCOMPRESSED => false,
            Compression::ZSTD(_) => true,
            _ => return Err("a compression that flowkit does not use".into()),
        };
        let file = ReadAhead::new(file, (start, start + length), buffers.bytes());
        let wants_codes = request.wants_codes(column.field().id);
        let codes = Arc::clone(request.dictionary);
        Ok(Self { column, file, headers, is_compressed, wants_codes, dictionary: None, codes })
    }

    /// These pages as values, not as codes.
    pub(super) fn into_values(self) -> Self {
        Self { wants_codes: false, ..self }
    }

    /// Returns the buffers to the pool.
    pub(super) fn done(self, buffers: &mut Buffers) {
        buffers.take_back_bytes(self.file.into_buffer());
    }

    /// The wanted rows of the next page.
    pub(super) fn next(
        &mut self,
        wanted: Wanted<'_>,
        buffers: &mut Buffers,
    ) -> Result<PageRows, Damage> {
        let header = self.rows_ahead(buffers)?;
        let Self { file, dictionary, .. } = self;
        let page_bytes = file.take(header.stored)?.ok_or("a page that breaks off")?;
        header.check(page_bytes)?;
        let Page::Data { rows, nulls, encoding, levels, is_compressed } = header.page else {
            return Err("no rows".into());
        };
        if rows > MOST_ROWS || nulls > rows {
            return Err("too many rows".into());
        }
        if let Wanted::Some(_, expected) = wanted
            && rows != expected
        {
            return Err(MISALIGNED.into());
        }
        let (levels, values) =
            page_bytes.split_at_checked(levels).ok_or("levels that break off")?;
        let unknown = if nulls == 0 { None } else { Some(levels::read(levels, rows)?) };
        if unknown.as_ref().is_some_and(|unknown| n_known(unknown) != rows - nulls) {
            return Err("levels and values that do not agree".into());
        }
        let decompressed =
            header.decompressed.checked_sub(levels.len()).ok_or("levels that break off")?;
        let mut buffer = buffers.decompressed();
        let values = if is_compressed && self.is_compressed {
            buffers.decompress(values, decompressed, &mut buffer)?;
            &buffer
        } else {
            values
        };
        let values = PageValues { bytes: values, encoding, n: rows - nulls, unknown };
        let (column, wants_codes, codes) = (self.column, self.wants_codes, &*self.codes);
        let decoder = Decoder { column, wants_codes, codes };
        let rows = decoder.rows(values, dictionary.as_ref(), wanted, buffers);
        buffers.take_back_decompressed(buffer);
        Ok(rows?)
    }

    /// Skips the next page; returns its number of rows.
    pub(super) fn skip(&mut self, buffers: &mut Buffers) -> Result<usize, Damage> {
        let header = self.rows_ahead(buffers)?;
        if !self.file.pass(header.stored) {
            return Err("a page that breaks off".into());
        }
        match header.page {
            Page::Data { rows, .. } => Ok(rows),
            _ => Err("no rows".into()),
        }
    }

    /// Reads the header of the next data page, and a dictionary page before it.
    fn rows_ahead(&mut self, buffers: &mut Buffers) -> Result<PageHeader, Damage> {
        loop {
            let ahead = self.file.ahead(page_header::MOST)?;
            if ahead.is_empty() {
                return Err("fewer pages than rows".into());
            }
            let checksum = self.headers.next().ok_or("more pages than were written")?;
            let header = PageHeader::read_checked(ahead, checksum)?;
            self.file.pass(header.length);
            match header.page {
                Page::Data { .. } => return Ok(header),
                Page::Dictionary(n) => self.keep_dictionary(&header, n, buffers)?,
                Page::Other => return Err("a page of an older layout".into()),
            }
        }
    }

    fn keep_dictionary(
        &mut self,
        header: &PageHeader,
        n: usize,
        buffers: &mut Buffers,
    ) -> Result<(), Damage> {
        if n > MOST_VALUES {
            return Err("a dictionary that is too long".into());
        }
        let stored = self.file.take(header.stored)?.ok_or("a dictionary that breaks off")?;
        header.check(stored)?;
        let mut buffer = buffers.decompressed();
        let values = if self.is_compressed {
            buffers.decompress(stored, header.decompressed, &mut buffer)?;
            &buffer
        } else {
            stored
        };
        // The dictionary is shared with batches, so that its vectors do not return to
        // the pool.
        let (column, codes) = (self.column, &*self.codes);
        let decoder = Decoder { column, wants_codes: false, codes };
        let values = decoder.plain(values, n, &mut Buffers::default());
        buffers.take_back_decompressed(buffer);
        self.dictionary = Some(Arc::new(values?));
        Ok(())
    }
}

fn n_known(unknown: &[bool]) -> usize {
    unknown.iter().filter(|unknown| !**unknown).count()
}
