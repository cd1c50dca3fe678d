//! Detects the product: Elasticsearch, OpenSearch, or a compatible one.
//!
//! For the manifest and for people; a server's abilities are found by trying,
//! since some servers do not return their product, must not, or return a wrong
//! one. Only a point in time is not even tried elsewhere than where product and
//! version have it.

use flowkit_model::dump;
use serde_json::Value;

use crate::error::{FetchError, printable};
use crate::server::address::path_segment;
use crate::server::refusal::{Context, Refusal};
use crate::server::stranger::{by_answer, by_redirect, is_like_the_api};
use crate::server::{Call, Server};

/// Which API for points in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PitApi {
    /// Elasticsearch since 7.12.
    Elasticsearch,
    /// `OpenSearch` since 3.3.
    OpenSearch,
}

/// Asks the server for product, version and cluster. `pattern` is what will be
/// fetched: a gateway may pass on only requests about these indices.
///
/// # Errors
/// If it cannot be reached, requires credentials, or is no search server.
pub(crate) fn detect<S: Server>(server: &S, pattern: &str) -> Result<dump::Server, FetchError> {
    let url = server.url().to_owned();
    let (mut is_like, mut stranger) = (false, None);
    // If the root is missing or forbidden, node information may still have the
    // version; if both are, a count shows whether it is the API.
    let count = format!("/{}/_count", path_segment(pattern));
    for path in [
        "/",
        "/_nodes/_local?filter_path=cluster_name,nodes.*.version,nodes.*.build_flavor",
        &count,
    ] {
        if path == count && (is_like || stranger.is_none()) {
            break;
        }
        let (call, mut body) = (Call::get(path), Vec::new());
        let status = match server.send(&call, &mut body) {
            Ok(status) => status,
            Err(FetchError::Redirected { location, .. }) if !is_of_https(&url, &location) => {
                stranger.get_or_insert_with(|| by_redirect(&url, &call.name(), &location));
                continue;
            }
            Err(error) => return Err(error),
        };
        match status {
            200 => {
                if let Some(found) = read(&body) {
                    return Ok(dump::Server { url, ..found });
                }
            }
            401 => {
                let context = Context {
                    url: &url,
                    request: &call.name(),
                    index: "",
                    keep_alive: "",
                    size: 0,
                    page: 0,
                };
                return Err(Refusal::new(401, &body).into_error(context));
            }
            _ => {}
        }
        is_like |= is_like_the_api(status, &body);
        if !is_like {
            stranger.get_or_insert_with(|| by_answer(&url, &call.name(), status, &body));
        }
    }
    match stranger {
        Some(error) if !is_like => Err(error),
        _ => Ok(dump::Server { url, ..dump::Server::default() }),
    }
}

/// Whether a redirect only asks for TLS.
fn is_of_https(url: &str, location: &str) -> bool {
    let host = |url: &str| url.split(['/', ':']).nth(3).map(str::to_owned);
    url.starts_with("http:") && location.starts_with("https:") && host(url) == host(location)
}

/// Which API of points in time may be tried: only if product and version
/// certainly have it, with a unique last sort key. On an older server the path
/// would be that of indexing a document.
pub(crate) fn pit_api(server: &dump::Server) -> Option<PitApi> {
    let mut numbers = server.version.as_deref()?.split('.').map(|part| part.parse::<u32>().ok());
    let version = (numbers.next()??, numbers.next()??);
    match server.product.as_deref()? {
        "elasticsearch" if version >= (7, 12) => Some(PitApi::Elasticsearch),
        // OpenSearch 1 and 2 may claim to be 7.10.2.
        "opensearch" if ((3, 3)..(7, 0)).contains(&version) => Some(PitApi::OpenSearch),
        _ => None,
    }
}

