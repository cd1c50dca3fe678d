//! The modules of several crates, and where a path leads: to the file that
//! defines what it names, through every re-export on the way.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::source::{File, Named, Scope, Use};

/// Crates by the names that paths begin with.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    modules: Vec<Module>,
    crates: HashMap<String, usize>,
}

/// A module, with what stands in it.
struct Module {
    file: usize,
    parent: Option<usize>,
    children: HashMap<String, usize>,
    items: HashSet<String>,
    uses: Vec<Use>,
    paths: Vec<Named>,
}

/// Something in one file that needs something in another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) from: String,
    pub(crate) line: usize,
    pub(crate) to: String,
    /// As it is written.
    pub(crate) path: String,
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Found {
    Item { file: usize },
    Module(usize),
}

/// Words that were looked up on the way, so that no circle of re-exports is
/// followed twice.
type Seen = Vec<(usize, String, bool)>;

impl Tree {
    /// Modules of crates: the name of each, its folder, and all files.
    pub(crate) fn new(crates: &[(String, String)], files: Vec<File>) -> Self {
        let mut files = files;
        let mut scopes: BTreeMap<String, (usize, Scope)> = BTreeMap::new();
        for (number, file) in files.iter_mut().enumerate() {
            scopes.insert(file.path.clone(), (number, std::mem::take(&mut file.scope)));
        }
        let mut tree = Self { files, modules: Vec::new(), crates: HashMap::new() };
        for (name, folder) in crates {
            let root = ["lib.rs", "main.rs"]
                .map(|root| format!("{folder}/src/{root}"))
                .into_iter()
                .find_map(|root| scopes.remove(&root));
            let (file, scope) = root.unwrap_or_else(|| panic!("{folder}/src has no lib.rs"));
            let module = tree.add(&format!("{folder}/src"), file, None, scope, &mut scopes);
            tree.crates.insert(name.clone(), module);
        }
        tree
    }

    /// Adds a module whose children are in a folder.
    fn add(
        &mut self,
        folder: &str,
        file: usize,
        parent: Option<usize>,
        scope: Scope,
        others: &mut BTreeMap<String, (usize, Scope)>,
    ) -> usize {
        let id = self.modules.len();
        let Scope { files, inline, items, uses, paths } = scope;
        self.modules.push(Module { file, parent, children: HashMap::new(), items, uses, paths });
        for name in files {
            let names = [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")];
            let Some((file, scope)) = names.iter().find_map(|name| others.remove(name)) else {
                continue; // for another system, or with a path of its own
            };
            let child = self.add(&format!("{folder}/{name}"), file, Some(id), scope, others);
            self.modules[id].children.insert(name, child);
        }
        for (name, scope) in inline {
            let child = self.add(&format!("{folder}/{name}"), file, Some(id), scope, others);
            self.modules[id].children.insert(name, child);
        }
        id
    }

    /// Every import of one file from another, each pair of files once for each
    /// path; re-exports that a module makes of what is below it are none.
    pub(crate) fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        for (id, module) in self.modules.iter().enumerate() {
            for item in &module.uses {
                let target = self.file_of(id, &item.named.path);
                let is_export = item.is_public && target.is_some_and(|to| self.is_below(to, id));
                if !is_export {
                    imports.extend(target.and_then(|to| self.import(id, to, &item.named)));
                }
            }
            for named in module.paths.iter().filter(|named| !self.is_imported(id, named)) {
                let target = self.file_of(id, &named.path);
                imports.extend(target.and_then(|to| self.import(id, to, named)));
            }
        }
        imports.sort();
        imports.dedup_by(|a, b| (&a.from, &a.to, &a.path) == (&b.from, &b.to, &b.path));
        imports
    }

