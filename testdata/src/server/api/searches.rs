//! Searching, counting and scrolling.

use std::sync::Arc;
use std::time::Duration;

use super::{Api, Call, json, now_ms};
use crate::server::http::{Answer, Cause, Failure, JSON};
use crate::server::json::{items, name_position, scalar, token};
use crate::server::query::Query;
use crate::server::search::{
    self, MOST_CONTEXTS, SearchRequest, Style, body_members, check_keep_alive, invalid, keep_alive,
};

impl Api {
    pub(super) fn count(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let body = call.request.body.as_str();
        let places = self.places(call)?;
        let mut query = Query::All;
        for (name, value) in body_members(body)? {
            if name != "query" {
                let at = name_position(body, &name, value);
                let reason = format!("request does not support [{name}]");
                return Err(Cause::parsing(reason, at).refused());
            }
            query = Query::parse(value, body, now_ms())
                .map_err(|failure| failure.of_indices(self.names(&places)))?;
        }
        let count = search::count(&query, &self.store, &places);
        let shards = places.len();
        Ok(json(format!(
            r#"{{"count":{count},"_shards":{{"total":{shards},"successful":{shards},"skipped":0,"failed":0}}}}"#
        )))
    }

    pub(super) fn search(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let request = call.request;
        request.flag("allow_partial_search_results", true)?;
        let mut style = style(call)?;
        let places = self.places(call)?;
        let search = SearchRequest::parse(request, now_ms())
            .map_err(|failure| failure.of_indices(self.names(&places)))?;
        let keep_alive = search.keep_alive;
        let found = search::run(search, &self.store, &places)?;
        let Some(keep_alive) = keep_alive else {
            return Ok(json(found.answer(&self.store, &style)));
        };
        let asked = found.shards.0 - found.shards.1;
        let (mut scrolls, now) = (self.scrolls(), self.now());
        if scrolls.is_full(asked, now) {
            return Err(too_many_scrolls(self.names(&places)));
        }
        let id = scrolls.open(Arc::clone(&found.page), asked, keep_alive, now);
        style.scroll_id = Some(id);
        Ok(json(found.answer(&self.store, &style)))
    }

    pub(super) fn scroll(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let (ids, alive) = scroll_body(call)?;
        let now = self.now();
        if call.request.method == "DELETE" {
            if ids.is_empty() {
                return Err(invalid(&["no scroll ids specified"]));
            }
            let mut scrolls = self.scrolls();
            let freed =
                if ids == ["_all"] { scrolls.close_all() } else { scrolls.close(&ids, now)? };
            let status = if freed > 0 { 200 } else { 404 };
            let body = format!(r#"{{"succeeded":true,"num_freed":{freed}}}"#);
            return Ok(Answer { status, content_type: JSON, body });
        }
        let Some(id) = ids.first() else { return Err(invalid(&["scrollId is missing"])) };
        let mut style = style(call)?;
        style.scroll_id = Some(id.clone());
        let mut scrolls = self.scrolls();
        if let Err(failure) = check_keep_alive(alive) {
            // The shard that refuses forgets the scroll, as a real one does.
            scrolls.close(&ids, now)?;
            return Err(failure);
        }
        let scroll = scrolls.find(id, alive, now)?;
        let answer = scroll.page.next(&self.store, scroll.given, scroll.shards(), &style);
        scroll.given += scroll.page.size;
        Ok(json(answer))
    }
}

fn style(call: &Call<'_>) -> Result<Style, Failure> {
    Ok(Style {
        scroll_id: None,
        total_as_number: call.request.flag("rest_total_hits_as_int", false)?,
        fault: call.fault.clone(),
    })
}

/// Ids and keep-alive of a scroll request, from path, parameters and body.
fn scroll_body(call: &Call<'_>) -> Result<(Vec<String>, Option<Duration>), Failure> {
    let request = call.request;
    let mut ids: Vec<String> = call
        .open_part
        .as_deref()
        .or(request.parameter("scroll_id"))
        .map(|list| list.split(',').map(str::to_owned).collect())
        .unwrap_or_default();
    let mut alive = request.parameter("scroll").map(keep_alive).transpose()?;
    let members = body_members(&request.body).map_err(|failure| match failure {
        Failure::Request { cause, .. } => {
            Cause::new("illegal_argument_exception", "Failed to parse request body")
                .caused_by(cause)
                .refused()
        }
        other => other,
    })?;
    for (name, value) in members {
        match (name.as_str(), scalar(value)) {
            ("scroll_id", Some(id)) => ids = vec![id],
            ("scroll_id", None) => {
                ids = items(value).unwrap_or_default().into_iter().filter_map(scalar).collect();
            }
            ("scroll", Some(text)) if request.method != "DELETE" => {
                alive = Some(keep_alive(&text)?);
            }
            _ => {
                return Err(Failure::argument(format!(
                    "Unknown parameter [{name}] in request body or parameter is of the wrong type[{}] ",
                    token(value)
                )));
            }
        }
    }
    Ok((ids, alive))
}

fn too_many_scrolls(indices: Vec<String>) -> Failure {
    let limit = MOST_CONTEXTS;
    let cause = Cause::new(
        "exception",
        format!(
            "Trying to create too many scroll contexts. Must be less than or equal to: [{limit}]. This limit can be set by changing the [search.max_open_scroll_context] setting."
        ),
    );
    let shards = indices.into_iter().map(|index| (Some(index), cause.clone())).collect();
    Failure::Shards { status: 500, reason: "all shards failed", shards, caused_by: Some(cause) }
}
