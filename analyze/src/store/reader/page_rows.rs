//! What is in a page, as a column or as places in a list.

use std::sync::Arc;

use flowkit_model::FieldId;
use parquet::basic::Encoding;

use super::buffers::{Buffers, Reused};
use crate::columns::{Coded, Column, Values};
use crate::dictionary::Dictionary;
use crate::store::page::{self, Fault};

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

/// What is known of the values of all pages of a column.
pub(super) struct Kind<'t> {
    pub(super) field: FieldId,
    /// Whether places in the dictionary are wanted.
    pub(super) by_place: bool,
    /// Where texts are numbered.
    pub(super) texts: &'t Dictionary,
}

/// The values of a page, unpacked.
pub(super) struct Encoded<'p> {
    pub(super) bytes: &'p [u8],
    pub(super) encoding: Encoding,
    /// How many there are: one for each row that is not unknown.
    pub(super) n: usize,
    /// One flag per row; `None` if no row is unknown.
    pub(super) unknown: Option<Vec<bool>>,
}

impl Kind<'_> {
    /// The wanted rows of a page.
    pub(super) fn rows(
        &self,
        page: Encoded<'_>,
        dictionary: Option<&Arc<Values>>,
        wanted: Wanted<'_>,
        buffers: &mut Buffers,
    ) -> Result<Stored, Fault> {
        if let (Encoding::RLE_DICTIONARY, Some(list)) = (page.encoding, dictionary) {
            if self.by_place {
                let codes = codes(&page, list, wanted, buffers)?;
                return Ok(Stored::Coded(Coded::of_checked(codes, Arc::clone(list))));
            }
            if let Wanted::Some(..) = wanted {
                let codes = codes(&page, list, wanted, buffers)?;
                let column = looked_up(&codes, list, buffers);
                buffers.keep(codes);
                return Ok(Stored::Column(column));
            }
        }
        let values = self.values(&page, dictionary.map(AsRef::as_ref), buffers)?;
        let mut column = Column { values, unknown: None };
        if let Some(unknown) = page.unknown {
            column.values = match &column.values {
                Values::U8(values) => Values::U8(spread(values, &unknown, 0)),
                Values::U16(values) => Values::U16(spread(values, &unknown, 0)),
                Values::U32(values) => Values::U32(spread(values, &unknown, 0)),
                Values::U64(values) => Values::U64(spread(values, &unknown, 0)),
            };
            column.unknown = Some(unknown);
        }
        if let Wanted::Some(rows, _) = wanted {
            buffers.pick_column(&mut column, rows);
        }
        Ok(Stored::Column(column))
    }

    fn values(
        &self,
        page: &Encoded<'_>,
        dictionary: Option<&Values>,
        buffers: &mut Buffers,
    ) -> Result<Values, Fault> {
        let (bytes, n) = (page.bytes, page.n);
        match page.encoding {
            Encoding::RLE_DICTIONARY => match dictionary {
                None if n == 0 => self.plain(&[], 0, buffers),
                None => Err("indices without a dictionary"),
                Some(Values::U8(list)) => by_dictionary(bytes, n, list, buffers).map(Values::U8),
                Some(Values::U16(list)) => by_dictionary(bytes, n, list, buffers).map(Values::U16),
                Some(Values::U32(list)) => by_dictionary(bytes, n, list, buffers).map(Values::U32),
                Some(Values::U64(list)) => by_dictionary(bytes, n, list, buffers).map(Values::U64),
            },
            Encoding::PLAIN => self.plain(bytes, n, buffers),
            Encoding::DELTA_BINARY_PACKED => match self.field.field().bits() {
                None => Err("differences of texts"),
                Some(0..=8) => differences(bytes, n, buffers).map(Values::U8),
                Some(9..=16) => differences(bytes, n, buffers).map(Values::U16),
                Some(17..=32) => differences(bytes, n, buffers).map(Values::U32),
                Some(_) => differences(bytes, n, buffers).map(Values::U64),
            },
            _ => Err("an encoding that flowkit does not use"),
        }
    }

    /// Plain values, of a page or a dictionary.
    pub(super) fn plain(
        &self,
        bytes: &[u8],
        count: usize,
        buffers: &mut Buffers,
    ) -> Result<Values, Fault> {
        Ok(match self.field.field().bits() {
            None => {
                let texts = page::plain_texts(bytes, count)?;
                Values::U32(texts.into_iter().map(|text| self.texts.code(text)).collect())
            }
            Some(0..=8) => Values::U8(plain(bytes, 4, count, buffers)?),
            Some(9..=16) => Values::U16(plain(bytes, 4, count, buffers)?),
            Some(17..=32) => Values::U32(plain(bytes, 4, count, buffers)?),
            Some(_) => Values::U64(plain(bytes, 8, count, buffers)?),
        })
    }
}

