//! The server over HTTP.
//!
//! Each request is sent at most once. The client library never retries by itself:
//! it probes a pooled connection before it writes, and a later failure is an
//! error. Redirects are not followed, since the body of the request, or the
//! position of a cursor, could be lost.

mod failure;
mod lookup;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Error, Proxy};

use crate::cancel::Cancel;
use crate::error::{FetchError, blank, printable, remember};
use crate::progress::{Event, Observer};
use crate::server::address::{Address, without_credentials};
use crate::server::refusal::{MAX_ERROR, stated_status};
use crate::server::stranger::by_headers;
use crate::server::{Call, Method, Server};
use failure::{PROXY, cause, hint, is_too_large};
use lookup::Lookup;

/// Time-out of a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// An answer may take this many times the read time-out in total, so that one
/// that trickles in ends too.
const MAX_READS: u32 = 10;
/// Time-out of the very first answer, which costs a server nothing: whoever is
/// silent for longer is not the server, or cannot be fetched from now.
const FIRST_ANSWER: Duration = Duration::from_secs(10);
/// Time-out of closing a cursor, which only frees memory of the server.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of a page, decompressed; three pages are in memory at a time.
const MAX_PAGE: u64 = 256 << 20;
/// Maximum size of any other answer, decompressed: settings, mappings and counts of
/// thousands of indices. As values they take some fifteen times as much memory.
const MAX_ANSWER: u64 = 16 << 20;
/// Maximum memory reserved for a body by its `Content-Length`.
const MAX_RESERVED: u64 = 64 << 20;
/// Maximum time that is waited for `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(120);
/// A wait that people are told of.
const LONG_WAIT: Duration = Duration::from_secs(5);
/// Both products return this header unchanged, so that an answer can be matched
/// to its request. Source: Elasticsearch reference, "REST APIs", "X-Opaque-Id".
const OPAQUE_ID: &str = "x-opaque-id";

/// HTTP client of one server.
pub(crate) struct Client<'o> {
    address: Address,
    /// Whether requests go through a proxy.
    is_proxied: bool,
    agent: Arc<Mutex<Agent>>,
    config: ureq::config::Config,
    /// For closing cursors, since [`Cancel`] shuts the other agent down.
    closer: Agent,
    cancel: Cancel,
    timeout: Duration,
    /// Whether the server has ever answered with HTTP.
    has_answered: AtomicBool,
    /// Number of the next request.
    next: AtomicU64,
    /// Earliest time of the next request, by `Retry-After`.
    retry_after: Mutex<Option<Instant>>,
    max_page: u64,
    /// Told of long waits.
    observer: &'o dyn Observer,
}

impl<'o> Client<'o> {
    /// A client that aborts a request after `timeout` without data.
    pub(crate) fn new(
        address: Address,
        tls: &TlsConfig,
        timeout: Duration,
        cancel: Cancel,
        observer: &'o dyn Observer,
    ) -> Self {
        if let Some(authorization) = &address.authorization {
            remember(authorization);
        }
        // Over loopback, compression costs more than it saves.
        let encoding = if address.is_local { "identity" } else { "gzip" };
        let proxy = proxy(&address);
        let config = || {
            Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .tls_config(tls.clone())
                .proxy(proxy.clone())
                .user_agent(concat!("flowkit/", env!("CARGO_PKG_VERSION")))
                .accept("application/json")
                .timeout_connect(Some(CONNECT_TIMEOUT.min(timeout)))
        };
        let is_proxied = proxy.is_some();
        let closer = config().timeout_global(Some(CLOSE_TIMEOUT)).build();
        let config = config()
            .accept_encoding(encoding)
            .timeout_per_read(Some(timeout))
            .timeout_global(Some(timeout.saturating_mul(MAX_READS)))
            .build();
        let agent = Arc::new(Mutex::new(agent_of(&config)));
        let on_cancel = agent.clone();
        cancel.on_cancel(move || lock(&on_cancel).clone().shutdown());
        Self {
            address,
            is_proxied,
            agent,
            config,
            closer: agent_of(&closer),
            cancel,
            timeout,
            has_answered: AtomicBool::new(false),
            next: AtomicU64::new(1),
            retry_after: Mutex::default(),
            max_page: MAX_PAGE,
            observer,
        }
    }

    /// Sends a call.
    fn transmit(
        &self,
        call: &Call,
        number: &str,
    ) -> Result<ureq::http::Response<ureq::Body>, Error> {
        let url = format!("{}{}", self.address.url, call.path);
        let agent = lock(&self.agent).clone();
        match call.method {
            Method::Get => self.with_headers(agent.get(url), number).call(),
            Method::Post => self.with_headers(agent.post(url), number).send(&call.body),
            Method::Delete => self
                .with_headers(self.closer.delete(url), number)
                .force_send_body()
                .send(&call.body),
        }
    }

    fn with_headers<B>(
        &self,
        request: ureq::RequestBuilder<B>,
        number: &str,
    ) -> ureq::RequestBuilder<B> {
        let request = request.header("Content-Type", "application/json").header(OPAQUE_ID, number);
        let request = if self.has_answered.load(Ordering::Relaxed) {
            request
        } else {
            request.config().timeout_global(Some(FIRST_ANSWER.min(self.timeout))).build()
        };
        match &self.address.authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    }

