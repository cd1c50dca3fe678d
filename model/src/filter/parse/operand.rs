//! What follows a subject: a comparator or `in`, and values.

use std::collections::BTreeSet;

use super::{Parsed, Parser, compare};
use crate::address::Network;
use crate::field::{FieldId, Kind};
use crate::filter::lex::{Comparator, Shape, Token};
use crate::filter::value::{self, Value};
use crate::filter::{Context, Expression, Ranges, Subject, Test, hint, list};

impl Parser<'_, '_> {
    /// What follows a subject.
    pub(super) fn comparison(&mut self, subject: Subject) -> Parsed<Expression> {
        self.last = Some(subject);
        if subject == Subject::Field(FieldId::TcpFlags)
            && let Some(expression) = self.flags()?
        {
            return Ok(expression);
        }
        if let Some(Token { shape: Shape::Compare(comparator), .. }) = self.peek() {
            self.next += 1;
            self.single_comparator()?;
            return self.compared(subject, comparator);
        }
        let before = self.next;
        let differs = self.take_if(Shape::Not);
        if self.take_word("in") {
            return self.in_list(subject, differs);
        }
        self.next = before;
        if self.peek().is_some_and(|token| token.shape == Shape::OpenList) {
            return self.in_list(subject, false);
        }
        self.compared(subject, Comparator::Equal)
    }

    /// Refuses `=>` and the like.
    fn single_comparator(&self) -> Parsed<()> {
        let Some(second) = self.peek() else { return Ok(()) };
        let Shape::Compare(_) = second.shape else { return Ok(()) };
        let first = self.tokens[self.next - 1];
        let both = Token { span: (first.span.0, second.span.1), ..first };
        let typed = format!("{}{}", first.text, second.text);
        let meant = match typed.as_str() {
            "=>" => "; did you mean >=?",
            "=<" => "; did you mean <=?",
            "=!" => "; did you mean !=?",
            _ => "",
        };
        Err(self.wrong(both, &format!("one comparator belongs here, not two{meant}")))
    }

    fn compared(&mut self, subject: Subject, comparator: Comparator) -> Parsed<Expression> {
        use Comparator::{Differs, Equal, Greater, Less, LessOrEqual};
        let start = self.peek();
        let mut values = Values::default();
        self.value(subject, &mut values)?;
        let differs = comparator == Differs;
        if matches!(comparator, Equal | Differs) {
            return Ok(values.into_expression(subject, differs));
        }
        let ranges = values.ranges();
        let (&[(first, last)], true) = (ranges.as_slice(), values.texts.is_empty()) else {
            return Err(start.map_or_else(
                || self.missing("a value is missing here"),
                |start| self.wrong(start, "a text has no order; compare it with = or in"),
            ));
        };
        // Addresses are compared with those of their family.
        let (smallest, largest) = value::ends(subject, first);
        let range = match comparator {
            Less => (smallest, first.checked_sub(1).unwrap_or(u128::MAX)),
            LessOrEqual => (smallest, last),
            Greater => (last.saturating_add(1), largest),
            _ => (first, largest),
        };
        // Less than the smallest, or more than the largest: nothing.
        let is_nothing =
            (comparator == Less && first == smallest) || (comparator == Greater && last >= largest);
        let ranges = if is_nothing { Ranges::default() } else { Ranges::new([range]) };
        Ok(compare(subject, false, Test::In(ranges)))
    }

    fn in_list(&mut self, subject: Subject, differs: bool) -> Parsed<Expression> {
        let close = if self.take_if(Shape::OpenList) {
            Shape::CloseList
        } else if self.take_if(Shape::Open) {
            Shape::Close
        } else {
            let mut values = Values::default();
            self.value(subject, &mut values)?;
            return Ok(values.into_expression(subject, differs));
        };
        let mut values = Values::default();
        while !self.take_if(close) {
            if self.peek().is_none() {
                return Err(self.missing("the list is not closed here"));
            }
            if !self.take_if(Shape::Comma) {
                self.value(subject, &mut values)?;
            }
        }
        Ok(values.into_expression(subject, differs))
    }

