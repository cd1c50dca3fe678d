//! Counts the documents of an index, and splits them into parts: by time, by
//! slices where time is not enough, and apart those without a time.

use flowkit_model::dump::{PartScope, Pending, Slice, Span, Wanted};
use serde_json::Value;

use super::counts::count;
use super::split::{CountedSpan, Splitter};
use super::{MOST_PARTS, Plan, PlanRequest, PlannedIndex};
use crate::cursor::query;
use crate::error::{Excess, FetchError};
use crate::server::Server;

/// Most slices of a part, as many as a server allows (`index.max_slices_per_scroll`).
const MOST_SLICES: u32 = 1_024;

/// An index, and how many documents of it are wanted, if the server counts them.
pub(super) struct CountedIndex {
    pub(super) index: PlannedIndex,
    window: Span,
    dated: Option<u64>,
    undated: Option<u64>,
}

impl CountedIndex {
    /// The query for the documents of a span.
    fn of_span(&self, span: Span) -> Value {
        let time = if span == Span::default() { query::dated() } else { query::span(span) };
        query::all_of([time, self.index.query.clone()])
    }

    /// The query for documents without a time.
    fn undated_query(&self) -> Value {
        query::all_of([query::undated(), self.index.query.clone()])
    }
}

/// Counts the documents of an index.
pub(super) fn count_index<S: Server>(
    server: &S,
    request: PlanRequest<'_>,
    index: PlannedIndex,
) -> Result<CountedIndex, FetchError> {
    let window = request.window_of(&index.name);
    let mut counted = CountedIndex { index, window, dated: None, undated: Some(0) };
    let name = counted.index.name.clone();
    counted.dated = count(server, &name, &counted.of_span(window))?;
    // Documents without a time are in no bounded window.
    if window == Span::default() {
        counted.undated = count(server, &name, &counted.undated_query())?;
    }
    counted.index.documents =
        counted.dated.zip(counted.undated).map(|(dated, undated)| dated.saturating_add(undated));
    Ok(counted)
}

/// Splits the documents of an index into parts of about `size`.
pub(super) fn split_index<S: Server>(
    server: &S,
    request: PlanRequest<'_>,
    counted: CountedIndex,
    size: u64,
    plan: &mut Plan,
) -> Result<(), FetchError> {
    let (dated, undated) = (counted.dated, counted.undated);
    let (index, of_span) = (&counted.index, |span: Span| counted.of_span(span));
    let room = MOST_PARTS.saturating_sub(plan.parts.len());
    let mut parts = Vec::new();
    if dated != Some(0) {
        let whole = CountedSpan { span: counted.window, documents: dated.unwrap_or(0) };
        let mut spans = vec![whole];
        if whole.documents > size {
            let most = room;
            let splitter = Splitter { server, index: &index.name, query: &of_span, size, most };
            spans = splitter.split(whole)?;
        }
        for CountedSpan { span, documents } in spans {
            let (query, documents) = (of_span(span), dated.map(|_| documents));
            let scope = PartScope { window: span, query, ..PartScope::default() };
            let part = Pending { scope, documents, ..Pending::default() };
            add_slices(&part, size, index, room, &mut parts)?;
        }
    }
    if undated != Some(0) {
        let query = counted.undated_query();
        let scope = PartScope { without_time: true, query, ..PartScope::default() };
        let part = Pending { scope, documents: undated, ..Pending::default() };
        add_slices(&part, size, index, room, &mut parts)?;
    }
    let query = query::all_of([query::span(request.whole), index.query.clone()]);
    plan.wanted.push(Wanted { index: index.name.clone(), query });
    plan.add(counted.index, parts);
    Ok(())
}

/// Adds the slices of a part, unless there are then more parts than there is `room` for:
/// each takes memory, and it is the server that says how many there are.
fn add_slices(
    part: &Pending,
    size: u64,
    index: &PlannedIndex,
    room: usize,
    parts: &mut Vec<Pending>,
) -> Result<(), FetchError> {
    let slices = slices(part, size, index.shards);
    if parts.len() + slices.len() > room {
        let (index, limit) = (index.name.clone(), MOST_PARTS);
        return Err(FetchError::TooMany(Excess::Parts { index, limit }));
    }
    parts.extend(slices);
    Ok(())
}

/// Slices a part that time cannot split; at most one slice per shard, where
/// slices are cheap.
fn slices(part: &Pending, size: u64, shards: Option<u32>) -> Vec<Pending> {
    let wanted = part.documents.unwrap_or(0).div_ceil(size.max(1));
    let max = u32::try_from(wanted).unwrap_or(u32::MAX).min(shards.unwrap_or(1)).min(MOST_SLICES);
    if max < 2 {
        return vec![part.clone()];
    }
    let slice = |id| Pending {
        scope: PartScope { slice: Some(Slice { id, max }), ..part.scope.clone() },
        documents: part.documents.map(|documents| documents / u64::from(max)),
        ..part.clone()
    };
    (0..max).map(slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_time_cannot_cut_is_sliced_no_finer_than_the_shards() {
        let part = |documents| Pending { documents: Some(documents), ..Pending::default() };
        let cut = |documents, shards| {
            let slices = slices(&part(documents), 100, shards);
            let list = slices.iter().map(|p| p.scope.slice.map(|s| (s.id, s.max)));
            list.collect::<Vec<_>>()
        };
        assert_eq!(cut(100, Some(5)), [None]);
        assert_eq!(cut(101, Some(5)), [Some((0, 2)), Some((1, 2))]);
        assert_eq!(cut(900, Some(2)), [Some((0, 2)), Some((1, 2))]);
        assert_eq!(cut(900, Some(1)), [None]);
        assert_eq!(cut(900, None), [None]);
        assert_eq!(cut(u64::MAX, Some(u32::MAX)).len(), MOST_SLICES as usize);
    }

    #[test]
    fn parts_are_refused_before_there_are_too_many() {
        let part = Pending { documents: Some(u64::MAX), ..Pending::default() };
        let index =
            PlannedIndex { name: "n".into(), shards: Some(u32::MAX), ..PlannedIndex::default() };
        let mut parts = Vec::new();
        let error = loop {
            if let Err(error) = add_slices(&part, 1, &index, 3_000, &mut parts) {
                break error.to_string();
            }
        };
        assert!(error.contains("a fetch of n takes more than 100000 parts"), "{error}");
        assert_eq!(parts.len(), 2 * MOST_SLICES as usize);
    }
}
