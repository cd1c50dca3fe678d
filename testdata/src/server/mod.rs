//! A small server on loopback that speaks the search API as Elasticsearch 7.17 does.
//!
//! It answers the requests of a fetch: search, scroll, count, settings, mapping,
//! the lists of indices. It keeps the member order, the status codes and
//! the words of the real server, so that a client written against it works
//! against the real one. It does not index, authenticate, score or compress, and
//! knows no point in time; what it does not know it refuses.
//!
//! | to learn | read |
//! | --- | --- |
//! | which paths there are | `api` |
//! | searches, their sorts and aggregations, and scrolls | `search` |
//! | which queries, and how dates are read and rounded | `query` |
//! | which indices and fields there are | `index` |
//! | HTTP, and the words of an error | `http` |
//!
//! Each folder imports only from those below it in this table, and all of them
//! from `json`.
//!
//! ```
//! use flowkit_testdata::{Server, practice_day};
//!
//! let server = Server::start(practice_day(), 0)?;
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod api;
mod http;
mod index;
mod json;
mod query;
mod search;
mod serve;

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use self::http::Fault;
use self::serve::{Shared, accept};
use crate::document::Document;

/// A running server; dropping it closes every connection.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server over these documents on 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(documents: Vec<Document>, port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(documents));
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
