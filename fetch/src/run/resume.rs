//! Checks that an incomplete dump belongs to the current request.
//!
//! Options are compared as they were typed: `--last 24h` is the window of the
//! first run. An option that is left out is taken from the dump.

use flowkit_model::dump::Manifest;
use flowkit_model::window::Typed;

use crate::error::{FetchError, is_harmless, printable};
use crate::request::Request;
use crate::search_body::SearchBody;

/// Compares a request with the existing dump.
///
/// # Errors
/// If a given option differs, or the dump names indices that no server has.
pub(crate) fn check(request: &Request, manifest: &Manifest) -> Result<(), FetchError> {
    let pending = manifest.pending.iter().flatten().map(|pending| &pending.scope.index);
    let parts = manifest.parts.iter().map(|part| &part.scope.index);
    let wanted = manifest.wanted.iter().map(|wanted| &wanted.index);
    let mut names = [&manifest.index].into_iter().chain(wanted).chain(parts).chain(pending);
    if !names.all(|name| is_harmless(name)) {
        let why = "its manifest.json names an index with characters that no index has";
        return Err(FetchError::CannotUpdate { path: request.output.clone(), why: why.to_owned() });
    }
    let differ = |what, there: String, asked: String| {
        if there == asked {
            return Ok(());
        }
        // What a dump says may come from anybody.
        let there = printable(&there);
        Err(FetchError::OtherRequest { path: request.output.clone(), what, there, asked })
    };
    if let Some(index) = &request.index {
        differ("--index", manifest.index.clone(), index.clone())?;
    }
    if let Some(window) = &request.window {
        let text = |typed: &Typed, tz: &str| format!("{} in {tz}", words(typed));
        let there = &manifest.window;
        differ("window", text(&there.typed, &there.tz), text(&window.typed, &window.tz))?;
    }
    if let Some(filter) = &request.filter {
        let there = manifest.filter.clone().unwrap_or_else(none);
        differ("--filter", there, filter.text.clone())?;
    }
    if let Some(asked) = &request.query {
        let there = SearchBody {
            query: manifest.asked_query.clone(),
            fields: manifest.asked_fields.clone(),
            docvalue_fields: manifest.asked_docvalue_fields.clone(),
        };
        differ("--query", body_words(&there), body_words(asked))?;
    }
    if request.only_known_fields && manifest.source_fields.is_empty() {
        differ("--source-fields", none(), "given".to_owned())?;
    }
    Ok(())
}

fn none() -> String {
    "none".to_owned()
}

/// A query alone, or with the fields beside it.
fn body_words(body: &SearchBody) -> String {
    let mut words = body.query.as_ref().map_or_else(none, ToString::to_string);
    for (name, value) in [("fields", &body.fields), ("docvalue_fields", &body.docvalue_fields)] {
        if let Some(value) = value {
            words = format!("{words}, {name} {value}");
        }
    }
    words
}

fn words(typed: &Typed) -> String {
    let options =
        [("from", &typed.from), ("to", &typed.to), ("last", &typed.last), ("day", &typed.day)];
    let given: Vec<String> = options
        .iter()
        .filter_map(|(name, text)| Some(format!("--{name} {}", text.as_ref()?)))
        .collect();
    if given.is_empty() { "everything".to_owned() } else { given.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowkit_model::window::Window;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    fn last(text: &str, now: i64) -> Window {
        let typed = Typed { last: Some(text.to_owned()), ..Typed::default() };
        Window::new(typed, &TimeZone::UTC, Timestamp::from_second(now).unwrap()).unwrap()
    }

    #[test]
    fn the_same_words_are_the_same_request_whenever_they_are_said() {
        let manifest = Manifest {
            index: "netflow-*".to_owned(),
            window: last("24h", 1_000_000),
            ..Manifest::default()
        };
        let request = |index: Option<&str>, window| Request {
            index: index.map(str::to_owned),
            window,
            ..Request::default()
        };
        assert!(check(&request(None, None), &manifest).is_ok());
        assert!(
            check(&request(Some("netflow-*"), Some(last("24h", 9_000_000))), &manifest).is_ok()
        );
        for index in ["a\u{1b}[31m", "a\nb", "\u{202e}a"] {
            let manifest = Manifest { index: index.to_owned(), ..manifest.clone() };
            let message = check(&request(None, None), &manifest).unwrap_err().to_string();
            assert!(message.contains("names an index") && !message.contains(index), "{message}");
        }
        for (request, expected) in [
            (request(Some("other"), None), "another --index (netflow-*, not other)"),
            (
                request(None, Some(last("7d", 1_000_000))),
                "another window (--last 24h in UTC, not --last 7d in UTC)",
            ),
            (
                Request { query: SearchBody::parse(r#"{"a":1}"#).ok(), ..Request::default() },
                "another --query (none, not {\"a\":1})",
            ),
            (Request { only_known_fields: true, ..Request::default() }, "another --source-fields"),
        ] {
            let message = check(&request, &manifest).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(message.contains("--force"), "{message}");
        }
    }
}
