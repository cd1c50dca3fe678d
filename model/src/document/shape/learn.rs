//! Learns the shape of a document: a walk through its keys that notes what stands
//! between the values.
//!
//! What is no value of its field now is part of the literal bytes, so that a
//! document in which it is one has another shape. Of several places of one field
//! the best that holds a value is read, and the others are passed over.

use super::text::{digits, list_end, number_end, plain_string, string_end};
use super::{Shape, Slot};
use crate::address::Address;
use crate::document::dialect::{Form, Keys, Node, Place as FieldPlace};
use crate::document::nesting::DEEPEST_LEARNT;
use crate::document::value::{self, Found, Scalar};
use crate::document::{OF_FIELDS, entry};
use crate::field::{FieldId, Kind};
use crate::row::N_FIELDS;

/// The shape of a document that is a flow: a hit, or a bare one.
pub(super) fn learn(text: &[u8], is_hit: bool) -> Option<Shape> {
    let dialect = entry::dialect(text, is_hit)?;
    let mut learner = Learner {
        text,
        at: 0,
        literal_from: 0,
        shape: Shape::default(),
        is_hit,
        root: Keys::root(dialect, false),
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
    let mut shape = learner.shape;
    shape.dialect = dialect;
    shape.is_scaled = is_scaled(of(FieldId::Packets)) || is_scaled(of(FieldId::Bytes));
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

/// Where the value of a field is read.
struct Best {
    rank: u8,
    form: Form,
    /// The step that reads it, and the one that passes it over; none if it is part
    /// of the literal bytes.
    step: Option<(usize, Slot)>,
}

/// Walks through a document that is known to be JSON.
struct Learner<'t> {
    text: &'t [u8],
    at: usize,
    literal_from: usize,
    shape: Shape,
    is_hit: bool,
    root: &'static Node,
    /// Parts of the identity that were met: none may come twice.
    seen: u8,
    /// Places of fields that were met; none may come twice.
    places: Vec<(u8, &'static str)>,
    /// For each field, where its value is.
    best: [Option<Best>; N_FIELDS],
    /// What is added to the ranks of places.
    after: u8,
    has_source: bool,
    /// Objects that are open where nothing is needed.
    depth: u32,
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
        match (place, key) {
            (Place::Nowhere, _) => self.ignored(),
            (Place::Entry, "_index") => self.name(Slot::Index, 1),
            (Place::Entry, "_id") => self.name(Slot::Id, 2),
            (Place::Entry, "_routing" | "routing") => self.name(Slot::Routing, 4),
            (Place::Entry, "_source") => self.part(0, 8),
            (Place::Entry, "fields") if self.is_hit => self.part(OF_FIELDS, 16),
            (Place::Entry, _) if self.is_hit => self.ignored(),
            (Place::Entry, _) => self.known(self.root.at(key).0),
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

    /// The value of a place: a number or text, or a list of one.
    fn field(&mut self, places: &'static [(FieldPlace, u8)]) -> Option<()> {
        let place = (self.after, places.first()?.0.path);
        if self.places.contains(&place) {
            return None;
        }
        self.places.push(place);
        if self.peek() != Some(b'[') {
            return self.scalar(places);
        }
        let start = self.at;
        self.at += 1;
        self.blanks();
        if self.take(b']').is_some() {
            return Some(());
        }
        let literal_from = self.literal_from;
        let n_steps = self.shape.steps.len();
        if matches!(self.peek(), Some(b'"' | b'-' | b'0'..=b'9')) {
            self.scalar(places)?;
        } else {
            return None;
        }
        self.blanks();
        if self.take(b']').is_some() {
            return Some(());
        }
        // Several names of flags.
        let is_untouched = n_steps == self.shape.steps.len() && literal_from == self.literal_from;
        match places {
            [(place, _)] if place.field == FieldId::TcpFlags && !is_untouched => {
                let length = list_end(&self.text[start..])?;
                self.shape.steps.truncate(n_steps);
                self.best[place.field as usize] = None;
                (self.literal_from, self.at) = (literal_from, start);
                self.step(places, Slot::FlagNames, Slot::AnyList, length)
            }
            _ => None,
        }
    }

    /// The value of a place, which may be that of two fields.
    fn scalar(&mut self, places: &'static [(FieldPlace, u8)]) -> Option<()> {
        let start = self.at;
        let (scalar, length, pass) = match self.peek()? {
            b'"' => {
                let text = plain_string(&self.text[start + 1..])?;
                (Scalar::Text(text), text.len(), Slot::AnyString)
            }
            b'-' | b'0'..=b'9' => {
                let length = number_end(&self.text[start..])?;
                let text = std::str::from_utf8(&self.text[start..start + length]).ok()?;
                (Scalar::Number(text), length, Slot::AnyNumber)
            }
            // No field has such a value.
            _ => return self.ignored(),
        };
        let quote = usize::from(matches!(scalar, Scalar::Text(_)));
        let found: Vec<Found> =
            places.iter().map(|(place, _)| value::of_scalar(place, scalar)).collect();
        let is_none = |found: &Found| matches!(found, Found::Impossible | Found::Missing);
        if found.iter().all(is_none) {
            self.at += length + 2 * quote;
            return Some(());
        }
        if found.iter().any(is_none) {
            return None;
        }
        self.at += quote;
        match places {
            [(place, rank)] if place.field == FieldId::Version => {
                self.version(place, *rank, &found[0], length);
            }
            [(place, _)] => {
                let slot = match place.form {
                    Form::HighByte | Form::LowByte => return None,
                    Form::Plain | Form::Scaled => self.slot_of(place.field, scalar),
                    _ => None,
                };
                let slot = slot.unwrap_or(Slot::Scalar(places, quote == 1));
                self.step(places, slot, pass, length)?;
            }
            _ => self.step(places, Slot::Scalar(places, quote == 1), pass, length)?,
        }
        self.at += quote;
        Some(())
    }

    /// A value, which may be that of two fields: read for all of them, or passed over
    /// where better places were met.
    fn step(
        &mut self,
        places: &[(FieldPlace, u8)],
        slot: Slot,
        pass: Slot,
        length: usize,
    ) -> Option<()> {
        let rank = |rank: u8| rank.saturating_add(self.after);
        let is_better = |(place, of_place): &(FieldPlace, u8)| {
            self.best[place.field as usize].as_ref().is_none_or(|best| rank(*of_place) < best.rank)
        };
        let n_better = places.iter().filter(|place| is_better(place)).count();
        if n_better == 0 {
            self.slot(pass, length);
            return Some(());
        }
        (n_better == places.len()).then_some(())?;
        let number = self.shape.steps.len();
        for (place, of_place) in places {
            let rank = of_place.saturating_add(self.after);
            let best = Best { rank, form: place.form, step: Some((number, pass)) };
            let before = self.best[place.field as usize].replace(best);
            if let Some((step, pass)) = before.and_then(|best| best.step) {
                self.shape.steps[step].1 = pass;
            }
        }
        self.slot(slot, length);
        Some(())
    }

    /// The version is part of the literal bytes.
    fn version(&mut self, place: &FieldPlace, rank: u8, found: &Found, length: usize) {
        let rank = rank.saturating_add(self.after);
        let best = &mut self.best[place.field as usize];
        if let Found::Number(version) = found
            && best.as_ref().is_none_or(|best| rank < best.rank)
        {
            *best = Some(Best { rank, form: place.form, step: None });
            self.shape.constants.retain(|(field, _)| *field != place.field);
            self.shape.constants.push((place.field, *version));
        }
        self.at += length;
    }

    /// The slot of a field that is usually written so; `None` if only the form of
    /// the place says how it is read.
    fn slot_of(&self, field: FieldId, scalar: Scalar<'_>) -> Option<Slot> {
        let bits = field.field().bits_of_version_5().map_or(0, |bits| bits.min(u64::BITS));
        let most = u64::MAX.checked_shr(u64::BITS - bits).unwrap_or(0);
        let is_plain = || {
            let length = digits(&self.text[self.at..]).map(|(_, length)| length);
            let (Scalar::Number(text) | Scalar::Text(text)) = scalar;
            length == Some(text.len())
        };
        match (scalar, field.field().kind) {
            (Scalar::Text(_), Kind::Text) => Some(Slot::Text(field)),
            (Scalar::Text(text), Kind::Address) => {
                text.parse::<Address>().ok().map(|_| Slot::Address(field))
            }
            (Scalar::Text(_), Kind::Time) => Some(Slot::Time(field)),
            (Scalar::Text(_), _) if is_plain() => Some(Slot::Quoted(field, most)),
            (Scalar::Number(_), Kind::Time) => None,
            (Scalar::Number(_), _) if is_plain() => Some(Slot::Number(field, most)),
            _ => None,
        }
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
