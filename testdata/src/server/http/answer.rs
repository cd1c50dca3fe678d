//! An answer apart from its connection: status, content type, body.

/// Content type of JSON.
pub(in crate::server) const JSON: &str = "application/json; charset=UTF-8";
/// Content type of tables.
pub(in crate::server) const TEXT: &str = "text/plain; charset=UTF-8";

/// What is sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) struct Answer {
    pub(in crate::server) status: u16,
    pub(in crate::server) content_type: &'static str,
    pub(in crate::server) body: String,
}
