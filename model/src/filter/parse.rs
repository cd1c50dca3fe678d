//! Tokens to an expression, by the rules of the language.
//!
//! ```text
//! or      = and ('or' and)*
//! and     = not ('and' not)*
//! not     = 'not' not | '(' or ')' | primary
//! primary = 'any' | protocol | subject [comparator | ['not'] 'in'] values
//! ```

mod operand;

use super::lex::{Shape, Token, tokens};
use super::{Comparison, Context, Derived, End, Expression, FilterError, Ranges, Subject, Test};
use super::{hint, subject, value};
use crate::field::FieldId;
use crate::names;

/// Understands a filter.
pub(super) fn parse(text: &str, context: &Context<'_>) -> Result<Expression, FilterError> {
    let tokens = tokens(text).map_err(|at| {
        let what = match text[at..].chars().next() {
            Some('"' | '\'') => "this quote is not closed",
            Some('&') => "did you mean `and`?",
            Some('|') => "did you mean `or`?",
            _ => "this sign has no meaning here",
        };
        FilterError { message: what.into(), text: text.into(), at, length: 1 }
    })?;
    let mut parser =
        Parser { text, tokens: &tokens, next: 0, context, depth: 0, negated: false, last: None };
    if tokens.is_empty() {
        return Ok(Expression::Any);
    }
    let expression = parser.alternatives()?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) if token.shape == Shape::Close => {
            Err(parser.wrong(token, "this parenthesis closes none"))
        }
        Some(token) => Err(parser.wrong(token, &parser.left_over(token))),
    }
}

/// Parentheses and `not`s may be nested so deep, which bounds the stack.
const DEEPEST: usize = 100;

struct Parser<'t, 'c> {
    text: &'t str,
    tokens: &'t [Token<'t>],
    next: usize,
    context: &'c Context<'c>,
    depth: usize,
    /// Under an odd number of `not`s, where flags mean none of them.
    negated: bool,
    /// What was compared last.
    last: Option<Subject>,
}

type Parsed<T> = Result<T, FilterError>;

