//! Which modules import which, and the circles among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::tree::Import;

/// Whether a path is that of a file of Rust.
pub(crate) fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "rs")
}

/// Where a file stands: its folder, or the file itself where it is alone at the
/// root of a crate. `x.rs` beside a folder `x` belongs to it, as `x/mod.rs` does.
pub(crate) fn folder_of<'a>(path: &'a str, folders: &BTreeSet<String>) -> &'a str {
    let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
    let without_ending = path.trim_end_matches(".rs");
    if folders.contains(without_ending) {
        without_ending
    } else if is_rust(path) && folder.ends_with("/src") {
        path
    } else {
        folder
    }
}

/// The folder or file at the root of the crate in which a file stands, and the
/// folder of the crate's sources.
pub(crate) fn top_module_of<'a>(path: &'a str, folders: &BTreeSet<String>) -> (&'a str, &'a str) {
    let folder = folder_of(path, folders);
    let (source, rest) = folder.split_once("/src/").unwrap_or((folder, ""));
    (&path[..source.len() + "/src".len()], rest.split('/').next().unwrap_or(rest))
}

/// Every folder that a file stands in.
pub(crate) fn folders<'a>(files: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    files.filter_map(|path| path.rsplit_once('/')).map(|(folder, _)| folder.to_owned()).collect()
}

/// Imports that are part of a circle of folders, each circle apart.
pub(crate) fn circles(imports: &[Import], folders: &BTreeSet<String>) -> Vec<Vec<Import>> {
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for import in imports {
        let (from, to) = (folder_of(&import.from, folders), folder_of(&import.to, folders));
        if from != to {
            arrows.entry(from).or_default().insert(to);
        }
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        arrows.keys().map(|&folder| (folder, reached(folder, &arrows))).collect();
    let is_reached = |from: &str, to: &str| reached.get(from).is_some_and(|all| all.contains(to));
    let mut circles: BTreeMap<&str, Vec<Import>> = BTreeMap::new();
    for import in imports {
        let (from, to) = (folder_of(&import.from, folders), folder_of(&import.to, folders));
        if from != to && is_reached(to, from) {
            let first = reached[from].iter().find(|&other| is_reached(other, from));
            circles.entry(first.copied().unwrap_or(from)).or_default().push(import.clone());
        }
    }
    circles.into_values().collect()
}

/// Folders that can be reached from one.
fn reached<'a>(from: &str, arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(folder) = open.pop() {
        for &next in arrows.get(folder).into_iter().flatten() {
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    reached
}
