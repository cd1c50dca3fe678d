//! The server over HTTP.
//!
//! Each request is put on the wire at most once. The client library never
//! sends one again by itself: it probes a pooled connection before it writes,
//! and what fails after that is an error. Redirects are not followed, since the
//! body of the request, or the position of a cursor, could be lost on the way.

use std::io::Read;
use std::time::Duration;

use ureq::{Agent, Error};

use crate::address::Address;
use crate::error::shown;
use crate::server::{Ask, Method, Server};
use crate::{Cancel, FetchError};

/// A connection that cannot be made in this time will not be.
const CONNECT: Duration = Duration::from_secs(20);
/// The longest silence while an answer is awaited or read. The first page of
/// a large index is sorted before a byte of it is sent.
const SILENCE: Duration = Duration::from_secs(300);
/// Closing a cursor is a favour to the server, not worth a wait.
const CLOSING: Duration = Duration::from_secs(5);
/// No page is this large; what is would not fit in memory three times.
const LARGEST_BODY: u64 = 1 << 30;
/// Room made for a body whose length is announced, at most.
const LARGEST_ROOM: u64 = 64 << 20;

/// Speaks to one server.
pub(crate) struct Client {
    address: Address,
    agent: Agent,
    /// For closing cursors: [`Cancel`] shuts the other one down.
    closer: Agent,
    cancel: Cancel,
}

impl Client {
    pub(crate) fn new(address: Address, cancel: Cancel) -> Self {
        // To compress costs more than to send over loopback.
        let encoding = if address.is_local { "identity" } else { "gzip" };
        let config = || {
            Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .user_agent(concat!("flowkit/", env!("CARGO_PKG_VERSION")))
                .accept("application/json")
                .timeout_connect(Some(CONNECT))
        };
        let agent = config().accept_encoding(encoding).timeout_per_read(Some(SILENCE)).build();
        let closer = config().timeout_global(Some(CLOSING)).build();
        let client = Self { address, agent: agent.new_agent(), closer: closer.new_agent(), cancel };
        let agent = client.agent.clone();
        client.cancel.on_cancel(move || agent.shutdown());
        client
    }

    fn send(&self, ask: &Ask) -> Result<ureq::http::Response<ureq::Body>, Error> {
        let url = format!("{}{}", self.address.url, ask.path);
        match ask.method {
            Method::Get => self.dress(self.agent.get(url)).call(),
            Method::Post => self.dress(self.agent.post(url)).send(&ask.body),
            Method::Delete => self.dress(self.closer.delete(url)).force_send_body().send(&ask.body),
        }
    }

    fn dress<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        let request = request.header("Content-Type", "application/json");
        match &self.address.authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    }

    /// The error of a request that got no answer, or half of one.
    fn error(&self, ask: &Ask, error: Error) -> FetchError {
        if self.cancel.is_set() {
            return FetchError::Interrupted;
        }
        let url = self.address.url.clone();
        let source = Box::new(error);
        match hint(&source, &url) {
            Some(hint) => FetchError::Unreachable { url, hint, source },
            None => FetchError::BrokenOff { request: ask.name(), url, source },
        }
    }
}

impl Server for Client {
    fn ask(&self, ask: &Ask, body: &mut Vec<u8>) -> Result<u16, FetchError> {
        body.clear();
        if self.cancel.is_set() && ask.method != Method::Delete {
            return Err(FetchError::Interrupted);
        }
        let mut answer = self.send(ask).map_err(|error| self.error(ask, error))?;
        let status = answer.status().as_u16();
        if answer.status().is_redirection() {
            let location = answer.headers().get("location");
            let location = location.and_then(|value| value.to_str().ok()).unwrap_or_default();
            return Err(FetchError::Redirected {
                url: self.address.url.clone(),
                request: ask.name(),
                location: shown(location),
            });
        }
        let length = answer.body().content_length().unwrap_or(0).min(LARGEST_ROOM);
        body.reserve(usize::try_from(length).unwrap_or(0) + 1);
        let mut reader = answer.body_mut().with_config().limit(LARGEST_BODY).reader();
        reader.read_to_end(body).map_err(|error| self.error(ask, error.into()))?;
        Ok(status)
    }

    fn url(&self) -> &str {
        &self.address.url
    }
}

/// What to try if the connection could not even be made; none if it could.
fn hint(error: &Error, url: &str) -> Option<&'static str> {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable,
    };
    let is_https = url.starts_with("https:");
    match error {
        Error::HostNotFound => Some("is the name of the host right?"),
        Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Some("nothing answers; is a firewall in between?")
        }
        Error::Io(error) if error.kind() == ConnectionRefused => {
            Some("is the server running, and is the port right?")
        }
        Error::Io(error)
            if matches!(
                error.kind(),
                HostUnreachable | NetworkUnreachable | NetworkDown | AddrNotAvailable
            ) =>
        {
            Some("is there a way to that network?")
        }
        Error::Rustls(_) | Error::Tls(_) | Error::TlsRequired => Some(TLS),
        // Inside a handshake the library wraps its errors once more.
        Error::Io(error) if is_https && error.kind() == std::io::ErrorKind::InvalidData => {
            Some(TLS)
        }
        Error::Protocol(_) if !is_https => Some("it does not speak HTTP; try https://"),
        Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => Some(
            "the proxy that HTTP_PROXY or HTTPS_PROXY names is in the way; NO_PROXY leaves it out",
        ),
        _ => None,
    }
}

const TLS: &str = "no trust over TLS: the certificate must be for that host and from a known authority; a server without TLS needs http://";
