//! Makes the HTTP client of a request.

use crate::cancel::Cancel;
use crate::error::FetchError;
use crate::request::{DEFAULT_URL, Request};
use crate::server::address::Address;
use crate::server::client::Client;

/// A client for the address of a request, else for that of the dump that is
/// resumed or verified.
///
/// # Errors
/// If the address or a certificate file cannot be used. Nothing is sent yet.
pub(crate) fn connect(
    request: &Request,
    url_of_dump: Option<&str>,
    cancel: &Cancel,
) -> Result<Client, FetchError> {
    let url = request.url.as_deref().or(url_of_dump).unwrap_or(DEFAULT_URL);
    let mut address = Address::new(url)?;
    if let Some(authorization) = request.credentials.authorization() {
        address.authorization = Some(authorization);
    }
    Ok(Client::new(address, &request.tls.config()?, request.timeout, cancel.clone()))
}
