//! Connections: nonsense on them, many at once, and how fast answers come.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::client::{Client, ids, next_of};

/// Bytes that are no request end the connection, not the server.
#[test]
fn nonsense_ends_a_connection_only() {
    let client = Client::new();
    let deep = format!("{}{}", r#"{"query":{"bool":{"must":"#.repeat(50_000), "1");
    let deep = format!(
        "POST /_search HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{deep}",
        deep.len()
    );
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(5000));
    let inputs: [&[u8]; 6] = [
        b"\0\xff\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /_search HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        b"POST /_search HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        deep.as_bytes(),
        long.as_bytes(),
    ];
    for input in inputs {
        let mut stream =
            std::net::TcpStream::connect(&client.server.url()["http://".len()..]).unwrap();
        stream.write_all(input).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(client.send("GET", "/", "").0, 200);
}

#[test]
fn many_connections_at_once() {
    let client = Client::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut page = client.open(1000);
                let mut hits = 0;
                while !ids(&page).is_empty() {
                    hits += ids(&page).len();
                    page = client.ok("POST", "/_search/scroll", &next_of(&page));
                }
                assert_eq!(hits, 5492);
            });
        }
    });
    assert_eq!(client.server.open_scrolls(), 4);
}

/// Small answers one after the other on one connection: a stall of Nagle's
/// algorithm against delayed acknowledgements would cost 40 ms each. The fastest
/// quarter is looked at, since a busy machine slows the others.
#[test]
fn a_request_takes_no_40_ms() {
    let client = Client::new();
    let page = client.open(1);
    let mut times: Vec<Duration> = (0..60)
        .map(|_| {
            let start = Instant::now();
            client.ok("POST", "/_search/scroll", &next_of(&page));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let quarter = times[times.len() / 4];
    assert!(quarter < Duration::from_millis(30), "{times:?}");
}
