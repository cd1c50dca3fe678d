//! The checker itself, on small trees that are made up.

use super::rules::{
    acquainted, beside_the_answer, beside_their_folder, climbing, dead_paths, in_circles,
    long_files, long_functions, without_doc, without_layer, without_mod,
};
use super::source::File;
use super::tables::Layers;
use super::tree::Tree;

const LAYERS: &[Layers] = &[("a/src", &[&["low", "error"], &["high"], &["lib"]])];

const LIB: (&str, &str) = ("a/src/lib.rs", "pub mod low; mod high; mod error;");
const ERROR: (&str, &str) = ("a/src/error.rs", "pub struct Error;");

/// A crate `a` of these files, and of a root and an error that all share.
fn tree(files: &[(&str, &str)]) -> Tree {
    let mut all: Vec<(&str, &str)> = files.to_vec();
    for (path, text) in [LIB, ERROR] {
        if !files.iter().any(|(other, _)| *other == path) {
            all.push((path, text));
        }
    }
    let files = all.iter().map(|(path, text)| File::parse(path, text)).collect();
    Tree::new(&[("a".into(), "a".into())], files)
}

fn climbs(files: &[(&str, &str)]) -> Vec<String> {
    let tree = tree(files);
    climbing(&tree.imports(), LAYERS, &tree.files)
}

fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let tree = tree(files);
    in_circles(&tree.imports(), &tree.files)
}

