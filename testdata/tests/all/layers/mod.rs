//! The layers of the workspace: which folder may import which, and what every
//! file keeps to. All that breaks a rule is listed at once; `tables.rs` says what
//! is allowed.

mod folders;
mod made_up;
mod project;
mod rules;
mod source;
mod tables;
mod tree;

use self::project::project;
use self::tables::LAYERS;

/// Fails with everything that breaks a rule.
#[track_caller]
fn hold(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

#[test]
fn imports_go_down() {
    let project = project();
    hold(
        "imports go to lower layers",
        &rules::climbing(&project.imports, LAYERS, &project.tree.files),
    );
}

#[test]
fn every_top_module_is_in_one_layer() {
    hold("every top module is in one layer", &rules::without_layer(LAYERS, &project().tree.files));
}

#[test]
fn no_folders_import_each_other_in_a_circle() {
    let project = project();
    hold(
        "folders do not import each other in a circle",
        &rules::in_circles(&project.imports, &project.tree.files),
    );
}

#[test]
fn a_format_sees_the_answer_alone() {
    let project = project();
    hold(
        "a format sees the answer alone",
        &rules::beside_the_answer(&project.tree, &project.imports),
    );
}

#[test]
fn fetch_and_analyze_do_not_know_each_other() {
    let project = project();
    hold(
        "fetch and analyze do not know each other",
        &rules::acquainted(&project.tree, &project.manifests),
    );
}

#[test]
fn files_are_short() {
    hold("a file has at most 400 lines", &rules::long_files(&project().tree.files));
}

#[test]
fn functions_are_short() {
    hold("a function has at most 60 lines", &rules::long_functions(&project().tree.files));
}

#[test]
fn each_file_says_what_it_is() {
    hold("a file says first what it is", &rules::without_doc(&project().tree.files));
}

#[test]
fn a_module_with_a_folder_is_its_mod_rs() {
    hold(
        "a module with a folder is its mod.rs",
        &rules::beside_their_folder(&project().tree.files),
    );
}

#[test]
fn every_file_is_compiled() {
    hold("every file is compiled", &rules::without_mod(&project().tree.files));
}

#[test]
fn paths_of_the_architecture_are_there() {
    let project = project();
    let paths: Vec<String> = project.tree.files.iter().map(|file| file.path.clone()).collect();
    hold(
        "paths of ARCHITECTURE.md exist",
        &rules::dead_paths(&project.architecture, &project.root, &paths),
    );
}
