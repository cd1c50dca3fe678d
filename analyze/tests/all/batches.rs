//! Flows as the batches that statistics run on.

use std::sync::Arc;

use flowkit_analyze::in_memory::Batch;
use flowkit_model::{FIELDS, FlowRecord};

/// Flows as batches of so many rows.
pub(crate) fn batches(flows: &[FlowRecord], rows: usize) -> Vec<Batch> {
    let dictionary = Arc::default();
    let fields = FIELDS.iter().map(|field| field.id).collect();
    let batch = |flows: &[FlowRecord]| {
        let mut batch = Batch::new(fields, flows.len(), Arc::clone(&dictionary));
        for flow in flows {
            batch.push(flow);
        }
        batch
    };
    flows.chunks(rows).map(batch).collect()
}
