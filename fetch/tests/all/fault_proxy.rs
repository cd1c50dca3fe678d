//! A proxy that does to answers what networks, proxies and servers do, drawn
//! from a seed.
//!
//! It passes HTTP/1.1 on, one thread a connection. Which request is struck by
//! what is drawn from the seed; with one part at a time a schedule repeats, with
//! several the order of requests is theirs.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]
#![expect(clippy::cast_possible_truncation, reason = "numbers of a random generator")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// New connections are refused for a moment.
    Refuse,
    /// The connection is closed before the request is passed on.
    ResetBefore,
    /// The request is carried out, and its answer lost.
    ResetAfter,
    /// The request is carried out, and nothing comes back for longer than the client waits.
    Stall,
    /// The answer breaks off at any byte, head included.
    Truncate,
    /// The answer claims to be gzip, and is half of it.
    BrokenGzip,
    /// An error of a proxy, as HTML; the request is carried out or not.
    Html(u16),
    /// An error as JSON; the request is carried out or not.
    Json(u16),
    /// `{}`, with status 200; the request is carried out or not.
    EmptyObject,
    /// The right answer, in drops.
    Trickle,
    /// The request is carried out, and the answer before it comes once more.
    Stale,
    /// The right answer, twice.
    Twice,
}

/// Every fault.
pub(crate) const FAULTS: [Fault; 16] = [
    Fault::Refuse,
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::Stall,
    Fault::Truncate,
    Fault::BrokenGzip,
    Fault::Html(502),
    Fault::Html(503),
    Fault::Html(504),
    Fault::Json(429),
    Fault::Json(503),
    Fault::Json(500),
    Fault::EmptyObject,
    Fault::Trickle,
    Fault::Stale,
    Fault::Twice,
];

/// How long [`Fault::Stall`] is silent; the client should wait less.
pub(crate) const STALL: Duration = Duration::from_millis(400);

/// A running proxy; dropping it closes every connection.
pub(crate) struct FaultProxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<thread::JoinHandle<()>>,
}

struct Shared {
    target: SocketAddr,
    /// Of a thousand requests, so many are struck.
    per_mille: u64,
    /// Whether answers lose the header that says to which request they are one.
    hides_numbers: bool,
    random: AtomicU64,
    refusing: AtomicBool,
    closing: AtomicBool,
    struck: AtomicUsize,
    requests: AtomicUsize,
    connections: Mutex<Vec<TcpStream>>,
}

impl FaultProxy {
    /// Starts a proxy in front of `target` (`http://HOST:PORT`).
    pub(crate) fn start(target: &str, seed: u64, per_mille: u64) -> FaultProxy {
        let target = target.trim_start_matches("http://").parse().expect("HOST:PORT");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            target,
            per_mille,
            hides_numbers: seed.is_multiple_of(3),
            random: AtomicU64::new(
                seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d,
            ),
            refusing: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            struck: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            connections: Mutex::default(),
        });
        let for_thread = shared.clone();
        let accepting = thread::spawn(move || accept(listener, addr, &for_thread));
        FaultProxy { addr, shared, accepting: Some(accepting) }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Requests so far, and how many of them were struck.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.shared.requests.load(Ordering::SeqCst), self.shared.struck.load(Ordering::SeqCst))
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        for connection in self.shared.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        let _ = TcpStream::connect_timeout(&self.addr, Duration::from_secs(1));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl Shared {
    /// The next number of `SplitMix64` (Steele, Lea, Flood, 2014).
    fn draw(&self, below: u64) -> u64 {
        let state = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below.max(1)
    }

    fn fault(&self) -> Option<Fault> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        if self.draw(1_000) >= self.per_mille {
            return None;
        }
        self.struck.fetch_add(1, Ordering::SeqCst);
        Some(FAULTS[self.draw(FAULTS.len() as u64) as usize])
    }
}

