//! Credentials. Secrets are only in memory, and have no text form.

use std::fmt;

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
    /// Whether a header of HTTP can carry them: a key or token is sent as it is.
    #[must_use]
    pub fn can_be_sent(&self) -> bool {
        let value = self.authorization().unwrap_or_default();
        value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
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
        assert!(basic("é\u{1}").can_be_sent() && Credentials::None.can_be_sent());
        for odd in ["a\u{1}", "é", "a\nb"] {
            assert!(!Credentials::Bearer(odd.to_owned()).can_be_sent(), "{odd:?}");
            assert!(!Credentials::ApiKey(odd.to_owned()).can_be_sent(), "{odd:?}");
        }
        let shown = format!("{:?} {:?}", basic("secret"), Credentials::Bearer("secret".to_owned()));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