    /// Takes one value, range, network, or `@file`.
    fn value(&mut self, subject: Subject, values: &mut Values) -> Parsed<()> {
        let token = match self.peek() {
            Some(token) if matches!(token.shape, Shape::Word | Shape::Quoted) => token,
            _ => {
                return Err(self.missing(&hint::no_value(subject)));
            }
        };
        self.next += 1;
        if let (Shape::Word, Some(name)) = (token.shape, token.text.strip_prefix('@')) {
            return self.file(subject, name, token, values);
        }
        let mut text = token.text.to_owned();
        if let Some(rest) = self.second_word(subject, token) {
            text = rest;
            self.next += 1;
        }
        values.take(subject, &text, self.context).map_err(|message| self.wrong(token, &message))
    }

    /// `10.0.0.0 255.0.0.0` and `2018-09-21 10:00` are one value.
    fn second_word(&self, subject: Subject, first: Token<'_>) -> Option<String> {
        let second = self.peek().filter(|token| token.shape == Shape::Word)?.text;
        match subject.kind() {
            Kind::Address if !first.text.contains('/') => {
                let length = value::mask_length(second).filter(|_| second.starts_with("255"))?;
                Some(format!("{}/{length}", first.text))
            }
            Kind::Time if second.contains(':') && !first.text.contains(':') => {
                Some(format!("{}T{second}", first.text))
            }
            _ => None,
        }
    }

    fn file(
        &self,
        subject: Subject,
        name: &str,
        token: Token<'_>,
        values: &mut Values,
    ) -> Parsed<()> {
        let wrong = |message: String| self.wrong(token, &message);
        let text = (self.context.read)(name)
            .map_err(|why| wrong(format!("cannot read the list {name}: {why}")))?;
        for (line, word) in list::words(&text) {
            values
                .take(subject, word, self.context)
                .map_err(|message| wrong(format!("{name}:{line}: {word}: {message}")))?;
        }
        Ok(())
    }

    /// `flags SA`, `flags any SA`, which test some bits. A number is the whole byte,
    /// and so are flags after `=`: `None`.
    fn flags(&mut self) -> Parsed<Option<Expression>> {
        let start = self.next;
        let differs = self.take_if(Shape::Compare(Comparator::Differs));
        let is_equal = differs || self.take_if(Shape::Compare(Comparator::Equal));
        let explicit = if self.take_word("all") {
            Some(true)
        } else if self.take_word("any") {
            Some(false)
        } else {
            None
        };
        let word = self.peek().filter(|token| matches!(token.shape, Shape::Word | Shape::Quoted));
        let mask = word.and_then(|token| value::flags(token.text));
        let Some(mask) = mask.filter(|_| explicit.is_some() || !is_equal) else {
            if explicit.is_some() {
                return Err(self.missing("flags such as SA, out of CEUAPRSF, are missing here"));
            }
            self.next = start;
            return Ok(None);
        };
        self.next += 1;
        let all = explicit.unwrap_or(!self.negated);
        let subject = Subject::Field(FieldId::TcpFlags);
        Ok(Some(compare(subject, differs, Test::Flags { mask, all })))
    }
}

/// Values of a list.
#[derive(Default)]
struct Values {
    networks: Vec<Network>,
    ranges: Vec<(u128, u128)>,
    texts: BTreeSet<String>,
}

impl Values {
    fn take(&mut self, subject: Subject, text: &str, context: &Context<'_>) -> Result<(), String> {
        match value::read(subject, text, context) {
            Ok(Value::Network(network)) => self.networks.push(network),
            Ok(Value::Range(first, last)) => self.ranges.push((first, last)),
            Err(_) if subject.kind() == Kind::Text && !text.is_empty() => {
                self.texts.insert(text.to_owned());
            }
            Err(message) => return Err(message),
        }
        Ok(())
    }

    /// Networks and ranges, aggregated.
    fn ranges(&self) -> Ranges {
        let networks = Network::aggregate(&self.networks).into_iter().map(value::numbers);
        Ranges::new(networks.chain(self.ranges.iter().copied()))
    }

    fn into_expression(self, subject: Subject, differs: bool) -> Expression {
        let ranges = self.ranges();
        let has_ranges = !ranges.is_empty();
        let ranges = compare(subject, differs, Test::In(ranges));
        if self.texts.is_empty() {
            return ranges;
        }
        let texts = compare(subject, differs, Test::Text(self.texts));
        match (has_ranges, differs) {
            (false, _) => texts,
            (true, false) => Expression::Or(vec![ranges, texts]),
            (true, true) => Expression::And(vec![ranges, texts]),
        }
    }
}
