//! Decodes the wanted rows of a data page, to values or to dictionary codes.

use std::sync::Arc;

use flowkit_model::{Address, Kind};

use super::buffers::{Buffers, Reused};
use crate::batch::column::bits;
use crate::batch::dictionary::{Dictionary, FIRST_CODED, has_coded};
use crate::batch::{Column, DictionaryColumn, Values};
use crate::store::encoding::levels::spread;
use crate::store::encoding::{BEYOND, Encoding, Fault, delta, dictionary, plain};
use crate::store::layout::StoredColumn;

/// Rows of a page.
pub(super) enum PageRows {
    /// As values.
    Column(Column),
    /// As codes of the column chunk's dictionary.
    DictionaryColumn(DictionaryColumn),
}

impl PageRows {
    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Column(column) => column.len(),
            Self::DictionaryColumn(column) => column.codes().len(),
        }
    }
}

/// Which rows of a page are wanted.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'r> {
    All,
    /// These, in ascending order, of a page that must have this number of rows.
    Some(&'r [u32], usize),
}

/// Decodes the pages of a column.
pub(super) struct Decoder<'t> {
    pub(super) column: StoredColumn,
    /// Whether dictionary codes are wanted where a page has them.
    pub(super) wants_codes: bool,
    /// The dictionary that gives texts and addresses their codes.
    pub(super) codes: &'t Dictionary,
}

/// The values of a page, decompressed and still encoded.
pub(super) struct PageValues<'p> {
    pub(super) bytes: &'p [u8],
    pub(super) encoding: Encoding,
    /// Number of values: one for each row that is known.
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
                buffers.take_back_vec(codes);
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
            Encoding::Delta => match self.bits() {
                None => Err("differences of texts"),
                Some(0..=16) => Err("differences of narrow numbers"),
                Some(17..=32) => {
                    let mut values = differences(bytes, n, buffers)?;
                    self.as_codes(&mut values);
                    Ok(Values::U32(values))
                }
                Some(_) => {
                    let values = differences(bytes, n, buffers)?;
                    within(&values, self.most())?;
                    Ok(Values::U64(values))
                }
            },
        }
    }

    /// Bits of a value; texts have none.
    fn bits(&self) -> Option<u32> {
        match self.column {
            StoredColumn::Field(field) if field.field().kind != Kind::Text => {
                Some(bits(field.field()))
            }
            _ => None,
        }
    }

    /// The largest value.
    fn most(&self) -> u64 {
        let most = u64::try_from(self.column.field().most()).unwrap_or(u64::MAX);
        match self.bits() {
            Some(bits @ 1..=64) => most.min(u64::MAX >> (64 - bits)),
            _ => most,
        }
    }

    /// IPv4 numbers as codes of addresses.
    fn as_codes(&self, values: &mut [u32]) {
        let is_address = self.column.field().id.is_address();
        if is_address && has_coded(values) {
            for value in values.iter_mut().filter(|value| **value >= FIRST_CODED) {
                *value = self.codes.address_code(Address::from_bits(*value));
            }
        }
    }

    /// The codes of texts, or of IPv6 addresses as text.
    fn coded(&self, texts: Vec<&str>) -> Result<Vec<u32>, Fault> {
        let of_address = |text: &str| {
            let address: Address = text.parse().map_err(|_| "an address that is none")?;
            Ok(self.codes.address_code(address))
        };
        match self.column {
            StoredColumn::Ipv6(_) => texts.into_iter().map(of_address).collect(),
            StoredColumn::Field(_) => Ok(texts.into_iter().map(|t| self.codes.code(t)).collect()),
        }
    }

    /// Plain values, of a page or a dictionary; texts and addresses become codes.
    pub(super) fn plain(
        &self,
        bytes: &[u8],
        count: usize,
        buffers: &mut Buffers,
    ) -> Result<Values, Fault> {
        let most = self.most();
        Ok(match self.bits() {
            None => Values::U32(self.coded(plain::read_texts(bytes, count)?)?),
            Some(0..=8) => Values::U8(numbers(bytes, 4, most, count, buffers)?),
            Some(9..=16) => Values::U16(numbers(bytes, 4, most, count, buffers)?),
            Some(17..=32) => {
                let mut values = numbers(bytes, 4, most, count, buffers)?;
                self.as_codes(&mut values);
                Values::U32(values)
            }
            Some(_) => Values::U64(numbers(bytes, 8, most, count, buffers)?),
        })
    }
}

/// The codes of the wanted rows; an unknown value has the code after the last.
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
        let null_code = u32::try_from(distinct.len()).map_err(|_| "too long a dictionary")?;
        codes = spread(&codes, unknown, null_code);
    }
    Ok(match wanted {
        Wanted::All => codes,
        Wanted::Some(rows, _) => buffers.pick(codes, rows),
    })
}

/// The values of codes; the code after the last is null.
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

/// Dictionary-encoded values.
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

/// Delta-encoded values.
fn differences<V: Reused>(
    bytes: &[u8],
    count: usize,
    buffers: &mut Buffers,
) -> Result<Vec<V>, Fault> {
    let mut values = buffers.whole(count);
    delta::read(bytes, &mut values)?;
    Ok(values)
}

/// Plain numbers, of which none may be over `most`.
fn numbers<V: Reused>(
    bytes: &[u8],
    bytes_each: usize,
    most: u64,
    count: usize,
    buffers: &mut Buffers,
) -> Result<Vec<V>, Fault> {
    let bytes = plain::numbers(bytes, bytes_each, count)?;
    let mut values = buffers.whole(count);
    plain::read(bytes, bytes_each, most, &mut values)?;
    Ok(values)
}

/// Checks that no value is over `most`, without a branch for each.
fn within(values: &[u64], most: u64) -> Result<(), Fault> {
    if most == u64::MAX {
        return Ok(());
    }
    // The sign of the difference tells it, or that of a value from 2^63 on.
    let signs = values.iter().fold(0, |signs, value| signs | most.wrapping_sub(*value) | value);
    if signs >> 63 == 0 { Ok(()) } else { Err(BEYOND) }
}
