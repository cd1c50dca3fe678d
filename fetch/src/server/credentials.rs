//! Credentials. Secrets are only in memory, and have no text form.

use std::fmt;

use crate::error::{FetchError, Unsent};
use crate::server::address::base64;

/// Credentials for a server.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// None, or those in the address.
    #[default]
    None,
    /// A user and a password.
    Basic {
        /// Name of the user.
        user: String,
        /// The password; any characters.
        password: String,
    },
    /// An API key, as the server gave it (`id:key`, or that in base 64).
    ApiKey(String),
    /// A bearer token.
    Bearer(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic",
            Self::ApiKey(_) => "ApiKey",
            Self::Bearer(_) => "Bearer",
        })
    }
}

impl Credentials {
    /// Checks that they can be what is meant, and that HTTP can carry them: a key or
    /// token is sent as it is, a user ends at a colon, and control characters are in
    /// none (RFC 7617, section 2).
    pub(crate) fn check(&self) -> Result<(), FetchError> {
        let has_control = |text: &str| text.chars().any(char::is_control);
        let is_carried = |value: String| value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let why = match self {
            Self::Basic { user, .. } if user.is_empty() => "the user name is empty",
            Self::Basic { user, .. } if user.contains(':') => {
                "the user name holds a colon, where HTTP begins the password"
            }
            Self::Basic { user, .. } if has_control(user) => {
                "the user name holds a control character"
            }
            Self::Basic { password, .. } if password.is_empty() => "the password is empty",
            Self::Basic { password, .. } if has_control(password) => {
                "the password holds a control character"
            }
            Self::ApiKey(key) if key.trim().is_empty() => "the API key is empty",
            Self::ApiKey(key) if has_control(key) => "the API key holds a control character",
            Self::Bearer(token) if token.trim().is_empty() => "the bearer token is empty",
            Self::Bearer(token) if has_control(token) => {
                "the bearer token holds a control character"
            }
            _ if !self.authorization().is_none_or(is_carried) => {
                "the API key or token holds a character that a header of HTTP cannot carry"
            }
            _ => return Ok(()),
        };
        Err(FetchError::NotSent(Unsent::Unusable(why)))
    }

    /// What they are, for messages; none without any.
    pub(crate) fn noun(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Basic { .. } => Some("password"),
            Self::ApiKey(_) => Some("API key"),
            Self::Bearer(_) => Some("bearer token"),
        }
    }

    /// Value of the `Authorization` header.
    pub(crate) fn authorization(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Basic { user, password } => {
                Some(format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))
            }
            // A colon is not in the base 64 alphabet, so that this key is not encoded
            // yet.
            Self::ApiKey(key) if key.contains(':') => {
                Some(format!("ApiKey {}", base64(key.as_bytes())))
            }
            Self::ApiKey(key) => Some(format!("ApiKey {key}")),
            Self::Bearer(token) => Some(format!("Bearer {token}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_header_and_none_shows_its_secret() {
        let basic = |password: &str| Credentials::Basic {
            user: "u".to_owned(),
            password: password.to_owned(),
        };
        let cases = [
            (Credentials::None, None),
            (basic("p"), Some("Basic dTpw")),
            (basic("é:@%!*"), Some("Basic dTrDqTpAJSEq")),
            (Credentials::ApiKey("a:b".to_owned()), Some("ApiKey YTpi")),
            (Credentials::ApiKey("YTpi".to_owned()), Some("ApiKey YTpi")),
            (Credentials::Bearer("tok".to_owned()), Some("Bearer tok")),
        ];
        for (credentials, expected) in cases {
            assert_eq!(credentials.authorization().as_deref(), expected);
        }
        assert!(basic("é").check().is_ok() && Credentials::None.check().is_ok());
        assert!(Credentials::ApiKey("a:é".to_owned()).check().is_ok(), "it is encoded");
        for odd in ["a\u{1}", "é", "a\nb", "", " ", "a\u{85}"] {
            assert!(Credentials::Bearer(odd.to_owned()).check().is_err(), "{odd:?}");
            assert!(Credentials::ApiKey(odd.to_owned()).check().is_err(), "{odd:?}");
        }
        for odd in ["", "a\u{1}", "a\r\nb", "\u{7f}", "\u{9b}"] {
            assert!(basic(odd).check().is_err(), "{odd:?}");
        }
        let shown = format!("{:?} {:?}", basic("secret"), Credentials::Bearer("secret".to_owned()));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