/// The places of the wanted rows; an unknown value has the one behind the last.
fn codes(
    page: &Encoded<'_>,
    list: &Values,
    wanted: Wanted<'_>,
    buffers: &mut Buffers,
) -> Result<Vec<u32>, Fault> {
    if page.unknown.is_none()
        && let Some(code) = page::one_run(page.bytes, page.n, list.len())?
    {
        let rows = match wanted {
            Wanted::All => page.n,
            Wanted::Some(rows, _) => rows.len(),
        };
        let mut codes = buffers.vec();
        codes.resize(rows, code);
        return Ok(codes);
    }
    let mut codes = buffers.whole(page.n);
    page::codes(page.bytes, list.len(), &mut codes)?;
    if let Some(unknown) = &page.unknown {
        let behind = u32::try_from(list.len()).map_err(|_| "too long a dictionary")?;
        codes = spread(&codes, unknown, behind);
    }
    Ok(match wanted {
        Wanted::All => codes,
        Wanted::Some(rows, _) => buffers.pick(codes, rows),
    })
}

/// The values at some places of a list.
fn looked_up(codes: &[u32], list: &Values, buffers: &mut Buffers) -> Column {
    fn all<V: Reused>(codes: &[u32], list: &[V], buffers: &mut Buffers) -> Vec<V> {
        let mut values = buffers.vec();
        let value = |code: &u32| list.get(*code as usize).copied().unwrap_or_default();
        values.extend(codes.iter().map(value));
        values
    }
    let values = match list {
        Values::U8(list) => Values::U8(all(codes, list, buffers)),
        Values::U16(list) => Values::U16(all(codes, list, buffers)),
        Values::U32(list) => Values::U32(all(codes, list, buffers)),
        Values::U64(list) => Values::U64(all(codes, list, buffers)),
    };
    let is_unknown = |code: &u32| *code as usize == list.len();
    let unknown = codes.iter().any(is_unknown).then(|| codes.iter().map(is_unknown).collect());
    Column { values, unknown }
}

fn by_dictionary<V: Reused>(
    bytes: &[u8],
    count: usize,
    list: &[V],
    buffers: &mut Buffers,
) -> Result<Vec<V>, Fault> {
    let mut values = buffers.whole(count);
    page::by_dictionary(bytes, list, &mut values)?;
    Ok(values)
}

fn differences<V: Reused>(
    bytes: &[u8],
    count: usize,
    buffers: &mut Buffers,
) -> Result<Vec<V>, Fault> {
    let mut values = buffers.whole(count);
    page::differences(bytes, &mut values)?;
    Ok(values)
}

fn plain<V: Reused>(
    bytes: &[u8],
    bytes_each: usize,
    count: usize,
    buffers: &mut Buffers,
) -> Result<Vec<V>, Fault> {
    let mut values = buffers.whole(count);
    page::plain(bytes, bytes_each, &mut values)?;
    Ok(values)
}

/// Puts known values in their rows, and another in the rest.
fn spread<V: Copy>(values: &[V], unknown: &[bool], other: V) -> Vec<V> {
    let mut values = values.iter();
    let value = |unknown: &bool| {
        if *unknown { other } else { values.next().copied().unwrap_or(other) }
    };
    unknown.iter().map(value).collect()
}
