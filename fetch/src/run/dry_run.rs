//! Dry run: what a fetch would do, without doing it.

use flowkit_model::dump::Manifest;
use serde_json::{Value, json};

use super::Run;
use super::connect::connect;
use super::sample::Sample;
use super::{resume, update};
use crate::cancel::Cancel;
use crate::cursor::query::Members;
use crate::error::{FetchError, printable};
use crate::plan::limits::Limits;
use crate::plan::{self, Plan};
use crate::progress::Observer;
use crate::request::{Method, Request, Update};
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
    /// Dialect of a sampled document, or why it is no flow.
    pub dialect: Option<String>,
    /// Number of sampled documents.
    pub sampled: u64,
    /// How many of them are flows.
    pub flows: u64,
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

/// Plans what [`fetch`](super::fetch) would do, also to a dump that is updated.
/// Nothing is written, and no cursor is opened.
///
/// # Errors
/// If the server cannot be reached, or no index matches.
pub fn dry_run(
    request: &Request,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<DryRun, FetchError> {
    // A dump is looked at, not locked: another fetch may be writing to it.
    let existing = flowkit_dump::manifest::read(&request.output).ok();
    let existing = existing.filter(|_| !request.force);
    let url_of_dump = existing.as_ref().map(|manifest| manifest.server.url.clone());
    let client = connect(request, url_of_dump.as_deref(), cancel, observer)?;
    Run { server: &client, request, cancel, observer }.dry_run(existing)
}

impl<S: Server> Run<'_, S> {
    /// Makes the plan and estimates sizes, without opening a cursor.
    fn dry_run(&self, existing: Option<Manifest>) -> Result<DryRun, FetchError> {
        let (manifest, plan) = match &self.request.update {
            Some(update) => self.update_plan(update, existing)?,
            None => self.dry_run_plan()?,
        };
        let retrying = self.retrying();
        let server = manifest.server.clone();
        let pit = product::pit_api(&server).filter(|_| self.request.method != Method::Scroll);
        let limits = Limits::read(&retrying, pit)?;
        let jobs = self.jobs(limits, &plan, plan.parts.len());
        let nodes = nodes(&retrying, &plan, limits, jobs)?;
        let mut indices = Vec::new();
        for index in &plan.indices {
            let of_index = || plan.parts.iter().filter(|part| part.scope.index == index.name);
            let query = of_index().next().map_or(&index.query, |part| &part.scope.query);
            let mut search = json!({"size": SAMPLE, "query": query, "sort": ["_doc"]});
            Members::of(&manifest).write(&mut search);
            let path = format!("/{}/_search", path_segment(&index.name));
            let sample = Sample::take(&retrying, path, &search)?;
            indices.push(DryRunIndex {
                name: index.name.clone(),
                documents: index.documents,
                bytes: index
                    .documents
                    .zip(sample.bytes_per_hit)
                    .map(|(documents, bytes_per_hit)| documents.saturating_mul(bytes_per_hit)),
                shards: index.shards,
                parts: of_index().count(),
                dialect: sample.dialect,
                sampled: sample.documents,
                flows: sample.flows,
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

    /// The plan of an update of an existing dump. Documents of the overlap are in
    /// it, though the dump has most of them.
    fn update_plan(
        &self,
        update: &Update,
        existing: Option<Manifest>,
    ) -> Result<(Manifest, Plan), FetchError> {
        let path = &self.request.output;
        let mut manifest = update::complete(existing, path)?;
        resume::check(&Request { window: None, ..self.request.clone() }, &manifest)?;
        self.detect(&mut manifest)?;
        let retrying = self.retrying();
        let refetch = update::take_refetched(&mut manifest, update, path)?;
        if !refetch.replaced.is_empty() {
            let mut indices = plan::indices_of(&retrying, &manifest.index)?;
            let documents_of = |name: &str| {
                let of_index = refetch.pending.iter().filter(|part| part.scope.index == name);
                of_index.map(|part| part.documents).sum::<Option<u64>>()
            };
            indices
                .retain(|index| refetch.pending.iter().any(|part| part.scope.index == index.name));
            for index in &mut indices {
                index.documents = documents_of(&index.name);
            }
            let plan = Plan { indices, parts: refetch.pending, ..Plan::default() };
            return Ok((manifest, plan));
        }
        let window = update::new_window(&mut manifest, update);
        let mut plan = self.plan(&manifest, window)?;
        plan.notes.push(
            "documents of the overlap are counted, and left out if the dump has them".to_owned(),
        );
        Ok((manifest, plan))
    }
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
