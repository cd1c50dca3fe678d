//! The routes: which path and method does what, and the answers that are not searches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::Fault;
use super::failure::{Cause, Failure};
use super::filter_path::Filter;
use super::indices::{Expansion, Store};
use super::indices_api::{self, Table};
use super::json::{items, name_position, pretty, scalar, token};
use super::query::Query;
use super::request::Request;
use super::scroll::{NODE, Scrolls};
use super::search::{self, Style};
use super::search_request::{SearchRequest, body_members, check_keep_alive, invalid, keep_alive};

const JSON: &str = "application/json; charset=UTF-8";
const TEXT: &str = "text/plain; charset=UTF-8";

/// Everything behind the connections.
#[derive(Debug)]
pub(super) struct Api {
    store: Store,
    scrolls: Mutex<Scrolls>,
    /// How far the clock was put forward.
    ahead: Mutex<Duration>,
}

/// What goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// A request on its route.
struct Call<'a> {
    request: &'a Request,
    /// The part of the path that a route leaves open: an index expression, a
    /// scroll id.
    open_part: Option<String>,
    fault: Option<Fault>,
}

struct Route {
    path: &'static str,
    methods: &'static [&'static str],
    parameters: &'static [&'static str],
    handle: fn(&Api, &Call<'_>) -> Result<Answer, Failure>,
}

const EXPANSION: [&str; 4] =
    ["ignore_unavailable", "allow_no_indices", "expand_wildcards", "ignore_throttled"];

#[rustfmt::skip]
const SEARCH: &[&str] = &[
    "scroll", "size", "from", "sort", "track_total_hits", "rest_total_hits_as_int", "timeout",
    "allow_partial_search_results", "pre_filter_shard_size", "request_cache", "preference",
    "routing", "batched_reduce_size", "max_concurrent_shard_requests", "search_type", "typed_keys",
    EXPANSION[0], EXPANSION[1], EXPANSION[2], EXPANSION[3],
];
const SCROLL: &[&str] = &["scroll", "scroll_id", "rest_total_hits_as_int"];
const SETTINGS: &[&str] = &[
    "flat_settings",
    "include_defaults",
    "local",
    "master_timeout",
    EXPANSION[0],
    EXPANSION[1],
    EXPANSION[2],
    EXPANSION[3],
];
const CAT: &[&str] = &[
    "h",
    "v",
    "s",
    "bytes",
    "help",
    "health",
    "pri",
    "time",
    "local",
    "master_timeout",
    "include_unloaded_segments",
    EXPANSION[2],
];

/// A `{}` stands for one part of the path. Of two routes that fit the first counts.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    Route { path: "/", methods: &["GET", "HEAD"], parameters: &[], handle: Api::root },
    Route { path: "/_cluster/health", methods: &["GET", "HEAD"], parameters: &["timeout", "local", "wait_for_status", "level"], handle: Api::health },
    Route { path: "/_nodes/_local", methods: &["GET"], parameters: &["flat_settings", "timeout"], handle: Api::nodes },
    Route { path: "/_cat/indices", methods: &["GET"], parameters: CAT, handle: Api::cat },
    Route { path: "/_cat/indices/{}", methods: &["GET"], parameters: CAT, handle: Api::cat },
    Route { path: "/_resolve/index/{}", methods: &["GET"], parameters: &[EXPANSION[2]], handle: Api::resolve_index },
    Route { path: "/_search", methods: &["POST", "GET"], parameters: SEARCH, handle: Api::search },
    Route { path: "/{}/_search", methods: &["POST", "GET"], parameters: SEARCH, handle: Api::search },
    Route { path: "/_search/scroll", methods: &["POST", "GET", "DELETE"], parameters: SCROLL, handle: Api::scroll },
    Route { path: "/_search/scroll/{}", methods: &["POST", "GET", "DELETE"], parameters: SCROLL, handle: Api::scroll },
    Route { path: "/_count", methods: &["POST", "GET"], parameters: &EXPANSION, handle: Api::count },
    Route { path: "/{}/_count", methods: &["POST", "GET"], parameters: &EXPANSION, handle: Api::count },
    Route { path: "/_settings", methods: &["GET"], parameters: SETTINGS, handle: Api::settings },
    Route { path: "/{}/_settings", methods: &["GET"], parameters: SETTINGS, handle: Api::settings },
    Route { path: "/_mapping", methods: &["GET"], parameters: SETTINGS, handle: Api::mapping },
    Route { path: "/{}/_mapping", methods: &["GET"], parameters: SETTINGS, handle: Api::mapping },
    Route { path: "/{}", methods: &["GET", "HEAD"], parameters: SETTINGS, handle: Api::index },
];

