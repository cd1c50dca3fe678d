//! The request of a search: body and parameters, read and checked.

use std::time::Duration;

use super::aggregations::{self, Aggregation};
use super::fields;
use super::limits::{MOST_HITS, keep_alive};
use super::order::{self, SortKey};
use super::request_parts::{counting, number, slice, source};
use crate::server::http::{Cause, Failure, Request};
use crate::server::json::{Filter, members, position, scalar, token};
use crate::server::query::Query;

/// A search, read and checked.
#[derive(Debug)]
pub(in crate::server) struct SearchRequest {
    pub(super) size: usize,
    pub(super) from: usize,
    pub(super) sort: Vec<SortKey>,
    pub(super) query: Query,
    pub(super) counting: Counting,
    /// Number of the slice, and of how many.
    pub(super) slice: Option<(usize, usize)>,
    pub(super) aggregations: Vec<Aggregation>,
    pub(super) source: Source,
    /// Names and patterns of `fields` and `docvalue_fields`.
    pub(super) fields: Vec<String>,
    /// How long the scroll lives; no scroll without it.
    pub(in crate::server) keep_alive: Option<Duration>,
}

/// How far hits are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    /// To the end.
    Exact,
    /// Up to a number.
    UpTo(usize),
    /// Not at all.
    Off,
}

/// What of `_source` is wanted.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The stored text.
    Whole,
    /// Nothing.
    Off,
    /// Some of it.
    Some(Filter),
}

impl SearchRequest {
    /// Reads a search. `now_ms` is the value of `now` in a date.
    pub(in crate::server) fn parse(
        request: &Request,
        now_ms: i64,
    ) -> Result<SearchRequest, Failure> {
        let mut search = SearchRequest {
            size: 10,
            from: 0,
            sort: Vec::new(),
            query: Query::All,
            counting: Counting::UpTo(MOST_HITS),
            slice: None,
            aggregations: Vec::new(),
            source: Source::Whole,
            fields: Vec::new(),
            keep_alive: None,
        };
        let body = request.body.as_str();
        for (name, value) in body_members(body)? {
            search.read_member(&name, value, body, now_ms)?;
        }
        search.read_parameters(request)?;
        search.check()?;
        Ok(search)
    }

    fn read_member(
        &mut self,
        name: &str,
        value: &str,
        body: &str,
        now_ms: i64,
    ) -> Result<(), Failure> {
        match name {
            "size" => self.size = number(value)?.unwrap_or(10),
            "from" => self.from = number(value)?.unwrap_or(0),
            "sort" => self.sort = order::parse(value, body)?,
            "query" => self.query = Query::parse(value, body, now_ms)?,
            "track_total_hits" => self.counting = counting(&scalar(value).unwrap_or_default())?,
            "slice" => self.slice = Some(slice(value, body)?),
            "aggs" | "aggregations" => self.aggregations = aggregations::parse(value, body)?,
            "_source" => self.source = source(value),
            "fields" | "docvalue_fields" => self.fields.extend(fields::parse(value)),
            "timeout" => {}
            "pit"
            | "search_after"
            | "collapse"
            | "rescore"
            | "stored_fields"
            | "script_fields"
            | "highlight"
            | "suggest"
            | "version"
            | "explain"
            | "seq_no_primary_term"
            | "min_score"
            | "post_filter"
            | "runtime_mappings"
            | "stats"
            | "terminate_after"
            | "profile"
            | "indices_boost"
            | "track_scores"
            | "ext" => {
                return Err(Failure::argument(format!(
                    "[{name}] is not part of the practice server"
                )));
            }
            _ => {
                let reason = format!("Unknown key for a {} in [{name}].", token(value));
                return Err(Cause::parsing(reason, position(body, value)).refused());
            }
        }
        Ok(())
    }

    fn read_parameters(&mut self, request: &Request) -> Result<(), Failure> {
        self.keep_alive = request.parameter("scroll").map(keep_alive).transpose()?;
        if let Some(size) = request.parameter("size") {
            self.size = number(size)?.unwrap_or(10);
        }
        if let Some(from) = request.parameter("from") {
            self.from = number(from)?.unwrap_or(0);
        }
        if let Some(sort) = request.parameter("sort") {
            self.sort = order::parse_parameter(sort);
        }
        if let Some(limit) = request.parameter("track_total_hits") {
            self.counting = counting(limit)?;
        }
        Ok(())
    }

    /// What Elasticsearch refuses before it searches any shard.
    fn check(&mut self) -> Result<(), Failure> {
        let mut faults = Vec::new();
        if self.keep_alive.is_some() {
            if self.counting == Counting::Off {
                faults.push("disabling [track_total_hits] is not allowed in a scroll context");
            }
            if self.from > 0 {
                faults.push("using [from] is not allowed in a scroll context");
            }
            if self.size == 0 {
                faults.push("[size] cannot be [0] in a scroll context");
            }
            self.counting = Counting::Exact;
        }
        if faults.is_empty() { Ok(()) } else { Err(invalid(&faults)) }
    }
}

/// The members of a body; none of an empty one.
pub(in crate::server) fn body_members(body: &str) -> Result<Vec<(String, &str)>, Failure> {
    if body.trim().is_empty() {
        return Ok(Vec::new());
    }
    // Read as a value first: that refuses broken JSON and bounds the nesting.
    serde_json::from_str::<serde_json::Value>(body).map_err(|error| Failure::bad_json(&error))?;
    let object = body.trim();
    members(object).ok_or_else(|| {
        let reason = format!("Expected [START_OBJECT] but found [{}]", token(object));
        Cause::parsing(reason, position(body, object)).refused()
    })
}

/// `Validation Failed: 1: …;2: …;`
pub(in crate::server) fn invalid(faults: &[&str]) -> Failure {
    let list: Vec<String> =
        faults.iter().zip(1..).map(|(fault, number)| format!("{number}: {fault};")).collect();
    let reason = format!("Validation Failed: {}", list.concat());
    Cause::new("action_request_validation_exception", reason).refused()
}
