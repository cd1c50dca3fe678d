//! The hits that a search found, and the answers that show them page by page.

use std::sync::Arc;

use super::fields;
use super::order::{self, SortKey};
use super::request::{Counting, Source};
use crate::server::http::Fault;
use crate::server::index::Store;
use crate::server::json::quoted;

/// The hits of a search, sorted, and how a page of them is shown.
#[derive(Debug)]
pub(in crate::server) struct Page {
    /// Index, and position in it.
    pub(super) hits: Vec<(usize, usize)>,
    /// Hits a page.
    pub(in crate::server) size: usize,
    pub(super) sort: Vec<SortKey>,
    pub(super) source: Source,
    /// Names and patterns of the fields that are shown beside it.
    pub(super) fields: Vec<String>,
}

/// What the first answer says beyond a page.
#[derive(Debug)]
pub(in crate::server) struct Found {
    /// The hits; a scroll keeps them too.
    pub(in crate::server) page: Arc<Page>,
    /// How many shards there are, and how many of them were skipped unread.
    pub(in crate::server) shards: (usize, usize),
    /// The object under `aggregations`.
    pub(super) aggregations: Option<String>,
    pub(super) counting: Counting,
    pub(super) from: usize,
}

/// How to write an answer.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct Style {
    pub(in crate::server) scroll_id: Option<String>,
    /// `hits.total` as a bare number.
    pub(in crate::server) total_as_number: bool,
    /// A fault to inject.
    pub(in crate::server) fault: Option<Fault>,
}

impl Found {
    /// The answer to the search itself.
    pub(in crate::server) fn answer(&self, store: &Store, style: &Style) -> String {
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
    pub(in crate::server) fn next(
        &self,
        store: &Store,
        given: usize,
        shards: usize,
        style: &Style,
    ) -> String {
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
            (Some(Fault::PartialShards | Fault::SkippedCluster), _) => {
                let lost = shown.last().map(|hit| hit.0);
                shown.retain(|hit| Some(hit.0) != lost);
            }
            (Some(Fault::TimedOut | Fault::TerminatedEarly), _) => shown.truncate(shown.len() / 2),
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
        text.push_str(time_members(style.fault.as_ref()));
        text.extend([r#""_shards":"#, &shards_member(shards, style), r#","hits":{"#]);
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
            let start = text.len();
            self.push_hit(&mut text, *hit, store, rank);
            if place == shown.len() / 2 {
                stray(&mut text, start, style.fault.as_ref());
            }
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
        let has_fields = !self.fields.is_empty();
        let fields = has_fields.then(|| fields::answer(&document.source, &self.fields)).flatten();
        if let Some(fields) = fields {
            text.extend([r#","fields":"#, &fields]);
        }
        if self.sort.iter().any(SortKey::is_no_score) {
            text.push_str(r#","sort":"#);
            text.push_str(&order::values(hit, &self.sort, store));
        }
        text.push('}');
    }
}

/// How a search ended, and which clusters it was asked of.
fn time_members(fault: Option<&Fault>) -> &'static str {
    match fault {
        Some(Fault::TimedOut) => r#""took":1,"timed_out":true,"#,
        Some(Fault::TerminatedEarly) => r#""took":1,"timed_out":false,"terminated_early":true,"#,
        Some(Fault::SkippedCluster) => {
            r#""took":1,"timed_out":false,"_clusters":{"total":2,"successful":1,"skipped":1,"running":0,"partial":0,"failed":0,"details":{"eu":{"status":"skipped","indices":"netflow-*","timed_out":false,"failures":[{"shard":-1,"index":null,"reason":{"type":"connect_transport_exception","reason":"Unable to connect to [eu]"}}]}}},"#
        }
        _ => r#""took":1,"timed_out":false,"#,
    }
}

/// Makes a hit that begins at `start` one of another index or another year.
fn stray(text: &mut String, start: usize, fault: Option<&Fault>) {
    let hit = text.split_off(start);
    text.push_str(&match fault {
        Some(Fault::StrayIndex) => hit.replacen(r#""_index":""#, r#""_index":"other-"#, 1),
        Some(Fault::StrayTime) => hit.replacen(r#""@timestamp":"20"#, r#""@timestamp":"19"#, 1),
        _ => hit,
    });
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
