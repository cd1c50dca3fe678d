//! The threads of a server: one accepts connections, one more serves each of them.
//!
//! Faults of the connection and of whole answers are injected here; those of a
//! search are in `search`.

use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::api::Api;
use super::http::{Answer, Connection, Fault, JSON, Next, Received};
use super::index::Store;
use crate::document::Document;

/// What the threads of a server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) api: Api,
    pub(super) is_closing: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// Requests so far, as method and target.
    pub(super) requests: Vec<String>,
    /// Faults by the number of the request, from 0.
    pub(super) faults: BTreeMap<usize, Fault>,
    pub(super) connections: BTreeMap<u64, TcpStream>,
    last_connection: u64,
}

impl Shared {
    pub(super) fn new(documents: Vec<Document>) -> Shared {
        Shared {
            api: Api::new(Store::new(documents)),
            is_closing: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a connection so that it can be closed from outside.
    fn enter(&self, stream: &TcpStream) -> io::Result<u64> {
        let copy = stream.try_clone()?;
        let mut state = self.state();
        state.last_connection += 1;
        let number = state.last_connection;
        state.connections.insert(number, copy);
        Ok(number)
    }

    /// Records a request; the fault to inject, if there is one.
    fn note(&self, line: String) -> Option<Fault> {
        let mut state = self.state();
        let number = state.requests.len();
        state.requests.push(line);
        state.faults.remove(&number)
    }
}

/// Accepts connections until the server closes, one thread each; waits for the threads.
pub(super) fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
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
                    // An error here is one of the connection, which the client sees too.
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

/// Answers one request, with its fault if it has one; whether the connection stays open.
fn respond(connection: &mut Connection, received: Received, shared: &Shared) -> io::Result<bool> {
    let Received { request, line, keeps_alive } = received;
    let is_head = request.method == "HEAD";
    let fault = shared.note(line);
    let answer = match &fault {
        Some(Fault::Status(status, body)) => Answer {
            status: *status,
            content_type: JSON,
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