fn accept(listener: TcpListener, addr: SocketAddr, shared: &Arc<Shared>) {
    let mut listener = Some(listener);
    loop {
        if shared.closing.load(Ordering::SeqCst) {
            return;
        }
        if shared.refusing.swap(false, Ordering::SeqCst) {
            drop(listener.take());
            thread::sleep(Duration::from_millis(15));
        }
        let Some(open) = listener.take().or_else(|| TcpListener::bind(addr).ok()) else {
            thread::sleep(Duration::from_millis(2));
            continue;
        };
        open.set_nonblocking(true).unwrap();
        match open.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                shared.connections.lock().unwrap().extend(stream.try_clone());
                let shared = shared.clone();
                thread::spawn(move || {
                    let _ = serve(&stream, &shared);
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
            Err(_) => thread::sleep(Duration::from_micros(200)),
        }
        listener = Some(open);
    }
}

/// A message of HTTP, head and body as they came.
struct Message {
    head: Vec<u8>,
    body: Vec<u8>,
}

fn serve(client: &TcpStream, shared: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut from_client = BufReader::new(client.try_clone()?);
    let server = TcpStream::connect(shared.target)?;
    server.set_nodelay(true)?;
    shared.connections.lock().unwrap().extend(server.try_clone());
    let mut from_server = BufReader::new(server.try_clone()?);
    let mut before: Option<Vec<u8>> = None;
    let mut to_client = client;
    while let Some(request) = read(&mut from_client)? {
        let fault = shared.fault();
        if fault == Some(Fault::Refuse) {
            shared.refusing.store(true, Ordering::SeqCst);
            return Ok(());
        }
        if fault == Some(Fault::ResetBefore) {
            return Ok(());
        }
        // Whether a proxy's error is one of before or of after, nobody can tell.
        let is_lost = matches!(fault, Some(Fault::Html(_) | Fault::Json(_) | Fault::EmptyObject))
            && shared.draw(2) == 0;
        let mut answer = Vec::new();
        if !is_lost {
            (&server).write_all(&request.head)?;
            (&server).write_all(&request.body)?;
            let Some(message) = read(&mut from_server)? else { return Ok(()) };
            let head =
                if shared.hides_numbers { without_number(&message.head) } else { message.head };
            answer = [head, message.body].concat();
        }
        match fault {
            None => to_client.write_all(&answer)?,
            Some(fault) => {
                let last = before.take();
                if !strike(fault, shared, to_client, &answer, last)? {
                    return Ok(());
                }
            }
        }
        before = Some(answer);
    }
    Ok(())
}

/// Gets an answer wrong; whether the connection goes on.
fn strike(
    fault: Fault,
    shared: &Shared,
    mut client: &TcpStream,
    answer: &[u8],
    before: Option<Vec<u8>>,
) -> io::Result<bool> {
    match fault {
        Fault::Refuse | Fault::ResetBefore | Fault::ResetAfter => return Ok(false),
        Fault::Stall => {
            thread::sleep(STALL);
            return Ok(false);
        }
        Fault::Truncate => {
            let end = shared.draw(answer.len() as u64) as usize;
            client.write_all(&answer[..end])?;
            return Ok(false);
        }
        Fault::BrokenGzip => {
            let body = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56, 0x4a];
            send(client, 200, "application/json\r\ncontent-encoding: gzip", &body)?;
        }
        Fault::Html(status) => {
            let body = "<html><head><title>Bad Gateway</title></head><body>nginx</body></html>\n";
            send(client, status, "text/html", body.as_bytes())?;
        }
        Fault::Json(status) => {
            let body = format!(
                r#"{{"error":{{"root_cause":[{{"type":"some_exception","reason":"made up"}}],"type":"some_exception","reason":"made up"}},"status":{status}}}"#
            );
            send(client, status, "application/json", body.as_bytes())?;
        }
        Fault::EmptyObject => send(client, 200, "application/json", b"{}")?,
        Fault::Trickle => {
            for drop in answer.chunks(answer.len() / 7 + 1) {
                client.write_all(drop)?;
                thread::sleep(Duration::from_millis(3));
            }
        }
        Fault::Stale => match before {
            Some(before) => client.write_all(&before)?,
            None => return Ok(false),
        },
        Fault::Twice => {
            client.write_all(answer)?;
            client.write_all(answer)?;
        }
    }
    Ok(true)
}

/// Sends an answer; `kind` is its content type, and more headers behind it.
fn send(mut client: &TcpStream, status: u16, kind: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    client.write_all(head.as_bytes())?;
    client.write_all(body)
}

fn without_number(head: &[u8]) -> Vec<u8> {
    let head = String::from_utf8_lossy(head);
    let lines = head.split_inclusive("\r\n");
    let kept: String =
        lines.filter(|line| !line.to_ascii_lowercase().starts_with("x-opaque-id")).collect();
    kept.into_bytes()
}

/// Reads one message; none at the end of the connection.
fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Message>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut head)? == 0 {
            return Ok(None);
        }
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let header = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
    };
    let mut body = Vec::new();
    if header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        loop {
            let start = body.len();
            stream.read_until(b'\n', &mut body)?;
            let size = String::from_utf8_lossy(&body[start..]).trim().to_owned();
            let size = u64::from_str_radix(&size, 16).map_err(io::Error::other)?;
            // The chunk and the line end behind it; the last one has no chunk.
            (&mut *stream).take(size + 2).read_to_end(&mut body)?;
            if size == 0 {
                break;
            }
        }
    } else {
        let length = header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
    }
    Ok(Some(Message { head, body }))
}
