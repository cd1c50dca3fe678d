//! HTTP/1.1 on one connection: requests in, answers out, kept alive between them.
//!
//! An answer is written at once, head and body together, on a socket without
//! delay: otherwise the second half of an answer waits some 40 ms for the
//! client's delayed acknowledgement. Written by hand rather than by a server
//! crate because the faults need the socket: an answer that is never sent, or
//! that breaks off. Source: RFC 9112.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::answer::{Answer, JSON};
use super::failure::Cause;
use super::request::Request;
use crate::server::json::quoted;

/// Longest request line (`http.max_initial_line_length`).
const LONGEST_LINE: usize = 4096;

/// Longest head: no client needs more.
const LONGEST_HEAD: usize = 64 * 1024;

/// Longest body: a thousand scroll ids fit.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// A connection and what was read from it but not yet used.
#[derive(Debug)]
pub(in crate::server) struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    /// `X-Opaque-Id` of the request that came last, which goes back with its answer.
    opaque_id: Option<String>,
}

/// A request and what its head says about the connection.
#[derive(Debug)]
pub(in crate::server) struct Received {
    pub(in crate::server) request: Request,
    /// Method and target as sent, such as `GET /_cat/indices?v`.
    pub(in crate::server) line: String,
    /// Whether the connection stays open.
    pub(in crate::server) keeps_alive: bool,
}

/// What came next on a connection.
#[derive(Debug)]
pub(in crate::server) enum Next {
    /// A request.
    Request(Box<Received>),
    /// No more requests.
    End,
    /// Not HTTP, or too long: answer this and close.
    Refused(Answer),
}

struct Head {
    opaque_id: Option<String>,
    received: Received,
    length: usize,
    is_chunked: bool,
    wants_continue: bool,
}

impl Connection {
    pub(in crate::server) fn new(stream: TcpStream) -> io::Result<Connection> {
        stream.set_nodelay(true)?;
        Ok(Connection { stream, unread: Vec::new(), opaque_id: None })
    }

    /// Waits for the next request and reads it whole.
    pub(in crate::server) fn next(&mut self) -> io::Result<Next> {
        let mut head = loop {
            match parse_head(&self.unread) {
                Ok(Some((head, used))) => {
                    self.unread.drain(..used);
                    break head;
                }
                Ok(None) if self.unread.len() > LONGEST_HEAD => return Ok(too_long_line()),
                Ok(None) => {
                    if !self.read_more()? {
                        return Ok(Next::End);
                    }
                }
                Err(refused) => return Ok(*refused),
            }
        };
        if head.wants_continue {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = if head.is_chunked { self.chunked_body()? } else { self.body(head.length)? };
        let Some(body) = body else {
            return Ok(Next::Refused(refusal(413, "request body is too large or breaks off")));
        };
        self.opaque_id = head.opaque_id.take();
        head.received.request.body = String::from_utf8_lossy(&body).into_owned();
        Ok(Next::Request(Box::new(head.received)))
    }

    /// Sends an answer; `shown` bytes of the body if not all of it. `HEAD` gets
    /// no body.
    pub(in crate::server) fn send(
        &mut self,
        answer: &Answer,
        is_head: bool,
        keeps_alive: bool,
        shown: Option<usize>,
    ) -> io::Result<()> {
        let reason = match answer.status {
            200 => "OK",
            400 => "Bad Request",
            404 => "Not Found",
            405 => "Method Not Allowed",
            406 => "Not Acceptable",
            413 => "Request Entity Too Large",
            429 => "Too Many Requests",
            500 => "Internal Server Error",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            _ => "Unknown",
        };
        let product = if answer.content_type.starts_with("text/html") {
            ""
        } else {
            "X-elastic-product: Elasticsearch\r\n"
        };
        let opaque = self.opaque_id.take();
        let opaque = opaque.map_or(String::new(), |id| format!("X-Opaque-Id: {id}\r\n"));
        let close = if keeps_alive { "" } else { "connection: close\r\n" };
        let mut bytes = format!(
            "HTTP/1.1 {} {reason}\r\n{opaque}{product}content-type: {}\r\n{close}content-length: {}\r\n\r\n",
            answer.status,
            answer.content_type,
            answer.body.len()
        )
        .into_bytes();
        if !is_head {
            let body = answer.body.as_bytes();
            bytes.extend_from_slice(&body[..shown.unwrap_or(body.len()).min(body.len())]);
        }
        self.stream.write_all(&bytes)
    }

    /// Reads what there is; `false` at the end.
    fn read_more(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let count = self.stream.read(&mut buffer)?;
        self.unread.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    /// The next `length` bytes; `None` if they do not come or are too many.
    fn body(&mut self, length: usize) -> io::Result<Option<Vec<u8>>> {
        if length > LONGEST_BODY {
            return Ok(None);
        }
        while self.unread.len() < length {
            if !self.read_more()? {
                return Ok(None);
            }
        }
        Ok(Some(self.unread.drain(..length).collect()))
    }

    fn chunked_body(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut body = Vec::new();
        loop {
            let (used, length) = match httparse::parse_chunk_size(&self.unread) {
                Ok(httparse::Status::Complete((used, length))) => (used, length),
                Ok(httparse::Status::Partial) if self.unread.len() < LONGEST_LINE => {
                    if !self.read_more()? {
                        return Ok(None);
                    }
                    continue;
                }
                _ => return Ok(None),
            };
            self.unread.drain(..used);
            let Some(length) =
                usize::try_from(length).ok().filter(|length| *length <= LONGEST_BODY)
            else {
                return Ok(None);
            };
            // The data, and the line end behind it.
            let Some(chunk) = self.body(length + 2)? else { return Ok(None) };
            body.extend_from_slice(&chunk[..length]);
            if body.len() > LONGEST_BODY {
                return Ok(None);
            }
            if length == 0 {
                return Ok(Some(body));
            }
        }
    }
}

/// The head at the start of `bytes` and its length; `None` if it is not there
/// to its end.
fn parse_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, Box<Next>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    let line_end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    if line_end > LONGEST_LINE {
        return Err(Box::new(too_long_line()));
    }
    let used = match head.parse(bytes) {
        Ok(httparse::Status::Complete(used)) => used,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(Box::new(Next::Refused(refusal(400, &error.to_string())))),
    };
    let (method, target) = (head.method.unwrap_or_default(), head.path.unwrap_or_default());
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::trim)
    };
    let says = |name: &str, word: &str| {
        header(name).is_some_and(|value| value.to_ascii_lowercase().contains(word))
    };
    let keeps_alive = if head.version == Some(0) {
        says("connection", "keep-alive")
    } else {
        !says("connection", "close")
    };
    let content_type = header("content-type").map(str::to_owned);
    let received = Received {
        line: format!("{method} {target}"),
        request: Request::new(method, target, content_type, String::new()),
        keeps_alive,
    };
    let head = Head {
        received,
        opaque_id: header("x-opaque-id").map(str::to_owned),
        length: header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0),
        is_chunked: says("transfer-encoding", "chunked"),
        wants_continue: says("expect", "100-continue"),
    };
    Ok(Some((head, used)))
}

fn too_long_line() -> Next {
    let reason = format!("An HTTP line is larger than {LONGEST_LINE} bytes.");
    let body = Cause::new("too_long_http_line_exception", reason).refused().body("");
    Next::Refused(Answer { status: 400, content_type: JSON, body })
}

fn refusal(status: u16, text: &str) -> Answer {
    let body = format!(r#"{{"error":{},"status":{status}}}"#, quoted(text));
    Answer { status, content_type: JSON, body }
}
