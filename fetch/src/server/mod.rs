//! The server: requests and answers, who it is, what it refuses, what is retried.
//!
//! [`Server`] is the seam between the protocol and what carries it. Two implement
//! it: [`client`] over HTTP, and a script in the tests. Bodies are kept as bytes,
//! in buffers that are used again.

pub(crate) mod address;
pub(crate) mod client;
pub(crate) mod credentials;
pub(crate) mod product;
pub(crate) mod rate_limit;
pub(crate) mod refusal;
pub(crate) mod retry;
#[cfg(test)]
pub(crate) mod scripted;
pub(crate) mod tls;

use serde_json::Value;

use crate::error::FetchError;

/// What is done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
}

/// One call of the API, whole: method, path and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query, from the address of the server.
    pub(crate) path: String,
    /// JSON, or empty for none.
    pub(crate) body: String,
}

impl Call {
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

/// Answers calls, each put on the wire at most once.
pub(crate) trait Server: Sync {
    /// Sends a call, and puts the whole body of the answer into `body`, whatever
    /// the status, which is returned.
    ///
    /// # Errors
    /// If there is no answer, or its body ends early. Whether the server acted
    /// on the request is unknown then.
    fn send(&self, call: &Call, body: &mut Vec<u8>) -> Result<u16, FetchError>;

    /// The address, without credentials.
    fn url(&self) -> &str;
}
