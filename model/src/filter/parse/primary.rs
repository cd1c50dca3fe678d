//! One comparison: the words that name what is compared, and the words that
//! stand for a whole comparison, such as `tcp` and `icmp-type`.

use super::{Parsed, Parser, compare};
use crate::field::FieldId;
use crate::filter::lex::{Shape, Token};
use crate::filter::{Comparison, Derived, End, Expression, Ranges, Subject, Test, hint, words};
use crate::names;

impl<'t> Parser<'t, '_> {
    /// One comparison, or a word that stands for one.
    pub(super) fn primary(&mut self) -> Parsed<Expression> {
        let Some(token) = self.peek() else {
            return Err(self.missing("a comparison is missing here, such as `dst port 443`"));
        };
        if token.shape != Shape::Word {
            return Err(self.wrong(token, "a field is missing before this"));
        }
        let is = |word: &str| token.text.eq_ignore_ascii_case(word);
        if is("any") {
            self.next += 1;
            return Ok(Expression::Any);
        }
        if let Some(number) = names::family_number(token.text) {
            self.next += 1;
            let family = Subject::Field(FieldId::Family);
            return Ok(compare(family, false, Test::In(Ranges::one(number))));
        }
        if is("flows") {
            self.next += 1;
            return self.flows();
        }
        if let Some(field) = self.icmp_part() {
            return self.comparison(Subject::Field(field));
        }
        if let Some((subject, both)) = self.either_end() {
            return self.ends(subject, both);
        }
        let words: Vec<&str> = self.tokens[self.next..]
            .iter()
            .take_while(|token| token.shape == Shape::Word)
            .take(3)
            .map(|token| token.text)
            .collect();
        if let Some((subject, n)) = words::named(&words) {
            self.next += n;
            return self.comparison(subject);
        }
        self.bare_protocol(token)
    }

    /// `tcp` for `proto tcp`, or a word that is not known.
    fn bare_protocol(&mut self, token: Token<'t>) -> Parsed<Expression> {
        if let Some(number) = names::protocol_number(token.text) {
            self.next += 1;
            return Ok(compare(
                Subject::Field(FieldId::Protocol),
                false,
                Test::In(Ranges::one(number)),
            ));
        }
        if words::place(token.text).is_some() {
            let next = self.tokens.get(self.next + 1);
            return Err(match next.filter(|next| next.shape == Shape::Word) {
                Some(next) => self.wrong(*next, &hint::after_place(token.text, next.text)),
                None => self.wrong(token, &hint::after_place(token.text, "")),
            });
        }
        let message = self.one_more_value(token).unwrap_or_else(|| hint::unknown_word(token.text));
        Err(self.wrong(token, &message))
    }

    /// `src or dst port`, `src and dst port`: the end, and whether both must
    /// pass. Takes the words.
    fn either_end(&mut self) -> Option<(End, bool)> {
        let [first, sign, second, noun, ..] = self.tokens.get(self.next..)? else { return None };
        let both = match sign.shape {
            Shape::And => true,
            Shape::Or => false,
            _ => return None,
        };
        let places = (words::place(first.text)?, words::place(second.text)?);
        let (Subject::Either(end), _) = words::named(&[noun.text])? else { return None };
        if places.0 == places.1 {
            return None;
        }
        self.next += 4;
        Some((end, both))
    }

    fn ends(&mut self, end: End, both: bool) -> Parsed<Expression> {
        if !both {
            return self.comparison(Subject::Either(end));
        }
        let start = self.next;
        let mut list = Vec::new();
        for field in end.fields() {
            self.next = start;
            list.push(self.comparison(Subject::Field(field))?);
        }
        Ok(Expression::And(list))
    }

    /// `icmp-type`, `icmp code`: takes the words.
    fn icmp_part(&mut self) -> Option<FieldId> {
        let word = |place: usize, known: &str| {
            self.tokens.get(self.next + place).is_some_and(|token| {
                token.shape == Shape::Word && token.text.eq_ignore_ascii_case(known)
            })
        };
        for (field, name) in [(FieldId::IcmpType, "type"), (FieldId::IcmpCode, "code")] {
            if word(0, &format!("icmp-{name}")) {
                self.next += 1;
                return Some(field);
            }
            if word(0, "icmp") && word(1, name) {
                self.next += 2;
                return Some(field);
            }
        }
        None
    }

    /// `flows > 1`: each record is one flow.
    fn flows(&mut self) -> Parsed<Expression> {
        // A number without bounds stands in while the values are read.
        let number = Subject::Derived(Derived::BytesPerPacket);
        let values = self.comparison(number).map_err(|mut error| {
            error.message = error.message.replacen(number.name(), "flows", 1);
            error
        })?;
        let Expression::Compare(Comparison { differs, test: Test::In(values), .. }) = values else {
            return Ok(values);
        };
        let every = Expression::Any;
        Ok(if values.contains(1_u8) == differs { Expression::Not(Box::new(every)) } else { every })
    }
}
