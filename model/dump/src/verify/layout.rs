//! Whether the manifest names every file, and its parts cover what was asked for.

use std::collections::{BTreeMap, HashSet};

use flowkit_model::dump::{Manifest, PARTS, Part, PartForm, Slice, Span, State, is_ours};

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

/// Whether the parts of each index add up to what the manifest says came of it.
pub(super) fn sums(manifest: &Manifest, findings: &mut Findings) {
    if manifest.state != State::Complete {
        return;
    }
    for count in &manifest.counts {
        let of_index = manifest.parts.iter().filter(|part| part.scope.index == count.index);
        let here: u64 = of_index.map(|part| part.received + part.left_out).sum();
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
        let mut reached = spans.first().and_then(|(span, _)| span.from_ms);
        for (span, slice) in &spans {
            let joins =
                span.from_ms.is_none() || reached.is_none_or(|end| span.from_ms <= Some(end));
            if !joins {
                findings
                    .add(index, format!("no part covers the time before {:?} ms", span.from_ms));
            }
            reached = match (reached, span.to_ms) {
                (_, None) => Some(i64::MAX),
                (None, to) => to,
                (Some(end), Some(to)) => Some(end.max(to)),
            };
            if let Some(Slice { id, max }) = *slice {
                let there = spans.iter().filter(|(other, slice)| {
                    other == span && slice.is_some_and(|slice| slice.max == max)
                });
                let n = there.count();
                if n != max as usize && id == 0 {
                    findings.add(index, format!("{n} of {max} slices are here"));
                }
            }
        }
    }
}
