//! Dry run: what a fetch would do, without doing it.

use serde_json::{Value, json};

use super::Run;
use super::connect::connect;
use crate::cancel::Cancel;
use crate::error::{FetchError, printable};
use crate::page::hits::split_hits;
use crate::plan::Plan;
use crate::plan::limits::Limits;
use crate::progress::Observer;
use crate::request::{Method, Request};
use crate::server::address::path_segment;
use crate::server::{Call, Server, product};

/// Number of hits that are sampled to estimate the size of all.
const SAMPLE: u64 = 100;

/// What a fetch would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DryRun {
    /// Product and version, if the server returns them.
    pub server: String,
    /// Paging method: `scroll` or `pit`.
    pub method: &'static str,
    /// Indices with documents, sorted by name.
    pub indices: Vec<DryRunIndex>,
    /// Indices without documents in the window.
    pub empty: Vec<String>,
    /// Closed indices, which are left out.
    pub closed: Vec<String>,
    /// Number of parts fetched at a time.
    pub jobs: usize,
    /// Search contexts on each node.
    pub nodes: Vec<DryRunNode>,
    /// Remarks for people.
    pub notes: Vec<String>,
}

/// One index of a dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DryRunIndex {
    /// Its name.
    pub name: String,
    /// Number of documents, if the server counts them.
    pub documents: Option<u64>,
    /// Estimated bytes of their lines, from a sample.
    pub bytes: Option<u64>,
    /// Number of primary shards, if known.
    pub shards: Option<u32>,
    /// Number of parts.
    pub parts: usize,
}

/// One node of a dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DryRunNode {
    /// Its name.
    pub name: String,
    /// Maximum number of contexts that the fetch has open there at a time.
    pub needed: u64,
    /// Contexts open now, on the node that has most.
    pub open: u64,
    /// Limit of contexts per node.
    pub limit: u64,
}

/// Plans what [`fetch`](super::fetch) would do. Nothing is written, and no cursor
/// is opened.
///
/// # Errors
/// If the server cannot be reached, or no index matches.
pub fn dry_run(
    request: &Request,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<DryRun, FetchError> {
    let client = connect(request, None, cancel)?;
    Run { server: &client, request, cancel, observer }.dry_run()
}

impl<S: Server> Run<'_, S> {
    /// Makes the plan and estimates sizes, without opening a cursor.
    fn dry_run(&self) -> Result<DryRun, FetchError> {
        let (manifest, plan) = self.dry_run_plan()?;
        let retrying = self.retrying();
        let server = manifest.server;
        let pit = product::pit_api(&server).filter(|_| self.request.method != Method::Scroll);
        let limits = Limits::read(&retrying, pit)?;
        let jobs = self.jobs(limits, &plan, plan.parts.len());
        let nodes = nodes(&retrying, &plan, limits, jobs)?;
        let mut indices = Vec::new();
        for index in &plan.indices {
            let bytes_per_hit = bytes_per_hit(&retrying, &index.name, &index.query)?;
            let of_index = plan.parts.iter().filter(|part| part.scope.index == index.name);
            indices.push(DryRunIndex {
                name: index.name.clone(),
                documents: index.documents,
                bytes: index
                    .documents
                    .zip(bytes_per_hit)
                    .map(|(documents, bytes_per_hit)| documents * bytes_per_hit),
                shards: index.shards,
                parts: of_index.count(),
            });
        }
        let words = [server.product, server.version].into_iter().flatten().collect::<Vec<_>>();
        Ok(DryRun {
            server: words.join(" "),
            method: if pit.is_some() { "pit" } else { "scroll" },
            indices,
            empty: plan.empty,
            closed: plan.closed,
            jobs,
            nodes,
            notes: plan.notes,
        })
    }
}

/// Average bytes per hit, from a sample.
fn bytes_per_hit<S: Server>(
    server: &S,
    index: &str,
    query: &Value,
) -> Result<Option<u64>, FetchError> {
    let search = json!({"size": SAMPLE, "query": query, "sort": ["_doc"]});
    let mut body = Vec::new();
    let call = Call::post(format!("/{}/_search", path_segment(index)), &search);
    if server.send(&call, &mut body)? != 200 {
        return Ok(None);
    }
    let mut hits = Vec::new();
    if split_hits(&body, &mut hits).is_err() || hits.is_empty() {
        return Ok(None);
    }
    let bytes: usize = hits.iter().map(|hit| hit.len() + 1).sum();
    Ok(Some((bytes / hits.len()) as u64))
}

/// Contexts per node: a cursor takes one for each shard, on a node that has a
/// copy.
fn nodes<S: Server>(
    server: &S,
    plan: &Plan,
    limits: Limits,
    jobs: usize,
) -> Result<Vec<DryRunNode>, FetchError> {
    let mut needed = std::collections::BTreeMap::<String, Vec<u64>>::new();
    for index in &plan.indices {
        let mut body = Vec::new();
        let call = Call::get(format!("/{}/_search_shards", path_segment(&index.name)));
        if server.send(&call, &mut body)? != 200 {
            continue;
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let mut of_index = std::collections::BTreeMap::<String, u64>::new();
        for copy in answer["shards"].as_array().into_iter().flatten() {
            for shard in copy.as_array().into_iter().flatten() {
                let id = shard["node"].as_str().unwrap_or_default();
                let name = answer["nodes"][id]["name"].as_str().unwrap_or(id);
                *of_index.entry(printable(name)).or_default() += 1;
            }
        }
        let parts = plan.parts.iter().filter(|part| part.scope.index == index.name).count();
        for (node, shards) in of_index {
            needed.entry(node).or_default().extend(std::iter::repeat_n(shards, parts.min(jobs)));
        }
    }
    let node = |(name, mut shards): (String, Vec<u64>)| {
        // In the worst case the parts with most shards are fetched at the same time.
        shards.sort_unstable_by_key(|shards| std::cmp::Reverse(*shards));
        let needed = shards.iter().take(jobs).sum();
        DryRunNode { name, needed, open: limits.open, limit: limits.limit }
    };
    Ok(needed.into_iter().map(node).collect())
}