fn read(body: &[u8]) -> Option<dump::Server> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    // Names that decide are ours; a password may be one of them.
    let text = |value: &Value| match value.as_str()? {
        known @ ("elasticsearch" | "opensearch") => Some(known.to_owned()),
        other => Some(printable(other)),
    };
    let cluster = text(&answer["cluster_name"]);
    if let Some(version) = text(&answer["version"]["number"]) {
        let tagline = answer["tagline"].as_str().unwrap_or_default();
        let product = match text(&answer["version"]["distribution"]) {
            Some(distribution) => Some(distribution),
            None if tagline.contains("OpenSearch") => Some("opensearch".to_owned()),
            None if tagline == "You Know, for Search" => Some("elasticsearch".to_owned()),
            None => None,
        };
        return Some(dump::Server { url: String::new(), product, version: Some(version), cluster });
    }
    let node = answer["nodes"].as_object()?.values().next()?;
    let product = node["build_flavor"].is_string().then(|| "elasticsearch".to_owned());
    Some(dump::Server { url: String::new(), product, version: text(&node["version"]), cluster })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;

    fn check(answers: Vec<(u16, &str)>, product: Option<&str>, version: Option<&str>) {
        let answers = answers.into_iter().map(|(status, text)| (status, text.to_owned()));
        let found = detect(&ScriptedServer::new(answers.collect()), "n-*").unwrap();
        assert_eq!((found.product.as_deref(), found.version.as_deref()), (product, version));
        assert_eq!(found.url, "http://script");
    }

    #[test]
    fn each_product_is_known_by_what_it_says() {
        let elastic = r#"{"cluster_name":"es68","version":{"number":"6.8.9","build_flavor":"unknown"},"tagline":"You Know, for Search"}"#;
        check(vec![(200, elastic)], Some("elasticsearch"), Some("6.8.9"));
        let open = r#"{"version":{"distribution":"opensearch","number":"3.8.0"},"tagline":"The OpenSearch Project: https://opensearch.org/"}"#;
        check(vec![(200, open)], Some("opensearch"), Some("3.8.0"));
        let disguised = r#"{"version":{"number":"7.10.2"},"tagline":"The OpenSearch Project: https://opensearch.org/"}"#;
        check(vec![(200, disguised)], Some("opensearch"), Some("7.10.2"));
        let other = r#"{"version":{"number":"1.0"},"tagline":"Another engine"}"#;
        check(vec![(200, other)], None, Some("1.0"));
    }

    #[test]
    fn a_missing_root_is_no_obstacle() {
        let nodes =
            r#"{"cluster_name":"c","nodes":{"x1":{"version":"8.19.21","build_flavor":"default"}}}"#;
        check(
            vec![(405, r#"{"error":"Incorrect HTTP method","status":405}"#), (200, nodes)],
            Some("elasticsearch"),
            Some("8.19.21"),
        );
        check(vec![(403, "{}"), (403, "{}")], None, None);
        // A gateway that passes on requests about indices alone.
        let count = r#"{"count":1,"_shards":{"total":1,"successful":1,"failed":0}}"#;
        check(vec![(200, "<html>"), (404, "nginx"), (200, count)], None, None);
    }

    #[test]
    fn a_point_in_time_is_tried_only_where_it_is_safe() {
        let cases = [
            ("elasticsearch", "5.6.16", None),
            ("elasticsearch", "6.8.9", None),
            ("elasticsearch", "7.10.2", None),
            ("elasticsearch", "7.11.1", None),
            ("elasticsearch", "7.12.0", Some(PitApi::Elasticsearch)),
            ("elasticsearch", "8.19.21", Some(PitApi::Elasticsearch)),
            ("elasticsearch", "9.1.0-SNAPSHOT", Some(PitApi::Elasticsearch)),
            ("opensearch", "1.3.20", None),
            ("opensearch", "2.19.1", None),
            ("opensearch", "3.2.0", None),
            ("opensearch", "3.3.0", Some(PitApi::OpenSearch)),
            // OpenSearch 1 and 2 may claim this version.
            ("opensearch", "7.10.2", None),
            ("another", "9.0.0", None),
            ("elasticsearch", "x", None),
        ];
        for (product, version, expected) in cases {
            let server = dump::Server {
                product: Some(product.to_owned()),
                version: Some(version.to_owned()),
                ..dump::Server::default()
            };
            assert_eq!(pit_api(&server), expected, "{product} {version}");
        }
        assert_eq!(pit_api(&dump::Server::default()), None);
    }

    #[test]
    fn what_is_not_the_api_is_named_after_three_requests() {
        let script = ScriptedServer::new(vec![(200, "<title>Shop</title>".to_owned()); 3]);
        let error = detect(&script, "n-*").unwrap_err();
        assert!(matches!(error, FetchError::NotTheServer { .. }), "{error}");
        assert_eq!(script.calls().len(), 3);
        assert!(script.calls()[2].starts_with("GET /n-*/_count"));
    }

    #[test]
    fn a_redirect_to_tls_on_the_same_host_is_told_as_one() {
        assert!(is_of_https("http://h:9200", "https://h:9200/"));
        assert!(is_of_https("http://h", "https://h/"));
        assert!(!is_of_https("http://h", "https://login.example/"));
        assert!(!is_of_https("http://h", "/login"));
    }

    #[test]
    fn missing_credentials_end_it_at_once() {
        let script = ScriptedServer::new(vec![(401, "Unauthorized".to_owned())]);
        assert!(matches!(detect(&script, "n-*"), Err(FetchError::Unauthorized { .. })));
        assert_eq!(script.calls().len(), 1);
    }
}
