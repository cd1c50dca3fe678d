//! Begins a fetch: manifest, plan, paging method.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use flowkit_model::document::dialect::{DIALECTS, Dialect, layer_2_paths};
use flowkit_model::document::options;
use flowkit_model::dump::{self, FORMAT, Manifest, Pending, Span};
use flowkit_model::filter::Expression;

use super::{Run, update};
use crate::clock::now;
use crate::cursor::{CursorOptions, pit, query};
use crate::error::{FetchError, printable};
use crate::plan::{self, Plan, PlanRequest};
use crate::progress::Event;
use crate::request::{DEFAULT_INDEX, Method};
use crate::server::product::PitApi;
use crate::server::retry::Retrying;
use crate::server::{Server, product};

impl<S: Server> Run<'_, S> {
    /// Detects the server, and checks that the dump is from the same cluster.
    pub(super) fn detect(&self, manifest: &mut Manifest) -> Result<(), FetchError> {
        let first = Retrying::first(self.server, self.policy());
        let found = product::detect(&first, &manifest.index)?;
        if let (Some(there), Some(asked)) = (&manifest.server.cluster, &found.cluster)
            && there != asked
        {
            return Err(FetchError::OtherRequest {
                path: self.request.output.clone(),
                what: "cluster",
                there: printable(there),
                asked: asked.clone(),
            });
        }
        manifest.server = found;
        Ok(())
    }

    /// The plan of a dump that is not there yet.
    pub(super) fn first_plan(&self, manifest: &mut Manifest) -> Result<Plan, FetchError> {
        self.detect(manifest)?;
        let retrying = self.retrying();
        plan::check_asked(&retrying, manifest)?;
        let mut plan = self.plan(manifest, manifest.span())?;
        plan::tell_undated(
            &retrying,
            self.plan_request(manifest, None, manifest.span()),
            &mut plan,
        );
        Ok(plan)
    }

    /// The plan of a dump, in the window in which documents are new.
    pub(super) fn plan(&self, manifest: &Manifest, window: Span) -> Result<Plan, FetchError> {
        let filter = self.filter(manifest)?;
        let retrying = self.retrying();
        let plan = plan::plan(&retrying, self.plan_request(manifest, filter.as_ref(), window))?;
        plan::check_times(&retrying, &manifest.index, &plan)?;
        Ok(plan)
    }

    /// The filter of the request, else that of the dump.
    pub(super) fn filter(&self, manifest: &Manifest) -> Result<Option<Expression>, FetchError> {
        if let Some(filter) = &self.request.filter {
            return Ok(Some(filter.expression.clone()));
        }
        filter_of(manifest, &self.request.output)
    }

    pub(super) fn plan_request<'w>(
        &self,
        manifest: &'w Manifest,
        filter: Option<&'w Expression>,
        window: Span,
    ) -> PlanRequest<'w> {
        PlanRequest {
            pattern: &manifest.index,
            window,
            whole: manifest.span(),
            filter,
            query: manifest.asked_query.as_ref(),
            known: &manifest.wanted,
            part_size: self.request.part_size,
            first_number: update::next_number(manifest),
        }
    }

    /// Writes the plan into the manifest, and reports its notes.
    pub(super) fn take_plan(&self, manifest: &mut Manifest, plan: &Plan) {
        for note in &plan.notes {
            self.observer.event(Event::Note(note));
        }
        manifest.notes.extend(plan.notes.iter().cloned());
        manifest.empty_indices.clone_from(&plan.empty);
        manifest.wanted.clone_from(&plan.wanted);
        manifest.pending = Some(plan.parts.clone());
    }

    /// Chooses between point in time and scroll, by a probe if that is safe.
    pub(super) fn cursor_options(
        &self,
        server: &dump::Server,
        parts: &[Pending],
    ) -> Result<CursorOptions, FetchError> {
        let mut options = CursorOptions {
            size: self.request.page_size,
            lowered: 0,
            keep_alive: self.request.keep_alive.clone(),
            forbids_partial: true,
            pit: None,
            names: Arc::default(),
        };
        let is_required = self.request.method == Method::Pit;
        let refuse = |why: String| Err(FetchError::NoPit(why));
        if self.request.method == Method::Scroll {
            return Ok(options);
        }
        let Some(api) = product::pit_api(server) else {
            let why = "it takes Elasticsearch 7.12 or OpenSearch 3.3, or later";
            return if is_required { refuse(why.to_owned()) } else { Ok(options) };
        };
        let is_of_several = |part: &Pending| part.scope.index.contains(['*', ',']);
        if api == PitApi::OpenSearch && parts.iter().any(is_of_several) {
            let why = "OpenSearch numbers the documents of each index anew, so that pages over several indices lose some";
            return if is_required { refuse(why.to_owned()) } else { Ok(options) };
        }
        let Some(part) = parts.first() else { return Ok(options) };
        match pit::probe(self.server, &part.scope.index, api, &options) {
            Ok(()) => options.pit = Some(api),
            Err(error @ (FetchError::Interrupted | FetchError::Unauthorized { .. })) => {
                return Err(error);
            }
            Err(error) if is_required => return refuse(error.to_string()),
            // A scroll works, or returns the error.
            Err(_) => {}
        }
        Ok(options)
    }

    pub(super) fn first_manifest(&self) -> Manifest {
        let request = self.request;
        let window = request.window.clone().unwrap_or_default();
        let fields = if request.only_known_fields { known_fields() } else { Vec::new() };
        let of_window = query::window(&window);
        let asked = request.query.clone().unwrap_or_default();
        Manifest {
            flowkit_dump: FORMAT,
            written_by: concat!("flowkit ", env!("CARGO_PKG_VERSION")).to_owned(),
            started: now(),
            server: dump::Server { url: self.server.url().to_owned(), ..dump::Server::default() },
            index: request.index.clone().unwrap_or_else(|| DEFAULT_INDEX.to_owned()),
            filter: request.filter.as_ref().map(|filter| filter.text.clone()),
            filter_means: request.filter.as_ref().map(|filter| filter.expression.to_string()),
            asked_query: asked.query.clone(),
            asked_fields: asked.fields,
            asked_docvalue_fields: asked.docvalue_fields,
            source_fields: fields,
            query: query::all_of([of_window].into_iter().chain(asked.query)),
            window,
            ..Manifest::default()
        }
    }

    pub(super) fn dry_run_plan(&self) -> Result<(Manifest, Plan), FetchError> {
        let mut manifest = self.first_manifest();
        let plan = self.first_plan(&mut manifest)?;
        Ok((manifest, plan))
    }
}

