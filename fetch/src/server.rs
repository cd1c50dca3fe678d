//! The seam between the protocol and what carries it.
//!
//! Two implement it: [`client`](crate::client) over HTTP, and a script in the
//! tests. Bodies are kept as bytes, in buffers that are used again.

use serde_json::Value;

use crate::FetchError;

/// What is done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
}

/// One request, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// Path and query, from the address of the server.
    pub(crate) path: String,
    /// JSON, or empty for none.
    pub(crate) body: String,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), body: String::new() }
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self { method: Method::Post, path: path.into(), body: body.to_string() }
    }

    /// A POST without a body.
    pub(crate) fn post_nothing(path: impl Into<String>) -> Self {
        Self { method: Method::Post, path: path.into(), body: String::new() }
    }

    pub(crate) fn delete(path: impl Into<String>, body: &Value) -> Self {
        Self { method: Method::Delete, path: path.into(), body: body.to_string() }
    }

    /// `POST /path`, without the query: how a message names the request.
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

/// Answers requests, each put on the wire at most once.
pub(crate) trait Server: Sync {
    /// Asks, and puts the whole body of the answer into `body`, whatever the
    /// status, which is returned.
    ///
    /// # Errors
    /// If there is no answer, or its body ends early. Whether the server acted
    /// on the request is unknown then.
    fn ask(&self, ask: &Ask, body: &mut Vec<u8>) -> Result<u16, FetchError>;

    /// The address, without credentials.
    fn url(&self) -> &str;
}
