//! Options that say which server to query, and with which credentials.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use flowkit_dump::named::read_small_text;
use flowkit_fetch::{Credentials, Request, Tls, has_credentials};

use crate::warn::warn;

/// Which server, and with which credentials.
#[derive(Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerArgs {
    /// URL of the server, such as es.example:9200, with https:// for TLS
    ///
    /// With a path if the API is behind one, such as es.example:9200/search.
    /// Without --url, `flowkit fetch` uses FLOWKIT_URL, the URL in an existing dump,
    /// or localhost:9200; `flowkit verify` contacts no server.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// User; the password is from --password-file, FLOWKIT_PASSWORD or a prompt
    #[arg(long, value_name = "NAME", conflicts_with_all = ["api_key_file", "bearer_file"])]
    user: Option<String>,

    /// File whose first line is the password
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,

    /// File whose first line is an API key, ID:KEY or encoded; else FLOWKIT_API_KEY
    #[arg(long, value_name = "FILE", conflicts_with = "bearer_file")]
    api_key_file: Option<PathBuf>,

    /// File whose first line is a bearer token; else FLOWKIT_BEARER
    #[arg(long, value_name = "FILE")]
    bearer_file: Option<PathBuf>,

    /// CA certificate in PEM format, instead of the usual ones
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,

    /// Client certificate in PEM format
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_cert: Option<PathBuf>,

    /// Private key of the client certificate, in PEM format
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,

    /// Accept any certificate: others can then read and change what is sent
    #[arg(long, conflicts_with = "ca_cert")]
    insecure: bool,
}

impl ServerArgs {
    /// Fills in the credentials and certificates of a request. Warns of what is not safe.
    ///
    /// # Errors
    /// If a file cannot be read, or there is no terminal to ask for the password.
    pub(crate) fn fill(&self, request: &mut Request) -> anyhow::Result<()> {
        request.credentials = self.credentials(request.url.as_deref())?;
        if !request.credentials.can_be_sent() {
            bail!(
                "the API key or token holds a character that a header of HTTP cannot carry; is it from the right file or variable?"
            );
        }
        request.tls = Tls {
            ca_cert: self.ca_cert.clone(),
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
            trusts_anybody: self.insecure,
        };
        if self.url.as_deref().is_some_and(has_credentials) {
            warn(
                "a password in a URL is visible in the process list and the shell history; use --user NAME with --password-file FILE",
            );
        }
        if self.insecure {
            warn(
                "--insecure accepts ANY certificate: whoever is between here and the server can read and change the password and the flows",
            );
        }
        Ok(())
    }

    fn credentials(&self, url: Option<&str>) -> anyhow::Result<Credentials> {
        if let Some(user) = &self.user {
            let password = match (&self.password_file, variable("FLOWKIT_PASSWORD")) {
                (Some(path), _) => first_line(path)?,
                (None, Some(password)) => password,
                (None, None) => prompt(user)?,
            };
            return Ok(Credentials::Basic { user: user.clone(), password });
        }
        if let Some(path) = &self.api_key_file {
            return Ok(Credentials::ApiKey(first_line(path)?));
        }
        if let Some(path) = &self.bearer_file {
            return Ok(Credentials::Bearer(first_line(path)?));
        }
        // Credentials in the URL take precedence over a variable that is always set.
        if url.is_some_and(has_credentials) {
            return Ok(Credentials::None);
        }
        Ok(match (variable("FLOWKIT_API_KEY"), variable("FLOWKIT_BEARER")) {
            (Some(key), _) => Credentials::ApiKey(key),
            (None, Some(token)) => Credentials::Bearer(token),
            (None, None) => Credentials::None,
        })
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The first line of a file that holds a secret.
fn first_line(path: &Path) -> anyhow::Result<String> {
    let text = read_small_text(path).with_context(|| format!("cannot read {}", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!("{} is empty; its first line must be the secret", path.display());
    }
    Ok(line.to_owned())
}

fn prompt(user: &str) -> anyhow::Result<String> {
    rpassword::prompt_password(format!("password of {user}: ")).context(
        "no terminal to ask for the password; use --password-file FILE or set FLOWKIT_PASSWORD",
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_secret_is_the_first_line_whatever_is_in_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("secret");
        for (text, expected) in
            [("p%@ !*\n", "p%@ !*"), ("x", "x"), ("a\r\nb", "a"), (" y ", " y ")]
        {
            fs::write(&path, text).unwrap();
            assert_eq!(first_line(&path).unwrap(), expected);
        }
        fs::write(&path, "\nsecond").unwrap();
        let error = format!("{:#}", first_line(&path).unwrap_err());
        assert!(!error.contains("second") && error.contains("first line"), "{error}");
        assert!(first_line(&place.path().join("none")).is_err());
    }
}
