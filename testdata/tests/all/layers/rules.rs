//! What is held of the tree; each rule lists everything that breaks it.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use super::folders::{circles, folder_of, folders, is_rust, top_module_of};
use super::source::File;
use super::tables::{
    ALLOWED_IN_OUTPUT, ANSWER, Layers, MOST_LINES, MOST_LINES_OF_A_FUNCTION, OUTPUT, STRANGERS,
};
use super::tree::{Import, Tree};

/// Imports of a higher layer, or of another module of the same layer.
pub(crate) fn climbing(imports: &[Import], layers: &[Layers], files: &[File]) -> Vec<String> {
    let folders = folders(files.iter().map(|file| file.path.as_str()));
    let layer_of = |path: &str| {
        let (source, module) = top_module_of(path, &folders);
        let (_, layers) = layers.iter().find(|(folder, _)| *folder == source)?;
        let module = module.trim_end_matches(".rs");
        let layer = layers.iter().position(|layer| layer.contains(&module))?;
        Some((source.to_owned(), module.to_owned(), layer + 1))
    };
    let climbs = |import: &Import| {
        let ((source, from, layer), (other, to, above)) =
            (layer_of(&import.from)?, layer_of(&import.to)?);
        (source == other && from != to && above >= layer)
            .then(|| format!("{} is in layer {layer} and imports from layer {above}", said(import)))
    };
    imports.iter().filter_map(climbs).collect()
}

/// Folders and files at a crate's root that are in no layer or in several, and
/// names in a layer that are not there.
pub(crate) fn without_layer(layers: &[Layers], files: &[File]) -> Vec<String> {
    let folders = folders(files.iter().map(|file| file.path.as_str()));
    let paths = files.iter().map(|file| file.path.as_str()).filter(|path| path.contains("/src/"));
    let modules = paths.map(|path| top_module_of(path, &folders));
    let modules: BTreeSet<(&str, &str)> =
        modules.map(|(source, module)| (source, module.trim_end_matches(".rs"))).collect();
    let mut wrong = Vec::new();
    for (source, module) in &modules {
        let of_crate = layers.iter().filter(|(folder, _)| folder == source);
        let n =
            of_crate.flat_map(|(_, layers)| layers.iter()).filter(|layer| layer.contains(module));
        match n.count() {
            1 => {}
            0 => wrong.push(format!("{source}/{module} is in no layer: add it to tables.rs")),
            n => wrong.push(format!("{source}/{module} is in {n} layers")),
        }
    }
    for (source, layers) in layers {
        let gone =
            layers.iter().copied().flatten().filter(|module| !modules.contains(&(source, module)));
        wrong.extend(gone.map(|module| format!("{source}/{module} has a layer and is not there")));
    }
    wrong
}

/// Imports that are part of a circle of folders.
pub(crate) fn in_circles(imports: &[Import], files: &[File]) -> Vec<String> {
    let folders = folders(files.iter().map(|file| file.path.as_str()));
    let mut wrong = Vec::new();
    for circle in circles(imports, &folders) {
        let names: BTreeSet<&str> =
            circle.iter().map(|import| folder_of(&import.from, &folders)).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        wrong.push(format!("these reach each other: {names}"));
        wrong.extend(circle.iter().map(|import| format!("  {}", said(import))));
    }
    wrong
}

fn said(import: &Import) -> String {
    let Import { from, line, to, path } = import;
    format!("{from}:{line} -> {to} ({path})")
}

/// What the formats of an answer name beside it.
pub(crate) fn beside_the_answer(tree: &Tree, imports: &[Import]) -> Vec<String> {
    let is_allowed = |path: &str| {
        ALLOWED_IN_OUTPUT.iter().any(|allowed| {
            path.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })
    };
    let is_answer = |file: &str| ANSWER.iter().any(|place| file.starts_with(place));
    let own = |import: &&Import| {
        import.from.starts_with(OUTPUT)
            && !import.to.starts_with(OUTPUT)
            && import.to.starts_with("cli/")
    };
    let mut wrong: Vec<String> = imports.iter().filter(own).map(said).collect();
    for (file, named, defined) in tree.foreign().filter(|(file, ..)| file.starts_with(OUTPUT)) {
        let path = named.path.join("::");
        if !is_allowed(&path) && !defined.is_some_and(is_answer) {
            wrong.push(format!("{file}:{} names {path}, which is no answer", named.line));
        }
    }
    wrong
}

