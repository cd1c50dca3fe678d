//! What the cluster, its nodes and its indices say of themselves.

use super::cat::{self, Table};
use super::{Api, Call, indices, json};
use crate::server::http::{Answer, Failure, JSON, TEXT};
use crate::server::index::Expansion;
use crate::server::search::NODE;

#[expect(clippy::unnecessary_wraps, reason = "every handler of a route has one form")]
impl Api {
    pub(super) fn root(&self, _: &Call<'_>) -> Result<Answer, Failure> {
        let _ = &self.store;
        Ok(json(
            r#"{"name":"practice","cluster_name":"flowkit-practice","cluster_uuid":"flowkitPracticeCluster","version":{"number":"7.17.28","build_flavor":"unknown","build_type":"unknown","build_hash":"0000000000000000000000000000000000000000","build_date":"2025-02-20T09:05:31.349013687Z","build_snapshot":false,"lucene_version":"8.11.3","minimum_wire_compatibility_version":"6.8.0","minimum_index_compatibility_version":"6.0.0-beta1"},"tagline":"You Know, for Search"}"#,
        ))
    }

    pub(super) fn health(&self, _: &Call<'_>) -> Result<Answer, Failure> {
        let shards = self.store.indices.len();
        Ok(json(format!(
            r#"{{"cluster_name":"flowkit-practice","status":"green","timed_out":false,"number_of_nodes":1,"number_of_data_nodes":1,"active_primary_shards":{shards},"active_shards":{shards},"relocating_shards":0,"initializing_shards":0,"unassigned_shards":0,"delayed_unassigned_shards":0,"number_of_pending_tasks":0,"number_of_in_flight_fetch":0,"task_max_waiting_in_queue_millis":0,"active_shards_percent_as_number":100.0}}"#
        )))
    }

    pub(super) fn nodes(&self, _: &Call<'_>) -> Result<Answer, Failure> {
        let _ = &self.store;
        Ok(json(format!(
            r#"{{"_nodes":{{"total":1,"successful":1,"failed":0}},"cluster_name":"flowkit-practice","nodes":{{"{NODE}":{{"name":"practice","version":"7.17.28","build_flavor":"unknown","build_type":"unknown"}}}}}}"#
        )))
    }

    pub(super) fn cat(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let request = call.request;
        let table = Table {
            columns: request.parameter("h"),
            header: request.flag("v", false)?,
            sort: request.parameter("s"),
            in_bytes: request.parameter("bytes").is_some(),
            json: request.parameter("format") == Some("json"),
        };
        let body = cat::cat(&self.store, &self.places(call)?, &table);
        let content_type = if table.json { JSON } else { TEXT };
        Ok(Answer { status: 200, content_type, body })
    }

    pub(super) fn resolve_index(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let lenient = Expansion { ignore_unavailable: true, ..Expansion::default() };
        let places = self.store.resolve(call.open_part.as_deref(), lenient)?;
        Ok(json(indices::resolved(&self.store, &places)))
    }

    pub(super) fn settings(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let flat = call.request.flag("flat_settings", false)?;
        let defaults = call.request.flag("include_defaults", false)?;
        Ok(json(indices::settings_of(&self.store, &self.places(call)?, flat, defaults)))
    }

    pub(super) fn mapping(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        Ok(json(indices::mapping_of(&self.store, &self.places(call)?)))
    }

    pub(super) fn index(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        Ok(json(indices::whole(&self.store, &self.places(call)?)))
    }
}
