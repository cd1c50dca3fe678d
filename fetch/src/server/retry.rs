//! Decides which errors are retried, and after which back-off.
//!
//! A scroll moves on with each request, so that a retry could lose a page: a
//! request is retried only if the server certainly did not begin with it. A point
//! in time has its position in the request, so that a repeated request returns
//! the same page. After any other transient error another cursor is opened at the
//! last safe position.

use std::time::Duration;

use crate::cancel::Cancel;
use crate::error::FetchError;
use crate::server::stranger::is_like_the_api;
use crate::server::{Call, Server};

/// The longest back-off.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Maximum retries if the very first connection is closed by the server.
const MAX_CUT_OFFS: u32 = 2;

/// Maximum retries while nothing has answered as the API does.
const MAX_STRANGE: u32 = 2;

/// What to do after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// The server did not begin with the request: it may be sent again.
    Retry,
    /// Transient, but the state of the cursor is uncertain: give it up and open
    /// another.
    Reopen,
    /// A retry would not help.
    Stop,
}

/// What to do after an error.
pub(crate) fn verdict(error: &FetchError) -> Verdict {
    use FetchError as E;
    match error {
        E::Unreachable { is_passing: true, .. } | E::Rejected { .. } => Verdict::Retry,
        E::BrokenOff { .. }
        | E::Mixed { .. }
        | E::TooLarge { .. }
        | E::ScrollExpired { .. }
        | E::TooManyScrolls { .. }
        | E::OutOfMemory { .. }
        | E::Busy { .. }
        | E::NotReady { .. }
        | E::ShardsMissing { .. }
        | E::ClustersMissing { .. }
        | E::TimedOut { .. }
        | E::TotalChanged { .. }
        | E::WrongCount { .. }
        | E::Twice { .. }
        | E::Unsorted { .. }
        | E::BadPage { .. }
        | E::BadAnswer { .. } => Verdict::Reopen,
        E::NotJson { status, .. } | E::Refused { status, .. }
            if matches!(status, 200 | 408 | 429 | 500..) =>
        {
            Verdict::Reopen
        }
        _ => Verdict::Stop,
    }
}

/// How often something is retried, and after which back-off.
#[derive(Clone, Debug)]
pub(crate) struct RetryPolicy {
    pub(crate) retries: u32,
    /// First back-off; it doubles each time.
    pub(crate) first_wait: Duration,
    pub(crate) cancel: Cancel,
}

impl RetryPolicy {
    /// Waits before retry number `n`, from 1: exponential back-off with full
    /// jitter, so that many clients do not come back at once.
    pub(crate) fn wait(&self, n: u32) {
        let most = self.first_wait.saturating_mul(1 << n.saturating_sub(1).min(16)).min(MAX_WAIT);
        self.cancel.wait(most.mul_f64(jitter()));
    }
}

/// A random number between 0 and 1, from the seed of a hash table.
fn jitter() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(0) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A server whose idempotent calls are retried: counts, settings, lists. Not for
/// calls that open, move or close a cursor.
pub(crate) struct Retrying<'a, S: Server> {
    server: &'a S,
    policy: RetryPolicy,
    /// Whether it is not known yet that this is the API.
    is_first: bool,
}

impl<'a, S: Server> Retrying<'a, S> {
    pub(crate) fn new(server: &'a S, policy: RetryPolicy) -> Self {
        Self { server, policy, is_first: false }
    }

    /// For the first requests: what is not an answer of the API is soon believed.
    pub(crate) fn first(server: &'a S, policy: RetryPolicy) -> Self {
        Self { server, policy, is_first: true }
    }
}

impl<S: Server> Server for Retrying<'_, S> {
    fn send(&self, call: &Call, body: &mut Vec<u8>) -> Result<u16, FetchError> {
        let mut tries = 0;
        loop {
            let answer = self.server.send(call, body);
            let passes = match &answer {
                Ok(200) => !is_whole_json(body),
                Err(error) if is_cut_off(error) => tries < MAX_CUT_OFFS,
                // The answer would be as large once more.
                Err(FetchError::TooLarge { .. }) => false,
                Ok(status) => matches!(status, 408 | 429 | 500..),
                Err(error) => verdict(error) != Verdict::Stop,
            };
            let is_strange = match &answer {
                Ok(status) => !is_like_the_api(*status, body),
                Err(_) => true,
            };
            if is_strange && self.is_first && tries == MAX_STRANGE {
                return answer;
            }
            if !passes || tries == self.policy.retries || self.policy.cancel.is_set() {
                return answer;
            }
            tries += 1;
            self.policy.wait(tries);
        }
    }

    fn url(&self) -> &str {
        self.server.url()
    }

    fn has_login(&self) -> bool {
        self.server.has_login()
    }
}

