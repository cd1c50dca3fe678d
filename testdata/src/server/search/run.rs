//! Runs a search: which documents match, in which order, and from which shards.
//!
//! Evaluation is pure; connections, clocks and open scrolls are elsewhere.

use std::sync::Arc;

use super::aggregations;
use super::order::{self, SortKey};
use super::page::{Found, Page};
use super::request::SearchRequest;
use crate::random::spread;
use crate::server::http::Failure;
use crate::server::index::Store;
use crate::server::query::Query;

/// Runs a search over the indices at these positions.
pub(in crate::server) fn run(
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
        page: Arc::new(Page {
            hits,
            size: search.size,
            sort: search.sort,
            source: search.source,
            fields: search.fields,
        }),
        shards: (indices.len(), skipped),
        aggregations,
        counting: search.counting,
        from: search.from,
    })
}

/// How many documents match, for `_count`.
pub(in crate::server) fn count(query: &Query, store: &Store, indices: &[usize]) -> usize {
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
