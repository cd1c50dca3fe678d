//! The client against scripted answers on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;
use crate::server::product;
use serde_json::json;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

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

fn new(url: &str, timeout: Duration, cancel: Cancel) -> Client<'static> {
    let tls = crate::server::tls::Tls::default().config().unwrap();
    Client::new(Address::new(url).unwrap(), &tls, timeout, cancel, &())
}

fn client(url: &str) -> Client<'static> {
    new(url, Duration::from_secs(60), Cancel::new())
}

fn post() -> Call {
    Call::post("/_search/scroll", &json!({"scroll_id": "c"}))
}

#[test]
fn a_request_goes_out_once_even_if_the_kept_connection_dies() {
    // The second request is read on the kept connection, which then closes.
    let (url, seen) = serve(vec![OK.into()]);
    let client = client(&url);
    let mut body = Vec::new();
    assert_eq!(client.send(&post(), &mut body).unwrap(), 200);
    let error = client.send(&post(), &mut body).unwrap_err();
    assert!(matches!(error, FetchError::BrokenOff { .. }), "{error}");
    // Time for a retry by the library, which must not happen.
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
        [format!("{head}content-encoding: gzip\r\ncontent-length: 11\r\n\r\n").as_bytes(), &gzip]
            .concat(),
        head.into(),
        Vec::new(),
    ];
    for answer in cases {
        let shown = String::from_utf8_lossy(&answer).into_owned();
        let (url, seen) = serve(vec![OK.into(), answer]);
        let client = client(&url);
        client.send(&post(), &mut Vec::new()).unwrap();
        let error = client.send(&post(), &mut Vec::new());
        assert!(matches!(error, Err(FetchError::BrokenOff { .. })), "{shown:?}: {error:?}");
        assert_eq!(seen.lock().unwrap().len(), 2, "{shown:?}");
    }
}

#[test]
fn credentials_are_sent_and_nowhere_shown() {
    let (url, seen) = serve(vec![OK.into()]);
    let url = url.replace("http://", "http://elastic:s%40cret@");
    let client = client(&url);
    client.send(&Call::get("/"), &mut Vec::new()).unwrap();
    let request = seen.lock().unwrap()[0].to_lowercase();
    assert!(request.contains(&"authorization: Basic ZWxhc3RpYzpzQGNyZXQ=".to_lowercase()));
    let error = client.send(&Call::get("/"), &mut Vec::new()).unwrap_err();
    let shown = format!("{error} {error:?} {}", client.url());
    assert!(!shown.contains("cret") && !shown.contains("ZWxh"), "{shown}");
}

