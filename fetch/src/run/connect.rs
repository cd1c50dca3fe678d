//! Makes the HTTP client of a request, and decides whether a secret may go there.
//!
//! A secret goes only to a server that the user named in this run: a dump's manifest
//! may have been written by anybody, and nothing has to be known of who did.

use crate::cancel::Cancel;
use crate::error::{FetchError, Unsent};
use crate::progress::{Event, Observer};
use crate::request::{DEFAULT_URL, Request};
use crate::server::address::Address;
use crate::server::client::Client;
use flowkit_model::dump::{Manifest, State};

/// A client for the address of a request, else for that of the dump that is
/// resumed or verified, which is told.
///
/// # Errors
/// If the address, a secret or a certificate file cannot be used, or a secret would go
/// where the user did not point. Nothing is sent yet.
pub(crate) fn connect<'o>(
    request: &Request,
    url_of_dump: Option<&str>,
    cancel: &Cancel,
    observer: &'o dyn Observer,
) -> Result<Client<'o>, FetchError> {
    let address = destination(request, url_of_dump)?;
    if request.url.is_none() && url_of_dump.is_some() {
        let note = format!("asking {}, the server that the dump names", address.url);
        observer.event(Event::Note(&note));
    }
    let tls = request.tls.config()?;
    Ok(Client::new(address, &tls, request.timeout, cancel.clone(), observer))
}

/// The address with the credentials that may be sent there.
pub(super) fn destination(
    request: &Request,
    url_of_dump: Option<&str>,
) -> Result<Address, FetchError> {
    request.credentials.check()?;
    let mut address = match (&request.url, url_of_dump) {
        (Some(url), _) => Address::new(url)?,
        (None, Some(url)) => Address::of_dump(url)?,
        (None, None) => Address::new(DEFAULT_URL)?,
    };
    let is_named = request.url.is_some() || url_of_dump.is_none();
    let certificate = request.tls.client_cert.as_ref().map(|_| "client certificate");
    if let Some(secret) = request.credentials.noun().or(certificate)
        && !is_named
    {
        let (url, dump) = (address.url, request.output.clone());
        return Err(FetchError::NotSent(Unsent::NotNamed { url, dump, secret }));
    }
    if let Some(authorization) = request.credentials.authorization() {
        address.authorization = Some(authorization);
    }
    let is_open = address.url.starts_with("http:") && !address.is_local;
    if address.authorization.is_some() && is_open && !request.allows_plain_http {
        let secret = request.credentials.noun().unwrap_or("password");
        return Err(FetchError::NotSent(Unsent::Plain { url: address.url, secret }));
    }
    Ok(address)
}

/// The server that a request would be sent to because its dump names it, and nobody
/// else; `None` if there is none. A fetch leaves a complete dump alone, and a dry run
/// asks the server of that, too.
///
/// # Errors
/// If what the dump names is no address.
pub fn server_of_dump(request: &Request, is_dry_run: bool) -> Result<Option<String>, FetchError> {
    if request.url.is_some() || request.force {
        return Ok(None);
    }
    let Ok(manifest) = flowkit_dump::manifest::read(&request.output) else { return Ok(None) };
    if !is_dry_run && is_left_alone(request, &manifest) {
        return Ok(None);
    }
    Address::of_dump(&manifest.server.url).map(|address| Some(address.url))
}

/// Whether the fetch of a request leaves a dump as it is, because that is complete.
pub(super) fn is_left_alone(request: &Request, manifest: &Manifest) -> bool {
    manifest.state == State::Complete && !request.force && request.update.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::credentials::Credentials;
    use crate::server::tls::Tls;

    #[test]
    fn a_secret_goes_where_the_user_points_over_tls_or_within_this_machine() {
        let key = || Credentials::ApiKey("k".to_owned());
        let tls = || Tls { client_cert: Some("c".into()), ..Tls::default() };
        let of = |url: Option<&str>, request: Request| Request {
            url: url.map(str::to_owned),
            ..request
        };
        let plain = || Request { credentials: key(), ..Request::default() };
        let with_cert = || Request { tls: tls(), ..Request::default() };
        let allowed = || Request { allows_plain_http: true, ..plain() };
        for (request, url_of_dump, expected) in [
            (of(None, plain()), None, None),
            (of(Some("https://h"), plain()), None, None),
            (of(Some("https://h"), plain()), Some("http://evil"), None),
            (of(Some("http://127.0.0.2:1"), plain()), None, None),
            (of(None, plain()), Some("https://h"), Some("add --url https://h")),
            (of(None, plain()), Some("http://localhost:9200"), Some("add --url http://localhost")),
            (of(None, allowed()), Some("http://h"), Some("add --url http://h")),
            (of(None, with_cert()), Some("https://h"), Some("the client certificate is not sent")),
            (
                of(Some("http://h"), plain()),
                None,
                Some("has no TLS, so others could read the API key"),
            ),
            (of(Some("http://h"), allowed()), None, None),
            (of(Some("http://u:p@h"), Request::default()), None, Some("could read the password")),
            (of(Some("http://h"), with_cert()), None, None),
            (of(None, Request::default()), Some("http://h"), None),
        ] {
            let found = destination(&request, url_of_dump).err().map(|error| error.to_string());
            let is_right = match (&found, expected) {
                (Some(found), Some(expected)) => found.contains(expected),
                (found, expected) => found.is_some() == expected.is_some(),
            };
            assert!(is_right, "{:?} {url_of_dump:?}: {found:?}", request.url);
        }
    }
}
