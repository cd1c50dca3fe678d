//! Limits of a search: what each shard refuses, and how long a scroll may live.

use std::time::Duration;

use super::request::SearchRequest;
use crate::server::http::{Cause, Failure};

/// Largest page, and largest `from` + `size` (`index.max_result_window`).
pub(super) const MOST_HITS: usize = 10_000;

/// Most slices of one scroll (`index.max_slices_per_scroll`).
const MOST_SLICES: usize = 1024;

/// Longest keep-alive (`search.max_keep_alive`): one day.
const LONGEST_KEEP_ALIVE: Duration = Duration::from_secs(86_400);

impl SearchRequest {
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

/// A time such as `5m`.
pub(in crate::server) fn keep_alive(text: &str) -> Result<Duration, Failure> {
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
pub(in crate::server) fn check_keep_alive(keep_alive: Option<Duration>) -> Result<(), Failure> {
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
