//! Answers to searches: which hits, in which order, page by page.
//!
//! Evaluation is pure; connections, clocks and open scrolls are elsewhere.

use std::sync::Arc;

use super::Fault;
use super::aggregations;
use super::failure::Failure;
use super::indices::Store;
use super::json::quoted;
use super::order::{self, SortKey};
use super::search_request::{Counting, SearchRequest, Source};
use crate::random::spread;

/// The hits of a search, sorted, and how a page of them is shown.
#[derive(Debug)]
pub(super) struct Page {
    /// Index and place in it.
    hits: Vec<(usize, usize)>,
    /// Hits a page.
    pub(super) size: usize,
    sort: Vec<SortKey>,
    source: Source,
}

/// What the first answer says beyond a page.
#[derive(Debug)]
pub(super) struct Found {
    /// The hits; a scroll keeps them too.
    pub(super) page: Arc<Page>,
    /// Shards asked, and of those the ones that were skipped unread.
    pub(super) shards: (usize, usize),
    /// The object under `aggregations`.
    aggregations: Option<String>,
    counting: Counting,
    from: usize,
}

/// How to write an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    pub(super) scroll_id: Option<String>,
    /// `hits.total` as a bare number.
    pub(super) total_as_number: bool,
    /// Something to get wrong on purpose.
    pub(super) fault: Option<Fault>,
}

/// Runs a search over the indices at these places.
pub(super) fn run(
    search: SearchRequest,
    store: &Store,
    indices: &[usize],
) -> Result<Found, Failure> {
    let names: Vec<String> =
        indices.iter().map(|&place| store.indices[place].name.clone()).collect();
    search.check_on_shards(&names)?;
    order::check(&search.sort, store, indices)?;
    let mut hits = Vec::new();
    for (shard, &place) in indices.iter().enumerate() {
        for (document, stored) in store.indices[place].documents.iter().enumerate() {
            let is_in_slice = search
                .slice
                .is_none_or(|(id, max)| slice_of(shard, indices.len(), max, &stored.id) == id);
            if is_in_slice && search.query.matches(stored) {
                hits.push((place, document));
            }
        }
    }
    order::sort(&mut hits, &search.sort, store);
    let skipped = skipped(&search, store, indices);
    let aggregations = (!search.aggregations.is_empty())
        .then(|| aggregations::answer(&search.aggregations, &hits, store));
    Ok(Found {
        page: Arc::new(Page { hits, size: search.size, sort: search.sort, source: search.source }),
        shards: (indices.len(), skipped),
        aggregations,
        counting: search.counting,
        from: search.from,
    })
}

/// How many documents match, for `_count`.
pub(super) fn count(query: &super::query::Query, store: &Store, indices: &[usize]) -> usize {
    let documents = indices.iter().flat_map(|&place| &store.indices[place].documents);
    documents.filter(|document| query.matches(document)).count()
}

/// The slice a document belongs to: whole shards while there are enough of
/// them, else a share of a shard by the hash of the id.
fn slice_of(shard: usize, shards: usize, max: usize, id: &str) -> usize {
    if max <= shards {
        return shard % max;
    }
    let in_shard = max / shards + usize::from(max % shards > shard);
    let hash = usize::try_from(spread(id.as_bytes()) >> 33).unwrap_or_default();
    shard + shards * (hash % in_shard)
}

/// Shards that need not be read because the window misses them. Elasticsearch
/// looks for such shards unless the search sorts by score, and reads one anyway.
fn skipped(search: &SearchRequest, store: &Store, indices: &[usize]) -> usize {
    if !search.sort.first().is_some_and(SortKey::is_no_score) || !search.aggregations.is_empty() {
        return 0;
    }
    let (low, high) = search.query.window();
    let misses = |&&place: &&usize| {
        let times = || store.indices[place].documents.iter().map(|document| document.timestamp_ms);
        times().max().is_none_or(|last| last < low)
            || times().min().is_none_or(|first| first > high)
    };
    indices.iter().filter(misses).count().min(indices.len().saturating_sub(1))
}

impl Found {
    /// The answer to the search itself.
    pub(super) fn answer(&self, store: &Store, style: &Style) -> String {
        let all = self.page.hits.len();
        let total = match self.counting {
            Counting::UpTo(limit) if all > limit => Some((limit, "gte")),
            Counting::UpTo(_) | Counting::Exact => Some((all, "eq")),
            Counting::Off => None,
        };
        let range = self.from..self.from.saturating_add(self.page.size);
        let mut text = self.page.answer(store, range, total, self.shards, style);
        if let Some(aggregations) = &self.aggregations {
            text.pop();
            text.push_str(r#","aggregations":"#);
            text.push_str(aggregations);
            text.push('}');
        }
        text
    }
}

impl Page {
    /// The answer with the hits that follow the first `given` ones of a scroll
    /// over `shards` shards.
    pub(super) fn next(&self, store: &Store, given: usize, shards: usize, style: &Style) -> String {
        let range = given..given.saturating_add(self.size);
        self.answer(store, range, Some((self.hits.len(), "eq")), (shards, 0), style)
    }