/// Whether the very first connection was closed: by a server with another
/// protocol, or by chance.
fn is_cut_off(error: &FetchError) -> bool {
    use std::io::ErrorKind::{ConnectionReset, UnexpectedEof};
    let FetchError::Unreachable { is_passing: false, source, .. } = error else { return false };
    let error = source.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| matches!(error.kind(), UnexpectedEof | ConnectionReset))
}

/// Whether an answer need not be retried: it is JSON, or HTML.
fn is_whole_json(body: &[u8]) -> bool {
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    // A page of HTML is from another service, which a retry does not change.
    is_json || body.trim_ascii_start().first() == Some(&b'<')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;

    fn policy() -> RetryPolicy {
        RetryPolicy { retries: 2, first_wait: Duration::ZERO, cancel: Cancel::new() }
    }

    #[test]
    fn a_count_is_asked_again_until_it_comes_or_patience_ends() {
        let (policy, call) = (policy(), Call::get("/x/_count"));
        let run = |statuses: &[u16]| {
            let text = |status: u16| if status == 200 { "[]" } else { "{}" }.to_owned();
            let answers = statuses.iter().map(|status| (*status, text(*status))).collect();
            let script = ScriptedServer::new(answers);
            let end = Retrying::new(&script, policy.clone()).send(&call, &mut Vec::new());
            (script.calls().len(), end.ok())
        };
        assert_eq!(run(&[200]), (1, Some(200)));
        assert_eq!(run(&[503, 429, 200]), (3, Some(200)));
        assert_eq!(run(&[502, 502, 502, 200]), (3, Some(502)));
        assert_eq!(run(&[404, 200]), (1, Some(404)));
        assert_eq!(run(&[401, 200]), (1, Some(401)));
    }

    #[test]
    fn waits_grow_to_a_limit_and_end_when_cancelled() {
        let policy = RetryPolicy { first_wait: Duration::from_secs(3_600), ..policy() };
        policy.cancel.cancel();
        policy.wait(40);
        let draws: Vec<_> = (0..100).map(|_| jitter()).collect();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        assert!(draws.iter().any(|draw| *draw > 0.5) && draws.iter().any(|draw| *draw < 0.5));
    }

    /// Rules 1 and 2 of the protocol, as a table.
    #[test]
    fn only_what_never_began_is_sent_again() {
        let url = || "http://h".to_owned();
        let text = String::new;
        let source = || Box::new(std::io::Error::other("x"));
        let cases = [
            (
                FetchError::Unreachable {
                    url: url(),
                    hint: "",
                    is_passing: true,
                    source: source(),
                },
                Verdict::Retry,
            ),
            (
                FetchError::Unreachable {
                    url: url(),
                    hint: "",
                    is_passing: false,
                    source: source(),
                },
                Verdict::Stop,
            ),
            (FetchError::Rejected { url: url(), request: text(), reason: text() }, Verdict::Retry),
            (
                FetchError::BrokenOff { request: text(), url: url(), source: source() },
                Verdict::Reopen,
            ),
            (FetchError::OutOfMemory { size: 1, reason: text() }, Verdict::Reopen),
            (FetchError::Busy { url: url(), request: text(), reason: text() }, Verdict::Reopen),
            (
                FetchError::NotJson { url: url(), request: text(), status: 502, start: text() },
                Verdict::Reopen,
            ),
            (
                FetchError::NotJson { url: url(), request: text(), status: 404, start: text() },
                Verdict::Stop,
            ),
            (
                FetchError::Refused { url: url(), request: text(), status: 400, reason: text() },
                Verdict::Stop,
            ),
            (FetchError::Unauthorized { url: url(), reason: text() }, Verdict::Stop),
            (FetchError::IndexClosed { index: text(), reason: text() }, Verdict::Stop),
            (FetchError::Interrupted, Verdict::Stop),
        ];
        for (error, expected) in cases {
            assert_eq!(verdict(&error), expected, "{error}");
        }
    }
}
