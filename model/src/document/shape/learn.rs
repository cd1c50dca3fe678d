//! Learns the shape of a document: a walk through its keys that notes what stands
//! between the values.

use super::text::{digits, list_end, number_end, plain_string, string_end};
use super::{Shape, Slot};
use crate::document::dialect::{Form, Keys, Node};
use crate::document::value;
use crate::field::{FieldId, Kind};

/// The shape of a document that is a flow: a hit, or a bare one.
pub(super) fn learn(text: &[u8], is_hit: bool) -> Option<Shape> {
    let mut learner = Learner {
        text,
        at: 0,
        literal_from: 0,
        shape: Shape::default(),
        is_hit,
        seen: 0,
        marks: 0,
        has_source: false,
    };
    learner.blanks();
    learner.object(Place::Entry)?;
    learner.blanks();
    let is_other_dialect = Keys::dialect(learner.marks) != 0;
    if learner.at != text.len() || learner.has_source != is_hit || is_other_dialect {
        return None;
    }
    let mut shape = learner.shape;
    shape.push(&text[learner.literal_from..], Slot::End);
    Some(shape)
}

/// Where in an entry a value stands.
#[derive(Clone, Copy)]
enum Place {
    /// At its top.
    Entry,
    /// In an object of the document whose keys may be fields.
    Document(&'static Node),
    /// Where nothing is needed.
    Nowhere,
}

/// Walks through a document that is known to be JSON.
struct Learner<'t> {
    text: &'t [u8],
    at: usize,
    literal_from: usize,
    shape: Shape,
    is_hit: bool,
    /// Fields and parts of the identity that were met: none may come twice.
    seen: u64,
    /// Keys that other dialects are known by; their documents are left to the
    /// JSON reader.
    marks: u32,
    has_source: bool,
}

impl Learner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn object(&mut self, place: Place) -> Option<()> {
        self.take(b'{')?;
        self.blanks();
        if self.take(b'}').is_some() {
            return Some(());
        }
        loop {
            self.take(b'"')?;
            let key = plain_string(&self.text[self.at..])?;
            self.at += key.len() + 1;
            self.blanks();
            self.take(b':')?;
            self.blanks();
            self.member(place, key)?;
            self.blanks();
            if self.take(b'}').is_some() {
                return Some(());
            }
            self.take(b',')?;
            self.blanks();
        }
    }

    fn member(&mut self, place: Place, key: &str) -> Option<()> {
        let root = Keys::root(0);
        match (place, key) {
            (Place::Nowhere, _) => self.ignored(),
            (Place::Entry, "_index") => self.name(Slot::Index, 60),
            (Place::Entry, "_id") => self.name(Slot::Id, 61),
            (Place::Entry, "_routing" | "routing") => self.name(Slot::Routing, 62),
            (Place::Entry, "_source") if self.is_hit && !self.has_source => {
                self.has_source = true;
                self.object(Place::Document(root))
            }
            // These may make something else of the entry.
            (
                Place::Entry,
                "_source" | "_scroll_id" | "pit_id" | "hits" | "_shards" | "timed_out" | "error",
            ) => None,
            (Place::Entry, _) if self.is_hit => self.ignored(),
            (Place::Entry, _) => self.known(root.child(key)),
            (Place::Document(node), _) => self.known(node.child(key)),
        }
    }

    /// The value of a key that may be a field.
    fn known(&mut self, node: Option<&'static Node>) -> Option<()> {
        let Some(node) = node else { return self.ignored() };
        self.marks |= node.marks;
        if node.has_children() {
            return if self.peek() == Some(b'{') {
                self.object(Place::Document(node))
            } else {
                self.ignored()
            };
        }
        match &*node.places {
            [] => self.ignored(),
            [place] if place.form == Form::Plain => self.field(place.field),
            _ => None,
        }
    }

    fn once(&mut self, bit: u32) -> Option<()> {
        let is_new = self.seen >> bit & 1 == 0;
        self.seen |= 1 << bit;
        is_new.then_some(())
    }

    fn field(&mut self, field: FieldId) -> Option<()> {
        self.once(field as u32)?;
        let kind = field.field().kind;
        let most = field.field().bits().map_or(0, |bits| u64::MAX >> (64 - bits));
        match (self.peek()?, kind) {
            (b'"', Kind::Version) => {
                let text = plain_string(&self.text[self.at + 1..])?;
                let version = value::parse(kind, text.trim())?;
                self.shape.constants.push((field, version));
                self.at += text.len() + 2;
                Some(())
            }
            (b'0'..=b'9', Kind::Version) => {
                let (version, length) = digits(&self.text[self.at..])?;
                self.shape.constants.push((field, version));
                self.at += length;
                // `5.0` would be read over as `5` with something behind it.
                matches!(self.peek(), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'))
                    .then_some(())
            }
            (b'"', Kind::Text) => self.string(Slot::Text(field)),
            (b'"', Kind::Address) => self.string(Slot::Address(field)),
            (b'"', Kind::Time) => self.string(Slot::Time(field)),
            (b'"', _) => self.string(Slot::Quoted(field, most)),
            (b'{', Kind::Text) => self.exporter(field),
            (b'0'..=b'9', Kind::Text | Kind::Address | Kind::Time) => None,
            (b'0'..=b'9', _) => {
                let length = digits(&self.text[self.at..])?.1;
                self.slot(Slot::Number(field, most), length);
                Some(())
            }
            (b'n', _) => self.word(),
            _ => None,
        }
    }

    /// `{"ip": "192.0.2.1"}`, as newer pipelines write the exporter.
    fn exporter(&mut self, field: FieldId) -> Option<()> {
        self.take(b'{')?;
        self.blanks();
        self.text[self.at..].starts_with(b"\"ip\"").then(|| self.at += 4)?;
        self.blanks();
        self.take(b':')?;
        self.blanks();
        self.string(Slot::Text(field))?;
        self.blanks();
        self.take(b'}')
    }

    fn name(&mut self, slot: Slot, bit: u32) -> Option<()> {
        self.once(bit)?;
        self.string(slot)
    }

    /// A string without escapes.
    fn string(&mut self, slot: Slot) -> Option<()> {
        self.take(b'"')?;
        let length = string_end(&self.text[self.at..])?;
        self.slot(slot, length);
        self.take(b'"')
    }

    fn slot(&mut self, slot: Slot, length: usize) {
        self.shape.push(&self.text[self.literal_from..self.at], slot);
        self.at += length;
        self.literal_from = self.at;
    }

    /// `null`, `true` or `false`: part of the literal bytes.
    fn word(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let word =
            [&b"null"[..], b"true", b"false"].into_iter().find(|word| rest.starts_with(word))?;
        self.at += word.len();
        Some(())
    }

    fn ignored(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(Slot::AnyString),
            b'{' => self.object(Place::Nowhere),
            b'[' => {
                let length = list_end(&self.text[self.at..])?;
                self.slot(Slot::AnyList, length);
                Some(())
            }
            b'-' | b'0'..=b'9' => {
                let length = number_end(&self.text[self.at..])?;
                self.slot(Slot::AnyNumber, length);
                Some(())
            }
            _ => self.word(),
        }
    }
}
