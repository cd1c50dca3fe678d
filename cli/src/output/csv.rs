//! Values with separators: csv is RFC 4180 with LF line ends, tsv has tabs.
//! Texts that a spreadsheet would run are defused if that is asked for.
//! One header and the rows; unknown is empty, shares are fractions with six
//! decimals.

use std::borrow::Cow;
use std::io::{self, Write};

use flowkit_model::Answer;
use flowkit_model::answer::Cell;
use flowkit_model::spreadsheet::defused;

use super::style::Style;
use super::value::{Value, value};

/// The separator of fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// A comma; fields are quoted where they must be.
    Comma,
    /// A tab; tabs and line ends in fields become blanks.
    Tab,
}

/// Prints the rows; where single values are the answer, these as one row.
pub(super) fn write(
    answer: &Answer,
    separator: Separator,
    style: &Style,
    out: &mut impl Write,
) -> io::Result<()> {
    let text = |cell: &Cell, meaning| match value(cell, meaning, &style.zone) {
        Value::Text(text) if style.csv_safe => defused(&text).into_owned().into(),
        value => value.into_text().into(),
    };
    if answer.facts_alone {
        line(answer.facts.iter().map(|(name, _, _)| (*name).into()), separator, out)?;
        let cells = answer.facts.iter();
        return line(cells.map(|(_, meaning, cell)| text(cell, *meaning)), separator, out);
    }
    let columns = &answer.table.columns;
    let names = columns.iter().map(|column| &*column.name);
    line(
        names.map(|name| if style.csv_safe { defused(name) } else { name.into() }),
        separator,
        out,
    )?;
    for row in &answer.table.rows {
        let cells = row.iter().zip(columns);
        line(cells.map(|(cell, column)| text(cell, column.meaning)), separator, out)?;
    }
    Ok(())
}

fn line<'a>(
    fields: impl Iterator<Item = Cow<'a, str>>,
    separator: Separator,
    out: &mut impl Write,
) -> io::Result<()> {
    for (place, field) in fields.enumerate() {
        match separator {
            Separator::Comma => {
                if place > 0 {
                    out.write_all(b",")?;
                }
                if field.contains(['"', ',', '\n', '\r']) {
                    write!(out, "\"{}\"", field.replace('"', "\"\""))?;
                } else {
                    out.write_all(field.as_bytes())?;
                }
            }
            Separator::Tab => {
                if place > 0 {
                    out.write_all(b"\t")?;
                }
                out.write_all(field.replace(['\t', '\n', '\r'], " ").as_bytes())?;
            }
        }
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: [&str; 5], separator: Separator) -> String {
        let mut out = Vec::new();
        line(fields.map(Cow::Borrowed).into_iter(), separator, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let fields = ["a", "b,c", "d\"e", "f\ng", ""];
        assert_eq!(of(fields, Separator::Comma), "a,\"b,c\",\"d\"\"e\",\"f\ng\",\n");
        assert_eq!(of(["a", "b\tc", "d", "\n", ""], Separator::Tab), "a\tb c\td\t \t\n");
    }

    #[test]
    fn shares_have_six_decimals() {
        for (number, text) in [(0, "0.000000"), (1, "0.000001"), (1_000_000, "1.000000")] {
            assert_eq!(Value::Millionths(number).into_text(), text);
        }
    }
}
