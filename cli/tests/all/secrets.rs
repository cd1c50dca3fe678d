//! Where a password, key, token or client certificate goes: to the server that the
//! user names in this run, over TLS or within this machine, and nowhere else.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use flowkit_testdata::{Server, practice_day};

use crate::harmless::screen::{all_of, terminal};

/// The practice server behind a relay that keeps what is sent to it.
struct Spy {
    url: String,
    sent: Arc<Mutex<Vec<u8>>>,
    _server: Server,
}

impl Spy {
    fn start() -> Self {
        let server = Server::start(practice_day().into_iter().step_by(500).collect(), 0).unwrap();
        let behind = server.url().replace("http://", "");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sent = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&sent);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(&behind).unwrap();
                let (kept, back) = (Arc::clone(&kept), (server.try_clone(), client.try_clone()));
                thread::spawn(move || {
                    pump(&client, &server, |bytes| {
                        kept.lock().unwrap().extend_from_slice(bytes);
                    });
                });
                thread::spawn(move || pump(&back.0.unwrap(), &back.1.unwrap(), |_| {}));
            }
        });
        Self { url, sent, _server: server }
    }

    /// What was sent since the last call.
    fn sent(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.sent.lock().unwrap())).unwrap()
    }
}

fn pump(mut from: &TcpStream, mut to: &TcpStream, mut seen: impl FnMut(&[u8])) {
    let mut bytes = [0; 8_192];
    while let Ok(n @ 1..) = from.read(&mut bytes) {
        seen(&bytes[..n]);
        if to.write_all(&bytes[..n]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// A run without a terminal: exit code, and what it says.
fn flowkit(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = program(folder, arguments, variables).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn program(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for name in ["DUMP", "URL", "API_KEY", "BEARER", "PASSWORD"] {
        command.env_remove(format!("FLOWKIT_{name}"));
    }
    command.envs(variables.iter().copied());
    command
}

/// Options and variables.
type Way = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// Every way to give a secret.
const WAYS: [Way; 7] = [
    (&[], &[("FLOWKIT_API_KEY", "hidden")]),
    (&[], &[("FLOWKIT_BEARER", "hidden")]),
    (&["--user", "me"], &[("FLOWKIT_PASSWORD", "hidden")]),
    (&["--user", "me", "--password-file", "key"], &[]),
    (&["--api-key-file", "key"], &[]),
    (&["--bearer-file", "key"], &[]),
    (&["--client-cert", "key", "--client-key", "key"], &[]),
];

/// A folder with a dump of the server, and a file with a secret.
fn with_dump(spy: &Spy) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("key"), "hidden\n").unwrap();
    let fetch = ["fetch", "--url", &spy.url, "-o", "d"];
    let (code, said) = flowkit(place.path(), &fetch, &[]);
    assert_eq!(code, Some(0), "{said}");
    spy.sent();
    place
}

fn change_manifest(place: &Path, from: &str, to: &str) {
    let path = place.join("d/manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}\nlacks {from}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_secret_goes_to_no_server_that_only_the_dump_names() {
    let spy = Spy::start();
    let place = with_dump(&spy);
    let update: &[&str] = &["fetch", "--update", "-o", "d"];
    let outline: &[&str] = &["fetch", "--update", "--dry-run", "-o", "d"];
    let plan: &[&str] = &["fetch", "--dry-run", "-o", "d"];
    let resume: &[&str] = &["fetch", "-o", "d"];
    for command in [update, outline, plan, resume] {
        if command == resume {
            let (complete, incomplete) = (r#""state": "complete""#, r#""state": "incomplete""#);
            change_manifest(place.path(), complete, incomplete);
        }
        for (options, variables) in WAYS {
            let (code, said) = flowkit(place.path(), &[command, options].concat(), variables);
            assert_eq!((code, spy.sent().as_str()), (Some(1), ""), "{options:?}: {said}");
            assert!(said.contains(&format!("--url {}", spy.url)), "{options:?}: {said}");
            assert!(!said.contains("hidden"), "{options:?}: {said}");
        }
    }
    assert_eq!(flowkit(place.path(), resume, &[("FLOWKIT_URL", &spy.url)]).0, Some(0));
}

#[test]
fn on_a_terminal_the_user_is_asked_whatever_would_send_a_secret() {
    let spy = Spy::start();
    let place = with_dump(&spy);
    let variables = [("FLOWKIT_API_KEY", "hidden")];
    let update: &[&str] = &["fetch", "--update", "-o", "d"];
    let outline: &[&str] = &["fetch", "--update", "--dry-run", "-o", "d"];
    // The dump is complete: a fetch leaves it alone, but a plan asks the server.
    let plan: &[&str] = &["fetch", "--dry-run", "-o", "d"];
    for arguments in [update, outline, plan] {
        for (answer, expected) in [("y\n", Some(0)), ("n\n", Some(1))] {
            let (ours, theirs) = terminal();
            File::from(ours.try_clone().unwrap()).write_all(answer.as_bytes()).unwrap();
            let mut command = program(place.path(), arguments, &variables);
            command.stdin(theirs.try_clone().unwrap()).stdout(Stdio::null()).stderr(theirs);
            let mut child = command.spawn().unwrap();
            drop(command);
            let reader = thread::spawn(move || all_of(ours));
            let code = child.wait().unwrap().code();
            let said = String::from_utf8(reader.join().unwrap()).unwrap();
            assert_eq!(code, expected, "{arguments:?}: {said}");
            assert!(said.contains("send the API key there? [y/N]"), "{arguments:?}: {said}");
            let is_sent = spy.sent().contains("ApiKey hidden");
            assert_eq!(is_sent, expected == Some(0), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn a_secret_goes_to_the_server_that_the_user_names() {
    let spy = Spy::start();
    let place = with_dump(&spy);
    let update = ["fetch", "--update", "-o", "d"];
    let named = [&update[..], &["--url", &spy.url]].concat();
    for (options, variables) in &WAYS[..6] {
        let (code, said) = flowkit(place.path(), &[&named, *options].concat(), variables);
        assert_eq!(code, Some(0), "{options:?}: {said}");
        assert!(spy.sent().to_lowercase().contains("\r\nauthorization: "), "{options:?}");
    }
    let variables = [("FLOWKIT_URL", spy.url.as_str()), ("FLOWKIT_API_KEY", "hidden")];
    assert_eq!(flowkit(place.path(), &update, &variables).0, Some(0));
    assert!(spy.sent().contains("ApiKey hidden"));
    // Without a secret the dump's own server is asked, and named.
    let (code, said) = flowkit(place.path(), &update, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains(&format!("asking {}, the server that the dump names", spy.url)),
        "{said}"
    );
    assert!(!spy.sent().to_lowercase().contains("authorization"));
}

#[test]
fn the_server_of_a_dump_is_an_address_and_nothing_else() {
    let spy = Spy::start();
    let place = with_dump(&spy);
    let mut before = spy.url.clone();
    let host = spy.url.replace("http://", "");
    for url in [
        format!("http://me:hidden@{host}"),
        format!("http://{host}/?q=hidden"),
        format!("http://{host}/\\u001b[31m"),
        format!("http://{host}/\\u202e"),
        format!("http://{host}/ x"),
        "file:///etc/passwd".to_owned(),
        host.clone(),
        String::new(),
    ] {
        change_manifest(place.path(), &format!("\"{before}\""), &format!("\"{url}\""));
        for variables in [&[][..], &[("FLOWKIT_API_KEY", "hidden")][..]] {
            let (code, said) = flowkit(place.path(), &["fetch", "--update", "-o", "d"], variables);
            assert_eq!((code, spy.sent().as_str()), (Some(2), ""), "{url}: {said}");
            assert!(said.contains("give --url"), "{url}: {said}");
            assert!(!said.contains(['\u{1b}', '\u{202e}']) && !said.contains("hidden"), "{said:?}");
        }
        before = url;
    }
}

#[test]
fn a_secret_over_plain_http_stays_within_this_machine() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("key"), "hidden\n").unwrap();
    let hosts = ["es.invalid:9200", "127.0.0.1.evil.invalid", "localhost.evil.invalid:9200"];
    for host in hosts {
        let plain = format!("http://{host}");
        for url in [plain.as_str(), host] {
            let fetch = ["fetch", "--list", "--url", url];
            for (options, variables) in &WAYS[..6] {
                let (code, said) = flowkit(place.path(), &[&fetch, *options].concat(), variables);
                assert_eq!(code, Some(1), "{url}: {said}");
                let expected = format!("{plain} has no TLS");
                assert!(said.contains(&expected) && said.contains("--allow-plain-http"), "{said}");
            }
        }
    }
    let fetch = ["fetch", "--list", "--url", "es.invalid"];
    let allowed = [&fetch[..], &["--allow-plain-http"]].concat();
    let (_, said) = flowkit(place.path(), &allowed, &[("FLOWKIT_BEARER", "hidden")]);
    assert!(said.contains("name of the host"), "{said}");
    let (_, said) = flowkit(place.path(), &fetch, &[]);
    assert!(said.contains("name of the host"), "without a secret: {said}");
    let (_, said) = flowkit(place.path(), &["fetch", "--url", "http://u:hidden@es.invalid"], &[]);
    assert!(said.contains("has no TLS") && !said.contains("hidden"), "{said}");
    assert!(!place.path().join("flowkit-dump").exists());
    let (_, said) = flowkit(
        place.path(),
        &["fetch", "--list", "--insecure", "--url", "http://es.invalid"],
        &[("FLOWKIT_BEARER", "hidden")],
    );
    assert!(said.contains("has no TLS"), "--insecure is about certificates: {said}");
}

#[test]
fn a_secret_that_cannot_be_meant_is_told_and_not_shown() {
    let place = tempfile::tempdir().unwrap();
    let (key, url) = (place.path().join("key"), "http://127.0.0.1:1");
    let user: &[&str] = &["--user", "me", "--password-file", "key"];
    for (secret, options, expected) in [
        ("", user, "is empty"),
        ("\nhidden", user, "is empty"),
        ("hid\u{1}den", user, "the password holds a control character"),
        ("hid\u{7f}den", user, "the password holds a control character"),
        ("", &["--api-key-file", "key"], "is empty"),
        ("  ", &["--api-key-file", "key"], "the API key is empty"),
        ("hid\u{1b}den", &["--api-key-file", "key"], "the API key holds a control character"),
        ("hiddén", &["--bearer-file", "key"], "a character that a header of HTTP"),
        ("hidden", &["--user", "a\u{9}b", "--password-file", "key"], "control character"),
        ("hidden", &["--user", "", "--password-file", "key"], "the user name is empty"),
    ] {
        fs::write(&key, secret).unwrap();
        let fetch = ["fetch", "--list", "--url", url];
        let (code, said) = flowkit(place.path(), &[&fetch, options].concat(), &[]);
        assert_eq!(code, Some(1), "{secret:?}: {said}");
        assert!(said.contains(expected), "{secret:?}: {said}");
        assert!(!said.contains("hid") && !said.contains("cannot reach"), "{said}");
    }
    let named = ["fetch", "--list", "--url", url, "--user", "me:hidden"];
    let (code, said) = flowkit(place.path(), &named, &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("process list") && !said.contains("hidden"), "{said}");
    for url in
        ["http://me:@127.0.0.1:1", "http://me@127.0.0.1:1", "http://me:hid%0aden@127.0.0.1:1"]
    {
        let (code, said) = flowkit(place.path(), &["fetch", "--list", "--url", url], &[]);
        assert_eq!(code, Some(2), "{url}: {said}");
        assert!(said.contains("password") && !said.contains("hid"), "{url}: {said}");
    }
}

#[test]
fn an_address_that_lacks_its_slashes_is_told() {
    let place = tempfile::tempdir().unwrap();
    for url in [
        "http:/me:hidden@127.0.0.1:1",
        "https:me:hidden@127.0.0.1:1",
        "HTTP:127.0.0.1:1",
        "https//127.0.0.1:1/hidden",
        "http:///127.0.0.1:1",
        "https:9200",
    ] {
        let (code, said) = flowkit(place.path(), &["fetch", "--list", "--url", url], &[]);
        assert_eq!(code, Some(2), "{url}: {said}");
        assert!(said.contains("://") && !said.contains("hidden"), "{url}: {said}");
    }
}