/// Crates that name another which they must not know.
pub(crate) fn acquainted(tree: &Tree, manifests: &[(String, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (folder, stranger) in STRANGERS {
        for (file, named, _) in tree.foreign().filter(|(file, ..)| file.starts_with(folder)) {
            if named.path[0] == *stranger {
                wrong.push(format!("{file}:{} names {stranger}", named.line));
            }
        }
        let package = stranger.replace('_', "-");
        for (path, text) in manifests.iter().filter(|(path, _)| path.starts_with(folder)) {
            if text.lines().any(|line| line.starts_with(&package)) {
                wrong.push(format!("{path} depends on {package}"));
            }
        }
    }
    wrong
}

/// Files that are too long.
pub(crate) fn long_files(files: &[File]) -> Vec<String> {
    let long = files.iter().filter(|file| file.lines > MOST_LINES);
    long.map(|file| format!("{} has {} lines, {MOST_LINES} at most", file.path, file.lines))
        .collect()
}

/// Functions that are too long.
pub(crate) fn long_functions(files: &[File]) -> Vec<String> {
    let all = files.iter().flat_map(|file| file.functions.iter().map(move |item| (file, item)));
    all.filter(|(_, item)| item.lines > MOST_LINES_OF_A_FUNCTION)
        .map(|(file, item)| {
            let (path, most) = (&file.path, MOST_LINES_OF_A_FUNCTION);
            format!("{path}:{}: {} has {} lines, {most} at most", item.line, item.name, item.lines)
        })
        .collect()
}

/// Files that do not begin with what they are.
pub(crate) fn without_doc(files: &[File]) -> Vec<String> {
    let silent = files.iter().filter(|file| !file.has_doc);
    silent.map(|file| format!("{} does not begin with `//!`", file.path)).collect()
}

/// Files of modules beside the folder of the module.
pub(crate) fn beside_their_folder(files: &[File]) -> Vec<String> {
    let folders = folders(files.iter().map(|file| file.path.as_str()));
    let beside = files.iter().filter(|file| folders.contains(file.path.trim_end_matches(".rs")));
    let moved = beside.map(|file| (&file.path, file.path.trim_end_matches(".rs")));
    moved.map(|(path, folder)| format!("{path} should be {folder}/mod.rs")).collect()
}

/// Files that no `mod` names, so that the compiler never sees them: those of sources,
/// and those of the program of tests, whose root is `tests/all/main.rs`.
pub(crate) fn without_mod(files: &[File]) -> Vec<String> {
    let declared: HashSet<(&str, &str)> = files
        .iter()
        .flat_map(|file| file.declared.iter().map(|name| (file.path.as_str(), name.as_str())))
        .collect();
    let is_module = |path: &str| {
        let (_, place) = path.split_once("/src/").or_else(|| path.split_once("/tests/all/"))?;
        Some(!["lib.rs", "main.rs"].contains(&place) && !place.starts_with("bin/"))
    };
    let is_declared = |path: &str| {
        let module = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        let (folder, name) = module.rsplit_once('/').unwrap_or(("", module));
        let beside = ["mod", "lib", "main"].map(|root| format!("{folder}/{root}.rs"));
        let mut parents = beside.into_iter().chain([format!("{folder}.rs")]);
        parents.any(|parent| declared.contains(&(parent.as_str(), name)))
    };
    let modules = files.iter().map(|file| file.path.as_str());
    let modules = modules.filter(|path| is_module(path).unwrap_or_default());
    modules
        .filter(|path| !is_declared(path))
        .map(|path| format!("{path} is not compiled: no `mod` names it"))
        .collect()
}

/// Paths in backticks that lead nowhere: from the root of the project, or the end
/// of a path that is there.
pub(crate) fn dead_paths(document: &str, root: &Path, all: &[String]) -> Vec<String> {
    let quoted = document.split('`').skip(1).step_by(2);
    let is_path = |text: &&str| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        (text.contains('/') || is_rust(text)) && text.chars().all(is_word) && !text.contains("NAME")
    };
    let is_there = |path: &str| {
        let path = path.trim_end_matches('/');
        let end = format!("/{path}");
        root.join(path).exists()
            || all.iter().any(|file| {
                let file = format!("/{file}");
                file.ends_with(&end) || file.contains(&format!("{end}/"))
            })
    };
    let dead: BTreeSet<&str> = quoted.filter(is_path).filter(|path| !is_there(path)).collect();
    dead.into_iter().map(|path| format!("{path} is not there")).collect()
}
