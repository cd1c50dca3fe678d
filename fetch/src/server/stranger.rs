//! Names what answers at an address in place of the search API: Kibana, a login
//! page, a proxy, another service.

use serde_json::Value;

use crate::error::{FetchError, Stranger, printable};

const API: &str = "give the address of the search API as --url, such as http://HOST:9200";
const KIBANA: &str = "give the address of the Elasticsearch behind it (elasticsearch.hosts in kibana.yml) as --url, such as http://HOST:9200";
const DASHBOARDS: &str = "give the address of the OpenSearch behind it (opensearch.hosts in opensearch_dashboards.yml) as --url, such as http://HOST:9200";
const LOGIN: &str =
    "give the address of the search API itself as --url, such as http://HOST:9200, and --user NAME";
const PROXY: &str =
    "a proxy answers and not the server: check --url, whether the server runs, and NO_PROXY";
const TRANSPORT: &str = "give the port for HTTP as --url, 9200 by default";

/// Words of a page that asks for a login.
const LOGIN_WORDS: [&str; 7] =
    ["login", "log in", "log on", "sign in", "signin", "sso", "type=\"password\""];

/// Kibana or `OpenSearch` Dashboards, which say so in every answer.
///
/// Source: their own headers, `kbn-name` (Kibana since 4) and `osd-name`.
pub(crate) fn by_headers(url: &str, has: impl Fn(&str) -> bool) -> Option<FetchError> {
    let (what, cure) = if ["kbn-name", "kbn-version", "kbn-license-sig"].into_iter().any(&has) {
        ("it is Kibana", KIBANA)
    } else if ["osd-name", "osd-version"].into_iter().any(&has) {
        ("it is OpenSearch Dashboards", DASHBOARDS)
    } else {
        return None;
    };
    Some(FetchError::NotTheServer(Stranger { url: url.to_owned(), what: what.to_owned(), cure }))
}

/// What sends requests on to another address.
pub(crate) fn by_redirect(url: &str, request: &str, location: &str) -> FetchError {
    let lower = location.to_ascii_lowercase();
    let has = |word: &str| lower.contains(word);
    let is_kibana =
        ["/app/kibana", "/spaces/enter", "/login?next=", "/app/home"].into_iter().any(has);
    let is_login = LOGIN_WORDS.into_iter().chain(["auth", "saml"]).any(has);
    let (whose, cure) = match (is_kibana, is_login) {
        (true, _) => (", as Kibana does", KIBANA),
        (false, true) => (", a login page", LOGIN),
        (false, false) => ("", API),
    };
    let what = format!("it sends {request} on to {location}{whose}");
    FetchError::NotTheServer(Stranger { url: url.to_owned(), what, cure })
}

/// What gave an answer that is not the API's.
pub(crate) fn by_answer(url: &str, request: &str, status: u16, body: &[u8]) -> FetchError {
    let text = String::from_utf8_lossy(&body[..body.len().min(20_000)]);
    let lower = text.to_ascii_lowercase();
    let has = |word: &str| lower.contains(word);
    let is_page = text.trim_start().starts_with('<');
    let title =
        title(&text, &lower).map_or_else(String::new, |title| format!(" titled \"{title}\""));
    let page = format!("it answered {request} with status {status} and a page of HTML{title}");
    let (what, cure) = if has("kbn-injected-metadata") || has("kibana server is not ready") {
        ("it is Kibana".to_owned(), KIBANA)
    } else if has("osd-injected-metadata") || has("opensearch dashboards server is not ready") {
        ("it is OpenSearch Dashboards".to_owned(), DASHBOARDS)
    } else if has("this is not a http port") || has("this is not an http port") {
        ("it is the transport port".to_owned(), TRANSPORT)
    } else if has("\"http_address\"") && has("\"pipeline\"") {
        ("it is Logstash".to_owned(), API)
    } else if matches!(status, 407 | 502..=504) && !text.trim_start().starts_with('{') {
        let start = if is_page { page } else { answered(request, status, &text) };
        (start, PROXY)
    } else if is_page && LOGIN_WORDS.iter().any(|word| has(word)) {
        (format!("{page}, a login page"), LOGIN)
    } else if is_page {
        (page, API)
    } else {
        (answered(request, status, &text), API)
    };
    FetchError::NotTheServer(Stranger { url: url.to_owned(), what, cure })
}

fn answered(request: &str, status: u16, text: &str) -> String {
    let start = start_of(text);
    let start = if start.is_empty() { "nothing else".to_owned() } else { start };
    format!("it answered {request} with status {status} and {start}")
}

/// The title of a page of HTML.
fn title(text: &str, lower: &str) -> Option<String> {
    // Lower case in ASCII alone, so that both texts have the same positions.
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</")?;
    let title = start_of(&text[start..end]);
    (!title.is_empty()).then_some(title)
}

