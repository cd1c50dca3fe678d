//! TLS: CA certificates to trust, and the client certificate.

use std::fmt;
use std::path::{Path, PathBuf};

use flowkit_dump::named::read_small;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::error::FetchError;

/// PEM files, and whether to verify.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// CA certificates to trust, instead of the built-in ones.
    pub ca_cert: Option<PathBuf>,
    /// Client certificate, with its chain.
    pub client_cert: Option<PathBuf>,
    /// Its private key.
    pub client_key: Option<PathBuf>,
    /// Disables verification: then anybody on the way can read and change the
    /// data.
    pub trusts_anybody: bool,
}

impl fmt::Debug for Tls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tls")
            .field("trusts_anybody", &self.trusts_anybody)
            .finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the PEM files.
    ///
    /// # Errors
    /// If one cannot be read or has no certificate or key.
    pub(crate) fn config(&self) -> Result<TlsConfig, FetchError> {
        let mut config = TlsConfig::builder().disable_verification(self.trusts_anybody);
        if let Some(path) = &self.ca_cert {
            config = config.root_certs(RootCerts::new_with_certs(&certificates(path)?));
        }
        match (&self.client_cert, &self.client_key) {
            (Some(cert), Some(key)) => {
                let client = ClientCert::new_with_certs(&certificates(cert)?, private_key(key)?);
                config = config.client_cert(Some(client));
            }
            (Some(path), None) => return Err(bad(path, "its key is missing; give --client-key")),
            (None, Some(path)) => {
                return Err(bad(path, "its certificate is missing; give --client-cert"));
            }
            (None, None) => {}
        }
        Ok(config.build())
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, FetchError> {
    let pem = read(path)?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(bad(path, NOT_PEM)),
        }
    }
    if found.is_empty() { Err(bad(path, NOT_PEM)) } else { Ok(found) }
}

fn private_key(path: &Path) -> Result<PrivateKey<'static>, FetchError> {
    PrivateKey::from_pem(&read(path)?).map_err(|_| bad(path, "it holds no private key in PEM form"))
}

const NOT_PEM: &str = "it holds no certificate in PEM form";

fn read(path: &Path) -> Result<Vec<u8>, FetchError> {
    read_small(path).map_err(FetchError::disk("read", path))
}

fn bad(path: &Path, why: &'static str) -> FetchError {
    FetchError::BadKeyFile { path: path.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_that_are_no_use_are_named() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x.pem");
        fs::write(&path, "no pem, but a secret").unwrap();
        let tls = |ca: bool, cert: bool, key: bool| Tls {
            ca_cert: ca.then(|| path.clone()),
            client_cert: cert.then(|| path.clone()),
            client_key: key.then(|| path.clone()),
            trusts_anybody: false,
        };
        for (tls, expected) in [
            (tls(true, false, false), "no certificate"),
            (tls(false, true, false), "--client-key"),
            (tls(false, false, true), "--client-cert"),
            (tls(false, true, true), "no certificate"),
        ] {
            let error = tls.config().unwrap_err().to_string();
            assert!(error.contains("x.pem") && error.contains(expected), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(Tls::default().config().is_ok());
    }
}
