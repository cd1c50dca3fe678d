//! Members of a search body that are more than a number or a text.

use super::request::{Counting, Source};
use crate::server::http::{Cause, Failure};
use crate::server::json::{Filter, items, members, position, scalar};

/// A count; `None` for -1, which stands for the default.
pub(super) fn number(value: &str) -> Result<Option<usize>, Failure> {
    let text = scalar(value).unwrap_or_else(|| value.to_owned());
    if text == "-1" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        Cause::new("number_format_exception", format!("For input string: \"{text}\"")).refused()
    })
}

pub(super) fn counting(text: &str) -> Result<Counting, Failure> {
    match text {
        "true" => Ok(Counting::Exact),
        "false" => Ok(Counting::Off),
        _ => Ok(number(text)?.map_or(Counting::Exact, Counting::UpTo)),
    }
}

pub(super) fn slice(value: &str, body: &str) -> Result<(usize, usize), Failure> {
    let (mut id, mut max) = (0, None);
    for (name, value) in members(value).unwrap_or_default() {
        let (line, column) = position(body, value);
        let fault = |reason: String, inner: Option<&'static str>| {
            let cause = Cause::new(
                "x_content_parse_exception",
                format!("[{line}:{column}] [slice] {reason}"),
            );
            match inner {
                Some(inner) => cause.caused_by(Cause::new("illegal_argument_exception", inner)),
                None => cause,
            }
            .refused()
        };
        match name.as_str() {
            "id" => id = number(value)?.unwrap_or_default(),
            "max" => match number(value)?.unwrap_or_default() {
                count if count <= 1 => {
                    return Err(fault(
                        "failed to parse field [max]".to_owned(),
                        Some("max must be greater than 1"),
                    ));
                }
                count => max = Some(count),
            },
            "field" => return Err(Failure::argument("the practice server slices without a field")),
            _ => return Err(fault(format!("unknown field [{name}]"), None)),
        }
        if max.is_some_and(|max| id >= max) {
            return Err(fault(
                "failed to parse field [max]".to_owned(),
                Some("max must be greater than id"),
            ));
        }
    }
    max.map(|max| (id, max)).ok_or_else(|| Failure::argument("Required [id, max]"))
}

pub(super) fn source(value: &str) -> Source {
    let texts = |value: &str| -> Vec<String> {
        match items(value) {
            Some(list) => list.into_iter().filter_map(scalar).collect(),
            None => scalar(value).into_iter().collect(),
        }
    };
    match value {
        "true" => Source::Whole,
        "false" => Source::Off,
        _ => {
            let (mut includes, mut excludes) = (Vec::new(), Vec::new());
            match members(value) {
                Some(parts) => {
                    for (name, value) in parts {
                        let list =
                            if name.starts_with("exclude") { &mut excludes } else { &mut includes };
                        list.extend(texts(value));
                    }
                }
                None => includes = texts(value),
            }
            let filter = Filter::new(
                includes.iter().map(String::as_str),
                excludes.iter().map(String::as_str),
            );
            Source::Some(filter)
        }
    }
}
