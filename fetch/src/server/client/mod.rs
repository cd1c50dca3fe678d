//! The server over HTTP.
//!
//! Each request is put on the wire at most once. The client library never
//! sends one again by itself: it probes a pooled connection before it writes,
//! and what fails after that is an error. Redirects are not followed, since the
//! body of the request, or the position of a cursor, could be lost on the way.

mod failure;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::tls::TlsConfig;
use ureq::{Agent, Error, Proxy};

use crate::cancel::Cancel;
use crate::error::{FetchError, printable};
use crate::server::address::{Address, without_credentials};
use crate::server::{Call, Method, Server};
use failure::{PROXY, cause, hint, is_too_large};

/// A connection that cannot be made in this time will not be.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// An answer may take this many times the read time-out in all; else it trickles in.
const MAX_READS: u32 = 10;
/// Closing a cursor is a favour to the server, not worth a wait.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// No page is this large, after unpacking; three are in memory at a time.
const MAX_BODY: u64 = 256 << 20;
/// Room made for a body whose length is announced, at most.
const MAX_RESERVED: u64 = 64 << 20;
/// A server may ask to be left alone for so long, at most.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(120);
/// Both products send this header back as it came, so an answer says to which
/// request it is one. Source: Elasticsearch reference, "REST APIs", "X-Opaque-Id".
const OPAQUE_ID: &str = "x-opaque-id";

/// Speaks to one server.
pub(crate) struct Client {
    address: Address,
    /// Whether a proxy stands in between.
    is_proxied: bool,
    agent: Arc<Mutex<Agent>>,
    config: ureq::config::Config,
    /// For closing cursors: [`Cancel`] shuts the other one down.
    closer: Agent,
    cancel: Cancel,
    /// Whether the server ever answered in HTTP.
    has_answered: AtomicBool,
    /// Number of the request that comes next.
    next: AtomicU64,
    /// When the server wants the next request.
    retry_after: Mutex<Option<Instant>>,
    max_body: u64,
}

impl Client {
    /// A client that gives up after `timeout` of silence.
    pub(crate) fn new(
        address: Address,
        tls: &TlsConfig,
        timeout: Duration,
        cancel: Cancel,
    ) -> Self {
        // To compress costs more than to send over loopback.
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
        let agent = Arc::new(Mutex::new(config.new_agent()));
        let on_cancel = agent.clone();
        cancel.on_cancel(move || lock(&on_cancel).clone().shutdown());
        Self {
            address,
            is_proxied,
            agent,
            config,
            closer: closer.new_agent(),
            cancel,
            has_answered: AtomicBool::new(false),
            next: AtomicU64::new(1),
            retry_after: Mutex::default(),
            max_body: MAX_BODY,
        }
    }

    /// Puts a call on the wire.
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
        match &self.address.authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    }

    /// The error of a request that got no answer, or half of one.
    fn error(&self, call: &Call, error: Error) -> FetchError {
        if self.cancel.is_set() {
            return FetchError::Interrupted;
        }
        let (request, url) = (call.name(), self.address.url.clone());
        if is_too_large(&error) {
            return FetchError::TooLarge { request, url, limit: self.max_body };
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

    /// Waits as long as the server asked for with `Retry-After`.
    fn wait_retry_after(&self) {
        let until = *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            self.cancel.wait(until.saturating_duration_since(Instant::now()));
        }
    }

    /// Takes note of `Retry-After`: seconds; a date there is not read.
    fn note_retry_after(&self, answer: &ureq::http::Response<ureq::Body>) {
        let is_busy = matches!(answer.status().as_u16(), 429 | 503);
        let header = answer.headers().get("retry-after").filter(|_| is_busy);
        let seconds = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        if let Some(seconds) = seconds {
            let rest = Duration::from_secs(seconds).min(MAX_RETRY_AFTER);
            let until = Instant::now() + rest;
            *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        }
    }

    /// Drops all connections: what comes over them is not what was asked for.
    fn reconnect(&self) {
        *lock(&self.agent) = self.config.new_agent();
        if self.cancel.is_set() {
            lock(&self.agent).clone().shutdown();
        }
    }
}

fn lock(agent: &Mutex<Agent>) -> std::sync::MutexGuard<'_, Agent> {
    agent.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server for Client {
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
        let status = answer.status().as_u16();
        if answer.status().is_redirection() {
            let location = answer.headers().get("location");
            let location = location.and_then(|value| value.to_str().ok()).unwrap_or_default();
            let location = printable(&without_credentials(location));
            return Err(FetchError::Redirected { url, request, location });
        }
        self.note_retry_after(&answer);
        let length = answer.body().content_length().unwrap_or(0).min(MAX_RESERVED);
        body.reserve(usize::try_from(length).unwrap_or(0) + 1);
        let mut reader = answer.body_mut().with_config().limit(self.max_body).reader();
        reader.read_to_end(body).map_err(|error| self.error(call, error.into()))?;
        Ok(status)
    }

    fn url(&self) -> &str {
        &self.address.url
    }
}

/// The proxy that the environment names; none stands before this machine itself.
fn proxy(address: &Address) -> Option<Proxy> {
    let uri = address.url.parse().ok()?;
    Proxy::try_from_env().filter(|proxy| !address.is_local && !proxy.is_no_proxy(&uri))
}
