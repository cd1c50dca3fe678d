//! The address of a server, separated from the credentials that may be in it.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::error::{FetchError, printable};

/// The address of a server in a form that can be shown, and its credentials.
#[derive(Clone)]
pub(crate) struct Address {
    /// Scheme, host, port and path without a final `/`; no credentials.
    pub(crate) url: String,
    /// Value of the `Authorization` header. Never shown, never written.
    pub(crate) authorization: Option<String>,
    /// Whether the server is on this machine.
    pub(crate) is_local: bool,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Address {
    /// Parses an address. What precedes the last `@` of the authority is
    /// `user:password`, percent-decoded; a password may contain a bare `@`.
    pub(crate) fn new(text: &str) -> Result<Self, FetchError> {
        let text = text.trim();
        if let Some(scheme) = lacks_slashes(text) {
            let why = "the // is missing; nothing else may follow the scheme";
            return Err(FetchError::Address { url: format!("{scheme}:…"), why });
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = printable(&scheme.to_ascii_lowercase());
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        // An `@` after a `/` may still end a password that was not encoded: what
        // precedes it is not shown.
        if let Some((_, shown)) = path.rsplit_once('@') {
            let shown = printable(shown.split(['?', '#']).next().unwrap_or_default());
            let why = "write a /, ? or # in a password as %2F, %3F or %23";
            return Err(FetchError::Address { url: format!("{scheme}://…@{shown}"), why });
        }
        // What follows a ? may be a password, too, and so may be what stands for a port.
        let shown_path = path.split(['?', '#']).next().unwrap_or_default();
        let shown = |host: &str| printable(&format!("{scheme}://{host}{shown_path}"));
        let refuse = |why| Err(FetchError::Address { url: shown(host), why });
        if let Some((name, port)) = port_of(host)
            && port.parse::<u16>().is_err()
        {
            let why = "the port is no number; a user and a password stand before an @";
            return Err(FetchError::Address { url: shown(&format!("{name}:…")), why });
        }
        if scheme != "http" && scheme != "https" {
            return refuse("only http:// and https:// are known");
        }
        if path.contains(['?', '#']) {
            return refuse("leave out what follows the ? or #");
        }
        let url = format!("{scheme}://{host}{}", path.trim_end_matches('/'));
        if !is_address(&url, host) {
            return refuse("it is not an address");
        }
        let authorization = match userinfo.map(basic) {
            None => None,
            Some(Ok(authorization)) => Some(authorization),
            Some(Err(why)) => return refuse(why),
        };
        Ok(Self { url, authorization, is_local: is_loopback(host_name(host)) })
    }

    /// The address of the server that a dump names: one that flowkit wrote there, or
    /// whatever a stranger did.
    pub(crate) fn of_dump(text: &str) -> Result<Self, FetchError> {
        let why = match Self::new(text) {
            Ok(address) if address.url == text => return Ok(address),
            _ if text.is_empty() => "it names no server; give --url",
            _ => "the server that it names is no address that flowkit writes; give --url",
        };
        Err(FetchError::Address { url: "manifest.json of the dump".to_owned(), why })
    }
}

/// The scheme, if what follows it is not `://`: the rest may be a password.
fn lacks_slashes(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    ["https", "http"].into_iter().find(|scheme| {
        let rest = lower.strip_prefix(scheme);
        rest.is_some_and(|rest| rest.starts_with([':', '/']) && !rest.starts_with("://"))
    })
}

/// Whether the HTTP client reads a URL as it stands here.
fn is_address(url: &str, host: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte);
    let is_same = |uri: ureq::http::Uri| uri.host() == Some(host_name(host));
    !host.is_empty() && url.bytes().all(is_plain) && url.parse().is_ok_and(is_same)
}

/// The header of `user:password`, percent-encoded.
fn basic(userinfo: &str) -> Result<String, &'static str> {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let (user, password) = (percent_decode(user), percent_decode(password));
    if password.is_empty() {
        return Err("it has a user and no password; use --user NAME with --password-file FILE");
    }
    if user.iter().chain(&password).any(u8::is_ascii_control) {
        return Err("its user or password holds a control character");
    }
    Ok(format!("Basic {}", base64(&[&user[..], b":", &password].concat())))
}

/// Whether a host is this machine by its name alone, whatever a resolver says:
/// `127.0.0.1.example` is not.
fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    name.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || bare
            .and_then(|bare| bare.parse::<Ipv6Addr>().ok())
            .is_some_and(|address| address.to_canonical().is_loopback())
}

/// Whether an address holds credentials.
#[must_use]
pub fn has_credentials(url: &str) -> bool {
    Address::new(url).is_ok_and(|address| address.authorization.is_some())
}

/// Host and port; none without a port.
fn port_of(host: &str) -> Option<(&str, &str)> {
    host.rsplit_once(':').filter(|(_, port)| !port.contains(']'))
}

fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Decodes `%41` to `A`. A `%` without two hexadecimal digits is left unchanged,
/// for passwords that were not encoded.
fn percent_decode(text: &str) -> Vec<u8> {
    let hex = |digit: Option<&u8>| digit.and_then(|digit| char::from(*digit).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = hex(bytes.get(at + 1)).zip(hex(bytes.get(at + 2)));
        if let (b'%', Some((high, low))) = (byte, digits) {
            decoded.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    decoded
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index) & 63) as usize];
            text.push(if index > group.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// Removes what precedes an `@`, from an address that a server sent.
pub(crate) fn without_credentials(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}

/// Percent-encodes a text for the path of a request; `*` and `,` keep their
/// meaning.
pub(crate) fn path_segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'_' | b'.' | b'~' | b'*' | b',' => segment.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => segment.push(char::from(byte)),
            _ => segment.extend(format!("%{byte:02X}").chars()),
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, url: &str, pair: Option<&str>) {
        let address = Address::new(text).unwrap();
        assert_eq!(address.url, url, "{text}");
        let expected = pair.map(|pair| format!("Basic {}", base64(pair.as_bytes())));
        assert_eq!(address.authorization, expected, "{text}");
    }

    #[test]
    fn credentials_are_taken_out_and_decoded() {
        check("http://localhost:9200", "http://localhost:9200", None);
        check("localhost:9200", "http://localhost:9200", None);
        check("HTTPS://es.example/prefix/", "https://es.example/prefix", None);
        check("http://u:p@h:1/x", "http://h:1/x", Some("u:p"));
        check("http://u:p%40ss%2F%25@h", "http://h", Some("u:p@ss/%"));
        check("http://u:p@ss@h:9200", "http://h:9200", Some("u:p@ss"));
        check("http://u:100%!@h", "http://h", Some("u:100%!"));
        check("http://[::1]", "http://[::1]", None);
        check("http://u:p@[::1]:9200", "http://[::1]:9200", Some("u:p"));
    }

    #[test]
    fn no_error_and_no_debug_form_shows_a_password() {
        for text in [
            "ftp://u:secret@h",
            "http://u:secret@",
            "http://u:secret@h/?q",
            "http://u:secret@h h",
            "http://u:1/secret@h",
            "http://u:secret#secret@h",
            // Without a host, and as members of a query.
            "https://u:secret",
            "u:secret",
            "http://h?user=u&password=secret",
            "http://u:x/y@h?token=secret",
        ] {
            let error = Address::new(text).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("secret"), "{shown}");
        }
        let address = Address::new("http://u:secret@h").unwrap();
        let encoded = base64(b"u:secret");
        assert!(!format!("{address:?}").contains(&encoded));
    }

    #[test]
    fn this_machine_is_known_by_its_name_alone() {
        let is_local = |host: &str| Address::new(&format!("http://{host}")).unwrap().is_local;
        let local = ["localhost", "LOCALHOST:9200", "localhost.", "localhost.:1", "127.0.0.1"];
        for host in local.into_iter().chain(["127.9.8.7:1", "[::1]:9", "[::ffff:127.0.0.1]"]) {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "127.0.0.1.evil.example",
            "127.1",
            "127.0.0.1.",
            "0x7f.0.0.1",
            "128.0.0.1",
            "0.0.0.0",
            "[::]",
            "[::2]",
            "[fe80::1]",
            "localhost.evil.example",
            "notlocalhost",
            "x.localhost",
            "localhost@evil.example",
        ] {
            let host = host.replace("localhost@", "localhost:p@");
            assert!(!is_local(&host), "{host}");
        }
    }

    #[test]
    fn what_the_client_would_read_otherwise_is_no_address() {
        for text in [
            "http:/h",
            "https:h",
            "https//h",
            "https:9200",
            "http:u:secret@h",
            "http://",
            "http:///x",
            "http://h:",
            "http://h:99999",
            "http://h\\@evil",
            "http://evil\\.h",
            "http://h/\u{202e}x",
            "http://h/\u{1b}[m",
            "http://ho st",
            "http://h\u{e9}",
            "http://u@h",
            "http://u:@h",
            "http://u:a%0ab@h",
            "http://::1",
        ] {
            let error = Address::new(text).unwrap_err().to_string();
            assert!(
                !error.contains(['\u{1b}', '\u{202e}']) && !error.contains("secret"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_dump_names_a_server_as_flowkit_writes_it_or_none() {
        for text in ["http://h:9200", "https://es.example/prefix", "http://[::1]:9"] {
            assert_eq!(Address::of_dump(text).unwrap().url, text);
        }
        for text in
            ["", "h:9200", "HTTP://h", "http://h/", "http://u:p@h", " http://h", "file:///x"]
        {
            assert!(Address::of_dump(text).is_err(), "{text}");
        }
    }

    #[test]
    fn base64_is_the_usual_one() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (text, expected) in cases {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn an_index_name_cannot_change_the_request() {
        assert_eq!(path_segment("netflow-*,a"), "netflow-*,a");
        assert_eq!(path_segment("<netflow-{now/d}>"), "%3Cnetflow-%7Bnow%2Fd%7D%3E");
        assert_eq!(path_segment("../_all?x#y"), "..%2F_all%3Fx%23y");
    }
}
