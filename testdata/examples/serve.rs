//! Serves the practice day on the port given, or on a free one, until it is stopped.

use std::io::Write;

use flowkit_testdata::{Server, practice_day};

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let server = Server::start(practice_day(), port)?;
    writeln!(std::io::stdout(), "{}", server.url())?;
    loop {
        std::thread::park();
    }
}
