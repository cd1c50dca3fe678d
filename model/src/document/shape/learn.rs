//! Learns the shape of a document: a walk through its keys that notes what stands
//! between the values.
//!
//! What is no value of its field now is part of the literal bytes, so that a
//! document in which it is one has another shape. Of several places of one field
//! the best that holds a value is read, and the others are passed over.

use super::text::{list_end, number_end, plain_string, string_end};
use super::{Shape, Slot};
use crate::document::dialect::{Form, Keys, Node};
use crate::document::entry::KeysOf;
use crate::document::json::Json;
use crate::document::nesting::DEEPEST_LEARNT;
use crate::document::templated::{IP_VERSIONS, is_ip_version};
use crate::document::{OF_FIELDS, entry};
use crate::field::FieldId;
use crate::row::N_FIELDS;

/// The shape of a document that is a flow: a hit, or a bare one.
pub(super) fn learn(text: &[u8], is_hit: bool) -> Option<Shape> {
    let keys = entry::keys(text, is_hit)?;
    let mut learner = Learner {
        text,
        at: 0,
        literal_from: 0,
        shape: Shape::default(),
        is_hit,
        keys,
        root: Keys::root(keys.dialect, keys.of_templates),
        seen: 0,
        places: Vec::new(),
        best: [const { None }; N_FIELDS],
        after: 0,
        has_source: false,
        depth: 0,
    };
    learner.blanks();
    learner.object(Place::Entry)?;
    learner.blanks();
    if learner.at != text.len() || learner.has_source != is_hit {
        return None;
    }
    let of = |field: FieldId| learner.best[field as usize].as_ref();
    let is_scaled = |best: Option<&Best>| best.is_some_and(|best| best.form == Form::Scaled);
    let has_text_time = |field| of(field).is_some_and(|best| best.form == Form::TextTime);
    let mut shape = learner.shape;
    shape.has_text_times =
        has_text_time(FieldId::FirstSwitched) || has_text_time(FieldId::LastSwitched);
    shape.keys = keys;
    free_lone_addresses(&mut shape);
    shape.is_scaled = is_scaled(of(FieldId::Packets)) || is_scaled(of(FieldId::Bytes));
    shape.push(&text[learner.literal_from..], Slot::End);
    Some(shape)
}

/// Of several addresses of one field the first that is specified counts; where there is
/// one, it counts in any case.
fn free_lone_addresses(shape: &mut Shape) {
    let mut n = [0; N_FIELDS];
    for (_, slot) in &shape.steps {
        if let Slot::AmongAddresses { field, .. } = slot {
            n[*field as usize] += 1;
        }
    }
    for (_, slot) in &mut shape.steps {
        if let Slot::AmongAddresses { field, .. } = *slot
            && n[field as usize] == 1
        {
            *slot = Slot::Address(field);
        }
    }
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

/// Where the value of a field is read.
#[derive(Clone, Copy)]
pub(super) struct Best {
    pub(super) rank: u8,
    pub(super) form: Form,
    /// The step that reads it, and the one that passes it over; none if it is part
    /// of the literal bytes.
    pub(super) step: Option<(usize, Slot)>,
}

/// Walks through a document that is known to be JSON.
pub(super) struct Learner<'t> {
    pub(super) text: &'t [u8],
    pub(super) at: usize,
    pub(super) literal_from: usize,
    pub(super) shape: Shape,
    is_hit: bool,
    pub(super) keys: KeysOf,
    root: &'static Node,
    /// Parts of the identity that were met: none may come twice.
    seen: u8,
    /// Places of fields that were met; none may come twice.
    pub(super) places: Vec<(u8, &'static str)>,
    /// For each field, where its value is.
    pub(super) best: [Option<Best>; N_FIELDS],
    /// What is added to the ranks of places.
    pub(super) after: u8,
    has_source: bool,
    /// Objects that are open where nothing is needed.
    depth: u32,
}

impl Learner<'_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    pub(super) fn take(&mut self, byte: u8) -> Option<()> {
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
        match (place, key) {
            (Place::Nowhere, _) => self.ignored(),
            (Place::Entry, "_index") => self.name(Slot::Index, 1),
            (Place::Entry, "_id") => self.name(Slot::Id, 2),
            (Place::Entry, "_routing" | "routing") => self.name(Slot::Routing, 4),
            (Place::Entry, "_source") => self.part(0, 8),
            (Place::Entry, "fields") if self.is_hit => self.part(OF_FIELDS, 16),
            (Place::Entry, _) if self.is_hit => self.ignored(),
            (Place::Entry, _) => self.known(self.root.at(key).0),
            (Place::Document(_), _) if self.keys.of_templates && IP_VERSIONS.contains(&key) => {
                self.version_of_ip()
            }
            (Place::Document(node), _) => self.known(node.at(key).0),
        }
    }

    /// `_source`, or `fields`.
    fn part(&mut self, after: u8, bit: u8) -> Option<()> {
        self.is_hit.then_some(())?;
        self.once(bit)?;
        if self.peek() != Some(b'{') {
            // `"_source": false` beside `fields`.
            return self.word();
        }
        self.has_source = true;
        self.after = after;
        self.object(Place::Document(self.root))
    }

    /// The value of a key that may be a field.
    fn known(&mut self, node: Option<&'static Node>) -> Option<()> {
        let Some(node) = node else { return self.ignored() };
        match self.peek()? {
            b'{' if node.has_children() => return self.object(Place::Document(node)),
            b'[' if node.has_children() && self.is_list_of_objects() => {
                return self.list_of_one_object(node);
            }
            _ => {}
        }
        match &*node.places {
            [] => self.ignored(),
            places => self.field(places),
        }
    }

    /// A version of IP that can be: part of the literal bytes.
    fn version_of_ip(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let length = match self.peek()? {
            b'"' => plain_string(&rest[1..])?.len() + 2,
            b'-' | b'0'..=b'9' => number_end(rest)?,
            _ => return self.word(),
        };
        let value = std::str::from_utf8(&rest[..length]).ok()?;
        is_ip_version(&Json::of(value)).then(|| self.at += length)
    }

    fn is_list_of_objects(&self) -> bool {
        self.text[self.at + 1..].trim_ascii_start().starts_with(b"{")
    }

    fn list_of_one_object(&mut self, node: &'static Node) -> Option<()> {
        self.take(b'[')?;
        self.blanks();
        self.object(Place::Document(node))?;
        self.blanks();
        self.take(b']')
    }

    fn once(&mut self, bit: u8) -> Option<()> {
        let is_new = self.seen & bit == 0;
        self.seen |= bit;
        is_new.then_some(())
    }

    fn name(&mut self, slot: Slot, bit: u8) -> Option<()> {
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

    pub(super) fn slot(&mut self, slot: Slot, length: usize) {
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

    pub(super) fn ignored(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(Slot::AnyString),
            b'{' if self.depth == DEEPEST_LEARNT => None,
            b'{' => {
                self.depth += 1;
                self.object(Place::Nowhere)?;
                self.depth -= 1;
                Some(())
            }
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
