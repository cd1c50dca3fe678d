//! The `filter_path` parameter: which parts of an answer are wanted.
//!
//! A list of dotted paths; `*` stands for any part of one name, `**` for any
//! number of names, a leading `-` takes away. Arrays are looked through. What is
//! left empty disappears, so an answer of which nothing is wanted is `{}`.
//! `_source` filtering applies such paths to one document.

use super::pattern::matches;
use super::text::{items, members, quoted};

/// Compiled paths.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct Filter {
    includes: Vec<Vec<String>>,
    excludes: Vec<Vec<String>>,
}

impl Filter {
    /// From the value of `filter_path`.
    pub(in crate::server) fn parse(list: &str) -> Filter {
        let paths = || list.split(',').map(str::trim).filter(|path| !path.is_empty());
        Filter::new(
            paths().filter(|path| !path.starts_with('-')),
            paths().filter_map(|path| path.strip_prefix('-')),
        )
    }

    pub(in crate::server) fn new<'a>(
        includes: impl Iterator<Item = &'a str>,
        excludes: impl Iterator<Item = &'a str>,
    ) -> Filter {
        let split = |path: &str| path.split('.').map(str::to_owned).collect();
        Filter { includes: includes.map(split).collect(), excludes: excludes.map(split).collect() }
    }

    /// The JSON text without what is not wanted.
    pub(in crate::server) fn apply(&self, json: &str) -> String {
        let includes: Vec<&[String]> = if self.includes.is_empty() {
            vec![&[]]
        } else {
            self.includes.iter().map(Vec::as_slice).collect()
        };
        let excludes: Vec<&[String]> = self.excludes.iter().map(Vec::as_slice).collect();
        let empty = if json.starts_with('[') { "[]" } else { "{}" };
        keep(json, &includes, &excludes).unwrap_or_else(|| empty.to_owned())
    }
}

/// What is left of a value, given the rests of the paths that lead to it.
fn keep(json: &str, includes: &[&[String]], excludes: &[&[String]]) -> Option<String> {
    if excludes.iter().any(|path| is_met(path)) {
        return None;
    }
    let wanted = includes.iter().any(|path| is_met(path));
    if wanted && excludes.is_empty() {
        return Some(json.to_owned());
    }
    let (open, close, parts): (char, char, Vec<String>) = if json.starts_with('{') {
        let kept = members(json)?.into_iter().filter_map(|(name, value)| {
            let inner = if wanted { vec![&[][..]] } else { step(includes, &name) };
            let kept = keep(value, &inner, &step(excludes, &name))?;
            Some(format!("{}:{kept}", quoted(&name)))
        });
        ('{', '}', kept.collect())
    } else if json.starts_with('[') {
        let kept = items(json)?.into_iter().filter_map(|item| keep(item, includes, excludes));
        ('[', ']', kept.collect())
    } else {
        return wanted.then(|| json.to_owned());
    };
    (!parts.is_empty()).then(|| format!("{open}{}{close}", parts.join(",")))
}

/// Whether nothing of the path is left to be met.
fn is_met(path: &[String]) -> bool {
    path.is_empty() || (path.len() == 1 && path[0] == "**")
}

/// The rests of the paths once `name` is entered.
fn step<'a>(paths: &[&'a [String]], name: &str) -> Vec<&'a [String]> {
    let mut rests = Vec::new();
    for path in paths {
        let mut path = *path;
        while let Some((first, rest)) = path.split_first() {
            if first == "**" {
                rests.push(path);
                path = rest;
            } else {
                if matches(first, name) {
                    rests.push(rest);
                }
                break;
            }
        }
    }
    rests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let json = r#"{"took":8,"_shards":{"total":2,"failed":0},"hits":{"total":{"value":6,"relation":"eq"},"hits":[{"_id":"a","_source":{"a":{"b":4}}},{"_id":"b"}]}}"#;
        let cases = [
            ("took", r#"{"took":8}"#),
            ("hits.total", r#"{"hits":{"total":{"value":6,"relation":"eq"}}}"#),
            ("hits.total,-hits.total.value", r#"{"hits":{"total":{"relation":"eq"}}}"#),
            ("hits.hits._id", r#"{"hits":{"hits":[{"_id":"a"},{"_id":"b"}]}}"#),
            ("**.b,took", r#"{"took":8,"hits":{"hits":[{"_source":{"a":{"b":4}}}]}}"#),
            ("_sh*", r#"{"_shards":{"total":2,"failed":0}}"#),
            ("*.total", r#"{"_shards":{"total":2},"hits":{"total":{"value":6,"relation":"eq"}}}"#),
            ("-hits,-took", r#"{"_shards":{"total":2,"failed":0}}"#),
            ("nope", "{}"),
            ("took.x", "{}"),
        ];
        for (paths, expected) in cases {
            assert_eq!(Filter::parse(paths).apply(json), expected, "{paths}");
        }
        assert_eq!(Filter::parse("").apply(json), json);
    }

    #[test]
    fn an_empty_page_loses_its_hits() {
        let json = r#"{"hits":{"total":{"value":0},"hits":[]}}"#;
        let kept = Filter::parse("hits.total,hits.hits._source").apply(json);
        assert_eq!(kept, r#"{"hits":{"total":{"value":0}}}"#);
    }

    #[test]
    fn a_flat_key_is_one_name() {
        let json = r#"{"a":{"settings":{"index.number_of_shards":"1"}}}"#;
        assert_eq!(Filter::parse("*.settings.index.number_of_shards").apply(json), "{}");
        assert_eq!(Filter::parse("*.settings.index*").apply(json), json);
    }
}
