//! Stopping a fetch from another thread, such as a Ctrl-C handler.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

type Hook = Box<dyn FnOnce() + Send>;

/// Cancels a fetch: the request in flight is aborted, its cursor is closed, and
/// the dump on disk is marked incomplete. Clones share one state.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Default)]
struct Inner {
    is_set: AtomicBool,
    hooks: Mutex<Vec<Hook>>,
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_set()).finish()
    }
}

impl Cancel {
    /// A switch that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the fetch. Returns at once; the fetch ends with
    /// [`FetchError::Interrupted`](crate::error::FetchError::Interrupted).
    pub fn cancel(&self) {
        self.0.is_set.store(true, Ordering::SeqCst);
        for hook in self.hooks().drain(..) {
            hook();
        }
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.is_set.load(Ordering::SeqCst)
    }

    /// Waits for `time`, or until it is cancelled.
    pub(crate) fn wait(&self, time: Duration) {
        /// Longest delay between cancellation and the end of a wait.
        const STEP: Duration = Duration::from_millis(50);
        let end = Instant::now() + time;
        while !self.is_set() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(STEP));
        }
    }

    /// Runs `hook` on cancellation, or now if it is cancelled already.
    pub(crate) fn on_cancel(&self, hook: impl FnOnce() + Send + 'static) {
        let mut hooks = self.hooks();
        if self.is_set() {
            drop(hooks);
            hook();
        } else {
            hooks.push(Box::new(hook));
        }
    }

    fn hooks(&self) -> std::sync::MutexGuard<'_, Vec<Hook>> {
        self.0.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_runs_once_whether_it_came_before_or_after() {
        let runs = Arc::new(Mutex::new(0));
        let count = || {
            let runs = runs.clone();
            move || *runs.lock().unwrap() += 1
        };
        let cancel = Cancel::new();
        cancel.on_cancel(count());
        assert!(!cancel.is_set());
        cancel.clone().cancel();
        cancel.on_cancel(count());
        cancel.cancel();
        assert!(cancel.is_set());
        assert_eq!(*runs.lock().unwrap(), 2);
    }
}
