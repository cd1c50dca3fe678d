//! What the value of a field is read as.
//!
//! A value that none of its fields can be is part of the literal bytes, unless no value
//! of its form could be one.

use super::Slot;
use super::learn::{Best, Learner};
use super::text::{digits, list_end, number_end, plain_string};
use crate::address::Address;
use crate::document::OF_FIELDS;
use crate::document::dialect::{Form, Place};
use crate::document::templated;
use crate::document::value::{self, Found, Scalar};
use crate::field::{FieldId, Kind};

/// A value that is one of some field.
#[derive(Clone, Copy)]
struct Value {
    /// How it is read.
    slot: Slot,
    /// How it is passed over, where a better place is known.
    pass: Slot,
    /// Bytes of its text.
    length: usize,
    /// What is added to the rank of its place.
    later: u8,
}

impl Learner<'_> {
    /// The value of a place: a number or text, or a list of one.
    pub(super) fn field(&mut self, places: &'static [(Place, u8)]) -> Option<()> {
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
        let flags_before = self.best[FieldId::TcpFlags as usize];
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
                self.best[place.field as usize] = flags_before;
                (self.literal_from, self.at) = (literal_from, start);
                let value = Value { slot: Slot::FlagNames, pass: Slot::AnyList, length, later: 0 };
                self.step(places, &value)
            }
            _ => None,
        }
    }

    /// The value of a place, which may be that of two fields.
    fn scalar(&mut self, places: &'static [(Place, u8)]) -> Option<()> {
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
        if pass == Slot::AnyNumber && !places.iter().any(|(place, _)| value::takes_numbers(place)) {
            self.slot(pass, length);
            return Some(());
        }
        let quote = usize::from(pass == Slot::AnyString);
        let found: Vec<Found> =
            places.iter().map(|(place, _)| value::of_scalar(place, scalar)).collect();
        let is_none = |found: &Found| matches!(found, Found::Impossible | Found::Missing);
        let n_found = found.iter().take_while(|found| !is_none(found)).count();
        if !found[n_found..].iter().all(is_none) {
            return None;
        }
        if n_found == 0 {
            self.at += length + 2 * quote;
            return Some(());
        }
        self.at += quote;
        if let [(place, rank)] = places
            && place.field == FieldId::Version
        {
            self.version(place, *rank, &found[0], length);
        } else {
            let mut value = Value { slot: pass, pass, length, later: 0 };
            match (places, &found[0]) {
                ([(place, _)], Found::Address(address)) if self.keys.of_templates => {
                    value = among_addresses(place.field, *address, length);
                }
                ([(place, _)], _) => {
                    if matches!(place.form, Form::HighByte | Form::LowByte) {
                        return None;
                    }
                    let general = Slot::Scalar { places, n_found: 1, read: 1, is_text: quote == 1 };
                    value.slot = self.slot_of(place, scalar).unwrap_or(general);
                }
                _ => {
                    let n_found = u8::try_from(n_found).ok()?;
                    let read = (1 << n_found) - 1;
                    value.slot = Slot::Scalar { places, n_found, read, is_text: quote == 1 };
                }
            }
            self.step(&places[..n_found], &value)?;
        }
        self.at += quote;
        Some(())
    }

    /// A value, which may be that of two fields: read for those that have no better place.
    ///
    /// `None` if which of several places counts depends on their values.
    fn step(&mut self, places: &[(Place, u8)], value: &Value) -> Option<()> {
        let Value { mut slot, pass, length, later } = *value;
        let number = self.shape.steps.len();
        for (place, rank) in places {
            let rank = rank.saturating_add(self.after).saturating_add(later);
            let best = &mut self.best[place.field as usize];
            // What `fields` has comes after all that the document has.
            let has_other =
                best.as_ref().is_some_and(|best| rank.abs_diff(best.rank) < OF_FIELDS / 2);
            if self.keys.of_templates && has_other && templated::is_of_families(place.field) {
                return None;
            }
            if best.as_ref().is_some_and(|best| rank >= best.rank) {
                slot = slot.without(place.field, pass);
                continue;
            }
            let read = Best { rank, form: place.form, step: Some((number, pass)) };
            if let Some((step, pass)) = best.replace(read).and_then(|best| best.step) {
                let slot = &mut self.shape.steps[step].1;
                *slot = slot.without(place.field, pass);
            }
        }
        self.slot(slot, length);
        Some(())
    }

    /// The version is part of the literal bytes.
    fn version(&mut self, place: &Place, rank: u8, found: &Found, length: usize) {
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

    /// The slot of a value that is usually written so; `None` if only the form of the
    /// place says how it is read.
    fn slot_of(&self, place: &Place, scalar: Scalar<'_>) -> Option<Slot> {
        let field = place.field;
        match place.form {
            Form::Plain | Form::Wide | Form::Scaled => {}
            Form::TextTime
            | Form::Seconds
            | Form::Milliseconds
            | Form::Microseconds
            | Form::Nanoseconds => {
                let is_date = matches!(scalar, Scalar::Text(text) if text.contains(':'));
                return is_date.then_some(Slot::Date(field));
            }
            _ => return None,
        }
        let bits = value::bits(place).min(u64::BITS);
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
            (Scalar::Text(_), Kind::Mac) | (Scalar::Number(_), Kind::Time) => None,
            (Scalar::Text(_), _) if is_plain() => Some(Slot::Quoted(field, most)),
            (Scalar::Number(_), _) if is_plain() => Some(Slot::Number(field, most)),
            _ => None,
        }
    }
}

/// An address of v9 or IPFIX, which may be one of several of its field.
fn among_addresses(field: FieldId, address: Address, length: usize) -> Value {
    let is_unspecified = address.is_unspecified();
    let slot = |is_read| Slot::AmongAddresses { field, is_unspecified, is_read };
    let later = if is_unspecified { templated::UNSPECIFIED } else { 0 };
    Value { slot: slot(true), pass: slot(false), length, later }
}
