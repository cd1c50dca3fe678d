//! Options that say which server to query, and with which credentials.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use flowkit_dump::named::read_small_text;
use flowkit_fetch::{
    Credentials, FetchError, Request, Tls, Unsent, has_credentials, server_of_dump,
};
use flowkit_model::harmless;

use crate::exit::Usage;
use crate::screen;
use crate::warn::warn;

/// Which server, and with which credentials.
#[derive(Args, Default)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerArgs {
    /// URL of the server, such as es.example:9200, with https:// for TLS
    ///
    /// With a path if the API is behind one, such as es.example:9200/search.
    /// Without --url, `flowkit fetch` uses FLOWKIT_URL, the URL in an existing dump,
    /// or localhost:9200; `flowkit verify` contacts no server. A password, key, token
    /// or client certificate goes only to the URL in --url or FLOWKIT_URL.
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

    /// Send a password, key or token over http:// to another machine
    #[arg(long)]
    allow_plain_http: bool,
}

impl ServerArgs {
    /// Settles where a secret goes if only the dump names the server: on a terminal the
    /// user is asked, elsewhere it is refused.
    ///
    /// # Errors
    /// If the user does not agree, or cannot be asked.
    pub(crate) fn settle(&self, request: &mut Request, is_dry_run: bool) -> anyhow::Result<()> {
        let certificate = self.client_cert.as_ref().map(|_| "client certificate");
        let source = self.source(request.url.as_deref(), variable);
        let Some(secret) = source.noun().or(certificate) else { return Ok(()) };
        let Some(url) = server_of_dump(request, is_dry_run)? else { return Ok(()) };
        let is_terminal = io::stdin().is_terminal() && screen::err_is_terminal();
        if !(is_terminal && agrees(&url, secret, &mut io::stdin().lock(), &mut screen::err())) {
            let dump = request.output.clone();
            bail!(FetchError::NotSent(Unsent::NotNamed { url, dump, secret }));
        }
        request.url = Some(url);
        Ok(())
    }

    /// Fills in the credentials and certificates of a request. Warns of what is not safe.
    ///
    /// # Errors
    /// If a file cannot be read, or there is no terminal to ask for the password.
    pub(crate) fn fill(&self, request: &mut Request) -> anyhow::Result<()> {
        request.credentials = self.source(request.url.as_deref(), variable).read()?;
        request.allows_plain_http = self.allow_plain_http;
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

    /// Where the credentials come from: options, the URL, variables, the first that there
    /// is. `variable` looks up a variable that is not empty.
    fn source(&self, url: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Source<'_> {
        if let Some(user) = &self.user {
            let password = match &self.password_file {
                Some(path) => Password::File(path),
                None => variable("FLOWKIT_PASSWORD").map_or(Password::Prompt, Password::Variable),
            };
            return Source::User(user, password);
        }
        if let Some(path) = &self.api_key_file {
            return Source::ApiKeyFile(path);
        }
        if let Some(path) = &self.bearer_file {
            return Source::BearerFile(path);
        }
        // Credentials in the URL take precedence over a variable that is always set.
        if url.is_some_and(has_credentials) {
            return Source::Url;
        }
        let api_key = || variable("FLOWKIT_API_KEY").map(Source::ApiKey);
        let bearer = || variable("FLOWKIT_BEARER").map(Source::Bearer);
        api_key().or_else(bearer).unwrap_or(Source::Nothing)
    }
}

/// Where the credentials come from.
enum Source<'a> {
    /// A user, and a password from somewhere.
    User(&'a str, Password<'a>),
    ApiKeyFile(&'a Path),
    BearerFile(&'a Path),
    /// The address holds them.
    Url,
    /// The value of a variable.
    ApiKey(String),
    /// The value of a variable.
    Bearer(String),
    /// There are none.
    Nothing,
}

/// Where a password comes from.
enum Password<'a> {
    File(&'a Path),
    /// The value of a variable.
    Variable(String),
    Prompt,
}

impl Source<'_> {
    /// What would be sent to the server, before it is read or asked for.
    fn noun(&self) -> Option<&'static str> {
        match self {
            Self::User(..) | Self::Url => Some("password"),
            Self::ApiKeyFile(_) | Self::ApiKey(_) => Some("API key"),
            Self::BearerFile(_) | Self::Bearer(_) => Some("bearer token"),
            Self::Nothing => None,
        }
    }

