//! Options that say which server is asked, and who is asking.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use flowkit_fetch::{Credentials, Request, Tls, has_credentials};

use crate::warn::warn;

/// Which server, and who is asking.
#[derive(Args)]
pub(crate) struct ServerArgs {
    /// Address of the server, with a path if the API is behind one, such as
    /// es.example:9200/search; without https:// in front it is plain HTTP
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// User; the password comes from --password-file, FLOWKIT_PASSWORD or a
    /// prompt
    #[arg(long, value_name = "NAME", help_heading = "Security", conflicts_with_all = ["api_key_file", "bearer_file"])]
    user: Option<String>,

    /// File whose first line is the password
    #[arg(long, value_name = "FILE", help_heading = "Security", requires = "user")]
    password_file: Option<PathBuf>,

    /// File whose first line is an API key, ID:KEY or encoded; else
    /// FLOWKIT_API_KEY
    #[arg(long, value_name = "FILE", help_heading = "Security", conflicts_with = "bearer_file")]
    api_key_file: Option<PathBuf>,

    /// File whose first line is a bearer token; else FLOWKIT_BEARER
    #[arg(long, value_name = "FILE", help_heading = "Security")]
    bearer_file: Option<PathBuf>,

    /// Certificate of the authority to trust, in PEM form, instead of the
    /// usual ones
    #[arg(long, value_name = "FILE", help_heading = "Security")]
    ca_cert: Option<PathBuf>,

    /// Certificate to show the server, in PEM form
    #[arg(long, value_name = "FILE", help_heading = "Security", requires = "client_key")]
    client_cert: Option<PathBuf>,

    /// Private key of that certificate, in PEM form
    #[arg(long, value_name = "FILE", help_heading = "Security", requires = "client_cert")]
    client_key: Option<PathBuf>,

    /// Trust any certificate: whoever is in between can read and change all
    #[arg(long, help_heading = "Security", conflicts_with = "ca_cert")]
    insecure: bool,
}

impl ServerArgs {
    /// Fills in who is asking the server of a request, and whom to trust. Warns of what is not safe.
    ///
    /// # Errors
    /// If a file cannot be read, or there is nobody to ask for the password.
    pub(crate) fn fill(&self, request: &mut Request) -> anyhow::Result<()> {
        request.credentials = self.credentials(request.url.as_deref())?;
        request.tls = Tls {
            ca_cert: self.ca_cert.clone(),
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
            trusts_anybody: self.insecure,
        };
        if request.url.as_deref().is_some_and(has_credentials) {
            warn(
                "others may see the password of a URL, in the list of processes or the history of the shell; use --user NAME with --password-file FILE",
            );
        }
        if self.insecure {
            warn(
                "--insecure: ANY certificate is trusted; whoever is between here and the server can read the password and the flows, and change them",
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
        // Those of the address come before a variable that is always there.
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

/// A secret stands on the first line; an editor may have ended it.
fn first_line(path: &Path) -> anyhow::Result<String> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!("{} is empty; its first line should be the secret", path.display());
    }
    Ok(line.to_owned())
}

fn prompt(user: &str) -> anyhow::Result<String> {
    rpassword::prompt_password(format!("password of {user}: ")).context(
        "there is no terminal to ask for the password; give --password-file FILE or set FLOWKIT_PASSWORD",
    )
}

#[cfg(test)]
mod tests {
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
