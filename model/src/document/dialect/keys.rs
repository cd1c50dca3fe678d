//! The keys of all dialects as trees: from a key of a document to the fields
//! that are read there, and to the dialects that the key is a sign of.

use std::ops::BitOrAssign;
use std::sync::LazyLock;

use super::place::Place;
use super::templates::{OBJECTS, OF_LAYER_2, OWN_LAYER_2, SIGNS};
use super::{BASE, DIALECTS, codec, module};
use crate::field::{FieldId, Kind};

/// A key on the way to fields, and what stands there.
#[derive(Debug, Default)]
pub(in crate::document) struct Node {
    /// Keys below it, in [`order`].
    children: Vec<(&'static str, Self)>,
    /// Fields that are read here, each with the rank of this place among those
    /// of the field: the lowest that holds a value counts.
    pub(in crate::document) places: Vec<(Place, u8)>,
    /// Bits of the marks that the key bears.
    pub(in crate::document) marks: u64,
    /// What its being there says of the document.
    pub(in crate::document) signs: Signs,
}

/// What the keys of a document say that it is.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::document) struct Signs {
    /// One about a flow.
    pub(in crate::document) flow: bool,
    /// One of v9 or IPFIX, if it states no version.
    pub(in crate::document) templates: bool,
    /// One that shows traffic of layer 2.
    pub(in crate::document) layer_2: bool,
}

impl BitOrAssign for Signs {
    fn bitor_assign(&mut self, others: Self) {
        self.flow |= others.flow;
        self.templates |= others.templates;
        self.layer_2 |= others.layer_2;
    }
}

impl Node {
    /// What stands under a key of this object.
    pub(in crate::document) fn child(&self, key: &str) -> Option<&Self> {
        let place = self.children.binary_search_by(|(known, _)| order(known, key)).ok()?;
        Some(&self.children[place].1)
    }

    /// What stands at a key or, `netflow.bytes` being `bytes` in `netflow`, at a
    /// dotted path; and the marks on the way.
    ///
    /// Elasticsearch names the copy of a text that is not analysed
    /// `src_addr.keyword` (`.raw` in old templates); some requests name only that.
    pub(in crate::document) fn at(&'static self, path: &str) -> (Option<&'static Self>, u64) {
        if let Some(node) = self.child(path) {
            return (Some(node), node.marks);
        }
        if !path.contains('.') {
            return (None, 0);
        }
        let (mut node, mut marks) = (self, 0);
        let mut keys = path.split('.').peekable();
        while let Some(key) = keys.next() {
            let Some(child) = node.child(key) else {
                let is_copy = matches!(key, "keyword" | "raw") && keys.peek().is_none();
                return (Some(node).filter(|_| is_copy), marks);
            };
            node = child;
            marks |= node.marks;
        }
        (Some(node), marks)
    }

    /// Whether it is an object that is read.
    pub(in crate::document) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    fn insert(&mut self, path: &'static str) -> &mut Self {
        let (key, rest) =
            path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        let place = match self.children.binary_search_by(|(known, _)| order(known, key)) {
            Ok(place) => place,
            Err(place) => {
                self.children.insert(place, (key, Self::default()));
                place
            }
        };
        let child = &mut self.children[place].1;
        match rest {
            Some(rest) => child.insert(rest),
            None => child,
        }
    }
}

/// The keys that are read, and where to look for other dialects' marks.
pub(in crate::document) struct Keys {
    /// For each dialect but the second, which is the first's.
    roots: Vec<Node>,
    /// The same for documents of v9 and IPFIX.
    templates: Vec<Node>,
    /// Rows of marks, each with the dialect it proves.
    marks: Vec<(u64, usize)>,
}

impl Keys {
    /// The keys of a dialect, in documents of version 5 or of v9 and IPFIX.
    pub(in crate::document) fn root(dialect: usize, of_templates: bool) -> &'static Node {
        if of_templates { &KEYS.templates[dialect] } else { &KEYS.roots[dialect] }
    }

    /// The dialect that marks prove; 0 is the base.
    pub(in crate::document) fn dialect(marks: u64) -> usize {
        let proof = |(wanted, _): &&(u64, usize)| marks & wanted == *wanted;
        KEYS.marks.iter().find(proof).map_or(0, |(_, dialect)| *dialect)
    }
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let mut roots = vec![base()];
    roots.push(base());
    let mut known: Vec<&'static str> = Vec::new();
    let mut marks = Vec::new();
    for (number, dialect) in DIALECTS.iter().enumerate().skip(BASE) {
        roots.push(tree(&(dialect.places)()));
        for row in dialect.marks {
            let bit = |path: &&'static str| {
                let place = known.iter().position(|known| known == path).unwrap_or_else(|| {
                    known.push(path);
                    known.len() - 1
                });
                1_u64 << place
            };
            marks.push((row.iter().map(bit).sum(), number));
        }
    }
    for (place, path) in known.into_iter().enumerate() {
        roots[0].insert(path).marks |= 1 << place;
    }
    for root in &mut roots {
        signs(root);
    }
    let templates = DIALECTS.iter().map(|dialect| of_templates(&(dialect.templates)())).collect();
    Keys { roots, templates, marks }
});

fn base() -> Node {
    let mut places = module();
    places.extend(codec().into_iter().filter(|place| !module().contains(place)));
    tree(&places)
}

/// Paths of names: in each object, and without one.
fn paths(names: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
    let path = |name: &'static str| {
        let inside = OBJECTS.map(|object| -> &'static str { format!("{object}{name}").leak() });
        inside.into_iter().chain([name])
    };
    names.iter().flat_map(move |name| path(name))
}

/// Marks the keys that only v9 and IPFIX have.
fn signs(root: &mut Node) {
    for path in paths(SIGNS) {
        let node = root.insert(path);
        (node.signs.templates, node.signs.flow) = (true, true);
    }
}

/// The keys of documents of v9 and IPFIX.
fn of_templates(places: &[Place]) -> Node {
    let mut root = tree(places);
    root.insert(OWN_LAYER_2).signs.layer_2 = true;
    for path in paths(OF_LAYER_2) {
        root.insert(path).signs.layer_2 = true;
    }
    root
}

fn tree(places: &[Place]) -> Node {
    let mut root = Node::default();
    for (n, place) in places.iter().enumerate() {
        let before = places[..n].iter().filter(|before| before.field == place.field).count();
        let node = root.insert(place.path);
        node.places.push((*place, u8::try_from(before).unwrap_or(u8::MAX)));
        let field = place.field.field();
        // Who sent it, when, and from which country: that any document may say.
        node.signs.flow |=
            field.kind != Kind::Text && !matches!(field.id, FieldId::Timestamp | FieldId::Adapted);
    }
    root
}

/// By length, then by letters: most keys differ in the first comparison.
fn order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One key, one field, in the two dialects that are read together.
    #[test]
    fn no_key_of_the_base_means_two_fields() {
        fn check(node: &Node) {
            assert!(node.places.len() <= 1, "{:?}", node.places);
            node.children.iter().for_each(|(_, child)| check(child));
        }
        check(&base());
    }
}
