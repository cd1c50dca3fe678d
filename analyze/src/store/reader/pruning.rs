//! Pruning: what of a file is not read, since no flow there can match.
//!
//! From coarse to fine:
//!
//! 1. Row groups. The footer has min/max statistics of each column chunk; a row
//!    group is not read if by these no flow in it can match the filter or lie in
//!    the window (`Expression::may_match` of the model).
//! 2. Pages. The columns that the filter tests are read first, page by page. If no
//!    flow of a page matches, the same page of every other column is passed over,
//!    neither decompressed nor decoded.
//! 3. Rows. If some flows of a page match, only their values are looked up in the
//!    dictionaries of the other columns.

use flowkit_model::FieldId;
use flowkit_model::filter::Bounds;

use super::page_rows::Wanted;
use super::pages::{ColumnPages, MISALIGNED};
use super::{Buffers, ColumnFile, Request};
use crate::batch::Batch;
use crate::filter::{Filter, Matching};
use crate::store::{StoreError, statistics};

impl ColumnFile {
    /// The row groups in which a flow may match: `may_match` says so, given the
    /// minimum and maximum of each field where these are known.
    pub(crate) fn groups_that_may_match(
        &self,
        may_match: impl Fn(&dyn Fn(FieldId) -> Option<Bounds>) -> bool,
    ) -> impl Iterator<Item = usize> {
        (0..self.groups()).filter(move |group| may_match(&|field| self.bounds(*group, field)))
    }

    /// Minimum and maximum of a field in a row group, where known.
    pub(super) fn bounds(&self, group: usize, field: FieldId) -> Option<Bounds> {
        statistics::of(self.metadata.row_group(group), field)
    }

    /// The flows of a batch that match, with their other fields; `None` if there is
    /// none.
    pub(super) fn filtered(
        &self,
        mut tested: Batch,
        filter: &Filter,
        others: &mut [ColumnPages<'_>],
        request: &Request<'_>,
        buffers: &mut Buffers,
    ) -> Result<Option<Batch>, StoreError> {
        let rows = tested.rows();
        let mut matching = buffers.whole(rows);
        let rest = match filter.matching_rows(&tested, &mut matching, buffers.lists()) {
            Matching::None => {
                for column in others {
                    let field = column.field();
                    let skipped = column.skip(buffers);
                    if skipped.map_err(|error| self.damaged(field, error))? != rows {
                        return Err(self.damaged(field, MISALIGNED.into()));
                    }
                }
                buffers.keep(matching);
                buffers.take_back(tested);
                return Ok(None);
            }
            Matching::All => self.batch(others, Wanted::All, request, buffers)?,
            Matching::Some(n) => {
                buffers.pick_batch(&mut tested, &matching[..n]);
                self.batch(others, Wanted::Some(&matching[..n], rows), request, buffers)?
            }
        };
        buffers.keep(matching);
        if !others.is_empty() && rest.rows() != tested.rows() {
            return Err(self.damaged(others[0].field(), MISALIGNED.into()));
        }
        let mut batch = tested.and(rest);
        for field in request.tested().iter().filter(|field| request.columns.contains(*field)) {
            batch.materialise(field);
        }
        Ok(Some(batch))
    }
}
