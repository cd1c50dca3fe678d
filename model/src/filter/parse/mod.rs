//! Tokens to an expression, by the rules of the language.
//!
//! ```text
//! or      = and ('or' and)*
//! and     = not ('and' not)*
//! not     = 'not' not | '(' or ')' | primary
//! primary = 'any' | protocol | subject [comparator | ['not'] 'in'] values
//! ```

mod operand;
mod primary;

use jiff::tz::TimeZone;

use super::include::Whole;
use super::lex::{Shape, Token, tokens};
use super::{Comparison, Context, Expression, FilterError, Subject, Test, hint, value};

impl Expression {
    /// Parses a filter that needs no file, with times in UTC.
    ///
    /// # Errors
    /// If it is no filter; the message shows where.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let read = |_: &str| Err("files are not read here".to_owned());
        Self::parse_in(text, &Context { zone: TimeZone::UTC, read: &read })
    }

    /// Parses a filter. A text without any word matches every flow.
    ///
    /// # Errors
    /// If it is no filter; the message shows where.
    pub fn parse_in(text: &str, context: &Context<'_>) -> Result<Self, FilterError> {
        let whole = Whole::new(text, context)?;
        parse(&whole.text, context).map_err(|error| whole.placed(error))
    }
}

fn parse(text: &str, context: &Context<'_>) -> Result<Expression, FilterError> {
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

/// How deep parentheses and `not`s may be nested, which bounds the stack.
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
            if token.shape == Shape::Word && hint::is_unit(subject, before, token.text) {
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
            && value::read(subject, token.text, self.context).is_ok();
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
            return Err(self.missing(&format!("nested too deep; {DEEPEST} levels are the most")));
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
}

fn compare(subject: Subject, differs: bool, test: Test) -> Expression {
    Expression::Compare(Comparison { subject, differs, test })
}
