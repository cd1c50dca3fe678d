//! A small server on loopback that speaks the search API as Elasticsearch 7.17 does.
//!
//! It answers what a fetch of flows asks: search, scroll, count, settings,
//! mapping, the lists of indices. It keeps the member order, the status codes and
//! the words of the real server, so that a client written against it works
//! against the real one. It does not index, authenticate, score or compress, and
//! knows no point in time; what it does not know it refuses.
//!
//! | to learn | read |
//! | --- | --- |
//! | which paths there are | `api` |
//! | which queries, sorts and aggregations | `query`, `order`, `aggregations` |
//! | how dates are read and rounded | `dates` |
//! | what a scroll is and when it ends | `scroll` |
//! | the words of an error | `failure` |
//! | HTTP | `connection` |
//!
//! ```
//! use flowkit_testdata::{Server, practice_day};
//!
//! let server = Server::start(practice_day(), 0)?;
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod aggregations;
mod api;
mod connection;
mod dates;
mod failure;
mod fault;
mod fields;
mod filter_path;
mod indices;
mod indices_api;
mod json;
mod order;
mod pattern;
mod query;
mod request;
mod scroll;
mod search;
mod search_request;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use self::api::{Answer, Api};
use self::connection::{Connection, Next, Received};
pub use self::fault::Fault;
use self::indices::Store;
use crate::document::Document;

/// A running server; dropping it closes every connection.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// What the threads of a server share.
#[derive(Debug)]
struct Shared {
    api: Api,
    is_closing: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Requests so far, as method and target.
    requests: Vec<String>,
    /// Faults by the number of the request, from 0.
    faults: BTreeMap<usize, Fault>,
    connections: BTreeMap<u64, TcpStream>,
    last_connection: u64,
}

impl Server {
    /// Starts a server over these documents on 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(documents: Vec<Document>, port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            api: Api::new(Store::new(documents)),
            is_closing: AtomicBool::new(false),
            state: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        let accepting = thread::Builder::new()
            .name("practice server".to_owned())
            .spawn(move || accept(&listener, &for_thread))?;
        Ok(Server { addr, shared, accepting: Some(accepting) })
    }

    /// Where it listens, such as `http://127.0.0.1:9200`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// All requests so far, as method and target, in the order they came.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.shared.state().requests.clone()
    }

    /// Scrolls that are open now.
    #[must_use]
    pub fn open_scrolls(&self) -> usize {
        self.shared.api.open_scrolls()
    }

    /// Ends all scrolls, as if their keep-alive were over.
    pub fn expire_all(&self) {
        self.shared.api.expire_all();
    }

    /// Puts the clock by which scrolls expire forward.
    pub fn advance_clock(&self, time: Duration) {
        self.shared.api.advance_clock(time);
    }

    /// The next request that has no fault yet goes wrong.
    pub fn fail_next(&self, fault: Fault) {
        let mut state = self.shared.state();
        let mut number = state.requests.len();
        while state.faults.contains_key(&number) {
            number += 1;
        }
        state.faults.insert(number, fault);
    }

    /// `healthy` more requests go well, and the one after them goes wrong.
    pub fn fail_after(&self, healthy: usize, fault: Fault) {
        let mut state = self.shared.state();
        let number = state.requests.len().saturating_add(healthy);
        state.faults.insert(number, fault);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_closing.store(true, Ordering::SeqCst);
        for connection in self.shared.state().connections.values() {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the thread that waits for connections.
        let woken = TcpStream::connect_timeout(&self.addr, Duration::from_secs(1)).is_ok();
        if let Some(accepting) = self.accepting.take().filter(|_| woken) {
            let _ = accepting.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a connection so that it can be closed from outside.
    fn enter(&self, stream: &TcpStream) -> io::Result<u64> {
        let copy = stream.try_clone()?;
        let mut state = self.state();
        state.last_connection += 1;
        let number = state.last_connection;
        state.connections.insert(number, copy);
        Ok(number)
    }

    /// Notes a request; the fault it is to meet.
    fn note(&self, line: String) -> Option<Fault> {
        let mut state = self.state();
        let number = state.requests.len();
        state.requests.push(line);
        state.faults.remove(&number)
    }
}

/// Takes connections until the server closes, one thread each; waits for them.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if shared.is_closing.load(Ordering::SeqCst) {
            break;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        threads.retain(|thread| !thread.is_finished());
        let serving =
            thread::Builder::new().name("practice connection".to_owned()).spawn(move || {
                if let Ok(number) = shared.enter(&stream) {
                    // An error is the client's end of the connection; it knows.
                    let _ = serve(stream, &shared);
                    if let Some(stream) = shared.state().connections.remove(&number) {
                        let _ = stream.shutdown(Shutdown::Both);
                    }
                }
            });
        threads.extend(serving);
    }
    for connection in shared.state().connections.values() {
        let _ = connection.shutdown(Shutdown::Both);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut connection = Connection::new(stream)?;
    loop {
        match connection.next()? {
            Next::End => return Ok(()),
            Next::Refused(answer) => return connection.send(&answer, false, false, None),
            Next::Request(received) => {
                let keeps_alive = received.keeps_alive;
                if !respond(&mut connection, *received, shared)? || !keeps_alive {
                    return Ok(());
                }
            }
        }
    }
}

/// Answers one request, or gets it wrong as told; whether the connection goes on.
fn respond(connection: &mut Connection, received: Received, shared: &Shared) -> io::Result<bool> {
    let Received { request, line, keeps_alive } = received;
    let is_head = request.method == "HEAD";
    let fault = shared.note(line);
    let answer = match &fault {
        Some(Fault::Status(status, body)) => Answer {
            status: *status,
            content_type: "application/json; charset=UTF-8",
            body: body.clone(),
        },
        Some(Fault::Html502) => Answer {
            status: 502,
            content_type: "text/html",
            body: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n".to_owned(),
        },
        _ => shared.api.answer(&request, fault.clone()),
    };
    match fault {
        Some(Fault::Reset) => return Ok(false),
        Some(Fault::TruncatedBody) => {
            connection.send(&answer, is_head, keeps_alive, Some(answer.body.len() / 2))?;
            return Ok(false);
        }
        Some(Fault::Slow(delay)) => thread::sleep(delay),
        _ => {}
    }
    connection.send(&answer, is_head, keeps_alive, None)?;
    Ok(true)
}
