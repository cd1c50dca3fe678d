//! The pages of a column of a row group, one after the other, as columns.

use std::fs::File;
use std::io;
use std::sync::Arc;

use flowkit_model::FieldId;
use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;

use super::Request;
use super::decode::{Encoded, Kind};
use super::spare::Spare;
use super::window::Window;
use crate::batch::dictionary::Dictionary;
use crate::batch::{Coded, Column, Values};
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

/// A page of a column.
pub(super) enum Stored {
    /// Value by value.
    Column(Column),
    /// By places in the dictionary of the column's row group.
    Coded(Coded),
}

impl Stored {
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Column(column) => column.len(),
            Self::Coded(coded) => coded.codes().len(),
        }
    }
}

/// Which rows of a page are wanted.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'r> {
    All,
    /// Some of a page of so many rows, in ascending order.
    Some(&'r [u32], usize),
}

/// The pages of a column of a group.
pub(super) struct ColumnPages<'f> {
    field: FieldId,
    window: Window<'f>,
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
        spare: &mut Spare,
    ) -> Result<Self, Damage> {
        let is_packed = match chunk.compression() {
            Compression::UNCOMPRESSED => false,
            Compression::ZSTD(_) => true,
            _ => return Err("a compression that flowkit does not use".into()),
        };
        let window = Window::new(file, (start, start + length), spare.bytes());
        let by_place = request.is_by_place(field);
        let texts = Arc::clone(request.dictionary);
        Ok(Self { field, window, is_packed, by_place, dictionary: None, texts })
    }

    /// Whose pages they are.
    pub(super) fn field(&self) -> FieldId {
        self.field
    }

    /// Gives memory back when no page is needed any more.
    pub(super) fn done(self, spare: &mut Spare) {
        spare.take_back_bytes(self.window.into_buffer());
    }

    /// The wanted rows of the next page.
    pub(super) fn next(&mut self, wanted: Wanted<'_>, spare: &mut Spare) -> Result<Stored, Damage> {
        let header = self.rows_ahead(spare)?;
        let Self { window, dictionary, .. } = self;
        let stored = window.take(header.stored)?.ok_or("a page that breaks off")?;
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
        let mut buffer = spare.unpacked();
        let values = if is_packed && self.is_packed {
            spare.unpack(values, unpacked, &mut buffer)?;
            &buffer
        } else {
            values
        };
        let values = Encoded { bytes: values, encoding, n: rows - nulls, unknown };
        let kind = Kind { field: self.field, by_place: self.by_place, texts: &self.texts };
        let stored = kind.rows(values, dictionary.as_ref(), wanted, spare);
        spare.take_back_unpacked(buffer);
        Ok(stored?)
    }

    /// Passes the next page; gives its rows.
    pub(super) fn skip(&mut self, spare: &mut Spare) -> Result<usize, Damage> {
        let header = self.rows_ahead(spare)?;
        if !self.window.pass(header.stored) {
            return Err("a page that breaks off".into());
        }
        match header.page {
            Page::Rows { rows, .. } => Ok(rows),
            _ => Err("no rows".into()),
        }
    }

    /// The header of the next page of rows, passed; a dictionary before it is
    /// kept.
    fn rows_ahead(&mut self, spare: &mut Spare) -> Result<Header, Damage> {
        loop {
            let ahead = self.window.ahead(header::MOST)?;
            if ahead.is_empty() {
                return Err("fewer pages than rows".into());
            }
            let header = Header::read(ahead)?;
            self.window.pass(header.length);
            match header.page {
                Page::Rows { .. } => return Ok(header),
                Page::Dictionary(n) => self.keep_dictionary(&header, n, spare)?,
                Page::Other => return Err("a page of an older layout".into()),
            }
        }
    }

    fn keep_dictionary(
        &mut self,
        header: &Header,
        n: usize,
        spare: &mut Spare,
    ) -> Result<(), Damage> {
        let stored = self.window.take(header.stored)?.ok_or("a dictionary that breaks off")?;
        header.check(stored)?;
        let mut buffer = spare.unpacked();
        let values = if self.is_packed {
            spare.unpack(stored, header.unpacked, &mut buffer)?;
            &buffer
        } else {
            stored
        };
        // Its memory is shared with batches and does not come back.
        let list = Kind { field: self.field, by_place: false, texts: &self.texts }.plain(
            values,
            n,
            &mut Spare::default(),
        );
        spare.take_back_unpacked(buffer);
        self.dictionary = Some(Arc::new(list?));
        Ok(())
    }
}

fn n_known(unknown: &[bool]) -> usize {
    unknown.iter().filter(|unknown| !**unknown).count()
}
