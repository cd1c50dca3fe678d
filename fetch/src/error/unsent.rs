//! Why a password, key, token or client certificate was not sent.

use std::fmt;
use std::path::PathBuf;

use flowkit_model::harmless;

/// A secret stays here; nothing was sent. `secret` is its noun, such as `API key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// The server is named by the dump alone, and whoever wrote that may be a stranger.
    NotNamed {
        /// Address without credentials.
        url: String,
        /// The dump.
        dump: PathBuf,
        /// What would have been sent.
        secret: &'static str,
    },
    /// The server is on another machine and has no TLS.
    Plain {
        /// Address without credentials.
        url: String,
        /// What would have been sent.
        secret: &'static str,
    },
    /// The secret itself cannot be right.
    Unusable(&'static str),
}

impl fmt::Display for Unsent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNamed { url, dump, secret } => write!(
                out,
                "only {} names {url} as the server, so the {secret} is not sent there; if it is the right one, add --url {url}",
                harmless::path(dump)
            ),
            Self::Plain { url, secret } => write!(
                out,
                "{url} has no TLS, so others could read the {secret} on its way; use https://, or --allow-plain-http if you trust the network"
            ),
            Self::Unusable(why) => {
                write!(out, "{why}; is it from the right option, file or variable?")
            }
        }
    }
}
