//! Which of the documents that came are written: the filter, checked again, and no
//! document that another part has.

use std::sync::Arc;

use flowkit_model::document::Document;
use flowkit_model::dump::DocumentId;
use flowkit_model::filter::Expression;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::page::document_id::KnownDocuments;

/// What was pushed to the server is checked again, since it reads some values
/// otherwise; and what another part has does not come twice.
#[derive(Debug, Default)]
pub(crate) struct Accept {
    pub(crate) filter: Option<Arc<Expression>>,
    pub(crate) known: Option<Arc<KnownDocuments>>,
    /// The pattern that was asked for: what is read by it comes from any index,
    /// all else from the index that was named.
    pub(crate) pattern: String,
}

impl Accept {
    /// Whether another part has the document.
    pub(crate) fn is_known(&self, document: DocumentId<'_>) -> bool {
        self.known.as_ref().is_some_and(|known| known.holds(document))
    }

    /// Whether the document matches the filter. One that is no flow matches none.
    pub(crate) fn matches(&self, hit: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Source<'a> {
            #[serde(borrow, rename = "_source")]
            source: &'a RawValue,
        }
        let Some(filter) = &self.filter else { return true };
        let Ok(Source { source }) = serde_json::from_slice(hit) else { return false };
        let document = Document::parse(source.get().as_bytes());
        let flow = document.ok().and_then(|document| document.into_flow().ok());
        flow.is_some_and(|flow| filter.matches(&flow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_judged_as_the_offline_filter_would() {
        let accept = Accept {
            filter: Some(Arc::new(Expression::parse("dst port 443 and bytes > 10").unwrap())),
            ..Accept::default()
        };
        let matches = |netflow: &str| {
            let hit = format!(
                r#"{{"_index":"n","_id":"a","_source":{{"netflow":{netflow}}},"sort":[1]}}"#
            );
            accept.matches(hit.as_bytes())
        };
        assert!(matches(r#"{"version":5,"dst_port":443,"bytes":11}"#));
        assert!(matches(r#"{"version":"Netflow v5","l4_dst_port":"443","in_bytes":11}"#));
        assert!(!matches(r#"{"version":5,"dst_port":443,"bytes":10}"#));
        assert!(!matches(r#"{"version":9,"dst_port":443,"bytes":11}"#));
        assert!(!accept.matches(b"{}") && !accept.matches(b""));
        assert!(Accept::default().matches(b"whatever"));
    }
}
