//! What a fetch would do, without doing it.

use serde_json::{Value, json};

use crate::FetchError;
use crate::address::path_segment;
use crate::plan::Plan;
use crate::plan::limits::Limits;
use crate::retry::{Patience, Patient};
use crate::run::Run;
use crate::server::{Ask, Server};

/// Hits that are weighed to guess the bytes of all.
const SAMPLE: u64 = 100;

/// What a fetch would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outline {
    /// Product and version, as far as the server says.
    pub server: String,
    /// How the indices would be paged through: `scroll` or `pit`.
    pub method: &'static str,
    /// Indices that hold something, in order of name.
    pub indices: Vec<IndexOutline>,
    /// Indices that hold nothing of the window.
    pub empty: Vec<String>,
    /// Indices that are closed, and left out.
    pub closed: Vec<String>,
    /// Parts at a time.
    pub jobs: usize,
    /// Contexts on each node.
    pub nodes: Vec<NodeOutline>,
    /// What else should be known.
    pub notes: Vec<String>,
}

/// One index of an outline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexOutline {
    /// Its name.
    pub name: String,
    /// Documents, if the server would count.
    pub documents: Option<u64>,
    /// Bytes of their lines, by a sample of them.
    pub bytes: Option<u64>,
    /// Primary shards, if known.
    pub shards: Option<u32>,
    /// Parts it is cut into.
    pub parts: usize,
}

/// One node of an outline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeOutline {
    /// Its name.
    pub name: String,
    /// Contexts the fetch has open there at a time, at most.
    pub needed: u64,
    /// Contexts open now, on the node that has most.
    pub open: u64,
    /// Contexts a node allows.
    pub limit: u64,
}

impl<S: Server> Run<'_, S> {
    /// Asks for all a plan needs, and opens nothing.
    pub(crate) fn outline(&self) -> Result<Outline, FetchError> {
        let (manifest, plan) = self.outline_plan()?;
        let patience = Patience {
            retries: self.request.retries,
            first: self.request.backoff,
            cancel: self.cancel.clone(),
        };
        let patient = Patient::new(self.server, &patience);
        let server = manifest.server;
        let pit = crate::detect::pit_dialect(&server)
            .filter(|_| self.request.method != crate::Method::Scroll);
        let limits = Limits::ask(&patient, pit)?;
        let jobs = self.jobs(limits, &plan, plan.parts.len());
        let nodes = nodes(&patient, &plan, limits, jobs)?;
        let mut indices = Vec::new();
        for index in &plan.indices {
            let weight = weight(&patient, &index.name, &index.query)?;
            let of_index = plan.parts.iter().filter(|part| part.index == index.name);
            indices.push(IndexOutline {
                name: index.name.clone(),
                documents: index.documents,
                bytes: index.documents.zip(weight).map(|(documents, weight)| documents * weight),
                shards: index.shards,
                parts: of_index.count(),
            });
        }
        let words = [server.product, server.version].into_iter().flatten().collect::<Vec<_>>();
        Ok(Outline {
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

/// Bytes of a hit, by a sample.
fn weight<S: Server>(server: &S, index: &str, query: &Value) -> Result<Option<u64>, FetchError> {
    let search = json!({"size": SAMPLE, "query": query, "sort": ["_doc"]});
    let mut body = Vec::new();
    let ask = Ask::post(format!("/{}/_search", path_segment(index)), &search);
    if server.ask(&ask, &mut body)? != 200 {
        return Ok(None);
    }
    let mut hits = Vec::new();
    if crate::page::cut(&body, &mut hits).is_err() || hits.is_empty() {
        return Ok(None);
    }
    let bytes: usize = hits.iter().map(|hit| hit.len() + 1).sum();
    Ok(Some((bytes / hits.len()) as u64))
}

/// Where the shards are: a cursor takes one context for each, on a node that
/// has a copy.
fn nodes<S: Server>(
    server: &S,
    plan: &Plan,
    limits: Limits,
    jobs: usize,
) -> Result<Vec<NodeOutline>, FetchError> {
    let mut needed = std::collections::BTreeMap::<String, Vec<u64>>::new();
    for index in &plan.indices {
        let mut body = Vec::new();
        let ask = Ask::get(format!("/{}/_search_shards", path_segment(&index.name)));
        if server.ask(&ask, &mut body)? != 200 {
            continue;
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let mut of_index = std::collections::BTreeMap::<String, u64>::new();
        for copy in answer["shards"].as_array().into_iter().flatten() {
            for shard in copy.as_array().into_iter().flatten() {
                let id = shard["node"].as_str().unwrap_or_default();
                let name = answer["nodes"][id]["name"].as_str().unwrap_or(id);
                *of_index.entry(crate::error::shown(name)).or_default() += 1;
            }
        }
        let parts = plan.parts.iter().filter(|part| part.index == index.name).count();
        for (node, shards) in of_index {
            needed.entry(node).or_default().extend(std::iter::repeat_n(shards, parts.min(jobs)));
        }
    }
    let node = |(name, mut shards): (String, Vec<u64>)| {
        // The parts with most shards may come together.
        shards.sort_unstable_by_key(|shards| std::cmp::Reverse(*shards));
        let needed = shards.iter().take(jobs).sum();
        NodeOutline { name, needed, open: limits.open, limit: limits.limit }
    };
    Ok(needed.into_iter().map(node).collect())
}
