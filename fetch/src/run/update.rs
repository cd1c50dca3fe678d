//! Updates a dump with new documents, without duplicates, or re-fetches parts.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use flowkit_dump::DumpFolder;
use flowkit_dump::lines::each_line;
use flowkit_model::dump::{HitId, Manifest, Part, Pending, Span, State, part_name};
use flowkit_model::window::{Typed, rfc3339};
use jiff::tz::TimeZone;

use crate::error::FetchError;
use crate::page::document_id::KnownDocuments;
use crate::request::Update;

/// Parts to re-fetch: the new ones, and those that they replace.
#[derive(Debug, Default)]
pub(crate) struct Refetch {
    pub(crate) pending: Vec<Pending>,
    pub(crate) replaced: Vec<Part>,
}

/// The complete dump that is updated.
///
/// # Errors
/// If there is none, or it is incomplete.
pub(crate) fn complete(existing: Option<Manifest>, path: &Path) -> Result<Manifest, FetchError> {
    let why = match existing {
        Some(manifest) if manifest.state == State::Complete => return Ok(manifest),
        Some(_) => "it is incomplete; run it without --update to complete it first",
        None => "there is no dump to update; fetch one without --update",
    };
    Err(FetchError::CannotUpdate { path: path.to_owned(), why: why.to_owned() })
}

/// The number of the next part.
pub(crate) fn next_number(manifest: &Manifest) -> usize {
    let names = manifest.parts.iter().map(|part| part.name.as_str());
    let pending = manifest.pending.iter().flatten().map(|part| part.name.as_str());
    let number = |name: &str| name.split('-').next().and_then(|number| number.parse().ok());
    names.chain(pending).filter_map(number).max().unwrap_or(0) + 1
}

/// Removes the parts to re-fetch from the manifest.
pub(crate) fn take_refetched(
    manifest: &mut Manifest,
    update: &Update,
    path: &Path,
) -> Result<Refetch, FetchError> {
    let mut refetch = Refetch::default();
    for name in &update.refetch {
        let Some(at) = manifest.parts.iter().position(|part| part.name == *name) else {
            let why = format!("it has no part {name} to re-fetch");
            return Err(FetchError::CannotUpdate { path: path.to_owned(), why });
        };
        let number = next_number(manifest);
        let part = manifest.parts.remove(at);
        let pending = Pending {
            name: part_name(number, &part.scope.index),
            scope: part.scope.clone(),
            // Late documents are in a part of a later update.
            skips_known: true,
            documents: Some(part.expected),
        };
        // Reserves its number.
        manifest.pending.get_or_insert_default().push(pending.clone());
        refetch.pending.push(pending);
        refetch.replaced.push(part);
    }
    Ok(refetch)
}

/// Moves the end of the dump's window, and returns the span to search for new
/// documents: it begins before the old end, by the overlap for late documents.
pub(crate) fn new_window(manifest: &mut Manifest, update: &Update) -> Span {
    let window = &mut manifest.window;
    let last = manifest.parts.iter().filter_map(|part| part.last_ms).max();
    let end = window.to_ms.or(last);
    let overlap = i64::try_from(update.overlap_ms).unwrap_or(i64::MAX);
    let from_ms = end.map(|end| end.saturating_sub(overlap));
    let from_ms = from_ms.max(window.from_ms);
    if window.to_ms.is_some() {
        let to_ms = update.to_ms.max(window.to_ms);
        window.to_ms = to_ms;
        let text = |ms: Option<i64>| ms.map(|ms| rfc3339(ms, &TimeZone::UTC));
        window.typed = Typed { from: text(window.from_ms), to: text(to_ms), ..Typed::default() };
    }
    Span { from_ms, to_ms: window.to_ms }
}

/// The documents that may be returned again by these parts; `None` if no part
/// needs them.
pub(crate) fn known(
    folder: &DumpFolder,
    manifest: &Manifest,
    pending: &VecDeque<Pending>,
) -> Result<Option<Arc<KnownDocuments>>, FetchError> {
    if !pending.iter().any(|part| part.skips_known) {
        return Ok(None);
    }
    let mut known = KnownDocuments::new();
    for part in &manifest.parts {
        let meets = |pending: &Pending| {
            let Span { from_ms, to_ms } = pending.scope.window;
            pending.skips_known
                && pending.scope.index == part.scope.index
                && pending.scope.without_time == part.scope.without_time
                && from_ms.zip(part.last_ms).is_none_or(|(from, last)| last >= from)
                && to_ms.zip(part.first_ms).is_none_or(|(to, first)| first < to)
        };
        if !pending.iter().any(meets) {
            continue;
        }
        let cannot = || FetchError::disk("read", folder.folders().root().path().join(part.path()));
        let file = folder.folders().part(part).map_err(cannot())?;
        let read = each_line(file, part, |line| {
            if let Ok(hit) = HitId::read(line) {
                known.add(hit.document_id());
            }
        });
        read.map_err(cannot())?;
    }
    Ok(Some(Arc::new(known)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowkit_model::window::Window;

    fn manifest(window: Window, last_ms: Option<i64>) -> Manifest {
        let part = Part { name: "0007-n".into(), last_ms, ..Part::default() };
        Manifest { window, parts: vec![part], ..Manifest::default() }
    }

    #[test]
    fn the_new_span_begins_before_the_old_end_and_not_before_the_window() {
        let update = Update { overlap_ms: 100, to_ms: Some(5_000), refetch: Vec::new() };
        let cases = [
            // Columns: window, last document; expected span and end of the window.
            ((Some(1_000), Some(2_000)), Some(1_500), (Some(1_900), Some(5_000))),
            ((Some(1_950), Some(2_000)), None, (Some(1_950), Some(5_000))),
            // A clock that was set back does not shorten the window.
            ((Some(1_000), Some(9_000)), None, (Some(8_900), Some(9_000))),
            ((None, None), Some(1_500), (Some(1_400), None)),
            ((None, None), None, (None, None)),
        ];
        for ((from_ms, to_ms), last, expected) in cases {
            let window = Window { from_ms, to_ms, ..Window::default() };
            let mut manifest = manifest(window, last);
            let span = new_window(&mut manifest, &update);
            assert_eq!((span.from_ms, span.to_ms), expected);
            assert_eq!(manifest.window.to_ms, expected.1);
            assert_eq!(manifest.window.from_ms, from_ms);
        }
    }

    #[test]
    fn a_part_that_is_fetched_again_gets_a_number_of_its_own() {
        let mut there = manifest(Window::default(), None);
        let update = Update { refetch: vec!["0007-n".to_owned()], ..Update::default() };
        let refetch = take_refetched(&mut there, &update, Path::new("d")).unwrap();
        assert_eq!(refetch.pending[0].name, "0008-");
        assert_eq!(refetch.replaced[0].name, "0007-n");
        assert!(there.parts.is_empty());
        assert_eq!(next_number(&there), 9);
        let error = take_refetched(&mut there, &update, Path::new("d")).unwrap_err();
        assert!(error.to_string().contains("no part 0007-n"), "{error}");
    }
}
