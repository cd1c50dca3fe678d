//! The server: requests and answers, product, refusals, retries.
//!
//! [`Server`] separates the protocol from its transport. Two types implement it:
//! [`client`] over HTTP, and a script in the tests. Bodies are bytes, in reused
//! buffers.

pub(crate) mod address;
pub(crate) mod client;
pub(crate) mod credentials;
pub(crate) mod product;
pub(crate) mod rate_limit;
pub(crate) mod refusal;
pub(crate) mod retry;
pub(crate) mod rights;
#[cfg(test)]
pub(crate) mod scripted;
pub(crate) mod stranger;
pub(crate) mod tls;

use serde_json::Value;

use crate::error::FetchError;

/// HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
}

/// A call of the API: method, path and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query, from the address of the server.
    pub(crate) path: String,
    /// JSON, or empty for none.
    pub(crate) body: String,
    /// Whether the answer is a page of documents, which may be large.
    pub(crate) is_page: bool,
}

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), body: String::new(), is_page: false }
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self { method: Method::Post, path: path.into(), body: body.to_string(), is_page: false }
    }

    /// A POST without a body.
    pub(crate) fn post_nothing(path: impl Into<String>) -> Self {
        Self { method: Method::Post, path: path.into(), body: String::new(), is_page: false }
    }

    pub(crate) fn delete(path: impl Into<String>, body: &Value) -> Self {
        Self { method: Method::Delete, path: path.into(), body: body.to_string(), is_page: false }
    }

    /// The same call, whose answer is a page of documents.
    pub(crate) fn for_page(self) -> Self {
        Self { is_page: true, ..self }
    }

    /// `POST /path`, without the query, for messages.
    pub(crate) fn name(&self) -> String {
        let method = match self.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{method} {path}")
    }
}

/// Answers calls; each is sent at most once.
pub(crate) trait Server: Sync {
    /// Sends a call, reads the whole body of the answer into `body`, and returns
    /// the status, whatever it is.
    ///
    /// # Errors
    /// If there is no answer, or its body ends early. Whether the server acted
    /// on the request is unknown then.
    fn send(&self, call: &Call, body: &mut Vec<u8>) -> Result<u16, FetchError>;

    /// The address, without credentials.
    fn url(&self) -> &str;

    /// Whether requests carry credentials.
    fn has_login(&self) -> bool {
        false
    }
}
