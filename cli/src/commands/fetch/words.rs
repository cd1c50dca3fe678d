//! A fetch in words: its plan before it, and the dump after it.

use std::path::Path;

use flowkit_fetch::DryRun;
use flowkit_model::dump::{Manifest, Part, PartForm};
use flowkit_model::window::rfc3339;
use jiff::tz::TimeZone;

use crate::output::units::{bytes, counted, grouped};

/// The plan of a fetch, in lines.
pub(crate) fn outline_text(outline: &DryRun) -> String {
    let mut lines = vec![format!("server   {}, by {}", outline.server, outline.method)];
    let or_unknown = |count: Option<u64>, noun: &str| {
        count.map_or_else(|| format!("? {noun}s"), |count| counted(count, noun))
    };
    for index in &outline.indices {
        lines.push(format!(
            "index    {}: {}, about {}, {}, {}",
            index.name,
            or_unknown(index.documents, "document"),
            index.bytes.map_or("?".to_owned(), |count| bytes(count.into())),
            or_unknown(index.shards.map(u64::from), "shard"),
            counted(index.parts as u64, "part"),
        ));
    }
    lines
        .extend(outline.empty.iter().map(|name| format!("empty    {name}: no matching documents")));
    lines.extend(outline.closed.iter().map(|name| format!("closed   {name}: skipped")));
    for node in &outline.nodes {
        lines.push(format!(
            "node     {}: {} needed, {} open now, {} allowed",
            node.name,
            counted(node.needed, "context"),
            node.open,
            node.limit
        ));
    }
    let all: Option<u64> = outline.indices.iter().map(|index| index.documents).sum();
    let weight: Option<u64> = outline.indices.iter().map(|index| index.bytes).sum();
    let parts: usize = outline.indices.iter().map(|index| index.parts).sum();
    lines.push(format!(
        "total    {}, about {} before compression, {}, {} in parallel",
        or_unknown(all, "document"),
        weight.map_or("?".to_owned(), |count| bytes(count.into())),
        counted(parts as u64, "part"),
        outline.jobs
    ));
    let clean = |line: String| -> String { line.chars().filter(|c| !c.is_control()).collect() };
    lines.into_iter().map(|line| clean(line) + "\n").collect()
}

/// What a dump holds, counted.
pub(crate) fn contents(manifest: &Manifest) -> String {
    let is_documents = |part: &Part| part.form.is_documents();
    let count = manifest.documents();
    match &*manifest.parts {
        parts if parts.iter().all(is_documents) => counted(count, "document"),
        parts if parts.iter().any(is_documents) => {
            format!("{} documents, datagrams and rows", grouped(count.into()))
        }
        parts if parts.iter().all(|part| part.form == PartForm::Rows) => counted(count, "row"),
        _ => counted(count, "datagram"),
    }
}

/// The dump, in one line.
pub(crate) fn summary(manifest: &Manifest, output: &Path, zone: &TimeZone) -> String {
    let contents = contents(manifest);
    let parts = counted(manifest.parts.len() as u64, "part");
    let file_bytes: u64 = manifest.parts.iter().map(|part| part.file_bytes).sum();
    let first = manifest.parts.iter().filter_map(|part| part.first_ms).min();
    let last = manifest.parts.iter().filter_map(|part| part.last_ms).max();
    let span = match (first, last) {
        (Some(first), Some(last)) => {
            format!(", {} to {}", rfc3339(first, zone), rfc3339(last, zone))
        }
        _ => String::new(),
    };
    let undated = match manifest.undated() {
        0 => String::new(),
        count => format!(", {count} of them without @timestamp"),
    };
    format!(
        "complete: {contents}{undated} in {parts} of {}{span}, in {}",
        bytes(file_bytes.into()),
        output.display()
    )
}