/// The filter of a dump.
pub(crate) fn filter_of(
    manifest: &Manifest,
    path: &Path,
) -> Result<Option<Expression>, FetchError> {
    let Some(text) = &manifest.filter_means else { return Ok(None) };
    let why = "the filter in its manifest.json cannot be read";
    let filter = Expression::parse(text);
    filter.map(Some).map_err(|_| FetchError::NotADump { path: path.to_owned(), why })
}

/// The fields of documents that flowkit reads, in every dialect, and those by which
/// it knows the dialect.
fn known_fields() -> Vec<String> {
    let of = |dialect: &Dialect| [(dialect.places)(), (dialect.templates)()].concat();
    let places = DIALECTS.iter().flat_map(of);
    let marks = DIALECTS.iter().flat_map(|dialect| dialect.marks).copied().flatten();
    let keys = places.map(|place| place.path).chain(marks.copied());
    let keys: BTreeSet<&str> = keys.chain(layer_2_paths()).collect();
    keys.into_iter().map(str::to_owned).chain(options::paths()).collect()
}

#[cfg(test)]
mod tests {
    use flowkit_model::dump::PartScope;
    use flowkit_model::field::{FIELDS, FieldId};

    use super::*;
    use crate::cancel::Cancel;
    use crate::request::Request;
    use crate::server::scripted::ScriptedServer;

    /// `OpenSearch` 3.8 returned 134 of 160 documents of four indices, in pages of 10.
    #[test]
    fn a_point_in_time_of_opensearch_runs_over_one_index_alone() {
        let server = dump::Server {
            product: Some("opensearch".to_owned()),
            version: Some("3.8.0".to_owned()),
            ..dump::Server::default()
        };
        let opened = r#"{"pit_id":"p","_shards":{"total":1,"successful":1,"failed":0}}"#;
        let page = r#"{"pit_id":"p","timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":{"value":0,"relation":"eq"},"hits":[]}}"#;
        for (method, index, expected) in [
            (Method::Auto, "netflow-1", Some(Some(PitApi::OpenSearch))),
            (Method::Auto, "netflow-*", Some(None)),
            (Method::Auto, "netflow-1,netflow-2", Some(None)),
            (Method::Pit, "netflow-*", None),
        ] {
            let script =
                ScriptedServer::new(vec![(200, opened.to_owned()), (200, page.to_owned())]);
            let request = Request { method, ..Request::default() };
            let cancel = Cancel::new();
            let run = Run { server: &script, request: &request, cancel: &cancel, observer: &() };
            let scope = PartScope { index: index.to_owned(), ..PartScope::default() };
            let options = run.cursor_options(&server, &[Pending { scope, ..Pending::default() }]);
            assert_eq!(options.map(|options| options.pit).ok(), expected, "{index}");
        }
    }

    /// Documents are not read for what only NetFlow v9 and IPFIX have.
    #[test]
    fn every_field_is_among_those_that_are_asked_for() {
        let known = known_fields();
        // The family stands in no document.
        for field in FIELDS.iter().filter(|field| field.id != FieldId::Family) {
            assert!(known.iter().any(|key| key == field.module_key), "{}", field.name);
            assert!(known.iter().any(|key| key == field.codec_key), "{}", field.name);
        }
    }

    /// Beside the fields: what options records tell, and what makes a flow one of layer 2.
    #[test]
    fn what_is_no_field_and_is_read_is_asked_for() {
        let known = known_fields();
        for key in [
            "netflow.flow_sampler_random_interval",
            "ipfix.samplingPacketSpace",
            "netflow.options.sampler_random_interval",
            "netflow.if_name",
            "netflow.staMacAddress",
            "netflow.sta_mac_address",
            "flowkit.layer_2",
        ] {
            assert!(known.iter().any(|known| known == key), "{key}");
        }
    }
}