impl<'t> Parser<'t, '_> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.next).copied()
    }

    fn take_if(&mut self, shape: Shape) -> bool {
        let found = self.peek().is_some_and(|token| token.shape == shape);
        self.next += usize::from(found);
        found
    }

    /// Whether the next token is this word, which is then taken.
    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| {
            token.shape == Shape::Word && token.text.eq_ignore_ascii_case(word)
        });
        self.next += usize::from(found);
        found
    }

    fn wrong(&self, token: Token<'_>, message: &str) -> FilterError {
        let (at, end) = token.span;
        FilterError { message: message.into(), text: self.text.into(), at, length: end - at }
    }

    /// Something is missing where the next token stands, or the text ends.
    fn missing(&self, message: &str) -> FilterError {
        match self.peek() {
            Some(token) => self.wrong(token, message),
            None => FilterError {
                message: message.into(),
                text: self.text.into(),
                at: self.text.trim_end().len(),
                length: 0,
            },
        }
    }

    /// What is wrong where a comparison is over and something follows.
    fn left_over(&self, token: Token<'_>) -> String {
        let before = self.next.checked_sub(1).map_or("", |place| self.tokens[place].text);
        if let Some(subject) = self.last {
            if token.shape == Shape::Word && hint::is_unit(subject, token.text) {
                let together = format!("{before}{}", token.text);
                return hint::not_a_value(subject, &together);
            }
            if token.shape == Shape::Comma {
                let list = self.list_with(subject, "…");
                return format!("commas are for lists, {list}; numbers have none");
            }
            if let Some(message) = self.one_more_value(token) {
                return message;
            }
        }
        match token.shape {
            Shape::Word | Shape::Quoted | Shape::Not | Shape::Open => {
                format!("`and` or `or` is missing before {}", token.text)
            }
            _ => format!("a field is missing before {}", token.text),
        }
    }

    /// The value before the next token, and one more, as a list.
    fn list_with(&self, subject: Subject, more: &str) -> String {
        let values = self.tokens[..self.next].iter().rev();
        let before =
            values.clone().find(|token| matches!(token.shape, Shape::Word | Shape::Quoted));
        format!("`{} in [{} {more}]`", subject.name(), before.map_or("", |token| token.text))
    }

    /// Values one after the other, or joined by `or`: what to write instead.
    fn one_more_value(&self, token: Token<'_>) -> Option<String> {
        let subject = self.last?;
        let is_value = token.shape == Shape::Word
            && token.text.starts_with(|first: char| first.is_ascii_digit())
            && value::range(subject, token.text, self.context).is_ok();
        is_value.then(|| {
            let list = self.list_with(subject, token.text);
            format!("{} is a value without a field; several are a list, {list}", token.text)
        })
    }

    fn alternatives(&mut self) -> Parsed<Expression> {
        self.joined(Shape::Or, Self::both, Expression::Or)
    }

    fn both(&mut self) -> Parsed<Expression> {
        self.joined(Shape::And, Self::not, Expression::And)
    }

    fn joined(
        &mut self,
        sign: Shape,
        part: fn(&mut Self) -> Parsed<Expression>,
        join: fn(Vec<Expression>) -> Expression,
    ) -> Parsed<Expression> {
        let first = part(self)?;
        let mut list = vec![first];
        while self.take_if(sign) {
            list.push(part(self)?);
        }
        Ok(if list.len() == 1 { list.swap_remove(0) } else { join(list) })
    }

    fn not(&mut self) -> Parsed<Expression> {
        if self.depth == DEEPEST {
            return Err(self.missing("nested too deep; 100 levels are the most"));
        }
        self.depth += 1;
        let expression = if self.take_if(Shape::Not) {
            self.negated = !self.negated;
            let inner = self.not()?;
            self.negated = !self.negated;
            Expression::Not(Box::new(inner))
        } else if self.take_if(Shape::Open) {
            let inner = self.alternatives()?;
            if !self.take_if(Shape::Close) {
                return Err(self.missing("a parenthesis is not closed here"));
            }
            inner
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let Some(token) = self.peek() else {
            return Err(self.missing("a comparison is missing here, such as `dst port 443`"));
        };
        if token.shape != Shape::Word {
            return Err(self.wrong(token, "a field is missing before this"));
        }
        let is = |word: &str| token.text.eq_ignore_ascii_case(word);
        if is("any") || is("ipv4") || is("inet") {
            self.next += 1;
            return Ok(Expression::Any);
        }
        if is("ipv6") || is("inet6") {
            self.next += 1;
            return Ok(Expression::Not(Box::new(Expression::Any)));
        }
        if is("flows") {
            self.next += 1;
            return self.flows();
        }
        if let Some(part) = self.icmp_part() {
            return self.icmp(part);
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
        if let Some((subject, n)) = subject::named(&words) {
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
                Test::In(Ranges::one(number.into())),
            ));
        }
        if subject::place(token.text).is_some() {
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
        let places = (subject::place(first.text)?, subject::place(second.text)?);
        let (Subject::Either(end), _) = subject::named(&[noun.text])? else { return None };
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
    fn icmp_part(&mut self) -> Option<IcmpPart> {
        let word = |place: usize, known: &str| {
            self.tokens.get(self.next + place).is_some_and(|token| {
                token.shape == Shape::Word && token.text.eq_ignore_ascii_case(known)
            })
        };
        for (part, name) in [(IcmpPart::Type, "type"), (IcmpPart::Code, "code")] {
            if word(0, &format!("icmp-{name}")) {
                self.next += 1;
                return Some(part);
            }
            if word(0, "icmp") && word(1, name) {
                self.next += 2;
                return Some(part);
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
        Ok(if values.contains(1) == differs { Expression::Not(Box::new(every)) } else { every })
    }

    /// ICMP's type and code stand in the port of the receiver.
    fn icmp(&mut self, part: IcmpPart) -> Parsed<Expression> {
        // A field of one byte stands in while the values are read.
        let byte = Subject::Field(FieldId::Tos);
        let values = self.comparison(byte).map_err(|mut error| {
            error.message = error.message.replacen(byte.name(), "icmp", 1);
            error
        })?;
        let Expression::Compare(Comparison { differs, test: Test::In(values), .. }) = values else {
            return Ok(values);
        };
        let bytes = (0..=255_u64).filter(|byte| values.contains(*byte) != differs);
        let ports: Ranges = match part {
            IcmpPart::Type => Ranges::new(bytes.map(|kind| (kind << 8, kind << 8 | 255))),
            IcmpPart::Code => Ranges::new(bytes.flat_map(|code| {
                (0..=255_u64).map(move |kind| (kind << 8 | code, kind << 8 | code))
            })),
        };
        let icmp = Test::In(Ranges::one(1));
        Ok(Expression::And(vec![
            compare(Subject::Field(FieldId::Protocol), false, icmp),
            compare(Subject::Field(FieldId::DstPort), false, Test::In(ports)),
        ]))
    }
}

#[derive(Clone, Copy)]
enum IcmpPart {
    Type,
    Code,
}

fn compare(subject: Subject, differs: bool, test: Test) -> Expression {
    Expression::Compare(Comparison { subject, differs, test })
}