    /// What is written in the files of modules and leads out of the crate: file,
    /// path, the first word being the name of a crate, and the file that defines
    /// what is named, if it is ours.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = (&str, &Named, Option<&str>)> {
        self.modules.iter().enumerate().flat_map(move |(id, module)| {
            let path = self.files[module.file].path.as_str();
            let uses = module.uses.iter().map(|item| &item.named);
            let uses = uses.filter(move |named| self.is_foreign(id, &named.path));
            let is_ours = |named: &&Named| self.crates.contains_key(&named.path[0]);
            let paths = module.paths.iter().filter(is_ours);
            uses.chain(paths).map(move |named| {
                let defined = self.file_of(id, &named.path);
                (path, named, defined.map(|file| self.files[file].path.as_str()))
            })
        })
    }

    fn is_foreign(&self, module: usize, path: &[String]) -> bool {
        let Some(first) = path.first() else { return false };
        !["crate", "self", "super"].contains(&first.as_str())
            && (self.crates.contains_key(first)
                || self.name(module, first, false, &mut Seen::new()).is_none())
    }

    /// Whether a path begins with what a `use` brought in, which counts already.
    fn is_imported(&self, module: usize, named: &Named) -> bool {
        self.modules[module].uses.iter().any(|item| {
            !item.is_public
                && item.name.as_ref() == Some(&named.path[0])
                && self.file_of(module, &item.named.path).is_some()
        })
    }

    fn import(&self, module: usize, to: usize, named: &Named) -> Option<Import> {
        let from = self.modules[module].file;
        (from != to).then(|| Import {
            from: self.files[from].path.clone(),
            line: named.line,
            to: self.files[to].path.clone(),
            path: named.path.join("::"),
        })
    }

    /// The file of what a path names; `None` for modules, which are only on the
    /// way to something, and for what is in no crate of ours.
    fn file_of(&self, module: usize, path: &[String]) -> Option<usize> {
        match self.walk(module, path, &mut Seen::new())? {
            Found::Item { file } => Some(file),
            Found::Module(_) => None,
        }
    }

    /// Whether a file is that of a module below this one.
    fn is_below(&self, file: usize, module: usize) -> bool {
        let is_of_file = |other: &&Module| other.file == file;
        self.modules.iter().filter(is_of_file).any(|other| {
            let parents = std::iter::successors(other.parent, |&id| self.modules[id].parent);
            parents.into_iter().any(|id| id == module)
        })
    }

    fn walk(&self, module: usize, path: &[String], seen: &mut Seen) -> Option<Found> {
        let mut found = Found::Module(module);
        for (place, word) in path.iter().enumerate() {
            let is_last = place + 1 == path.len();
            let Found::Module(at) = found else { break };
            found = match word.as_str() {
                "crate" => Found::Module(self.root(at)),
                "self" => Found::Module(at),
                "super" => Found::Module(self.modules[at].parent?),
                word => match self.name(at, word, is_last, seen) {
                    Some(found) => found,
                    None if place == 0 => Found::Module(*self.crates.get(word)?),
                    None => return None,
                },
            };
        }
        Some(found)
    }

    fn root(&self, module: usize) -> usize {
        let mut at = module;
        while let Some(parent) = self.modules[at].parent {
            at = parent;
        }
        at
    }

    /// What a name means in a module. A module and a function may share one: the
    /// last word of a path is the function.
    fn name(&self, at: usize, name: &str, is_last: bool, seen: &mut Seen) -> Option<Found> {
        let looked_up = (at, name.to_owned(), is_last);
        if seen.contains(&looked_up) {
            return None;
        }
        seen.push(looked_up);
        let module = &self.modules[at];
        let child = module.children.get(name).map(|&child| Found::Module(child));
        if !is_last && child.is_some() {
            return child;
        }
        if module.items.contains(name) {
            return Some(Found::Item { file: module.file });
        }
        let used = module.uses.iter().filter(|item| item.name.as_deref() == Some(name));
        let used: Vec<Found> =
            used.filter_map(|item| self.walk(at, &item.named.path, seen)).collect();
        let is_item = |found: &&Found| matches!(found, Found::Item { .. });
        let used = used.iter().find(is_item).or(used.first()).copied();
        used.or(child).or_else(|| {
            module.uses.iter().filter(|item| item.name.is_none()).find_map(|item| {
                match self.walk(at, &item.named.path, seen)? {
                    Found::Module(of) => self.name(of, name, is_last, seen),
                    Found::Item { .. } => None,
                }
            })
        })
    }
}
