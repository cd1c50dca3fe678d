//! Whether a dump is what its manifest says, offline.

mod finding;
mod layout;
mod part;
mod tally;

use std::collections::BTreeMap;
use std::path::Path;

use flowkit_model::dump::{Manifest, Part, State};

use crate::document_hash::DocumentHasher;
use crate::error::DumpError;
use crate::folders::Folders;
pub use finding::Finding;
use finding::Findings;
use layout::{gaps, strays, sums};
pub use part::other_size;
use part::{PartCheck, are};

/// Findings of one kind in one part that are listed; the rest is counted.
const LISTED: usize = 3;

/// Reads a dump whole, and lists what is wrong with it: files that are missing,
/// damaged or nobody's, counts and times that do not agree, documents that are
/// there twice.
///
/// # Errors
/// If there is no dump.
pub fn verify(dump: &Path) -> Result<(Manifest, Vec<Finding>), DumpError> {
    let folders = Folders::open(dump)?;
    let manifest = folders.manifest()?;
    let mut findings = Findings::default();
    if manifest.state != State::Complete {
        findings.add("", incomplete(&manifest));
    }
    for missing in manifest.missing() {
        findings.add("", format!("it was imported from an incomplete source: {missing}"));
    }
    findings.0.extend(contradictions(&folders, &manifest)?);
    let mut by_index = BTreeMap::<&str, Vec<&Part>>::new();
    for part in &manifest.parts {
        by_index.entry(&part.scope.index).or_default().push(part);
    }
    let (hasher, window) = (DocumentHasher::new(), manifest.span());
    for parts in by_index.values() {
        let mut ids = Vec::new();
        for part in parts {
            let (findings, ids) = (&mut findings, &mut ids);
            PartCheck { part, window, hasher, findings, ids }.run(&folders);
        }
        twice(parts, ids, &mut findings);
    }
    Ok((manifest, findings.0))
}

/// In what a manifest contradicts itself or the folder of parts, by names and numbers
/// alone: no part is read. A manifest that was damaged may still be one; a part that is
/// no longer in it would be missing from every answer.
///
/// # Errors
/// If the folder of parts cannot be read.
pub fn contradictions(folders: &Folders, manifest: &Manifest) -> Result<Vec<Finding>, DumpError> {
    let mut findings = Findings::default();
    strays(folders, manifest, &mut findings)?;
    sums(manifest, &mut findings);
    gaps(manifest, &mut findings);
    Ok(findings.0)
}

/// What an incomplete dump lacks, and what to do.
fn incomplete(manifest: &Manifest) -> String {
    let missing = match &manifest.pending {
        Some(pending) => {
            let (missing, all) = (pending.len(), pending.len() + manifest.parts.len());
            format!("{missing} of {all} parts missing")
        }
        None => "nothing was planned yet".to_owned(),
    };
    format!("incomplete: {missing}; run `flowkit fetch` to resume")
}

/// Documents of an index that are there twice, in one part or in two.
fn twice(parts: &[&Part], mut ids: Vec<u128>, findings: &mut Findings) {
    ids.sort_unstable();
    let n = ids.windows(2).filter(|pair| pair[0] == pair[1]).count();
    if n > 0 {
        let names: Vec<_> = parts.iter().take(LISTED).map(|part| part.name.as_str()).collect();
        let more = if parts.len() > LISTED { " …" } else { "" };
        let index = parts.first().map_or("", |part| part.scope.index.as_str());
        let twice = are(n as u64, "document is", "documents are");
        findings.add(index, format!("{twice} there twice, in {}{more}", names.join(", ")));
    }
}
