//! The pages of a field: those of its column, and of addresses those of both families,
//! which become one column.

use super::buffers::Buffers;
use super::page_rows::{PageRows, Wanted};
use super::pages::{ColumnPages, Damage, MISALIGNED};
use crate::batch::Values;
use flowkit_model::FieldId;

/// The pages of a field.
pub(super) struct FieldPages<'f> {
    field: FieldId,
    pages: ColumnPages<'f>,
    /// Those of IPv6, if the row group has any.
    ipv6: Option<ColumnPages<'f>>,
}

impl<'f> FieldPages<'f> {
    pub(super) fn new(
        field: FieldId,
        pages: ColumnPages<'f>,
        ipv6: Option<ColumnPages<'f>>,
    ) -> Self {
        // Two dictionaries are no dictionary.
        let pages = if ipv6.is_some() { pages.into_values() } else { pages };
        Self { field, pages, ipv6: ipv6.map(ColumnPages::into_values) }
    }

    /// The field.
    pub(super) fn field(&self) -> FieldId {
        self.field
    }

    /// Returns the buffers to the pool.
    pub(super) fn done(self, buffers: &mut Buffers) {
        self.pages.done(buffers);
        if let Some(ipv6) = self.ipv6 {
            ipv6.done(buffers);
        }
    }

    /// The wanted rows of the next page.
    pub(super) fn next(
        &mut self,
        wanted: Wanted<'_>,
        buffers: &mut Buffers,
    ) -> Result<PageRows, Damage> {
        let rows = self.pages.next(wanted, buffers)?;
        let Some(ipv6) = &mut self.ipv6 else { return Ok(rows) };
        let both = (rows, ipv6.next(wanted, buffers)?);
        let (PageRows::Column(mut column), PageRows::Column(more)) = both else {
            return Err("addresses as codes".into());
        };
        let (Values::U32(codes), Values::U32(others)) = (&mut column.values, &more.values) else {
            return Err("addresses of another width".into());
        };
        if codes.len() != others.len() {
            return Err(MISALIGNED.into());
        }
        let unknown = column.unknown.get_or_insert_with(|| vec![false; others.len()]);
        for (row, (code, other)) in codes.iter_mut().zip(others).enumerate() {
            if !more.unknown.as_ref().is_some_and(|unknown| unknown[row]) {
                // An address of both families at once was not written by us.
                if !unknown[row] {
                    return Err("two addresses of one flow".into());
                }
                (*code, unknown[row]) = (*other, false);
            }
        }
        if let Values::U32(others) = more.values {
            buffers.take_back_vec(others);
        }
        if !unknown.contains(&true) {
            column.unknown = None;
        }
        Ok(PageRows::Column(column))
    }

    /// Skips the next page; returns its number of rows.
    pub(super) fn skip(&mut self, buffers: &mut Buffers) -> Result<usize, Damage> {
        let rows = self.pages.skip(buffers)?;
        let of_ipv6 = self.ipv6.as_mut().map(|ipv6| ipv6.skip(buffers)).transpose()?;
        if of_ipv6.is_none_or(|of_ipv6| of_ipv6 == rows) {
            Ok(rows)
        } else {
            Err(MISALIGNED.into())
        }
    }
}
