//! The layers of the workspace: which folder may import which, and what every
//! file keeps to. All that breaks a rule is listed at once; `layers.rs` has the tables.
//!
//! `FLOWKIT_ALL_RULES=1 cargo test -p flowkit-testdata --test all layers::` also holds
//! the rules that are off.

mod folders;
mod layers;
mod made_up;
mod project;
mod rules;
mod source;
mod tree;

use std::env;

use self::layers::LAYERS;
use self::project::project;

/// What is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Layers,
    Placed,
    Circles,
    Output,
    Strangers,
    FileLength,
    FunctionLength,
    ModuleDocs,
    ModuleFiles,
    Architecture,
}

/// Rules that do not hold yet.
const OFF: &[Rule] = &[
    Rule::Layers,
    Rule::Placed,
    Rule::Circles,
    Rule::Output,
    Rule::FileLength,
    Rule::FunctionLength,
    Rule::ModuleFiles,
    Rule::Architecture,
];

/// Fails with everything that breaks a rule, unless the rule is off.
#[track_caller]
fn hold(rule: Rule, broken: &[String]) {
    let is_on = !OFF.contains(&rule) || env::var_os("FLOWKIT_ALL_RULES").is_some();
    assert!(!is_on || broken.is_empty(), "{rule:?} is broken:\n{}", broken.join("\n"));
}

#[test]
fn imports_go_down() {
    let project = project();
    hold(Rule::Layers, &rules::climbing(&project.imports, LAYERS, &project.tree.files));
}

#[test]
fn every_top_module_is_in_one_layer() {
    hold(Rule::Placed, &rules::without_layer(LAYERS, &project().tree.files));
}

#[test]
fn no_folders_import_each_other_in_a_circle() {
    let project = project();
    hold(Rule::Circles, &rules::in_circles(&project.imports, &project.tree.files));
}

#[test]
fn a_format_sees_the_answer_alone() {
    let project = project();
    hold(Rule::Output, &rules::beside_the_answer(&project.tree, &project.imports));
}

#[test]
fn fetch_and_analyze_do_not_know_each_other() {
    let project = project();
    hold(Rule::Strangers, &rules::acquainted(&project.tree, &project.manifests));
}

#[test]
fn files_are_short() {
    hold(Rule::FileLength, &rules::long_files(&project().tree.files));
}

#[test]
fn functions_are_short() {
    hold(Rule::FunctionLength, &rules::long_functions(&project().tree.files));
}

#[test]
fn each_file_says_what_it_is() {
    hold(Rule::ModuleDocs, &rules::without_doc(&project().tree.files));
}

#[test]
fn a_module_with_a_folder_is_its_mod_rs() {
    hold(Rule::ModuleFiles, &rules::beside_their_folder(&project().tree.files));
}

#[test]
fn paths_of_the_architecture_are_there() {
    let project = project();
    let paths: Vec<String> = project.tree.files.iter().map(|file| file.path.clone()).collect();
    hold(Rule::Architecture, &rules::dead_paths(&project.architecture, &project.root, &paths));
}