#[test]
fn imports_of_lower_layers_and_of_the_own_folder_are_fine() {
    let found = climbs(&[
        ("a/src/low/mod.rs", "pub mod x; pub use x::X;"),
        ("a/src/low/x.rs", "use super::y::Y; pub struct X; impl X { fn f() { std::mem::take() } }"),
        ("a/src/high/mod.rs", "use crate::low::X; use crate::error::Error; pub struct High;"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_climbing_import_is_found_however_it_is_written() {
    let high = ("a/src/high/mod.rs", "pub struct High; pub fn f() {} pub const N: u8 = 1;");
    for text in [
        "use crate::high::High;",
        "use super::high::{self, High as Other};",
        "use crate::{high::High, low};",
        "fn f() -> crate::high::High { todo!() }",
        "fn g() { super::high::f(); }",
        "use crate::high; fn g() { high::f(); }",
        "use crate::high::*; fn g() { f(); }",
        "fn g() { assert_eq!(1, crate::high::N); }",
        "#[arg(value_parser = crate::high::f)] struct S;",
        "mod inner { use super::super::high::High; }",
        "impl From<crate::high::High> for u8 {}",
        "fn g() { use crate::high::f; }",
    ] {
        let found = climbs(&[("a/src/low/mod.rs", text), high]);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(
            found[0].starts_with("a/src/low/mod.rs:1 -> a/src/high/mod.rs (")
                && found[0].ends_with(") is in layer 1 and imports from layer 2"),
            "{found:?}"
        );
    }
}

#[test]
fn a_re_export_is_followed_to_the_file_that_defines() {
    let found = climbs(&[
        ("a/src/lib.rs", "mod low; mod high; mod error; pub use high::deep::Deep;"),
        ("a/src/high/mod.rs", "pub mod deep; pub use self::deep::*;"),
        ("a/src/high/deep.rs", "pub struct Deep; pub fn of() {}"),
        ("a/src/low/mod.rs", "use crate::Deep;\nuse crate::high::of;"),
    ]);
    assert_eq!(
        found,
        [
            "a/src/low/mod.rs:1 -> a/src/high/deep.rs (crate::Deep) is in layer 1 and imports from \
             layer 2",
            "a/src/low/mod.rs:2 -> a/src/high/deep.rs (crate::high::of) is in layer 1 and imports \
             from layer 2",
        ]
    );
}

#[test]
fn what_only_tests_see_does_not_count() {
    let found = climbs(&[
        ("a/src/high/mod.rs", "pub struct High;"),
        (
            "a/src/low/mod.rs",
            "#[cfg(test)] mod tests; #[cfg(test)] use crate::high::High;
             #[cfg(all(test, unix))] mod more { use crate::high::High; }
             pub(in crate::low) struct X;",
        ),
        ("a/src/low/tests.rs", "use crate::high::High;"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn two_modules_of_one_layer_do_not_import_each_other() {
    let found = climbs(&[
        ("a/src/high/mod.rs", ""),
        ("a/src/low/mod.rs", "use crate::error::Error; use crate::low::x::X; mod x;"),
        ("a/src/low/x.rs", "pub struct X;"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("a/src/error.rs (crate::error::Error) is in layer 1"), "{found:?}");
}

#[test]
fn a_circle_of_folders_is_found_also_of_a_folder_and_its_parent() {
    let found = circles(&[
        ("a/src/low/mod.rs", "pub mod deep; pub mod x; pub use deep::Deep;"),
        ("a/src/low/x.rs", "use super::Deep; pub struct X;"),
        ("a/src/low/deep/mod.rs", "mod y; pub struct Deep;"),
        ("a/src/low/deep/y.rs", "use crate::low::x::X;"),
        ("a/src/high/mod.rs", "use crate::low::x::X; use crate::error::Error;"),
    ]);
    assert_eq!(
        found,
        [
            "these reach each other: a/src/low, a/src/low/deep",
            "  a/src/low/deep/y.rs:1 -> a/src/low/x.rs (crate::low::x::X)",
            "  a/src/low/x.rs:1 -> a/src/low/deep/mod.rs (super::Deep)",
        ]
    );
}

#[test]
fn a_file_beside_its_folder_belongs_to_it() {
    let files = [
        ("a/src/low.rs", "mod x; pub struct Low;"),
        ("a/src/low/x.rs", "use super::Low;"),
        ("a/src/high/mod.rs", ""),
    ];
    assert_eq!(circles(&files), Vec::<String>::new());
    assert_eq!(without_layer(LAYERS, &tree(&files).files), Vec::<String>::new());
    assert_eq!(
        beside_their_folder(&tree(&files).files),
        ["a/src/low.rs should be a/src/low/mod.rs"]
    );
}

#[test]
fn circles_through_the_root_and_of_three_are_found() {
    let found = circles(&[
        ("a/src/lib.rs", "mod low; mod high; mod error; use high::High; pub fn now() {}"),
        ("a/src/high/mod.rs", "use crate::low::Low; pub struct High;"),
        ("a/src/low/mod.rs", "pub struct Low; fn f() { crate::now() }"),
    ]);
    assert_eq!(found[0], "these reach each other: a/src/high, a/src/lib.rs, a/src/low");
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn a_function_and_its_module_may_share_a_name() {
    let found = climbs(&[
        ("a/src/high/mod.rs", "mod take; pub use take::take;"),
        ("a/src/high/take.rs", "pub fn take() {}"),
        ("a/src/low/mod.rs", "use take::take; use crate::high; fn f() { high::take() }"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("-> a/src/high/take.rs (high::take)"), "{found:?}");
}

#[test]
fn modules_without_a_layer_and_layers_without_a_module_are_found() {
    let found =
        without_layer(LAYERS, &tree(&[("a/src/low/mod.rs", ""), ("a/src/new.rs", "")]).files);
    assert_eq!(
        found,
        [
            "a/src/new is in no layer: add it to tables.rs",
            "a/src/high has a layer and is not there",
        ]
    );
    let twice: &[Layers] = &[("a/src", &[&["low", "error"], &["low", "lib"]])];
    let found = without_layer(twice, &tree(&[("a/src/low/mod.rs", "")]).files);
    assert_eq!(found, ["a/src/low is in 2 layers"]);
}

#[test]
fn a_format_that_names_more_than_the_answer_is_found() {
    let files = [
        ("cli/src/main.rs", "mod output; mod notes;"),
        ("cli/src/notes.rs", "pub fn note() {}"),
        (
            "cli/src/output/mod.rs",
            "mod x; use std::io; use flowkit_model::Answer; use serde_json::json;\n\
             use flowkit_analyze::tally; use crate::notes::note; use self::x::X; use other::Y;\n\
             fn f() { flowkit_model::filter::parse(); Vec::new(); }",
        ),
        ("cli/src/output/x.rs", "use crate::output; pub struct X;"),
    ];
    let files = files.map(|(path, text)| File::parse(path, text)).into_iter();
    let model = [
        ("model/src/lib.rs", "pub mod answer; pub mod filter; pub use answer::Answer;"),
        ("model/src/answer.rs", "pub struct Answer;"),
        ("model/src/filter.rs", "pub fn parse() {}"),
    ];
    let model = model.map(|(path, text)| File::parse(path, text));
    let crates = [("flowkit", "cli"), ("flowkit_model", "model")];
    let crates = crates.map(|(name, folder)| (name.to_owned(), folder.to_owned()));
    let tree = Tree::new(&crates, files.chain(model).collect());
    assert_eq!(
        beside_the_answer(&tree, &tree.imports()),
        [
            "cli/src/output/mod.rs:2 -> cli/src/notes.rs (crate::notes::note)",
            "cli/src/output/mod.rs:2 names flowkit_analyze::tally, which is no answer",
            "cli/src/output/mod.rs:2 names other::Y, which is no answer",
            "cli/src/output/mod.rs:3 names flowkit_model::filter::parse, which is no answer",
        ]
    );
}

#[test]
fn crates_that_must_not_know_each_other_are_found() {
    let files = vec![File::parse("fetch/src/lib.rs", "use flowkit_analyze::ask;")];
    let tree = Tree::new(&[("flowkit_fetch".into(), "fetch".into())], files);
    let manifest = ("fetch/Cargo.toml".into(), "flowkit-analyze.workspace = true".into());
    assert_eq!(
        acquainted(&tree, &[manifest]),
        ["fetch/src/lib.rs:1 names flowkit_analyze", "fetch/Cargo.toml depends on flowkit-analyze",]
    );
}

#[test]
fn long_and_silent_files_are_found() {
    let body = "    f();\n".repeat(70);
    let text =
        format!("//! What it is.\nimpl X {{\n  fn long() {{\n{body}  }}\n}}\nfn short() {{}}\n");
    let files = [File::parse("a/src/x.rs", &text), File::parse("a/src/y.rs", &"\n".repeat(401))];
    assert_eq!(long_functions(&files), ["a/src/x.rs:3: long has 72 lines, 60 at most"]);
    assert_eq!(long_files(&files), ["a/src/y.rs has 401 lines, 400 at most"]);
    assert_eq!(without_doc(&files), ["a/src/y.rs does not begin with `//!`"]);
}

#[test]
fn files_that_are_not_compiled_are_found() {
    let files = [
        ("a/src/lib.rs", "mod low; #[cfg(test)] mod low_test;"),
        ("a/src/low/mod.rs", "mod x; mod made_up { fn f() {} }"),
        ("a/src/low/x.rs", ""),
        ("a/src/low/y.rs", ""),
        ("a/src/low_test.rs", ""),
        ("a/src/bin/other.rs", ""),
        ("a/tests/all/main.rs", "mod faults;"),
        ("a/tests/all/faults/mod.rs", "mod one;"),
        ("a/tests/all/faults/one.rs", ""),
        ("a/tests/all/faults/two.rs", ""),
        ("a/tests/all/pipe.rs", ""),
        ("a/tests/sessions.rs", ""),
    ];
    let files = files.map(|(path, text)| File::parse(path, text));
    assert_eq!(
        without_mod(&files),
        ["a/src/low/y.rs", "a/tests/all/faults/two.rs", "a/tests/all/pipe.rs"]
            .map(|path| format!("{path} is not compiled: no `mod` names it"))
    );
}

#[test]
fn dead_paths_are_found() {
    let all = ["a/src/low/x.rs".to_owned()];
    let text = "`a/src/low/x.rs`, `low/x.rs`, `x.rs`, `src/low`, `y.rs` and `a/b`, `parts/NAME.zst`, `a b/c`";
    let found = dead_paths(text, std::path::Path::new("/nowhere"), &all);
    assert_eq!(found, ["a/b is not there", "y.rs is not there"]);
}