/// The start of a text, cut where no secret is any more.
fn start_of(text: &str) -> String {
    printable(text).chars().take(80).collect()
}

/// Whether an answer can be the API's: some error or member that it has.
pub(crate) fn is_like_the_api(status: u16, body: &[u8]) -> bool {
    let Ok(Value::Object(answer)) = serde_json::from_slice(body) else { return false };
    let has = |names: &[&str]| names.iter().any(|name| answer.contains_key(*name));
    let error = answer.get("error").unwrap_or(&Value::Null);
    let words = error.as_str().unwrap_or_default();
    let is_its_error = error["type"].is_string()
        || error["root_cause"].is_array()
        || error["reason"].is_string()
        || (error.is_string() && answer.get("status").is_some_and(Value::is_number))
        || words.contains("no handler found")
        || words.contains("Incorrect HTTP method");
    // A gateway that knows the API may refuse with a message alone, or with nothing.
    let is_gateway = matches!(status, 401 | 403 | 429) || (status >= 400 && answer.is_empty());
    is_its_error
        || has(&["_shards", "_nodes", "cluster_name", "cluster_uuid", "tagline", "took"])
        || (is_gateway && !answer.contains_key("statusCode"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: &FetchError, expected: [&str; 2]) {
        let message = error.to_string();
        for words in expected {
            assert!(message.contains(words), "{message}\nlacks {words}");
        }
        assert!(message.contains("http://h:1") && message.contains("--url"), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }

    #[test]
    fn each_stranger_is_named_with_what_to_do() {
        for (status, body, expected) in [
            (
                200,
                "<html><TITLE>Sign in</TITLE><form>",
                ["titled \"Sign in\", a login page", "--user"],
            ),
            (200, "<!doctype html><title>\n Shop </title>", ["titled \"Shop\"", "HOST:9200"]),
            (
                200,
                "<html><kbn-injected-metadata data='x'>",
                ["it is Kibana", "elasticsearch.hosts"],
            ),
            (503, "Kibana server is not ready yet", ["it is Kibana", "kibana.yml"]),
            (502, "<html><title>502 Bad Gateway</title>", ["status 502", "NO_PROXY"]),
            (504, "", ["status 504 and nothing else", "a proxy answers"]),
            (407, "<html>", ["status 407", "a proxy answers"]),
            (400, "This is not a HTTP port", ["it is the transport port", "9200"]),
            (
                404,
                r#"{"statusCode":404,"error":"Not Found"}"#,
                ["status 404 and {\"statusCode\"", "9200"],
            ),
            (200, r#"{"host":"x","http_address":"y","pipeline":{}}"#, ["it is Logstash", "9200"]),
            (200, "hello", ["status 200 and hello", "HOST:9200"]),
        ] {
            check(&by_answer("http://h:1", "GET /", status, body.as_bytes()), expected);
        }
        for (location, expected) in [
            ("/login?next=%2F", ["as Kibana does", "kibana.yml"]),
            ("https://sso.example/oauth2/authorize?x", ["a login page", "--user"]),
            ("/home", ["on to /home", "HOST:9200"]),
        ] {
            check(&by_redirect("http://h:1", "GET /", location), expected);
        }
        let by = |name: &str| by_headers("http://h:1", |header| header == name);
        check(&by("kbn-name").unwrap(), ["it is Kibana", "elasticsearch.hosts"]);
        check(&by("osd-name").unwrap(), ["Dashboards", "opensearch.hosts"]);
        assert!(by("x-elastic-product").is_none());
    }

    #[test]
    fn answers_of_the_api_are_told_from_those_of_others() {
        for (status, body, expected) in [
            (405, r#"{"error":"Incorrect HTTP method","status":405}"#, true),
            (400, r#"{"error":"no handler found for uri [/x]"}"#, true),
            (403, r#"{"error":{"type":"security_exception"},"status":403}"#, true),
            (403, "{}", true),
            (403, r#"{"Message":"User: x is not authorized"}"#, true),
            (200, r#"{"count":1,"_shards":{"total":1}}"#, true),
            (404, r#"{"error":{"root_cause":[]},"status":404}"#, true),
            (200, "{}", false),
            (200, r#"{"status":"ok"}"#, false),
            (404, r#"{"statusCode":404,"error":"Not Found","message":"Not Found"}"#, false),
            (403, r#"{"statusCode":403,"error":"Forbidden"}"#, false),
            (404, r#"{"detail":"Not Found"}"#, false),
            (200, "<html>", false),
            (200, "[]", false),
        ] {
            assert_eq!(is_like_the_api(status, body.as_bytes()), expected, "{status} {body}");
        }
    }
}
