//! The workspace that is looked at: its crates, all files of Rust, and what is
//! written about them.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io, thread};

use super::folders::is_rust;
use super::source::File;
use super::tree::{Import, Tree};

/// All of it, read once.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) tree: Tree,
    pub(crate) imports: Vec<Import>,
    /// Path and text of each `Cargo.toml`.
    pub(crate) manifests: Vec<(String, String)>,
    pub(crate) architecture: String,
}

/// The workspace of this crate.
pub(crate) fn project() -> &'static Project {
    static PROJECT: OnceLock<Project> = OnceLock::new();
    PROJECT.get_or_init(read)
}

fn read() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = members(&text(&root.join("Cargo.toml")));
    let mut paths = Vec::new();
    for folder in folders.iter().map(String::as_str).chain(["fuzz"]) {
        files(&root, folder, &mut paths).expect("the folders of crates can be listed");
    }
    paths.sort();
    paths.dedup();
    let manifests: Vec<(String, String)> = folders
        .iter()
        .map(|folder| format!("{folder}/Cargo.toml"))
        .map(|path| (path.clone(), text(&root.join(path))))
        .collect();
    let crates: Vec<(String, String)> =
        manifests.iter().map(|(_, text)| name(text)).zip(folders).collect();
    let tree = Tree::new(&crates, parse(&root, &paths));
    let architecture = text(&root.join("ARCHITECTURE.md"));
    Project { imports: tree.imports(), root, tree, manifests, architecture }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folders of the crates, as the workspace lists them.
fn members(manifest: &str) -> Vec<String> {
    let (_, list) = manifest.split_once("members = [").expect("a workspace has members");
    let (list, _) = list.split_once(']').expect("a list ends");
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The name of a crate, as paths begin with it.
fn name(manifest: &str) -> String {
    let (_, name) = manifest.split_once("name = \"").expect("a crate has a name");
    name.split('"').next().unwrap_or_default().replace('-', "_")
}

/// Paths of all files of Rust below a folder.
fn files(root: &Path, folder: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().display());
        if entry.file_type()?.is_dir() && entry.file_name() != "target" {
            files(root, &path, found)?;
        } else if is_rust(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads the files, on several threads: parsing them is what takes time here.
fn parse(root: &Path, paths: &[String]) -> Vec<File> {
    let n = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let read = |path: &String| File::parse(path, &text(&root.join(path)));
        let threads: Vec<_> = (0..n)
            .map(|first| {
                scope.spawn(move || paths.iter().skip(first).step_by(n).map(read).collect())
            })
            .collect();
        let files: Vec<Vec<File>> =
            threads.into_iter().map(|thread| thread.join().expect("a panic was printed")).collect();
        let mut files: Vec<File> = files.into_iter().flatten().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    })
}
