//! The wanted rows of a data page, as values or as dictionary codes.

use std::sync::Arc;

use flowkit_model::FieldId;

use super::buffers::{Buffers, Reused};
use crate::batch::dictionary::Dictionary;
use crate::batch::{Column, DictionaryColumn, Values};
use crate::store::encoding::levels::spread;
use crate::store::encoding::{Encoding, Fault, delta, dictionary, plain};

/// Rows of a page.
pub(super) enum PageRows {
    /// Value by value.
    Column(Column),
    /// By codes of the column chunk's dictionary.
    DictionaryColumn(DictionaryColumn),
}

impl PageRows {
    /// How many rows.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Column(column) => column.len(),
            Self::DictionaryColumn(coded) => coded.codes().len(),
        }
    }
}

/// Which rows of a page are wanted.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'r> {
    All,
    /// Some, in ascending order, of a page that must have this number of rows.
    Some(&'r [u32], usize),
}

/// Decodes the pages of a column.
pub(super) struct Decoder<'t> {
    pub(super) field: FieldId,
    /// Whether dictionary codes are wanted where a page has them.
    pub(super) wants_codes: bool,
    /// Where texts are numbered.
    pub(super) texts: &'t Dictionary,
}

/// The values of a page, decompressed and still encoded.
pub(super) struct PageValues<'p> {
    pub(super) bytes: &'p [u8],
    pub(super) encoding: Encoding,
    /// How many there are: one for each row that is not unknown.
    pub(super) n: usize,
    /// One flag per row; `None` if no row is unknown.
    pub(super) unknown: Option<Vec<bool>>,
}

impl Decoder<'_> {
    /// The wanted rows of a page.
    pub(super) fn rows(
        &self,
        page: PageValues<'_>,
        dictionary: Option<&Arc<Values>>,
        wanted: Wanted<'_>,
        buffers: &mut Buffers,
    ) -> Result<PageRows, Fault> {
        if let (Encoding::Dictionary, Some(distinct)) = (page.encoding, dictionary) {
            if self.wants_codes {
                let codes = codes(&page, distinct, wanted, buffers)?;
                return Ok(PageRows::DictionaryColumn(DictionaryColumn::of_checked(
                    codes,
                    Arc::clone(distinct),
                )));
            }
            if let Wanted::Some(..) = wanted {
                let codes = codes(&page, distinct, wanted, buffers)?;
                let column = column_of(&codes, distinct, buffers);
                buffers.keep(codes);
                return Ok(PageRows::Column(column));
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
        Ok(PageRows::Column(column))
    }

    fn values(
        &self,
        page: &PageValues<'_>,
        dictionary: Option<&Values>,
        buffers: &mut Buffers,
    ) -> Result<Values, Fault> {
        let (bytes, n) = (page.bytes, page.n);
        match page.encoding {
            Encoding::Dictionary => match dictionary {
                None if n == 0 => self.plain(&[], 0, buffers),
                None => Err("indices without a dictionary"),
                Some(Values::U8(distinct)) => {
                    looked_up(bytes, n, distinct, buffers).map(Values::U8)
                }
                Some(Values::U16(distinct)) => {
                    looked_up(bytes, n, distinct, buffers).map(Values::U16)
                }
                Some(Values::U32(distinct)) => {
                    looked_up(bytes, n, distinct, buffers).map(Values::U32)
                }
                Some(Values::U64(distinct)) => {
                    looked_up(bytes, n, distinct, buffers).map(Values::U64)
                }
            },
            Encoding::Plain => self.plain(bytes, n, buffers),
            Encoding::Delta => match self.field.field().bits() {
                None => Err("differences of texts"),
                Some(0..=8) => differences(bytes, n, buffers).map(Values::U8),
                Some(9..=16) => differences(bytes, n, buffers).map(Values::U16),
                Some(17..=32) => differences(bytes, n, buffers).map(Values::U32),
                Some(_) => differences(bytes, n, buffers).map(Values::U64),
            },
        }
    }

    /// Plain values, of a page or a dictionary; texts become their numbers.
    pub(super) fn plain(
        &self,
        bytes: &[u8],
        count: usize,
        buffers: &mut Buffers,
    ) -> Result<Values, Fault> {
        Ok(match self.field.field().bits() {
            None => {
                let texts = plain::read_texts(bytes, count)?;
                Values::U32(texts.into_iter().map(|text| self.texts.code(text)).collect())
            }
            Some(0..=8) => Values::U8(numbers(bytes, 4, count, buffers)?),
            Some(9..=16) => Values::U16(numbers(bytes, 4, count, buffers)?),
            Some(17..=32) => Values::U32(numbers(bytes, 4, count, buffers)?),
            Some(_) => Values::U64(numbers(bytes, 8, count, buffers)?),
        })
    }
}

/// The codes of the wanted rows; an unknown value has the one behind the last.
fn codes(
    page: &PageValues<'_>,
    distinct: &Values,
    wanted: Wanted<'_>,
    buffers: &mut Buffers,
) -> Result<Vec<u32>, Fault> {
    if page.unknown.is_none()
        && let Some(code) = dictionary::constant(page.bytes, page.n, distinct.len())?
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
    dictionary::read_codes(page.bytes, distinct.len(), &mut codes)?;
    if let Some(unknown) = &page.unknown {
        let behind = u32::try_from(distinct.len()).map_err(|_| "too long a dictionary")?;
        codes = spread(&codes, unknown, behind);
    }
    Ok(match wanted {
        Wanted::All => codes,
        Wanted::Some(rows, _) => buffers.pick(codes, rows),
    })
}

/// The values that codes stand for; the code behind the last is null.
fn column_of(codes: &[u32], distinct: &Values, buffers: &mut Buffers) -> Column {
    fn all<V: Reused>(codes: &[u32], distinct: &[V], buffers: &mut Buffers) -> Vec<V> {
        let mut values = buffers.vec();
        let value = |code: &u32| distinct.get(*code as usize).copied().unwrap_or_default();
        values.extend(codes.iter().map(value));
        values
    }
    let values = match distinct {
        Values::U8(distinct) => Values::U8(all(codes, distinct, buffers)),
        Values::U16(distinct) => Values::U16(all(codes, distinct, buffers)),
        Values::U32(distinct) => Values::U32(all(codes, distinct, buffers)),
        Values::U64(distinct) => Values::U64(all(codes, distinct, buffers)),
    };
    let is_unknown = |code: &u32| *code as usize == distinct.len();
    let unknown = codes.iter().any(is_unknown).then(|| codes.iter().map(is_unknown).collect());
    Column { values, unknown }
}

/// Values by their codes.
fn looked_up<V: Reused>(
    bytes: &[u8],
    count: usize,
    distinct: &[V],
    buffers: &mut Buffers,
) -> Result<Vec<V>, Fault> {
    let mut values = buffers.whole(count);
    dictionary::read_values(bytes, distinct, &mut values)?;
    Ok(values)
}

/// Values by their differences.
fn differences<V: Reused>(
    bytes: &[u8],
    count: usize,
    buffers: &mut Buffers,
) -> Result<Vec<V>, Fault> {
    let mut values = buffers.whole(count);
    delta::read(bytes, &mut values)?;
    Ok(values)
}

/// Plain numbers.
fn numbers<V: Reused>(
    bytes: &[u8],
    bytes_each: usize,
    count: usize,
    buffers: &mut Buffers,
) -> Result<Vec<V>, Fault> {
    let mut values = buffers.whole(count);
    plain::read(bytes, bytes_each, &mut values)?;
    Ok(values)
}
