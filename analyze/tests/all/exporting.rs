//! Flows and files as an export of sources gives them.

use flowkit_analyze::export::{Addresses, Export};
use flowkit_analyze::{ReadOptions, Selection, Source};
use flowkit_model::FlowRecord;
use flowkit_model::answer::Tally;

/// An export that changes nothing.
pub(crate) fn export_of<'e>(
    sources: &'e [Source],
    selection: &'e Selection,
    addresses: Addresses,
) -> Export<'e> {
    Export { sources, selection, anonymiser: None, addresses, options: ReadOptions::default() }
}

/// All flows of a source, in its order, and what was met on the way.
pub(crate) fn flows_and_tally(source: Source) -> (Vec<FlowRecord>, Tally) {
    let mut flows = Vec::new();
    let sources = [source];
    let selection = Selection::default();
    let tally = export_of(&sources, &selection, Addresses::Text).flows(|flow| {
        flows.push(flow.clone());
        Ok(())
    });
    (flows, tally.unwrap())
}

/// All flows of a source, of which nothing is missing and nothing skipped.
pub(crate) fn all_flows(source: Source) -> Vec<FlowRecord> {
    let (flows, tally) = flows_and_tally(source);
    assert!(tally.skipped.is_empty() && tally.incomplete.is_empty(), "{tally:?}");
    flows
}
