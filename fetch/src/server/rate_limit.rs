//! The rate limit: documents per second, over all parts together.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::cancel::Cancel;

/// A rate limiter, shared by all parts of a fetch.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    /// Documents per second; `None` is unlimited.
    per_second: Option<u64>,
    /// Earliest time of the next request.
    next: Mutex<Option<Instant>>,
}

impl RateLimit {
    pub(crate) fn new(per_second: Option<u64>) -> Self {
        Self { per_second: per_second.filter(|rate| *rate > 0), next: Mutex::default() }
    }

    /// Waits until a page of this many documents may be requested.
    pub(crate) fn wait(&self, documents: u64, cancel: &Cancel) {
        let Some(rate) = self.per_second else { return };
        let now = Instant::now();
        let wait = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let start = next.filter(|next| *next > now).unwrap_or(now);
            *next = Some(start + Duration::from_secs_f64(documents as f64 / rate as f64));
            start - now
        };
        cancel.wait(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_no_faster_than_asked() {
        let (rate_limit, cancel) = (RateLimit::new(Some(1_000)), Cancel::new());
        let start = Instant::now();
        for _ in 0..4 {
            rate_limit.wait(30, &cancel);
        }
        // The first page is requested at once, each later one 30 ms after the one
        // before.
        assert!(start.elapsed() >= Duration::from_millis(90));
        let start = Instant::now();
        RateLimit::new(None).wait(1 << 40, &cancel);
        cancel.cancel();
        rate_limit.wait(1 << 40, &cancel);
        assert!(start.elapsed() < Duration::from_secs(10), "a cancelled fetch does not wait");
    }
}
