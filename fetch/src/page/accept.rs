//! Decides which received documents are written: those that match the filter,
//! checked again, and that no other part has.

use std::sync::Arc;

use flowkit_model::NotAFlow;
use flowkit_model::document::Document;
use flowkit_model::dump::DocumentId;
use flowkit_model::filter::Expression;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::page::document_id::KnownDocuments;
use crate::page::sample::document;

/// The filter is checked again, since the server may match more documents;
/// documents that another part has are dropped.
#[derive(Debug, Default)]
pub(crate) struct Accept {
    pub(crate) filter: Option<Arc<Expression>>,
    pub(crate) known: Option<Arc<KnownDocuments>>,
    /// The requested pattern. If a part is read by this pattern, its documents
    /// may be from any index, else only from the index that it names.
    pub(crate) pattern: String,
}

impl Accept {
    /// Whether another part has the document.
    pub(crate) fn is_known(&self, document: DocumentId<'_>) -> bool {
        self.known.as_ref().is_some_and(|known| known.holds(document))
    }

    /// Whether the document matches the filter. One that is no flow does not; one
    /// that nests too deep to be looked into is kept, since the server matched it.
    pub(crate) fn matches(&self, hit: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Source<'a> {
            #[serde(borrow, rename = "_source")]
            source: &'a RawValue,
        }
        let Some(filter) = &self.filter else { return true };
        // Bytes that are no text are replaced, as offline.
        let hit = String::from_utf8_lossy(hit);
        let document = match serde_json::from_str(&hit) {
            Ok(Source { source }) => Document::parse(source.get().as_bytes()),
            // An index may store no documents, so that `fields` stand for them.
            Err(_) => match document(hit.as_bytes()) {
                Some(fields) => Document::parse(Value::Object(fields).to_string().as_bytes()),
                None => return false,
            },
        };
        match document.map(Document::into_flow) {
            Ok(Ok(flow)) => filter.matches(&flow),
            Ok(Err(why)) => why == NotAFlow::TooDeep,
            Err(_) => false,
        }
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
        let deep = format!("{}{}", "[".repeat(600), "]".repeat(600));
        assert!(matches(&format!(r#"{{"version":5,"dst_port":80,"x":{deep}}}"#)));
        let of_fields = |port: u16| {
            let hit = format!(
                r#"{{"_index":"n","_id":"a","fields":{{"netflow.version":[5],"netflow.dst_port":[{port}],"netflow.bytes":[11]}}}}"#
            );
            accept.matches(hit.as_bytes())
        };
        assert!(of_fields(443) && !of_fields(80));
        // A surrogate of three bytes, which is not UTF-8.
        let mut odd = br#"{"_source":{"x":"...","netflow":{"dst_port":443,"bytes":11}}}"#.to_vec();
        odd[17..20].copy_from_slice(b"\xed\xa0\xbd");
        assert!(accept.matches(&odd));
        assert!(!accept.matches(b"{}") && !accept.matches(b""));
        assert!(Accept::default().matches(b"whatever"));
    }
}
