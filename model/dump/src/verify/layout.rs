//! Whether the manifest names every file, and its parts cover what was asked for.

use std::collections::{BTreeMap, HashMap, HashSet};

use flowkit_model::dump::{Count, Manifest, PARTS, Part, PartForm, Slice, Span, State, is_ours};

use flowkit_model::window::utc;

use super::finding::Findings;
use crate::error::DumpError;
use crate::folders::Folders;

/// Files of ours that the manifest does not name.
pub(super) fn strays(
    folders: &Folders,
    manifest: &Manifest,
    findings: &mut Findings,
) -> Result<(), DumpError> {
    let Some(parts) = folders.parts()? else { return Ok(()) };
    let named: HashSet<String> = manifest.parts.iter().map(Part::file_name).collect();
    for name in parts.names()? {
        let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
        let is_named = named.contains(name);
        let is_part = PartForm::ALL.iter().any(|form| name.ends_with(form.end()));
        let is_in_work = !is_part && manifest.state == State::Incomplete;
        if !is_named && !is_in_work {
            findings.add("", format!("{PARTS}/{name} is no part that the manifest names"));
        }
    }
    Ok(())
}

/// Whether the parts of each index add up to what the manifest says came of it, and
/// that to what the server counted.
pub(super) fn sums(manifest: &Manifest, findings: &mut Findings) {
    if manifest.state != State::Complete {
        return;
    }
    let mut came = HashMap::<&str, u64>::new();
    for part in &manifest.parts {
        *came.entry(&part.scope.index).or_default() += part.received + part.left_out;
    }
    // Of each index that differed on the server a fetch leaves a note.
    let noted: HashSet<&str> =
        manifest.notes.iter().filter_map(|note| Some(note.split_once(": ")?.0)).collect();
    for count in &manifest.counts {
        if count.counted != count.received && !noted.contains(&*count.index) {
            let Count { counted, received, .. } = count;
            let what = format!("the server counted {counted} documents, and {received} came");
            findings.add(&count.index, what);
        }
        let here = came.get(&*count.index).copied().unwrap_or(0);
        if here != count.received {
            findings.add(
                &count.index,
                format!("its parts say that {here} documents came, not {}", count.received),
            );
        }
    }
}

/// Whether the parts of each query lie beside each other without a gap: spans
/// of time that join, and every slice.
pub(super) fn gaps(manifest: &Manifest, findings: &mut Findings) {
    if manifest.state != State::Complete {
        return;
    }
    let mut spans = BTreeMap::<&str, Vec<(Span, Option<Slice>)>>::new();
    // Parts of an update overlap those before.
    for part in manifest.parts.iter().filter(|part| !part.scope.without_time) {
        let scope = &part.scope;
        spans.entry(&scope.index).or_default().push((scope.window, scope.slice));
    }
    for (index, mut spans) in spans {
        spans.sort_by_key(|(span, slice)| (span.from_ms, slice.map(|slice| slice.id)));
        let mut slices = HashMap::<(Span, u32), usize>::new();
        for (span, slice) in &spans {
            if let Some(slice) = slice {
                *slices.entry((*span, slice.max)).or_default() += 1;
            }
        }
        let mut reached = spans.first().and_then(|(span, _)| span.from_ms);
        for (span, slice) in &spans {
            if let (Some(from), Some(end)) = (span.from_ms, reached)
                && from > end
            {
                findings.add(index, format!("no part covers the time before {}", utc(from)));
            }
            reached = match (reached, span.to_ms) {
                (_, None) => Some(i64::MAX),
                (None, to) => to,
                (Some(end), Some(to)) => Some(end.max(to)),
            };
            // Those of one span are counted once, whichever of them are here.
            let all =
                slice.and_then(|slice| Some((slice.max, slices.remove(&(*span, slice.max))?)));
            if let Some((max, n)) = all
                && n != max as usize
            {
                findings.add(index, format!("{n} of {max} slices are here"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use flowkit_model::dump::PartScope;

    use super::*;

    fn part(from_ms: i64, to_ms: i64, slice: Option<(u32, u32)>) -> Part {
        let window = Span { from_ms: Some(from_ms), to_ms: Some(to_ms) };
        let slice = slice.map(|(id, max)| Slice { id, max });
        let scope = PartScope { index: "n".into(), window, slice, ..PartScope::default() };
        Part { scope, received: 2, ..Part::default() }
    }

    fn found(parts: Vec<Part>, counts: Vec<Count>) -> Vec<String> {
        let manifest = Manifest { state: State::Complete, parts, counts, ..Manifest::default() };
        let mut findings = Findings::default();
        sums(&manifest, &mut findings);
        gaps(&manifest, &mut findings);
        findings.0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_slice_must_be_there_whichever_is_missing() {
        let all = || (0..3).map(|id| part(0, 1000, Some((id, 3)))).collect::<Vec<_>>();
        assert_eq!(found(all(), vec![]), [""; 0]);
        for missing in 0..3 {
            let mut parts = all();
            parts.remove(missing);
            assert_eq!(found(parts, vec![]), ["n: 2 of 3 slices are here"], "{missing}");
        }
    }

    #[test]
    fn a_gap_is_told_with_its_time() {
        let hole = vec![part(0, 1000, None), part(1001, 2000, None)];
        let told = "n: no part covers the time before 1970-01-01T00:00:01.001Z";
        assert_eq!(found(hole, vec![]), [told]);
        assert_eq!(found(vec![part(0, 1000, None), part(1000, 2000, None)], vec![]), [""; 0]);
    }

    #[test]
    fn a_count_of_the_server_that_differs_without_a_note_is_told() {
        let count = |counted| Count { index: "n".into(), counted, received: 2, ..Count::default() };
        let found = |counted, note: &str| {
            let (parts, counts) = (vec![part(0, 1000, None)], vec![count(counted)]);
            let notes = vec![note.to_owned()];
            let state = State::Complete;
            let manifest = Manifest { state, parts, counts, notes, ..Manifest::default() };
            let mut findings = Findings::default();
            sums(&manifest, &mut findings);
            findings.0.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(found(2, ""), [""; 0]);
        let told = "n: the server counted 9 documents, and 2 came";
        assert_eq!(found(9, "m: the server counts 9 documents now"), [told]);
        assert_eq!(found(9, "n: the server counts 9 documents now"), [""; 0]);
    }

    /// A manifest that names as much as it can costs a moment, not an afternoon.
    #[test]
    fn much_is_compared_in_one_pass() {
        let n = 100_000;
        let parts = (0..n).map(|id| part(0, 1000, Some((id, n)))).collect();
        let count = |n| Count { index: format!("n{n}"), received: 0, ..Count::default() };
        let begun = Instant::now();
        assert_eq!(found(parts, (0..n).map(count).collect()), [""; 0]);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
