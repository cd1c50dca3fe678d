//! Cells of a list as bytes that are in the order of the cells, and back: rows are sorted,
//! spilled and merged as byte strings.
//!
//! A number is its length and its digits to the base of 256, a text has an end, and what
//! is unknown is behind all of these; so no cell is the beginning of another.

use flowkit_model::answer::Cell;

/// A number has this tag plus its length, of at most 16 bytes.
const NUMBER: u8 = 0x10;
const TEXT: u8 = 0x40;
/// Behind numbers and texts, and behind those that are upside down, too.
const UNKNOWN: u8 = 0xfe;
/// In a text it stands for itself with [`NO_END`] behind it, at its end with [`END`].
const ZERO: u8 = 0;
const END: u8 = 0;
const NO_END: u8 = 1;

/// Appends a number.
pub(super) fn number(value: Option<u128>, out: &mut Vec<u8>) {
    let Some(value) = value else { return out.push(UNKNOWN) };
    let bytes = value.to_be_bytes();
    let zeros = value.leading_zeros() as usize / 8;
    out.push(NUMBER + u8::try_from(bytes.len() - zeros).unwrap_or_default());
    out.extend_from_slice(&bytes[zeros..]);
}

/// Appends a text.
pub(super) fn text(value: Option<&str>, out: &mut Vec<u8>) {
    let Some(value) = value else { return out.push(UNKNOWN) };
    out.push(TEXT);
    for byte in value.bytes() {
        out.push(byte);
        if byte == ZERO {
            out.push(NO_END);
        }
    }
    out.extend([ZERO, END]);
}

/// Turns what was appended from a place on upside down: the largest first; unknown stays
/// last.
pub(super) fn upside_down(out: &mut [u8]) {
    if out.first() != Some(&UNKNOWN) {
        for byte in out {
            *byte = !*byte;
        }
    }
}

/// The length of the first cell of a row, whichever way up it is.
pub(super) fn length(row: &[u8]) -> usize {
    let turned = |byte: u8, is_down: bool| if is_down { !byte } else { byte };
    let Some((&first, rest)) = row.split_first() else { return 0 };
    let is_down = first != UNKNOWN && first > TEXT;
    match turned(first, is_down) {
        UNKNOWN => 1,
        TEXT => {
            let is_end =
                |pair: &[u8]| turned(pair[0], is_down) == ZERO && turned(pair[1], is_down) == END;
            rest.windows(2).position(is_end).map_or(row.len(), |end| end + 3)
        }
        tag => 1 + usize::from(tag - NUMBER),
    }
}

/// Takes the first cell off a row.
pub(super) fn take(row: &mut &[u8]) -> Cell {
    let Some((tag, rest)) = row.split_first() else { return Cell::Unknown };
    match *tag {
        TEXT => {
            let mut text = Vec::new();
            let mut place = 0;
            while let Some(&byte) = rest.get(place) {
                place += 1;
                if byte == ZERO {
                    place += 1;
                    if rest.get(place - 1) == Some(&END) {
                        break;
                    }
                }
                text.push(byte);
            }
            *row = rest.get(place..).unwrap_or_default();
            Cell::Text(String::from_utf8_lossy(&text).into_owned())
        }
        UNKNOWN => {
            *row = rest;
            Cell::Unknown
        }
        tag => {
            let (digits, rest) = rest.split_at(usize::from(tag - NUMBER).min(rest.len()));
            *row = rest;
            let number = digits.iter().fold(0_u128, |all, digit| all << 8 | u128::from(*digit));
            Cell::Number(number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(cell: &Cell) -> Vec<u8> {
        let mut out = Vec::new();
        match cell {
            Cell::Number(value) => number(Some(*value), &mut out),
            Cell::Text(value) => text(Some(value), &mut out),
            _ => number(None, &mut out),
        }
        out
    }

    /// Bytes are in the order of cells, whatever stands behind, upside down in the other
    /// with unknown last all the same, and give the cells back.
    #[test]
    fn bytes_are_in_the_order_of_cells() {
        let numbers = [0, 1, 255, 256, 65_535, u128::from(u64::MAX), u128::MAX].map(Cell::Number);
        let texts = ["", "\0", "\0a", "\u{1}", "a", "a\0", "ab", "Ż"].map(String::from);
        for mut cells in [numbers.to_vec(), texts.map(Cell::Text).to_vec()] {
            cells.push(Cell::Unknown);
            for (a, one) in cells.iter().enumerate() {
                let with = |cell: &Cell, more: u8| [bytes(cell), vec![more]].concat();
                assert_eq!(take(&mut bytes(one).as_slice()), *one);
                let mut down = bytes(one);
                upside_down(&mut down);
                for whole in [&bytes(one), &down] {
                    assert_eq!(length(&[&whole[..], &[0, 0, 7]].concat()), whole.len());
                }
                let both = with(one, 7);
                let mut rest = both.as_slice();
                take(&mut rest);
                assert_eq!(rest, [7]);
                for (b, other) in cells.iter().enumerate().filter(|(b, _)| a != *b) {
                    assert_eq!(with(one, 9) < with(other, 0), a < b, "{one:?} {other:?}");
                    let down = |cell: &Cell| {
                        let mut bytes = bytes(cell);
                        upside_down(&mut bytes);
                        bytes
                    };
                    let is_first = *one != Cell::Unknown && (a > b || *other == Cell::Unknown);
                    assert_eq!(down(one) < down(other), is_first, "{one:?} {other:?}");
                }
            }
        }
    }
}
