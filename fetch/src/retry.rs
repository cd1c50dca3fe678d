//! What may be tried again, and after how long: decided here alone.
//!
//! A scroll moves on with each request, so after a doubt the same request would
//! lose a page. It may be sent again only if the server surely did not begin
//! with it. A point in time has its position in the request, so there the same
//! request gives the same page. Whatever else may pass is met by opening another
//! cursor at the last safe place.

use std::time::Duration;

use crate::server::{Ask, Server};
use crate::{Cancel, FetchError};

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// How often a first connection that is cut off is made again.
const CUT_OFF: u32 = 2;

/// What an error leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// The server did not begin with the request: it may be sent again.
    SendAgain,
    /// Something passing: give the cursor up and open another.
    Reopen,
    /// Trying again would not help.
    Stop,
}

/// What an error leaves to do.
pub(crate) fn verdict(error: &FetchError) -> Verdict {
    use FetchError as E;
    match error {
        E::Unreachable { is_passing: true, .. } | E::Rejected { .. } => Verdict::SendAgain,
        E::BrokenOff { .. }
        | E::Mixed { .. }
        | E::TooLarge { .. }
        | E::ScrollExpired { .. }
        | E::TooManyScrolls { .. }
        | E::OutOfMemory { .. }
        | E::Busy { .. }
        | E::NotReady { .. }
        | E::ShardsMissing { .. }
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

/// How often, and after how long.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    pub(crate) retries: u32,
    /// The first wait; it doubles each time.
    pub(crate) first: Duration,
    pub(crate) cancel: Cancel,
}

impl Patience {
    /// Waits before try number `n`, from 1: up to the first wait doubled each
    /// time, by chance, so that many who wait do not come back at once.
    pub(crate) fn wait(&self, n: u32) {
        let most = self.first.saturating_mul(1 << n.saturating_sub(1).min(16)).min(LONGEST);
        self.cancel.wait(most.mul_f64(chance()));
    }
}

/// Between 0 and 1, from the random seed that each hash table begins with.
fn chance() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(0) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Asks again what may be asked any number of times: counts, settings, lists.
/// Nothing that opens, moves or closes a cursor goes through here.
pub(crate) struct Patient<'a, S: Server> {
    server: &'a S,
    patience: &'a Patience,
}

impl<'a, S: Server> Patient<'a, S> {
    pub(crate) fn new(server: &'a S, patience: &'a Patience) -> Self {
        Self { server, patience }
    }
}

impl<S: Server> Server for Patient<'_, S> {
    fn ask(&self, ask: &Ask, body: &mut Vec<u8>) -> Result<u16, FetchError> {
        let mut tries = 0;
        loop {
            let answer = self.server.ask(ask, body);
            let passes = match &answer {
                Ok(200) => !is_whole_json(body),
                Err(error) if is_cut_off(error) => tries < CUT_OFF,
                Ok(status) => matches!(status, 408 | 429 | 500..),
                Err(error) => verdict(error) != Verdict::Stop,
            };
            if !passes || tries == self.patience.retries || self.patience.cancel.is_set() {
                return answer;
            }
            tries += 1;
            self.patience.wait(tries);
        }
    }

    fn url(&self) -> &str {
        self.server.url()
    }
}

/// Whether the first connection of all was cut off: by a server that speaks
/// otherwise, or by chance.
fn is_cut_off(error: &FetchError) -> bool {
    use std::io::ErrorKind::{ConnectionReset, UnexpectedEof};
    let FetchError::Unreachable { is_passing: false, source, .. } = error else { return false };
    let error = source.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| matches!(error.kind(), UnexpectedEof | ConnectionReset))
}

/// Whether an answer is JSON and says something. A proxy may answer `{}`.
fn is_whole_json(body: &[u8]) -> bool {
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    // A page of HTML at the root is another service, which stays one.
    is_json || body.trim_ascii_start().first() == Some(&b'<')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;

    fn patience() -> Patience {
        Patience { retries: 2, first: Duration::ZERO, cancel: Cancel::new() }
    }

    #[test]
    fn a_count_is_asked_again_until_it_comes_or_patience_ends() {
        let (patience, ask) = (patience(), Ask::get("/x/_count"));
        let run = |statuses: &[u16]| {
            let text = |status: u16| if status == 200 { "[]" } else { "{}" }.to_owned();
            let answers = statuses.iter().map(|status| (*status, text(*status))).collect();
            let script = Script::new(answers);
            let end = Patient::new(&script, &patience).ask(&ask, &mut Vec::new());
            (script.asked().len(), end.ok())
        };
        assert_eq!(run(&[200]), (1, Some(200)));
        assert_eq!(run(&[503, 429, 200]), (3, Some(200)));
        assert_eq!(run(&[502, 502, 502, 200]), (3, Some(502)));
        assert_eq!(run(&[404, 200]), (1, Some(404)));
        assert_eq!(run(&[401, 200]), (1, Some(401)));
    }

    #[test]
    fn waits_grow_to_a_limit_and_end_when_cancelled() {
        let patience = Patience { first: Duration::from_secs(3_600), ..patience() };
        patience.cancel.cancel();
        patience.wait(40);
        let draws: Vec<_> = (0..100).map(|_| chance()).collect();
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
                Verdict::SendAgain,
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
            (
                FetchError::Rejected { url: url(), request: text(), reason: text() },
                Verdict::SendAgain,
            ),
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
