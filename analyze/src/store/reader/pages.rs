//! The pages of a column of a row group, one after the other, as columns.

use std::fs::File;
use std::io;
use std::sync::Arc;

use flowkit_model::FieldId;
use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;

use super::Request;
use super::buffers::Buffers;
use super::page_rows::{Encoded, Kind, Stored, Wanted};
use super::read_ahead::ReadAhead;
use crate::columns::Values;
use crate::dictionary::Dictionary;
use crate::store::page::header::{self, Header, Page};
use crate::store::page::{self, Fault};

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

/// The pages of a column of a group.
pub(super) struct ColumnPages<'f> {
    field: FieldId,
    file: ReadAhead<'f>,
    is_packed: bool,
    /// Whether places in the dictionary are wanted.
    by_place: bool,
    /// Values by index; of texts, their numbers in the dictionary of the scan.
    dictionary: Option<Arc<Values>>,
    texts: Arc<Dictionary>,
}

/// Pages of two columns of a group do not have the same rows.
pub(super) const MISALIGNED: Fault = "pages that do not line up";

/// Rows that are believed of one page: ours have `schema::PAGE_ROWS`, a quarter of it.
const MOST_ROWS: usize = 1 << 16;

impl<'f> ColumnPages<'f> {
    /// The pages of a column of a group, which is at a place in a file: where it
    /// begins, and its length.
    pub(super) fn new(
        field: FieldId,
        chunk: &ColumnChunkMetaData,
        (file, (start, length)): (&'f File, (u64, u64)),
        request: &Request<'_>,
        buffers: &mut Buffers,
    ) -> Result<Self, Damage> {
        let is_packed = match chunk.compression() {
            Compression::UNCOMPRESSED => false,
            Compression::ZSTD(_) => true,
            _ => return Err("a compression that flowkit does not use".into()),
        };
        let file = ReadAhead::new(file, (start, start + length), buffers.bytes());
        let by_place = request.is_by_place(field);
        let texts = Arc::clone(request.dictionary);
        Ok(Self { field, file, is_packed, by_place, dictionary: None, texts })
    }

    /// Whose pages they are.
    pub(super) fn field(&self) -> FieldId {
        self.field
    }

    /// Gives memory back when no page is needed any more.
    pub(super) fn done(self, buffers: &mut Buffers) {
        buffers.take_back_bytes(self.file.into_buffer());
    }

    /// The wanted rows of the next page.
    pub(super) fn next(
        &mut self,
        wanted: Wanted<'_>,
        buffers: &mut Buffers,
    ) -> Result<Stored, Damage> {
        let header = self.rows_ahead(buffers)?;
        let Self { file, dictionary, .. } = self;
        let stored = file.take(header.stored)?.ok_or("a page that breaks off")?;
        header.check(stored)?;
        let Page::Rows { rows, nulls, encoding, levels, is_packed } = header.page else {
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
        let (levels, values) = stored.split_at_checked(levels).ok_or("levels that break off")?;
        let unknown = if nulls == 0 { None } else { Some(page::nulls(levels, rows)?) };
        if unknown.as_ref().is_some_and(|unknown| n_known(unknown) != rows - nulls) {
            return Err("levels and values that do not agree".into());
        }
        let unpacked = header.unpacked.checked_sub(levels.len()).ok_or("levels that break off")?;
        let mut buffer = buffers.unpacked();
        let values = if is_packed && self.is_packed {
            buffers.unpack(values, unpacked, &mut buffer)?;
            &buffer
        } else {
            values
        };
        let values = Encoded { bytes: values, encoding, n: rows - nulls, unknown };
        let kind = Kind { field: self.field, by_place: self.by_place, texts: &self.texts };
        let stored = kind.rows(values, dictionary.as_ref(), wanted, buffers);
        buffers.take_back_unpacked(buffer);
        Ok(stored?)
    }

    /// Passes the next page; gives its rows.
    pub(super) fn skip(&mut self, buffers: &mut Buffers) -> Result<usize, Damage> {
        let header = self.rows_ahead(buffers)?;
        if !self.file.pass(header.stored) {
            return Err("a page that breaks off".into());
        }
        match header.page {
            Page::Rows { rows, .. } => Ok(rows),
            _ => Err("no rows".into()),
        }
    }

    /// The header of the next page of rows, passed; a dictionary before it is
    /// kept.
    fn rows_ahead(&mut self, buffers: &mut Buffers) -> Result<Header, Damage> {
        loop {
            let ahead = self.file.ahead(header::MOST)?;
            if ahead.is_empty() {
                return Err("fewer pages than rows".into());
            }
            let header = Header::read(ahead)?;
            self.file.pass(header.length);
            match header.page {
                Page::Rows { .. } => return Ok(header),
                Page::Dictionary(n) => self.keep_dictionary(&header, n, buffers)?,
                Page::Other => return Err("a page of an older layout".into()),
            }
        }
    }

    fn keep_dictionary(
        &mut self,
        header: &Header,
        n: usize,
        buffers: &mut Buffers,
    ) -> Result<(), Damage> {
        let stored = self.file.take(header.stored)?.ok_or("a dictionary that breaks off")?;
        header.check(stored)?;
        let mut buffer = buffers.unpacked();
        let values = if self.is_packed {
            buffers.unpack(stored, header.unpacked, &mut buffer)?;
            &buffer
        } else {
            stored
        };
        // Its memory is shared with batches and does not come back.
        let list = Kind { field: self.field, by_place: false, texts: &self.texts }.plain(
            values,
            n,
            &mut Buffers::default(),
        );
        buffers.take_back_unpacked(buffer);
        self.dictionary = Some(Arc::new(list?));
        Ok(())
    }
}

fn n_known(unknown: &[bool]) -> usize {
    unknown.iter().filter(|unknown| !**unknown).count()
}
