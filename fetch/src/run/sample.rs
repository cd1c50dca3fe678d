//! A few documents of an index: how large they are, and what they are.

use serde_json::Value;

use crate::error::FetchError;
use crate::page::hits::split_hits;
use crate::page::sample::describe;
use crate::server::{Call, Server};

/// What a few documents are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// Average bytes of a line; none without documents.
    pub(super) bytes_per_hit: Option<u64>,
    /// Number of documents that were looked at.
    pub(super) documents: u64,
    /// How many of them are flows.
    pub(super) flows: u64,
    /// Dialect of the first flow, else why the first document is none.
    pub(super) dialect: Option<String>,
}

impl Sample {
    /// Looks at the hits of a search; at none if the server refuses it, or if they are
    /// larger than an answer that is no page.
    pub(super) fn take<S: Server>(
        server: &S,
        path: String,
        search: &Value,
    ) -> Result<Self, FetchError> {
        let (mut body, mut hits) = (Vec::new(), Vec::new());
        let mut sample = Self::default();
        let status = match server.send(&Call::post(path, search), &mut body) {
            Err(FetchError::TooLarge { .. }) => return Ok(sample),
            status => status?,
        };
        if status != 200 || split_hits(&body, &mut hits).is_err() {
            return Ok(sample);
        }
        let bytes: usize = hits.iter().map(|hit| hit.len() + 1).sum();
        sample.documents = hits.len() as u64;
        sample.bytes_per_hit = bytes.checked_div(hits.len()).map(|bytes| bytes as u64);
        for hit in hits {
            let (is_flow, words) = describe(&body[hit]);
            if sample.dialect.is_none() || (is_flow && sample.flows == 0) {
                sample.dialect = Some(words);
            }
            sample.flows += u64::from(is_flow);
        }
        Ok(sample)
    }
}
