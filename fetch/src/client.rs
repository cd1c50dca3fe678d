//! The server over HTTP.
//!
//! Each request is put on the wire at most once. The client library never
//! sends one again by itself: it probes a pooled connection before it writes,
//! and what fails after that is an error. Redirects are not followed, since the
//! body of the request, or the position of a cursor, could be lost on the way.

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::tls::TlsConfig;
use ureq::{Agent, Error, Proxy};

use crate::address::Address;
use crate::error::shown;
use crate::server::{Ask, Method, Server};
use crate::{Cancel, FetchError};

/// A connection that cannot be made in this time will not be.
const CONNECT: Duration = Duration::from_secs(20);
/// An answer that takes so many times the longest silence trickles in.
const TRICKLE: u32 = 10;
/// Closing a cursor is a favour to the server, not worth a wait.
const CLOSING: Duration = Duration::from_secs(5);
/// No page is this large, after unpacking; three are in memory at a time.
const LARGEST_BODY: u64 = 256 << 20;
/// Room made for a body whose length is announced, at most.
const LARGEST_ROOM: u64 = 64 << 20;
/// A server may ask to be left alone for so long, at most.
const LONGEST_REST: Duration = Duration::from_secs(120);
/// Both products send this header back as it came, so an answer says to which
/// request it is one. Source: Elasticsearch reference, "REST APIs", "X-Opaque-Id".
const NUMBER: &str = "x-opaque-id";

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
    /// When the server wants to be asked again.
    rest_until: Mutex<Option<Instant>>,
    largest_body: u64,
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
                .timeout_connect(Some(CONNECT.min(timeout)))
        };
        let is_proxied = proxy.is_some();
        let closer = config().timeout_global(Some(CLOSING)).build();
        let config = config()
            .accept_encoding(encoding)
            .timeout_per_read(Some(timeout))
            .timeout_global(Some(timeout.saturating_mul(TRICKLE)))
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
            rest_until: Mutex::default(),
            largest_body: LARGEST_BODY,
        }
    }

    fn send(&self, ask: &Ask, number: &str) -> Result<ureq::http::Response<ureq::Body>, Error> {
        let url = format!("{}{}", self.address.url, ask.path);
        let agent = lock(&self.agent).clone();
        match ask.method {
            Method::Get => self.dress(agent.get(url), number).call(),
            Method::Post => self.dress(agent.post(url), number).send(&ask.body),
            Method::Delete => {
                self.dress(self.closer.delete(url), number).force_send_body().send(&ask.body)
            }
        }
    }

    fn dress<B>(&self, request: ureq::RequestBuilder<B>, number: &str) -> ureq::RequestBuilder<B> {
        let request = request.header("Content-Type", "application/json").header(NUMBER, number);
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
        let (request, url) = (ask.name(), self.address.url.clone());
        if is_too_large(&error) {
            return FetchError::TooLarge { request, url, limit: self.largest_body };
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
    fn rest(&self) {
        let until = *self.rest_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            self.cancel.wait(until.saturating_duration_since(Instant::now()));
        }
    }

    /// Takes note of `Retry-After`: seconds; a date there is not read.
    fn note_rest(&self, answer: &ureq::http::Response<ureq::Body>) {
        let is_busy = matches!(answer.status().as_u16(), 429 | 503);
        let header = answer.headers().get("retry-after").filter(|_| is_busy);
        let seconds = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        if let Some(seconds) = seconds {
            let rest = Duration::from_secs(seconds).min(LONGEST_REST);
            let until = Instant::now() + rest;
            *self.rest_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
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
    fn ask(&self, ask: &Ask, body: &mut Vec<u8>) -> Result<u16, FetchError> {
        body.clear();
        if ask.method != Method::Delete {
            self.rest();
            if self.cancel.is_set() {
                return Err(FetchError::Interrupted);
            }
        }
        let number = format!("flowkit-{}", self.next.fetch_add(1, Ordering::Relaxed));
        let mut answer = self.send(ask, &number).map_err(|error| self.error(ask, error))?;
        self.has_answered.store(true, Ordering::Relaxed);
        let (request, url) = (ask.name(), self.address.url.clone());
        if answer.headers().get(NUMBER).is_some_and(|header| header.as_bytes() != number.as_bytes())
        {
            drop(answer);
            self.reconnect();
            return Err(FetchError::Mixed { request, url });
        }
        let status = answer.status().as_u16();
        if answer.status().is_redirection() {
            let location = answer.headers().get("location");
            let location = location.and_then(|value| value.to_str().ok()).unwrap_or_default();
            let location = shown(&crate::address::without_credentials(location));
            return Err(FetchError::Redirected { url, request, location });
        }
        self.note_rest(&answer);
        let length = answer.body().content_length().unwrap_or(0).min(LARGEST_ROOM);
        body.reserve(usize::try_from(length).unwrap_or(0) + 1);
        let mut reader = answer.body_mut().with_config().limit(self.largest_body).reader();
        reader.read_to_end(body).map_err(|error| self.error(ask, error.into()))?;
        Ok(status)
    }

    fn url(&self) -> &str {
        &self.address.url
    }
}

/// Whether the limit of a body was reached.
fn is_too_large(error: &Error) -> bool {
    match error {
        Error::BodyExceedsLimit(_) => true,
        Error::Io(error) => error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Error>())
            .is_some_and(|inner| matches!(inner, Error::BodyExceedsLimit(_))),
        _ => false,
    }
}

/// The proxy that the environment names; none stands before this machine itself.
fn proxy(address: &Address) -> Option<Proxy> {
    let uri = address.url.parse().ok()?;
    Proxy::try_from_env().filter(|proxy| !address.is_local && !proxy.is_no_proxy(&uri))
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
        Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => Some(PROXY),
        _ => None,
    }
}

