//! The server over HTTP.
//!
//! Each request is put on the wire at most once. The client library never
//! sends one again by itself: it probes a pooled connection before it writes,
//! and what fails after that is an error. Redirects are not followed, since the
//! body of the request, or the position of a cursor, could be lost on the way.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// Whether the server ever answered in HTTP.
    has_answered: AtomicBool,
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
        let client = Self {
            address,
            agent: agent.new_agent(),
            closer: closer.new_agent(),
            cancel,
            has_answered: AtomicBool::new(false),
        };
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
        let has_answered = self.has_answered.load(Ordering::Relaxed);
        match hint(&error, url.starts_with("https:"), has_answered) {
            Some(hint) => FetchError::Unreachable { url, hint, source: cause(error) },
            None => FetchError::BrokenOff { request: ask.name(), url, source: cause(error) },
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
        self.has_answered.store(true, Ordering::Relaxed);
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

/// What lies behind an error, without the client library's word before it.
fn cause(error: Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        Error::Io(error) => Box::new(error),
        error => Box::new(error),
    }
}

/// What to try if the connection could not even be made; none if it could.
fn hint(error: &Error, is_https: bool, has_answered: bool) -> Option<&'static str> {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, ConnectionReset, HostUnreachable, InvalidData,
        NetworkDown, NetworkUnreachable, UnexpectedEof,
    };
    match error {
        Error::HostNotFound => Some(HOST),
        // The standard library has no kind for this: a text on Unix, a number on Windows.
        Error::Io(error) if error.to_string().contains("lookup address") => Some(HOST),
        Error::Io(error) if cfg!(windows) && error.raw_os_error() == Some(11_001) => Some(HOST),
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
        // A handshake that fails is an error of input and output at times, and
        // one side with and one without TLS hang up on each other.
        Error::Io(error) if is_https && error.kind() == InvalidData => Some(TLS),
        Error::Io(error)
            if !has_answered && matches!(error.kind(), UnexpectedEof | ConnectionReset) =>
        {
            Some(if is_https { TLS } else { PLAIN })
        }
        Error::Protocol(_) if !is_https && !has_answered => Some(PLAIN),
        Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => Some(
            "the proxy that HTTP_PROXY or HTTPS_PROXY names is in the way; NO_PROXY leaves it out",
        ),
        _ => None,
    }
}

