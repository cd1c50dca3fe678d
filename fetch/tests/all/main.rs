//! Fetches as a program asks for them: from the practice server, through faults,
//! and from real servers where there are some.
//!
//! A file a subject; `cargo test -p flowkit-fetch --test all SUBJECT::` runs one.
//! All run in one process, side by side: none changes the folder or the
//! environment that it runs in, and those that count what is open on a real
//! server take turns ([`server_index::turn`]).

// What several subjects need.
mod fault_proxy;
mod saved;
mod scripted_http;
mod server_index;

mod comparison;
mod faults;
mod hostile;
mod practice_server;
mod real_servers;
mod secure_server;
mod strangers;
