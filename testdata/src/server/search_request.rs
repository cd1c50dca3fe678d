//! What a search asks for: body and parameters, read and checked.

use std::time::Duration;

use super::aggregations::{self, Aggregation};
use super::failure::{Cause, Failure};
use super::filter_path::Filter;
use super::json::{items, members, position, scalar, token};
use super::order::{self, SortKey};
use super::query::Query;
use super::request::Request;

/// Largest page, and largest `from` + `size` (`index.max_result_window`).
pub(super) const MOST_HITS: usize = 10_000;

/// Most slices of one scroll (`index.max_slices_per_scroll`).
pub(super) const MOST_SLICES: usize = 1024;

/// Longest keep-alive (`search.max_keep_alive`): one day.
const LONGEST_KEEP_ALIVE: Duration = Duration::from_secs(86_400);

/// A search, read and checked.
#[derive(Debug)]
pub(super) struct SearchRequest {
    pub(super) size: usize,
    pub(super) from: usize,
    pub(super) sort: Vec<SortKey>,
    pub(super) query: Query,
    pub(super) counting: Counting,
    /// Number of the slice, and of how many.
    pub(super) slice: Option<(usize, usize)>,
    pub(super) aggregations: Vec<Aggregation>,
    pub(super) source: Source,
    /// How long the scroll lives; no scroll without it.
    pub(super) keep_alive: Option<Duration>,
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
    /// Reads a search. `now_ms` is what `now` means in a date.
    pub(super) fn parse(request: &Request, now_ms: i64) -> Result<SearchRequest, Failure> {
        let mut search = SearchRequest {
            size: 10,
            from: 0,
            sort: Vec::new(),
            query: Query::All,
            counting: Counting::UpTo(MOST_HITS),
            slice: None,
            aggregations: Vec::new(),
            source: Source::Whole,
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
            "timeout" => {}
            "pit"
            | "search_after"
            | "collapse"
            | "rescore"
            | "fields"
            | "docvalue_fields"
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

    /// What Elasticsearch refuses before it asks any shard.
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

    /// What each shard refuses.
    pub(super) fn check_on_shards(&self, indices: &[String]) -> Result<(), Failure> {
        let refusal = match (self.keep_alive, self.slice) {
            (None, Some(_)) => {
                let reason = "[slice] can only be used with [scroll] or [point-in-time] requests";
                let cause = Cause::new("search_exception", reason);
                let shards =
                    indices.iter().map(|index| (Some(index.clone()), cause.clone())).collect();
                return Err(Failure::Shards {
                    status: 500,
                    reason: "all shards failed",
                    shards,
                    caused_by: None,
                });
            }
            (_, Some((_, max))) if max > MOST_SLICES => format!(
                "The number of slices [{max}] is too large. It must be less than [{MOST_SLICES}]. This limit can be set by changing the [index.max_slices_per_scroll] index level setting."
            ),
            (Some(keep_alive), _) if keep_alive > LONGEST_KEEP_ALIVE => too_long(keep_alive),
            (Some(_), _) if self.size > MOST_HITS => format!(
                "Batch size is too large, size must be less than or equal to: [{MOST_HITS}] but was [{}]. Scroll batch sizes cost as much memory as result windows so they are controlled by the [index.max_result_window] index level setting.",
                self.size
            ),
            (None, _) if self.from.saturating_add(self.size) > MOST_HITS => format!(
                "Result window is too large, from + size must be less than or equal to: [{MOST_HITS}] but was [{}]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] index level setting.",
                self.from.saturating_add(self.size)
            ),
            _ => return Ok(()),
        };
        if indices.is_empty() {
            return Ok(());
        }
        let shards: Vec<Option<String>> = indices.iter().cloned().map(Some).collect();
        Err(Failure::argument_on_shards(&refusal, &shards))
    }
}

/// The members of a body; none of an empty one.
pub(super) fn body_members(body: &str) -> Result<Vec<(String, &str)>, Failure> {
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
pub(super) fn invalid(faults: &[&str]) -> Failure {
    let list: Vec<String> =
        faults.iter().zip(1..).map(|(fault, number)| format!("{number}: {fault};")).collect();
    let reason = format!("Validation Failed: {}", list.concat());
    Cause::new("action_request_validation_exception", reason).refused()
}

/// A time such as `5m`.
pub(super) fn keep_alive(text: &str) -> Result<Duration, Failure> {
    let place = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(place);
    let ms = match unit {
        "d" => 86_400_000,
        "h" => 3_600_000,
        "m" => 60_000,
        "s" => 1000,
        "ms" => 1,
        "" if digits == "0" => 1,
        _ => 0,
    };
    match digits.parse::<u64>() {
        Ok(count) if ms > 0 => Ok(Duration::from_millis(count.saturating_mul(ms))),
        _ => Err(Failure::argument(format!(
            "failed to parse setting [scroll] with value [{text}] as a time value: unit is missing or unrecognized"
        ))),
    }
}

/// Why a keep-alive above the limit is refused, if it is.
pub(super) fn check_keep_alive(keep_alive: Option<Duration>) -> Result<(), Failure> {
    match keep_alive.filter(|keep_alive| *keep_alive > LONGEST_KEEP_ALIVE) {
        Some(keep_alive) => Err(Failure::argument_on_shards(&too_long(keep_alive), &[None])),
        None => Ok(()),
    }
}

fn too_long(keep_alive: Duration) -> String {
    let tenths = keep_alive.as_secs() / 8640;
    let days = if tenths.is_multiple_of(10) {
        format!("{}", tenths / 10)
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    format!(
        "Keep alive for request ({days}d) is too large. It must be less than (1d). This limit can be set by changing the [search.max_keep_alive] cluster level setting."
    )
}

/// A count; `None` for -1, which means the default.
fn number(value: &str) -> Result<Option<usize>, Failure> {
    let text = scalar(value).unwrap_or_else(|| value.to_owned());
    if text == "-1" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        Cause::new("number_format_exception", format!("For input string: \"{text}\"")).refused()
    })
}

fn counting(text: &str) -> Result<Counting, Failure> {
    match text {
        "true" => Ok(Counting::Exact),
        "false" => Ok(Counting::Off),
        _ => Ok(number(text)?.map_or(Counting::Exact, Counting::UpTo)),
    }
}

fn slice(value: &str, body: &str) -> Result<(usize, usize), Failure> {
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

fn source(value: &str) -> Source {
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