#[expect(clippy::unnecessary_wraps, reason = "every handler of a route has one form")]
impl Api {
    pub(super) fn new(store: Store) -> Api {
        Api { store, scrolls: Mutex::default(), ahead: Mutex::default() }
    }

    /// The answer to any request.
    pub(super) fn answer(&self, request: &Request, fault: Option<Fault>) -> Answer {
        let result = self.route(request, fault);
        let wants_pretty = request.flag("pretty", false).unwrap_or(false);
        let mut answer = match result {
            Ok(mut answer) => {
                let filter =
                    request.parameter("filter_path").filter(|_| answer.content_type == JSON);
                if let Some(list) = filter {
                    answer.body = Filter::parse(list).apply(&answer.body);
                }
                answer
            }
            Err(failure) => {
                Answer { status: failure.status(), content_type: JSON, body: failure.body(NODE) }
            }
        };
        if wants_pretty && answer.content_type == JSON {
            answer.body = pretty(&answer.body);
        }
        answer
    }

    fn route(&self, request: &Request, fault: Option<Fault>) -> Result<Answer, Failure> {
        check_content_type(request)?;
        let mut allowed: Option<&[&str]> = None;
        for route in ROUTES {
            let Some(open_part) = fit(route.path, &request.segments()) else { continue };
            if !route.methods.contains(&request.method.as_str()) {
                allowed = allowed.or(Some(route.methods));
                continue;
            }
            request.check_parameters(route.parameters)?;
            return (route.handle)(self, &Call { request, open_part, fault });
        }
        let (path, method) = (&request.path, &request.method);
        Err(match allowed {
            Some(methods) => Failure::Text {
                status: 405,
                text: format!(
                    "Incorrect HTTP method for uri [{path}] and method [{method}], allowed: [{}]",
                    methods.join(", ")
                ),
                says_status: true,
            },
            None => Failure::Text {
                status: 400,
                text: format!("no handler found for uri [{path}] and method [{method}]"),
                says_status: false,
            },
        })
    }

    /// Scrolls that are open now.
    pub(super) fn open_scrolls(&self) -> usize {
        self.scrolls().len(self.now())
    }

    /// Ends all scrolls, as if their keep-alive were over.
    pub(super) fn expire_all(&self) {
        self.scrolls().close_all();
    }

    /// Puts the clock forward.
    pub(super) fn advance_clock(&self, time: Duration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(time);
    }

    fn now(&self) -> Instant {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        now.checked_add(ahead).unwrap_or(now)
    }

    fn scrolls(&self) -> MutexGuard<'_, Scrolls> {
        self.scrolls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn places(&self, call: &Call<'_>) -> Result<Vec<usize>, Failure> {
        let request = call.request;
        let expands_open = request
            .parameter("expand_wildcards")
            .is_none_or(|list| list.split(',').any(|word| matches!(word, "open" | "all")));
        let expansion = Expansion {
            ignore_unavailable: request.flag("ignore_unavailable", false)?,
            allow_no_indices: request.flag("allow_no_indices", true)?,
            expands_open,
        };
        self.store.resolve(call.open_part.as_deref(), expansion)
    }

    fn names(&self, places: &[usize]) -> Vec<String> {
        places.iter().map(|&place| self.store.indices[place].name.clone()).collect()
    }

    fn root(&self, _: &Call<'_>) -> Result<Answer, Failure> {
        let _ = &self.store;
        Ok(json(
            r#"{"name":"practice","cluster_name":"flowkit-practice","cluster_uuid":"flowkitPracticeCluster","version":{"number":"7.17.28","build_flavor":"unknown","build_type":"unknown","build_hash":"0000000000000000000000000000000000000000","build_date":"2025-02-20T09:05:31.349013687Z","build_snapshot":false,"lucene_version":"8.11.3","minimum_wire_compatibility_version":"6.8.0","minimum_index_compatibility_version":"6.0.0-beta1"},"tagline":"You Know, for Search"}"#,
        ))
    }

