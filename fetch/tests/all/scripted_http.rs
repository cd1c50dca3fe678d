//! A server on loopback whose answers a closure gives: what stands at an address
//! in place of the search API, or between it and a fetch.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// An answer: status, further header lines, body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: &'static str,
    pub(crate) body: Vec<u8>,
}

#[expect(clippy::unnecessary_wraps, reason = "as a closure gives them")]
impl Reply {
    /// JSON with a status.
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Option<Reply> {
        Some(Reply { status, headers: "content-type: application/json\r\n", body: body.into() })
    }

    /// A page of HTML with a status.
    pub(crate) fn html(status: u16, body: impl Into<Vec<u8>>) -> Option<Reply> {
        Some(Reply { status, headers: "content-type: text/html\r\n", body: body.into() })
    }
}

/// A request.
pub(crate) struct Asked {
    /// `METHOD /path`, without the query.
    pub(crate) line: String,
    /// What follows the `?`, or empty.
    pub(crate) query: String,
    pub(crate) body: String,
}

type Answers = dyn Fn(&Asked) -> Option<Reply> + Send + Sync;

/// A running server; dropping it stops it.
pub(crate) struct ScriptedHttp {
    address: SocketAddr,
    closing: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl ScriptedHttp {
    /// Starts it; without an answer it stays silent until the client goes.
    pub(crate) fn start(answers: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (closing, requests) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let server = Self { address, closing: Arc::clone(&closing), requests };
        let (requests, answers) = (Arc::clone(&server.requests), Arc::new(answers));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if closing.load(Ordering::SeqCst) {
                    return;
                }
                let (requests, answers) = (Arc::clone(&requests), Arc::clone(&answers));
                thread::spawn(move || serve(&stream, &requests, &*answers));
            }
        });
        server
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, as `METHOD /path`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for ScriptedHttp {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, requests: &Mutex<Vec<String>>, answers: &Answers) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(asked) = read(&mut reader) {
        requests.lock().unwrap().push(asked.line.clone());
        let Some(Reply { status, headers, body }) = answers(&asked) else {
            let _ = reader.read(&mut [0]);
            return;
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n");
        if write(stream, &head, &body).is_err() {
            return;
        }
    }
}

fn write(mut stream: &TcpStream, head: &str, body: &[u8]) -> std::io::Result<()> {
    // In one piece: the second of two small ones would wait for a delayed ACK.
    stream.write_all(&[head.as_bytes(), body].concat())
}

fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let line = first.split(['?', ' ']).take(2).collect::<Vec<_>>().join(" ");
    let query = first.split(['?', ' ']).nth(2).filter(|query| !query.starts_with("HTTP/"));
    let (query, body) = (query.unwrap_or_default().to_owned(), String::from_utf8(body).ok()?);
    Some(Asked { line, query, body })
}
