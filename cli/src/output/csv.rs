//! Comma-separated values, RFC 4180 but for LF line ends: one header and the
//! rows alone. What is unknown is empty, shares are fractions with six
//! decimals.

use std::borrow::Cow;
use std::io::{self, Write};

use flowkit_analyze::Answer;

use super::value::{Value, value};

/// Prints the rows; without rows, the single facts as one row.
pub(super) fn write(answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    if !answer.facts.is_empty() {
        line(answer.facts.iter().map(|(name, _, _)| (*name).into()), out)?;
        return line(
            answer.facts.iter().map(|(_, meaning, cell)| field(value(cell, *meaning))),
            out,
        );
    }
    let columns = &answer.table.columns;
    line(columns.iter().map(|column| Cow::Borrowed(&*column.name)), out)?;
    for row in &answer.table.rows {
        line(
            row.iter().zip(columns).map(|(cell, column)| field(value(cell, column.meaning))),
            out,
        )?;
    }
    Ok(())
}

fn line<'a>(fields: impl Iterator<Item = Cow<'a, str>>, out: &mut impl Write) -> io::Result<()> {
    for (place, field) in fields.enumerate() {
        if place > 0 {
            out.write_all(b",")?;
        }
        if field.contains(['"', ',', '\n', '\r']) {
            write!(out, "\"{}\"", field.replace('"', "\"\""))?;
        } else {
            out.write_all(field.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}

fn field(value: Value) -> Cow<'static, str> {
    Cow::Owned(match value {
        Value::Unknown => String::new(),
        Value::Number(number) => number.to_string(),
        Value::Millionths(number) => format!("{}.{:06}", number / 1_000_000, number % 1_000_000),
        Value::Text(text) => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let mut out = Vec::new();
        let fields = ["a", "b,c", "d\"e", "f\ng", ""].map(Cow::Borrowed);
        line(fields.into_iter(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a,\"b,c\",\"d\"\"e\",\"f\ng\",\n");
    }

    #[test]
    fn shares_have_six_decimals() {
        for (number, text) in [(0, "0.000000"), (1, "0.000001"), (1_000_000, "1.000000")] {
            assert_eq!(field(Value::Millionths(number)), text);
        }
    }
}