const PROXY: &str = "asked through the proxy of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY), which may be in the way; NO_PROXY leaves it out";
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

    fn new(url: &str, timeout: Duration, cancel: Cancel) -> Client {
        let tls = crate::tls::Tls::default().config().unwrap();
        Client::new(Address::new(url).unwrap(), &tls, timeout, cancel)
    }

    fn client(url: &str) -> Client {
        new(url, Duration::from_secs(60), Cancel::new())
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
    fn an_answer_to_another_request_is_none() {
        let answer =
            |number: &str| OK.replace("\r\n\r\n", &format!("\r\nX-Opaque-Id: {number}\r\n\r\n"));
        let (url, _) = serve(vec![
            answer("flowkit-1").into(),
            answer("flowkit-1").into(),
            answer("flowkit-3").into(),
        ]);
        let client = client(&url);
        assert_eq!(client.ask(&post(), &mut Vec::new()).unwrap(), 200);
        let error = client.ask(&post(), &mut Vec::new()).unwrap_err();
        assert!(matches!(error, FetchError::Mixed { .. }), "{error}");
        // The connection it came over is not used again.
        assert!(lock(&client.agent).get(format!("{url}/")).call().is_ok());
    }

    #[test]
    fn a_page_without_end_and_a_bomb_of_zeros_are_refused() {
        use flate2::{Compression, write::GzEncoder};
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
        let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
        bomb.write_all(&vec![b' '; 20 << 20]).unwrap();
        let bomb = bomb.finish().unwrap();
        let length = bomb.len();
        assert!(length < 100_000);
        let zipped = format!("{head}content-encoding: gzip\r\ncontent-length: {length}\r\n\r\n");
        let long = format!("{head}content-length: 2000000000\r\n\r\n");
        for answer in
            [[zipped.as_bytes(), &bomb].concat(), [long.as_bytes(), &vec![b' '; 8 << 20]].concat()]
        {
            let (url, _) = serve(vec![answer]);
            let mut client = client(&url);
            client.largest_body = 1 << 20;
            let mut body = Vec::new();
            let error = client.ask(&post(), &mut body).unwrap_err();
            assert!(matches!(error, FetchError::TooLarge { .. }), "{error:?}");
            assert!(error.to_string().contains("smaller --size"), "{error}");
            assert!(body.len() <= 1 << 20);
        }
    }

    #[test]
    fn a_busy_server_is_left_alone_as_long_as_it_asks() {
        let busy =
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 2\r\n\r\n{}";
        let (url, _) = serve(vec![busy.into(), OK.into()]);
        let client = client(&url);
        assert_eq!(client.ask(&post(), &mut Vec::new()).unwrap(), 429);
        let start = Instant::now();
        assert_eq!(client.ask(&post(), &mut Vec::new()).unwrap(), 200);
        assert!(start.elapsed() >= Duration::from_millis(900));
    }

    #[test]
    fn silence_and_a_trickle_both_end() {
        for trickles in [false, true] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            thread::spawn(move || {
                let mut stream = BufReader::new(listener.accept().unwrap().0);
                read_request(&mut stream).unwrap();
                let mut stream = stream.into_inner();
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n").unwrap();
                while stream.write_all(b" ").is_ok() {
                    thread::sleep(Duration::from_millis(if trickles { 20 } else { 60_000 }));
                }
            });
            let client = new(&url, Duration::from_millis(80), Cancel::new());
            let start = Instant::now();
            let error = client.ask(&post(), &mut Vec::new()).unwrap_err();
            assert!(matches!(error, FetchError::BrokenOff { .. }), "{error:?}");
            assert!(start.elapsed() < Duration::from_secs(20));
        }
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
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = new(&url, Duration::from_secs(60), cancel.clone());
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
