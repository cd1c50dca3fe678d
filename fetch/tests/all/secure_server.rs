//! Fetches from a real server with TLS and users, where there is one:
//!
//! | variable | holds |
//! | --- | --- |
//! | `FLOWKIT_TEST_SECURE_URL` | its address, `https://…` |
//! | `FLOWKIT_TEST_SECURE_CA` | file of the authority that vouches for it |
//! | `FLOWKIT_TEST_SECURE_BOSS` | `USER:PASSWORD` of one who may do all |
//! | `FLOWKIT_TEST_SECURE_WEAK` | `USER:PASSWORD` of one without rights |

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use flowkit_fetch::{Cancel, Credentials, Event, FetchError, Observer, Request, Tls, fetch};
use flowkit_model::dump::Manifest;

struct Secure {
    url: String,
    ca: PathBuf,
    boss: (String, String),
    weak: (String, String),
}

fn secure() -> Option<Secure> {
    let variable = |name: &str| std::env::var(format!("FLOWKIT_TEST_SECURE_{name}")).ok();
    let pair = |text: String| {
        let (user, password) = text.split_once(':').expect("USER:PASSWORD");
        (user.to_owned(), password.to_owned())
    };
    let Some(url) = variable("URL") else {
        eprintln!("skipped: FLOWKIT_TEST_SECURE_URL names no server");
        return None;
    };
    Some(Secure {
        url,
        ca: variable("CA").unwrap().into(),
        boss: pair(variable("BOSS").unwrap()),
        weak: pair(variable("WEAK").unwrap()),
    })
}

fn basic((user, password): &(String, String)) -> Credentials {
    Credentials::Basic { user: user.clone(), password: password.clone() }
}

impl Secure {
    fn tls(&self) -> Tls {
        Tls { ca_cert: Some(self.ca.clone()), ..Tls::default() }
    }

    /// Asks as the boss.
    fn ask(&self, method: &str, path: &str, body: &str) -> serde_json::Value {
        use ureq::tls::{RootCerts, TlsConfig, parse_pem};
        let pem = fs::read(&self.ca).unwrap();
        let certificates: Vec<_> = parse_pem(&pem)
            .filter_map(|item| match item.unwrap() {
                ureq::tls::PemItem::Certificate(certificate) => Some(certificate),
                _ => None,
            })
            .collect();
        let roots = RootCerts::new_with_certs(&certificates);
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .into();
        let (user, password) = &self.boss;
        let url = self.url.replace("://", &format!("://{user}:{password}@"));
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{url}{path}"))
            .header("Content-Type", "application/json")
            .body(body.to_owned())
            .unwrap();
        let text = agent.run(request).unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn request(&self, index: &str, output: &Path) -> Request {
        Request {
            url: Some(self.url.clone()),
            index: Some(index.to_owned()),
            retries: 1,
            backoff: Duration::from_millis(1),
            output: output.to_owned(),
            ..Request::default()
        }
    }
}

#[derive(Default)]
struct Events(Mutex<Vec<String>>);

impl Observer for Events {
    fn event(&self, event: Event<'_>) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
}

/// All bytes of all files in a folder.
fn everything(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(everything(&path));
        } else {
            let file = fs::read(&path).unwrap();
            bytes.extend(zstd::decode_all(&file[..]).unwrap_or_default());
            bytes.extend(file);
        }
    }
    bytes
}

/// Fetches of one index, and all that was told of them.
struct Attempts<'a> {
    secure: &'a Secure,
    index: &'a str,
    output: &'a Path,
    told: Vec<String>,
}