    /// The error of a request without a complete answer.
    fn error(&self, call: &Call, error: Error) -> FetchError {
        if self.cancel.is_set() {
            return FetchError::Interrupted;
        }
        let (request, url) = (call.name(), self.address.url.clone());
        if is_too_large(&error) {
            let (limit, cure) = self.limit(call);
            return FetchError::TooLarge { request, url, limit, cure };
        }
        let is_passing = self.has_answered.load(Ordering::Relaxed);
        match hint(&error, url.starts_with("https:"), is_passing) {
            Some(hint) => {
                let hint = if self.is_proxied { PROXY } else { hint };
                FetchError::Unreachable { url, hint, is_passing, source: cause(error) }
            }
            None => FetchError::BrokenOff { request, url, source: cause(error) },
        }
    }

    /// Maximum size of the answer to a call, and what to try if it is larger.
    fn limit(&self, call: &Call) -> (u64, &'static str) {
        if call.is_page {
            (self.max_page, "a smaller --size")
        } else {
            (MAX_ANSWER, "a narrower --index")
        }
    }

    /// Reads the body of an answer, that of an error as far as it is looked at.
    fn read(
        &self,
        call: &Call,
        answer: &mut ureq::http::Response<ureq::Body>,
        body: &mut Vec<u8>,
    ) -> Result<(), FetchError> {
        let is_error = answer.status().is_client_error() || answer.status().is_server_error();
        let limit = self.limit(call).0;
        let most = if is_error { MAX_ERROR } else { u64::MAX };
        let reserved = MAX_RESERVED.min(limit).min(most);
        let length = answer.body().content_length().unwrap_or(0).min(reserved);
        body.reserve(usize::try_from(length).unwrap_or(0) + 1);
        // The limit of the library counts bytes decompressed, as `take` does.
        let reader = answer.body_mut().with_config().limit(limit).reader();
        reader.take(most).read_to_end(body).map_err(|error| self.error(call, error.into()))?;
        Ok(())
    }

    /// Waits as long as the server asked for with `Retry-After`.
    fn wait_retry_after(&self) {
        let until = *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            self.cancel.wait(until.saturating_duration_since(Instant::now()));
        }
    }

    /// Records `Retry-After` in seconds; the date form is ignored.
    fn note_retry_after(&self, answer: &ureq::http::Response<ureq::Body>) {
        let is_busy = matches!(answer.status().as_u16(), 429 | 503);
        let header = answer.headers().get("retry-after").filter(|_| is_busy);
        let seconds = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        if let Some(seconds) = seconds {
            let rest = Duration::from_secs(seconds).min(MAX_RETRY_AFTER);
            let until = Instant::now() + rest;
            *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
            if rest >= LONG_WAIT {
                let (url, rest) = (&self.address.url, rest.as_secs());
                let note = format!("{url} asks for time (Retry-After): waiting {rest} s");
                self.observer.event(Event::Note(&note));
            }
        }
    }

    /// Drops all connections, since answers on them belong to other requests.
    fn reconnect(&self) {
        *lock(&self.agent) = agent_of(&self.config);
        if self.cancel.is_set() {
            lock(&self.agent).clone().shutdown();
        }
    }
}

fn lock(agent: &Mutex<Agent>) -> std::sync::MutexGuard<'_, Agent> {
    agent.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An agent that starts no thread but for a lookup.
fn agent_of(config: &Config) -> Agent {
    Agent::with_parts(config.clone(), DefaultConnector::default(), Lookup)
}

impl Server for Client<'_> {
    fn send(&self, call: &Call, body: &mut Vec<u8>) -> Result<u16, FetchError> {
        body.clear();
        if call.method != Method::Delete {
            self.wait_retry_after();
            if self.cancel.is_set() {
                return Err(FetchError::Interrupted);
            }
        }
        let number = format!("flowkit-{}", self.next.fetch_add(1, Ordering::Relaxed));
        let mut answer = self.transmit(call, &number).map_err(|error| self.error(call, error))?;
        self.has_answered.store(true, Ordering::Relaxed);
        let (request, url) = (call.name(), self.address.url.clone());
        if answer
            .headers()
            .get(OPAQUE_ID)
            .is_some_and(|header| header.as_bytes() != number.as_bytes())
        {
            drop(answer);
            self.reconnect();
            return Err(FetchError::Mixed { request, url });
        }
        if let Some(error) = by_headers(&url, |name| answer.headers().contains_key(name)) {
            return Err(error);
        }
        let status = answer.status().as_u16();
        if answer.status().is_redirection() {
            let location = answer.headers().get("location");
            let location = location.and_then(|value| value.to_str().ok()).unwrap_or_default();
            let location = printable(&without_credentials(&blank(location)));
            return Err(FetchError::Redirected { url, request, location });
        }
        self.note_retry_after(&answer);
        self.read(call, &mut answer, body)?;
        Ok(stated_status(status, body))
    }

    fn url(&self) -> &str {
        &self.address.url
    }

    fn has_login(&self) -> bool {
        self.address.authorization.is_some()
    }
}

/// The proxy from the environment; none for a local server.
fn proxy(address: &Address) -> Option<Proxy> {
    let uri = address.url.parse().ok()?;
    Proxy::try_from_env().filter(|proxy| !address.is_local && !proxy.is_no_proxy(&uri))
}
