//! What documents hold in all: flows, copies, what is no flow, and what options tell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::flows::{Datum, Flow, at, of, of_field};

/// What documents hold.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// The first of each identity that is a flow.
    pub(crate) flows: Vec<Flow>,
    /// Documents that are no flows, by cause.
    pub(crate) skipped: BTreeMap<&'static str, u64>,
    /// Copies under an identity that was there before, and those of them that say
    /// something else.
    pub(crate) copies: [u64; 2],
    /// Sampling intervals that options records tell, by exporter.
    pub(crate) told: BTreeMap<Datum, BTreeSet<u64>>,
}

impl Held {
    /// The one interval that the exporter of a flow told.
    pub(crate) fn interval(&self, flow: &Flow) -> Option<u64> {
        let exporter = Some(flow.get("exporter")).filter(|exporter| *exporter != Datum::Unknown);
        let told = self.told.get(&exporter?)?;
        told.first().copied().filter(|_| told.len() == 1)
    }
}

/// What documents hold, in their order.
pub(crate) fn of_documents(documents: &[Value]) -> Held {
    let (mut first, mut held) = (BTreeMap::new(), Held::default());
    for document in documents {
        let identity = ["_index", "_id", "_routing"].map(|name| document[name].to_string());
        let source = &document["_source"];
        let flow = match of(source) {
            Ok(flow) => flow,
            Err(cause) => {
                *held.skipped.entry(cause).or_default() += 1;
                if let Some(interval) = Some(source).filter(|_| cause == "options").and_then(told) {
                    let exporter = of_field("exporter", source).unwrap_or(Datum::Unknown);
                    held.told.entry(exporter).or_default().insert(interval);
                }
                continue;
            }
        };
        match first.get(&identity) {
            Some(first) if !document["_id"].is_null() => {
                held.copies[0] += 1;
                held.copies[1] += u64::from(*first != source);
            }
            _ => {
                first.insert(identity, source);
                held.flows.push(flow);
            }
        }
    }
    held
}

/// The interval that a document of options tells.
fn told(source: &Value) -> Option<u64> {
    let value = ["netflow.sampling_interval", "sampling_interval"];
    let value = value.into_iter().find_map(|path| at(source, path))?;
    let value = match value.as_array().map(Vec::as_slice) {
        Some([one]) => one,
        _ => value,
    };
    let interval = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    interval.filter(|interval| *interval > 0)
}