    /// The credentials; those in the address stay there.
    fn read(self) -> anyhow::Result<Credentials> {
        Ok(match self {
            Self::User(user, _) if user.contains(':') => {
                let why = "--user takes a name without a colon; a password behind it would be visible in the process list, so give it with --password-file FILE or FLOWKIT_PASSWORD";
                return Err(Usage(why.to_owned()).into());
            }
            Self::User(user, password) => {
                let password = match password {
                    Password::File(path) => first_line(path)?,
                    Password::Variable(password) => password,
                    Password::Prompt => prompt(user)?,
                };
                Credentials::Basic { user: user.to_owned(), password }
            }
            Self::ApiKeyFile(path) => Credentials::ApiKey(first_line(path)?),
            Self::BearerFile(path) => Credentials::Bearer(first_line(path)?),
            Self::ApiKey(key) => Credentials::ApiKey(key),
            Self::Bearer(token) => Credentials::Bearer(token),
            Self::Url | Self::Nothing => Credentials::None,
        })
    }
}

/// Asks whether a secret may be sent to the server that a dump names; no answer is no.
fn agrees(url: &str, secret: &str, answers: &mut impl BufRead, questions: &mut impl Write) -> bool {
    let asked =
        write!(questions, "the dump names {url} as its server; send the {secret} there? [y/N] ");
    let mut answer = String::new();
    let is_answered = asked.and_then(|()| questions.flush()).is_ok()
        && answers.take(100).read_line(&mut answer).is_ok();
    is_answered && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The first line of a file that holds a secret.
fn first_line(path: &Path) -> anyhow::Result<String> {
    let text =
        read_small_text(path).with_context(|| format!("cannot read {}", harmless::path(path)))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!("{} is empty; its first line must be the secret", harmless::path(path));
    }
    Ok(line.to_owned())
}

fn prompt(user: &str) -> anyhow::Result<String> {
    rpassword::prompt_password(format!("password of {}: ", harmless::harmless(user))).context(
        "no terminal to ask for the password; use --password-file FILE or set FLOWKIT_PASSWORD",
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_secret_goes_to_the_server_of_a_dump_after_a_yes_alone() {
        for (answer, expected) in [
            ("y\n", true),
            (" Yes \n", true),
            ("n\n", false),
            ("\n", false),
            ("", false),
            ("yessir\n", false),
            ("\u{1b}y\n", false),
        ] {
            let mut asked = Vec::new();
            let agrees = agrees("https://h", "API key", &mut answer.as_bytes(), &mut asked);
            assert_eq!(agrees, expected, "{answer:?}");
            let question = "the dump names https://h as its server; send the API key there? [y/N] ";
            assert_eq!(String::from_utf8(asked).unwrap(), question);
        }
    }

    /// Each way to give credentials where all that come after it are given, too: what is
    /// named is what is read.
    #[test]
    fn the_secret_that_is_named_is_the_one_that_is_sent() {
        let place = tempfile::tempdir().unwrap();
        let file = |text: &str| {
            let path = place.path().join(text);
            fs::write(&path, text).unwrap();
            path
        };
        let basic = |password: &str| {
            let (user, password) = ("me".to_owned(), password.to_owned());
            Credentials::Basic { user, password }
        };
        let cases = [
            (basic("p1"), Some("password")),
            (basic("p2"), Some("password")),
            (Credentials::ApiKey("k1".to_owned()), Some("API key")),
            (Credentials::Bearer("b1".to_owned()), Some("bearer token")),
            // Those in the address stay there.
            (Credentials::None, Some("password")),
            (Credentials::ApiKey("k2".to_owned()), Some("API key")),
            (Credentials::Bearer("b2".to_owned()), Some("bearer token")),
            (Credentials::None, None),
        ];
        for (n, (expected, noun)) in cases.into_iter().enumerate() {
            let args = ServerArgs {
                password_file: (n < 1).then(|| file("p1")),
                user: (n < 2).then(|| "me".to_owned()),
                api_key_file: (n < 3).then(|| file("k1")),
                bearer_file: (n < 4).then(|| file("b1")),
                ..ServerArgs::default()
            };
            let url = if n < 5 { "http://u:p@h" } else { "http://h" };
            let variable = |name: &str| match name {
                "FLOWKIT_PASSWORD" => Some("p2".to_owned()),
                "FLOWKIT_API_KEY" if n < 6 => Some("k2".to_owned()),
                "FLOWKIT_BEARER" if n < 7 => Some("b2".to_owned()),
                _ => None,
            };
            let source = args.source(Some(url), variable);
            assert_eq!(source.noun(), noun, "way {n}");
            assert!(source.read().unwrap() == expected, "way {n}");
        }
    }

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
