//! Classifies a failed request, and gives a hint what to try.

use ureq::Error;

/// Whether the answer exceeds the size limit.
pub(super) fn is_too_large(error: &Error) -> bool {
    match error {
        Error::BodyExceedsLimit(_) => true,
        Error::Io(error) => error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Error>())
            .is_some_and(|inner| matches!(inner, Error::BodyExceedsLimit(_))),
        _ => false,
    }
}

/// The cause of an error, without the client library's prefix.
pub(super) fn cause(error: Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        Error::Io(error) => Box::new(error),
        error => Box::new(error),
    }
}

/// What to try if no connection could be made; `None` if one was.
pub(super) fn hint(error: &Error, is_https: bool, has_answered: bool) -> Option<&'static str> {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, ConnectionReset, HostUnreachable, InvalidData,
        NetworkDown, NetworkUnreachable, UnexpectedEof,
    };
    match error {
        Error::HostNotFound => Some(HOST),
        // The standard library has no kind for name resolution errors: they have a
        // text on Unix, a number on Windows.
        Error::Io(error) if error.to_string().contains("lookup address") => Some(HOST),
        Error::Io(error) if cfg!(windows) && error.raw_os_error() == Some(11_001) => Some(HOST),
        Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Some("nothing answers; is a firewall in between?")
        }
        Error::Timeout(_) if !has_answered => Some(SILENT),
        Error::Io(error) if error.kind() == ConnectionRefused => {
            Some("is the server running, and is the port right?")
        }
        Error::Io(error)
            if matches!(
                error.kind(),
                HostUnreachable | NetworkUnreachable | NetworkDown | AddrNotAvailable
            ) =>
        {
            Some("is there a way to that network?")
        }
        Error::Rustls(_) | Error::Tls(_) | Error::TlsRequired => Some(TLS),
        // A failed TLS handshake may appear as an I/O error, and if only one side
        // speaks TLS, the connection is just closed.
        Error::Io(error) if is_https && error.kind() == InvalidData => Some(TLS),
        Error::Io(error)
            if !has_answered && matches!(error.kind(), UnexpectedEof | ConnectionReset) =>
        {
            Some(if is_https { TLS } else { PLAIN })
        }
        Error::Protocol(_) if !is_https && !has_answered => Some(PLAIN),
        Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => Some(PROXY),
        _ => None,
    }
}

pub(super) const PROXY: &str = "asked through the proxy of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY), which may be in the way; NO_PROXY leaves it out";
const SILENT: &str = "something takes the connection and answers nothing; is it the port for HTTP (9200 by default), and is the server well?";
const HOST: &str = "is the name of the host right?";
const PLAIN: &str = "it does not speak plain HTTP; try https://";
const TLS: &str = "no trust over TLS: the certificate must be for that host and from a known authority; a server without TLS needs http://";
