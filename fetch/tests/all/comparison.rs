//! Every test that the comparison with other tools leans on is there.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Names in backticks in the last column of the tables.
fn named(text: &str) -> Vec<&str> {
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let ours = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    ours.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn each_named_test_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for folder in ["fetch/src", "fetch/tests", "cli/tests"] {
        sources(&root.join(folder), &mut files);
    }
    let code: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for (document, at_least) in [("fetch/COMPARISON.md", 20), ("cli/guide/fetch.md", 6)] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        let names = named(&text);
        assert!(names.len() >= at_least, "{document}: {names:?}");
        for name in names {
            assert!(
                code.contains(&format!("#[test]\nfn {name}()"))
                    || code.contains(&format!("#[test]\n    fn {name}()")),
                "{document} names {name}"
            );
        }
    }
}
