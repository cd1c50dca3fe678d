//! Pruning: skips the parts of a file in which no flow can match.
//!
//! From coarse to fine:
//!
//! 1. Row groups. The footer has min/max statistics of each column chunk; a row
//!    group is not read if by these no flow in it can match the filter or lie in
//!    the window (`Expression::may_match` of the model).
//! 2. Pages. The columns that the filter tests are read first, page by page. If
//!    no flow of a page matches, that page of every other column is skipped,
//!    neither decompressed nor decoded.
//! 3. Rows. If some flows of a page match, only their values are looked up in the
//!    dictionaries of the other columns.

use flowkit_model::address::ends_of;
use flowkit_model::filter::Bounds;
use flowkit_model::{Family, FieldId};

use super::field_pages::FieldPages;
use super::page_rows::Wanted;
use super::pages::MISALIGNED;
use super::{Buffers, ColumnFile, Request};
use crate::batch::Batch;
use crate::filter::{Filter, Matching};
use crate::store::layout::StoredColumn;
use crate::store::{StoreError, statistics};

impl ColumnFile {
    /// The row groups in which a flow may match, by `may_match` over the minimum
    /// and maximum of each field.
    pub(crate) fn groups_that_may_match(
        &self,
        may_match: impl Fn(&dyn Fn(FieldId) -> Option<Bounds>) -> bool,
    ) -> impl Iterator<Item = usize> {
        (0..self.groups()).filter(move |group| may_match(&|field| self.bounds(*group, field)))
    }

    /// Minimum and maximum of a field in a row group, where known.
    pub(super) fn bounds(&self, group: usize, field: FieldId) -> Option<Bounds> {
        let Some(place) = self.layout.place(StoredColumn::Field(field)) else {
            return Some(self.bounds_of_absent(group, field));
        };
        let of_group = self.metadata.row_group(group);
        let bounds = statistics::of(of_group, place)?;
        let Some(ipv6) = self.ipv6(group, field) else { return Some(bounds) };
        // IPv6 comes after IPv4; its texts have no numbers to compare.
        let rows = u64::try_from(of_group.num_rows()).ok()?;
        let nulls = [place, ipv6].map(|place| statistics::n_null(of_group, place));
        let least = bounds.known.map_or(ends_of(Family::Ipv6).0, |(least, _)| least);
        let unknown = nulls[0]?.saturating_add(nulls[1]?) > rows;
        Some(Bounds { known: Some((least, u128::MAX)), unknown })
    }

    /// The matching flows of a batch, with their other fields; `None` if there
    /// are none.
    pub(super) fn filtered(
        &self,
        mut tested: Batch,
        filter: &Filter,
        others: &mut [FieldPages<'_>],
        request: &Request<'_>,
        buffers: &mut Buffers,
    ) -> Result<Option<Batch>, StoreError> {
        let rows = tested.rows();
        let mut matching = buffers.whole(rows);
        let rest = match filter.matching_rows(&tested, &mut matching, buffers.dictionary_masks()) {
            Matching::None => {
                for column in others {
                    let field = column.field();
                    let skipped = column.skip(buffers);
                    if skipped.map_err(|error| self.damaged(field, error))? != rows {
                        return Err(self.damaged(field, MISALIGNED.into()));
                    }
                }
                buffers.take_back_vec(matching);
                buffers.take_back(tested);
                return Ok(None);
            }
            Matching::All => self.batch(others, Wanted::All, request, buffers)?,
            Matching::Some(n) => {
                buffers.pick_batch(&mut tested, &matching[..n]);
                self.batch(others, Wanted::Some(&matching[..n], rows), request, buffers)?
            }
        };
        buffers.take_back_vec(matching);
        if !others.is_empty() && rest.rows() != tested.rows() {
            return Err(self.damaged(others[0].field(), MISALIGNED.into()));
        }
        let mut batch = self.with_absent(tested.and(rest), request.others());
        for field in request.tested().iter().filter(|field| request.columns.contains(*field)) {
            batch.materialise(field);
        }
        Ok(Some(batch))
    }
}