    fn health(&self, _: &Call<'_>) -> Result<Answer, Failure> {
        let shards = self.store.indices.len();
        Ok(json(format!(
            r#"{{"cluster_name":"flowkit-practice","status":"green","timed_out":false,"number_of_nodes":1,"number_of_data_nodes":1,"active_primary_shards":{shards},"active_shards":{shards},"relocating_shards":0,"initializing_shards":0,"unassigned_shards":0,"delayed_unassigned_shards":0,"number_of_pending_tasks":0,"number_of_in_flight_fetch":0,"task_max_waiting_in_queue_millis":0,"active_shards_percent_as_number":100.0}}"#
        )))
    }

    fn nodes(&self, _: &Call<'_>) -> Result<Answer, Failure> {
        let _ = &self.store;
        Ok(json(format!(
            r#"{{"_nodes":{{"total":1,"successful":1,"failed":0}},"cluster_name":"flowkit-practice","nodes":{{"{NODE}":{{"name":"practice","version":"7.17.28","build_flavor":"unknown","build_type":"unknown"}}}}}}"#
        )))
    }

    fn cat(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let request = call.request;
        let table = Table {
            columns: request.parameter("h"),
            header: request.flag("v", false)?,
            sort: request.parameter("s"),
            in_bytes: request.parameter("bytes").is_some(),
            json: request.parameter("format") == Some("json"),
        };
        let body = indices_api::cat(&self.store, &self.places(call)?, &table);
        let content_type = if table.json { JSON } else { TEXT };
        Ok(Answer { status: 200, content_type, body })
    }

    fn resolve_index(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let lenient = Expansion { ignore_unavailable: true, ..Expansion::default() };
        let places = self.store.resolve(call.open_part.as_deref(), lenient)?;
        Ok(json(indices_api::resolved(&self.store, &places)))
    }

    fn settings(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let flat = call.request.flag("flat_settings", false)?;
        let defaults = call.request.flag("include_defaults", false)?;
        Ok(json(indices_api::settings_of(&self.store, &self.places(call)?, flat, defaults)))
    }

    fn mapping(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        Ok(json(indices_api::mapping_of(&self.store, &self.places(call)?)))
    }

    fn index(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        Ok(json(indices_api::whole(&self.store, &self.places(call)?)))
    }

    fn count(&self, call: &Call<'_>) -> Result<Answer, Failure> {
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

    fn search(&self, call: &Call<'_>) -> Result<Answer, Failure> {
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

    fn scroll(&self, call: &Call<'_>) -> Result<Answer, Failure> {
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

fn json(body: impl Into<String>) -> Answer {
    Answer { status: 200, content_type: JSON, body: body.into() }
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
    let limit = super::scroll::MOST_CONTEXTS;
    let cause = Cause::new(
        "exception",
        format!(
            "Trying to create too many scroll contexts. Must be less than or equal to: [{limit}]. This limit can be set by changing the [search.max_open_scroll_context] setting."
        ),
    );
    let shards = indices.into_iter().map(|index| (Some(index), cause.clone())).collect();
    Failure::Shards { status: 500, reason: "all shards failed", shards, caused_by: Some(cause) }
}

/// A body must say that it is JSON.
fn check_content_type(request: &Request) -> Result<(), Failure> {
    let kind = request.content_type.as_deref().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if request.body.is_empty() || essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    let text = format!("Content-Type header [{kind}] is not supported");
    Err(Failure::Text { status: 406, text, says_status: true })
}

/// Whether a route's path fits; the part it leaves open if there is one.
#[expect(clippy::option_option, reason = "no fit, fit without an open part, fit with one")]
fn fit(path: &str, segments: &[String]) -> Option<Option<String>> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.len() != segments.len() {
        return None;
    }
    let mut open_part = None;
    for (part, segment) in parts.iter().zip(segments) {
        match *part {
            "{}" => open_part = Some(segment.clone()),
            _ if part == segment => {}
            _ => return None,
        }
    }
    Some(open_part)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