const HOST: &str = "is the name of the host right?";
const PLAIN: &str = "it does not speak plain HTTP; try https://";
const TLS: &str = "no trust over TLS: the certificate must be for that host and from a known authority; a server without TLS needs http://";

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::*;
    use serde_json::json;

    const OK: &str =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

    /// A server that gives each answer once, then closes the connection.
    /// Returns its address and the requests it saw.
    fn serve(answers: Vec<Vec<u8>>) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let seen_too = seen.clone();
        thread::spawn(move || {
            let mut answers = answers.into_iter();
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                while let Some(request) = read_request(&mut stream) {
                    seen.lock().unwrap().push(request);
                    let Some(answer) = answers.next() else { break };
                    stream.get_mut().write_all(&answer).unwrap();
                    if !answer.ends_with(b"{}") {
                        break;
                    }
                }
            }
        });
        (url, seen_too)
    }

    fn read_request(stream: &mut BufReader<std::net::TcpStream>) -> Option<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head.to_lowercase();
        let length = length.split_once("content-length: ").map_or("0", |(_, rest)| rest);
        let mut body = vec![0; length.lines().next()?.trim().parse().ok()?];
        stream.read_exact(&mut body).ok()?;
        Some(head + &String::from_utf8(body).ok()?)
    }

    fn client(url: &str) -> Client {
        Client::new(Address::new(url).unwrap(), Cancel::new())
    }

    fn post() -> Ask {
        Ask::post("/_search/scroll", &json!({"scroll_id": "c"}))
    }

    #[test]
    fn a_request_goes_out_once_even_if_the_kept_connection_dies() {
        // The second request is read on the kept connection, which then closes.
        let (url, seen) = serve(vec![OK.into()]);
        let client = client(&url);
        let mut body = Vec::new();
        assert_eq!(client.ask(&post(), &mut body).unwrap(), 200);
        let error = client.ask(&post(), &mut body).unwrap_err();
        assert!(matches!(error, FetchError::BrokenOff { .. }), "{error}");
        // Time for one sent again behind our back.
        thread::sleep(Duration::from_millis(200));
        assert_eq!(seen.lock().unwrap().len(), 2);
    }

    #[test]
    fn a_body_that_ends_early_is_an_error() {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
        let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab];
        let cases = [
            format!("{head}content-length: 9\r\n\r\n{{\"a\":").into_bytes(),
            format!("{head}transfer-encoding: chunked\r\n\r\n3\r\n{{\"a\r\n").into_bytes(),
            format!("{head}transfer-encoding: chunked\r\n\r\n9\r\n{{\"a").into_bytes(),
            [
                format!("{head}content-encoding: gzip\r\ncontent-length: 11\r\n\r\n").as_bytes(),
                &gzip,
            ]
            .concat(),
            head.into(),
            Vec::new(),
        ];
        for answer in cases {
            let shown = String::from_utf8_lossy(&answer).into_owned();
            let (url, seen) = serve(vec![OK.into(), answer]);
            let client = client(&url);
            client.ask(&post(), &mut Vec::new()).unwrap();
            let error = client.ask(&post(), &mut Vec::new());
            assert!(matches!(error, Err(FetchError::BrokenOff { .. })), "{shown:?}: {error:?}");
            assert_eq!(seen.lock().unwrap().len(), 2, "{shown:?}");
        }
    }

    #[test]
    fn credentials_are_sent_and_nowhere_shown() {
        let (url, seen) = serve(vec![OK.into()]);
        let url = url.replace("http://", "http://elastic:s%40cret@");
        let client = client(&url);
        client.ask(&Ask::get("/"), &mut Vec::new()).unwrap();
        let request = seen.lock().unwrap()[0].to_lowercase();
        assert!(request.contains(&"authorization: Basic ZWxhc3RpYzpzQGNyZXQ=".to_lowercase()));
        let error = client.ask(&Ask::get("/"), &mut Vec::new()).unwrap_err();
        let shown = format!("{error} {error:?} {}", client.url());
        assert!(!shown.contains("cret") && !shown.contains("ZWxh"), "{shown}");
    }

    #[test]
    fn a_redirect_is_told_and_not_followed() {
        let answer =
            "HTTP/1.1 307 Moved\r\nlocation: http://elsewhere/\r\ncontent-length: 0\r\n\r\n";
        let (url, seen) = serve(vec![answer.into()]);
        let error = client(&url).ask(&post(), &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("on to http://elsewhere/"), "{error}");
        assert_eq!(seen.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_cannot_be_reached_is_told_with_a_hint() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (plain, _) = serve(vec![OK.into()]);
        let cases = [
            (format!("http://{free}"), "is the server running"),
            ("http://flowkit.invalid:9200".to_owned(), "name of the host"),
            (plain.replace("http:", "https:"), "TLS"),
            (serve(vec![Vec::new()]).0, "try https://"),
        ];
        for (url, expected) in cases {
            let error = client(&url).ask(&Ask::get("/"), &mut Vec::new()).unwrap_err();
            let message = error.to_string();
            assert!(message.contains(expected) && message.contains(&url), "{message}: {error:?}");
        }
    }

    #[test]
    fn cancelling_breaks_off_a_silent_answer_but_still_closes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let cancel = Cancel::new();
        let address = Address::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let client = Client::new(address, cancel.clone());
        thread::spawn(move || {
            // Reads the request and says nothing; then answers the closing one.
            let mut silent = BufReader::new(listener.accept().unwrap().0);
            read_request(&mut silent).unwrap();
            cancel.cancel();
            let mut closing = BufReader::new(listener.accept().unwrap().0);
            read_request(&mut closing).unwrap();
            closing.get_mut().write_all(OK.as_bytes()).unwrap();
        });
        let error = client.ask(&post(), &mut Vec::new()).unwrap_err();
        assert!(matches!(error, FetchError::Interrupted), "{error:?}");
        let close = Ask::delete("/_search/scroll", &json!({"scroll_id": "c"}));
        assert_eq!(client.ask(&close, &mut Vec::new()).unwrap(), 200);
    }
}
