//! A fetch in words: its plan before it, and the dump after it.

use std::path::Path;

use flowkit_analyze::input::read_manifest;
use flowkit_fetch::{DryRun, Listing};
use flowkit_model::dump::{Manifest, Part, PartForm, State};
use flowkit_model::harmless;
use flowkit_model::harmless::harmless;
use flowkit_model::window::rfc3339;
use jiff::tz::TimeZone;

use crate::output::units::{bytes, counted, grouped};

/// The plan of a fetch, in lines.
pub(crate) fn outline_text(outline: &DryRun) -> String {
    let mut lines =
        vec![format!("server   {}, by {}", or_unknown_server(&outline.server), outline.method)];
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
        if let Some(dialect) = &index.dialect {
            let are = if index.sampled == 1 { "is a flow" } else { "are flows" };
            lines.push(format!(
                "dialect  {}: {dialect}, {} of {} {are}",
                index.name,
                grouped(index.flows.into()),
                counted(index.sampled, "sampled document"),
            ));
        }
    }
    lines.extend(empty_lines(&outline.empty, "matching documents"));
    lines.extend(closed_lines(&outline.closed, ": skipped"));
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
    lines.extend(outline.notes.iter().map(|note| format!("note     {note}")));
    text(lines)
}

/// What is on a server, in lines; `is_narrowed` if only documents of a window or a
/// query are counted.
pub(crate) fn listing_text(listing: &Listing, is_narrowed: bool, zone: &TimeZone) -> String {
    let mut lines = vec![format!("server   {}", or_unknown_server(&listing.server))];
    for index in &listing.indices {
        if let Some(problem) = &index.problem {
            lines.push(format!("index    {}: {problem}", index.name));
            continue;
        }
        let documents = index
            .documents
            .map_or_else(|| "? documents".to_owned(), |count| counted(count, "document"));
        let times = match (index.first_ms, index.last_ms) {
            (Some(first), Some(last)) => {
                format!("{} to {}", rfc3339(first, zone), rfc3339(last, zone))
            }
            _ => "no @timestamp".to_owned(),
        };
        let dialect = index.dialect.as_deref().unwrap_or("no document could be read");
        lines.push(format!("index    {}: {documents}, {times}, {dialect}", index.name));
    }
    let noun = if is_narrowed { "matching documents" } else { "documents" };
    lines.extend(empty_lines(&listing.empty, noun));
    lines.extend(closed_lines(&listing.closed, ""));
    lines.extend(listing.notes.iter().map(|note| format!("note     {note}")));
    let all: Option<u64> = listing.indices.iter().map(|index| index.documents).sum();
    let n_indices = listing.indices.len();
    lines.push(format!(
        "total    {} in {} {}",
        all.map_or_else(|| "? documents".to_owned(), |count| counted(count, "document")),
        grouped(n_indices as u128),
        if n_indices == 1 { "index" } else { "indices" },
    ));
    text(lines)
}

/// Product and version, which a gateway may hide.
fn or_unknown_server(server: &str) -> &str {
    if server.is_empty() { "of unknown product and version" } else { server }
}

/// Lines, each of which may hold names from a server.
fn text(lines: Vec<String>) -> String {
    lines.into_iter().map(|line| harmless(&line).into_owned() + "\n").collect()
}

/// Most empty or closed indices that have a line each.
const MOST_EMPTY: usize = 3;

/// Closed indices, like empty ones.
fn closed_lines(names: &[String], what: &str) -> Vec<String> {
    match names {
        [first, .., last] if names.len() > MOST_EMPTY => {
            let count = grouped(names.len() as u128);
            vec![format!("closed   {count} indices{what}: {first} to {last}")]
        }
        few => few.iter().map(|name| format!("closed   {name}{what}")).collect(),
    }
}

/// Empty indices: a line each while they are few, else one for all.
fn empty_lines(names: &[String], noun: &str) -> Vec<String> {
    match names {
        [first, .., last] if names.len() > MOST_EMPTY => vec![format!(
            "empty    {} indices without {noun}: {first} to {last}",
            grouped(names.len() as u128)
        )],
        few => few.iter().map(|name| format!("empty    {name}: no {noun}")).collect(),
    }
}

/// What an interrupted fetch leaves.
pub(crate) fn left_text(dump: &Path, is_update: bool) -> String {
    let place = harmless::path(dump);
    match read_manifest(dump).map(|manifest| manifest.state) {
        Ok(State::Incomplete) if is_update => {
            format!("{place} is incomplete, run the command again without --update to resume")
        }
        Ok(State::Incomplete) => {
            format!("{place} is incomplete, run the command again to resume")
        }
        Ok(State::Complete) => format!("{place} is as it was"),
        Err(_) => "nothing was written".to_owned(),
    }
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
        harmless::path(output)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_does_not_say_what_it_is_is_unknown() {
        let listed = listing_text(&Listing::default(), false, &TimeZone::UTC);
        let expected =
            "server   of unknown product and version\ntotal    0 documents in 0 indices\n";
        assert_eq!(listed, expected);
    }

    #[test]
    fn hundreds_of_empty_indices_are_one_line() {
        let names = |n: usize| (0..n).map(|day| format!("n-{day:03}")).collect::<Vec<_>>();
        assert_eq!(empty_lines(&names(1), "documents"), ["empty    n-000: no documents"]);
        assert_eq!(empty_lines(&names(3), "documents").len(), 3);
        assert_eq!(
            empty_lines(&names(400), "matching documents"),
            ["empty    400 indices without matching documents: n-000 to n-399"]
        );
        assert_eq!(empty_lines(&[], "documents"), Vec::<String>::new());
        assert_eq!(closed_lines(&names(1), ": skipped"), ["closed   n-000: skipped"]);
        assert_eq!(closed_lines(&names(400), ""), ["closed   400 indices: n-000 to n-399"]);
    }
}