    fn answer(
        &self,
        store: &Store,
        range: std::ops::Range<usize>,
        total: Option<(usize, &str)>,
        shards: (usize, usize),
        style: &Style,
    ) -> String {
        let end = range.end.min(self.hits.len());
        let mut shown = self.hits.get(range.start.min(end)..end).unwrap_or_default().to_vec();
        let mut total = total;
        match (&style.fault, &mut total) {
            (Some(Fault::PartialShards), _) => {
                let lost = shown.last().map(|hit| hit.0);
                shown.retain(|hit| Some(hit.0) != lost);
            }
            (Some(Fault::TimedOut), _) => shown.truncate(shown.len() / 2),
            (Some(Fault::ShrunkTotal), Some(total)) => {
                total.0 = total.0.saturating_sub(total.0 / 5 + 1);
            }
            _ => {}
        }
        let mut text = String::with_capacity(256 + shown.len() * 1700);
        text.push('{');
        if let Some(id) = &style.scroll_id {
            text.extend(["\"_scroll_id\":\"", id, "\","]);
        }
        let timed_out = if style.fault == Some(Fault::TimedOut) { "true" } else { "false" };
        text.extend([r#""took":1,"timed_out":"#, timed_out, r#","_shards":"#]);
        text.extend([&shards_member(shards, style), r#","hits":{"#]);
        if let Some((value, relation)) = total {
            let value = value.to_string();
            if style.total_as_number {
                text.extend([r#""total":"#, &value, ","]);
            } else {
                text.extend([
                    r#""total":{"value":"#,
                    &value,
                    r#","relation":""#,
                    relation,
                    r#""},"#,
                ]);
            }
        }
        let is_scored = !self.sort.iter().any(SortKey::is_no_score);
        let rank = if is_scored && self.size > 0 && !self.hits.is_empty() { "1.0" } else { "null" };
        let max_score = if shards.0 == 0 { "0.0" } else { rank };
        text.extend([r#""max_score":"#, max_score, r#","hits":["#]);
        for (place, hit) in shown.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            self.push_hit(&mut text, *hit, store, rank);
        }
        text.push_str("]}}");
        text
    }

    fn push_hit(&self, text: &mut String, hit: (usize, usize), store: &Store, rank: &str) {
        let index = &store.indices[hit.0];
        let document = &index.documents[hit.1];
        text.extend([r#"{"_index":"#, &quoted(&index.name), r#","_type":"_doc","_id":"#]);
        text.extend([&quoted(&document.id), r#","_score":"#, rank]);
        match &self.source {
            Source::Whole => {
                text.push_str(r#","_source":"#);
                text.push_str(&document.source);
            }
            Source::Some(filter) => {
                text.push_str(r#","_source":"#);
                text.push_str(&filter.apply(&document.source));
            }
            Source::Off => {}
        }
        if self.sort.iter().any(SortKey::is_no_score) {
            text.push_str(r#","sort":"#);
            text.push_str(&order::values(hit, &self.sort, store));
        }
        text.push('}');
    }
}

fn shards_member((total, skipped): (usize, usize), style: &Style) -> String {
    if style.fault == Some(Fault::PartialShards) {
        let successful = total.saturating_sub(1);
        return format!(
            r#"{{"total":{total},"successful":{successful},"skipped":{skipped},"failed":1,"failures":[{{"shard":-1,"index":null,"reason":{{"type":"search_context_missing_exception","reason":"No search context found for id [1]"}}}}]}}"#
        );
    }
    format!(r#"{{"total":{total},"successful":{total},"skipped":{skipped},"failed":0}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cut_without_gap_or_overlap() {
        for (shards, max) in [(1, 2), (1, 7), (2, 2), (2, 5), (3, 2), (5, 4)] {
            let mut seen = vec![0; max];
            for shard in 0..shards {
                for number in 0..500 {
                    seen[slice_of(shard, shards, max, &format!("id{number}"))] += 1;
                }
            }
            assert!(seen.iter().all(|&count| count > 0), "{shards} {max} {seen:?}");
        }
    }
}
