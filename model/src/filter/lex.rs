//! Text to words and signs, each with its place.

use winnow::combinator::{alt, delimited, opt, preceded, repeat};
use winnow::token::{one_of, take_till, take_while};
use winnow::{LocatingSlice, ModalResult, Parser};

/// A word or a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) shape: Shape,
    /// As typed, without quotes.
    pub(super) text: &'t str,
    /// First byte and the one after the last, with quotes.
    pub(super) span: (usize, usize),
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Word,
    Quoted,
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Compare(Comparator),
    And,
    Or,
    Not,
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparator {
    Equal,
    Differs,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

type Input<'t> = LocatingSlice<&'t str>;

/// Cuts a text into tokens; the error is the byte that begins none.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, usize> {
    let mut input = LocatingSlice::new(text);
    let read: ModalResult<Vec<Token<'_>>> =
        preceded(blank, repeat(0.., token)).parse_next(&mut input);
    let rest = input.len();
    match read {
        Ok(tokens) if rest == 0 => Ok(tokens),
        _ => Err(text.len() - rest),
    }
}

/// Blanks and comments, which end with their line.
fn blank(input: &mut Input<'_>) -> ModalResult<()> {
    let space = take_while(1.., char::is_whitespace).void();
    let comment = ('#', take_till(0.., '\n')).void();
    repeat(0.., alt((space, comment))).parse_next(input)
}

fn token<'t>(input: &mut Input<'t>) -> ModalResult<Token<'t>> {
    let ((shape, text), span) =
        alt((sign.with_taken(), quoted, word)).with_span().parse_next(input)?;
    blank(input)?;
    Ok(Token { shape, text, span: (span.start, span.end) })
}

fn sign(input: &mut Input<'_>) -> ModalResult<Shape> {
    use Comparator::{Differs, Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let bracket = alt((
        '('.value(Shape::Open),
        ')'.value(Shape::Close),
        '['.value(Shape::OpenList),
        ']'.value(Shape::CloseList),
        ','.value(Shape::Comma),
    ));
    let comparator = alt((
        alt(("!=", "<>")).value(Differs),
        "<=".value(LessOrEqual),
        ">=".value(GreaterOrEqual),
        ('=', opt('=')).value(Equal),
        '<'.value(Less),
        '>'.value(Greater),
    ));
    let logic = alt(("&&".value(Shape::And), "||".value(Shape::Or), '!'.value(Shape::Not)));
    alt((bracket, comparator.map(Shape::Compare), logic)).parse_next(input)
}

fn quoted<'t>(input: &mut Input<'t>) -> ModalResult<(Shape, &'t str)> {
    let text = alt((
        delimited('"', take_till(0.., '"'), '"'),
        delimited('\'', take_till(0.., '\''), '\''),
    ));
    text.map(|text| (Shape::Quoted, text)).parse_next(input)
}

/// Anything up to a blank or a sign; `and`, `or`, `not`, `eq` and the like
/// are signs.
fn word<'t>(input: &mut Input<'t>) -> ModalResult<(Shape, &'t str)> {
    let ends = |letter: char| letter.is_whitespace() || "()[],=<>!&|#\"'".contains(letter);
    let first = one_of(move |letter: char| !ends(letter));
    let text = (first, take_till(0.., ends)).take().parse_next(input)?;
    Ok((named_sign(text).unwrap_or(Shape::Word), text))
}

fn named_sign(word: &str) -> Option<Shape> {
    use Comparator::{Differs, Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    let signs = [
        ("and", Shape::And),
        ("or", Shape::Or),
        ("not", Shape::Not),
        ("eq", Shape::Compare(Equal)),
        ("ne", Shape::Compare(Differs)),
        ("lt", Shape::Compare(Less)),
        ("le", Shape::Compare(LessOrEqual)),
        ("gt", Shape::Compare(Greater)),
        ("ge", Shape::Compare(GreaterOrEqual)),
    ];
    signs.into_iter().find(|(name, _)| is(name)).map(|(_, shape)| shape)
}