impl Attempts<'_> {
    /// Fetches with these credentials, from another address if one is given.
    fn fetch(&mut self, way: Way) -> Result<Manifest, FetchError> {
        self.fetch_of(self.index, way)
    }

    /// Fetches of another index.
    fn fetch_of(
        &mut self,
        index: &str,
        (tls, credentials, url): Way,
    ) -> Result<Manifest, FetchError> {
        let mut request = self.secure.request(index, self.output);
        request.url = url.or(request.url);
        let events = Events::default();
        let request = Request { tls, credentials, force: true, ..request };
        let fetched = fetch(&request, &Cancel::new(), &events);
        let events = events.0.into_inner().unwrap().join("\n");
        let message = fetched.as_ref().err().map(ToString::to_string).unwrap_or_default();
        self.told.push(format!("{events} {fetched:?} {message}"));
        fetched
    }

    /// Not trusted, without TLS, without and with wrong credentials, without rights.
    fn nobody_else_comes_in(&mut self, wrong: &(String, String)) {
        let secure = self.secure;
        let error = self.fetch((Tls::default(), basic(&secure.boss), None));
        assert!(matches!(error, Err(FetchError::Unreachable { .. })), "{error:?}");
        let plain = secure.url.replace("https:", "http:");
        assert!(self.fetch((Tls::default(), basic(&secure.boss), Some(plain))).is_err());
        for credentials in [Credentials::None, basic(wrong), Credentials::Bearer("x".to_owned())] {
            let error = self.fetch((secure.tls(), credentials, None));
            assert!(matches!(error, Err(FetchError::Unauthorized { .. })), "{error:?}");
            let message = error.unwrap_err().to_string();
            assert!(
                message.starts_with("401: ")
                    && message.contains("--password-file")
                    && message.contains("security_exception"),
                "{message}"
            );
        }
        // By its name, by a pattern that matches it, and by one that does not: the
        // server hides what is there, and none of them is "no such index".
        for index in
            [self.index.to_owned(), format!("{}*", self.index), "flowkit-test-none-*".to_owned()]
        {
            let error = self.fetch_of(&index, (secure.tls(), basic(&secure.weak), None));
            assert!(matches!(error, Err(FetchError::Forbidden { .. })), "{error:?}");
            let message = error.unwrap_err().to_string();
            let user = format!("user {}, who lacks the index privilege read", secure.weak.0);
            assert!(message.starts_with("403: ") && message.contains(&user), "{message}");
            assert!(!self.output.join("manifest.json").exists());
        }
    }
}

/// How a fetch comes in: whom it trusts, as whom, and another address than usual.
type Way = (Tls, Credentials, Option<String>);

/// Every way in: by option, by address, by API key, and where anybody is trusted.
fn ways(secure: &Secure, key: &serde_json::Value) -> Vec<Way> {
    let (user, password) = &secure.boss;
    let in_url = secure.url.replace("://", &format!("://{user}:{password}@"));
    let anybody = Tls { trusts_anybody: true, ..Tls::default() };
    let mut ways = vec![
        (secure.tls(), basic(&secure.boss), None),
        (secure.tls(), Credentials::None, Some(in_url)),
        (anybody, basic(&secure.boss), None),
    ];
    if let Some(encoded) = key["encoded"].as_str() {
        let pair = format!("{}:{}", key["id"].as_str().unwrap(), key["api_key"].as_str().unwrap());
        ways.push((secure.tls(), Credentials::ApiKey(encoded.to_owned()), None));
        ways.push((secure.tls(), Credentials::ApiKey(pair), None));
    } else {
        eprintln!("this build gives no API keys: {key}");
    }
    ways
}

#[test]
fn who_is_trusted_comes_in_and_nobody_else() {
    let Some(secure) = secure() else { return };
    let index = format!("flowkit-test-secure-{}", std::process::id());
    for n in 0..20 {
        let document =
            format!(r#"{{"@timestamp":"2018-09-21T07:00:{n:02}Z","netflow":{{"bytes":{n}}}}}"#);
        secure.ask("POST", &format!("/{index}/_doc?refresh=true"), &document);
    }
    let key = secure.ask("POST", "/_security/api_key", r#"{"name":"flowkit-test"}"#);
    let wrong = (secure.boss.0.clone(), "wrong%pass@word!".to_owned());
    let keys = [&key["encoded"], &key["api_key"]].map(|key| key.as_str().map(str::to_owned));
    let mut secrets = vec![secure.boss.1.clone(), secure.weak.1.clone(), wrong.1.clone()];
    secrets.extend(keys.into_iter().flatten());

    let place = tempfile::tempdir().unwrap();
    let output = place.path().join("dump");
    let mut attempts =
        Attempts { secure: &secure, index: &index, output: &output, told: Vec::new() };
    attempts.nobody_else_comes_in(&wrong);
    for way in ways(&secure, &key) {
        let manifest = attempts.fetch(way).unwrap();
        assert_eq!(manifest.documents(), 20);
        let written = everything(&output);
        for secret in &secrets {
            let is_there = written.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "{secret} is in a file");
        }
    }
    let told = attempts.told.join("\n");
    secure.ask("DELETE", &format!("/{index}"), "");
    for secret in &secrets {
        assert!(!told.contains(secret.as_str()), "{secret} is told in {told}");
    }
}
