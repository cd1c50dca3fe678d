//! Which path and method does what, with which parameters.

use super::{Api, Call};
use crate::server::http::{Answer, Failure};

/// A path, and what it is for.
pub(super) struct Route {
    pub(super) path: &'static str,
    pub(super) methods: &'static [&'static str],
    pub(super) parameters: &'static [&'static str],
    pub(super) handle: fn(&Api, &Call<'_>) -> Result<Answer, Failure>,
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
pub(super) const ROUTES: &[Route] = &[
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

/// Whether a route's path fits; the part it leaves open if there is one.
#[expect(clippy::option_option, reason = "no fit, fit without an open part, fit with one")]
pub(super) fn fit(path: &str, segments: &[String]) -> Option<Option<String>> {
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