/// Whatever a server repeats of a request, in whichever answer.
#[test]
fn a_server_that_repeats_credentials_does_not_show_them() {
    // bob:sEcr3tP@ss
    let header = "Basic Ym9iOnNFY3IzdFBAc3M=";
    let told = format!("{header} = bob:sEcr3tP@ss");
    let error = format!(r#"{{"error":{{"type":"security_exception","reason":"bad {told}"}}}}"#);
    let user = r#"{"error":{"type":"security_exception","reason":"no for user [bob:sEcr3tP@ss]"}}"#;
    let info = format!(r#"{{"cluster_name":"{told}","version":{{"number":"8.0.0 {told}"}}}}"#);
    for (status, location, body) in [
        (401, String::new(), error.clone()),
        (403, String::new(), user.to_owned()),
        (500, String::new(), format!("{:75}{told}", "failed request")),
        (502, String::new(), format!("<title>{:75}{told}</title>", "failed")),
        (302, format!("location: http://elsewhere/?auth={told}\r\n"), String::new()),
        (302, "location: /?auth=Ym9iOnNFY3IzdFBAc3M%3D\r\n".to_owned(), String::new()),
        (200, String::new(), info),
        (200, String::new(), format!(r#"{{"error":"{told}","status":401}}"#)),
    ] {
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status} X\r\n{location}content-length: {length}\r\n\r\n{body}");
        let (url, _) = serve(vec![answer.clone().into(); 3]);
        let client = client(&url.replace("http://", "http://bob:sEcr3tP%40ss@"));
        let found = product::detect(&client, "n-*");
        let shown = match &found {
            Ok(server) => format!("{server:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(found.is_ok() || shown.contains("bob") || shown.contains("***"), "{shown}");
        for secret in ["cr3t", "@ss", "Ym9i", "NFY3"] {
            assert!(!shown.contains(secret), "{status}: {shown}");
        }
    }
}

#[test]
fn a_redirect_is_told_and_not_followed() {
    let answer = "HTTP/1.1 307 Moved\r\nlocation: http://elsewhere/\r\ncontent-length: 0\r\n\r\n";
    let (url, seen) = serve(vec![answer.into()]);
    let error = client(&url).send(&post(), &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("on to http://elsewhere/"), "{error}");
    assert_eq!(seen.lock().unwrap().len(), 1);
}

/// Wherever a server sends a request on to, nobody else gets the credentials.
#[test]
fn credentials_do_not_follow_a_redirect() {
    let (elsewhere, seen_elsewhere) = serve(vec![OK.into(); 20]);
    for status in [301, 302, 303, 307, 308] {
        for target in [elsewhere.clone(), elsewhere.replace("http:", "")] {
            let answer =
                format!("HTTP/1.1 {status} X\r\nlocation: {target}/x\r\ncontent-length: 0\r\n\r\n");
            let (url, seen) = serve(vec![answer.clone().into(), answer.into()]);
            let client = client(&url.replace("http://", "http://u:p@"));
            for call in [Call::get("/"), post(), Call::delete("/x", &json!({}))] {
                let error = client.send(&call, &mut Vec::new()).unwrap_err();
                assert!(seen.lock().unwrap()[0].contains("uthorization: Basic"), "{error}");
            }
        }
    }
    assert!(seen_elsewhere.lock().unwrap().is_empty());
}

#[test]
fn headers_without_end_or_number_end_in_an_error() {
    let many = "x-a: b\r\n".repeat(100_000);
    let long = format!("x-a: {}\r\n", "b".repeat(10_000_000));
    let folded = format!("x-a: b\r\n{}", " c\r\n".repeat(100_000));
    let status = "HTTP/1.1 ".to_owned() + &"2".repeat(1_000_000);
    for head in [&many, &long, &folded] {
        let answer = format!("HTTP/1.1 200 OK\r\n{head}content-length: 2\r\n\r\n{{}}");
        let (url, _) = serve(vec![answer.into()]);
        assert!(client(&url).send(&post(), &mut Vec::new()).is_err());
    }
    let (url, _) = serve(vec![status.into()]);
    assert!(client(&url).send(&post(), &mut Vec::new()).is_err());
    let lengths = ["-1", "99999999999999999999", "2, 3", "x"];
    for length in lengths {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{{}}");
        let (url, _) = serve(vec![answer.into()]);
        let _ = new(&url, Duration::from_millis(80), Cancel::new()).send(&post(), &mut Vec::new());
    }
}

/// Only a page may be large; of an error the start is read.
#[test]
fn an_answer_that_is_no_page_is_read_to_a_small_limit() {
    use flate2::{Compression, write::GzEncoder};
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b' '; 20 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let answer = |status: u16| {
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            bomb.len()
        );
        [head.as_bytes(), &bomb].concat()
    };
    let mut body = Vec::new();
    let (url, _) = serve(vec![answer(200)]);
    let error = client(&url).send(&Call::get("/_settings"), &mut body).unwrap_err();
    assert!(error.to_string().contains("more than 16 MB; try a narrower --index"), "{error}");
    let (url, _) = serve(vec![answer(500)]);
    assert_eq!(client(&url).send(&post().for_page(), &mut body).unwrap(), 500);
    assert_eq!(body.len() as u64, MAX_ERROR);
    // No more memory is taken than is read, whatever length is told.
    let head = "HTTP/1.1 500 X\r\ncontent-length: 2000000000\r\n\r\n";
    let (url, _) = serve(vec![[head.as_bytes(), &vec![b' '; 8 << 20]].concat()]);
    let mut body = Vec::new();
    assert_eq!(client(&url).send(&post().for_page(), &mut body).unwrap(), 500);
    assert!(body.capacity() as u64 <= 2 * MAX_ERROR, "{}", body.capacity());
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
    assert_eq!(client.send(&post(), &mut Vec::new()).unwrap(), 200);
    let error = client.send(&post(), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, FetchError::Mixed { .. }), "{error}");
    // The connection is not reused.
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
        client.max_page = 1 << 20;
        let mut body = Vec::new();
        let error = client.send(&post().for_page(), &mut body).unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { .. }), "{error:?}");
        assert!(error.to_string().contains("smaller --size"), "{error}");
        assert!(body.len() <= 1 << 20);
    }
}

#[test]
fn a_busy_server_is_left_alone_as_long_as_it_asks() {
    let busy = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 2\r\n\r\n{}";
    let (url, _) = serve(vec![busy.into(), OK.into()]);
    let client = client(&url);
    assert_eq!(client.send(&post(), &mut Vec::new()).unwrap(), 429);
    let start = Instant::now();
    assert_eq!(client.send(&post(), &mut Vec::new()).unwrap(), 200);
    assert!(start.elapsed() >= Duration::from_millis(900));
}

/// A wait of minutes is no silence; one of a second is not worth a word.
#[test]
fn a_long_wait_that_a_server_asks_for_is_told() {
    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);
    impl Observer for Told {
        fn event(&self, event: Event<'_>) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }
    for (asked, told) in [(1, None), (60, Some("waiting 60 s")), (9_999, Some("waiting 120 s"))] {
        let busy =
            format!("HTTP/1.1 503 X\r\nretry-after: {asked}\r\ncontent-length: 2\r\n\r\n{{}}");
        let (url, _) = serve(vec![busy.into()]);
        let tls = crate::server::tls::Tls::default().config().unwrap();
        let (seen, timeout) = (Told::default(), Duration::from_secs(60));
        let client = Client::new(Address::new(&url).unwrap(), &tls, timeout, Cancel::new(), &seen);
        assert_eq!(client.send(&post(), &mut Vec::new()).unwrap(), 503);
        let seen = seen.0.lock().unwrap().clone();
        assert_eq!(seen.len(), usize::from(told.is_some()), "{seen:?}");
        assert!(told.is_none_or(|told| seen[0].contains(told)), "{seen:?}");
    }
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
        let error = client.send(&post(), &mut Vec::new()).unwrap_err();
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
        let error = client(&url).send(&Call::get("/"), &mut Vec::new()).unwrap_err();
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
        // Does not answer the request; then answers the one that closes the cursor.
        let mut silent = BufReader::new(listener.accept().unwrap().0);
        read_request(&mut silent).unwrap();
        cancel.cancel();
        let mut closing = BufReader::new(listener.accept().unwrap().0);
        read_request(&mut closing).unwrap();
        closing.get_mut().write_all(OK.as_bytes()).unwrap();
    });
    let error = client.send(&post(), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, FetchError::Interrupted), "{error:?}");
    let close = Call::delete("/_search/scroll", &json!({"scroll_id": "c"}));
    assert_eq!(client.send(&close, &mut Vec::new()).unwrap(), 200);
}
