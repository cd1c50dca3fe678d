//! Thrift's compact protocol, as far as page headers and the look at a footer need
//! it.
//!
//! Source: Apache Thrift, *Thrift compact protocol encoding*.

use super::encoding::{Fault, varint};

/// The types of the protocol that are used here.
pub(super) const TRUE: u8 = 1;
pub(super) const FALSE: u8 = 2;
pub(super) const I32: u8 = 5;
pub(super) const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
pub(super) const STRUCT: u8 = 12;

/// Maximum nesting of structures and lists: a footer has six levels below a row
/// group.
const DEPTH: usize = 8;

/// Maximum length of a list, since readers take memory for one before they read it.
/// The longest is that of row groups.
const MOST_ELEMENTS: u64 = 1 << 16;

/// Writes the fields of a structure, in ascending order.
pub(super) struct Fields<'o> {
    last: u8,
    out: &'o mut Vec<u8>,
}

impl<'o> Fields<'o> {
    /// Begins a structure.
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { last: 0, out }
    }

    fn head(&mut self, field: u8, kind: u8) {
        self.out.push((field - self.last) << 4 | kind);
        self.last = field;
    }

    /// Appends a number.
    pub(super) fn number(&mut self, field: u8, number: i32) {
        self.head(field, I32);
        let zigzag = (number << 1) ^ (number >> 31);
        varint::write(zigzag.cast_unsigned().into(), self.out);
    }

    /// Appends a boolean.
    pub(super) fn truth(&mut self, field: u8, is_so: bool) {
        self.head(field, if is_so { TRUE } else { FALSE });
    }

    /// Begins a structure in this one.
    pub(super) fn structure(&mut self, field: u8) -> Fields<'_> {
        self.head(field, STRUCT);
        Fields::new(self.out)
    }

    /// Ends the structure.
    pub(super) fn end(self) {
        self.out.push(0);
    }
}

/// Passes id and type of each field of a structure to `take`, which must read its
/// value.
pub(super) fn fields<'b>(
    rest: &mut &'b [u8],
    mut take: impl FnMut(u64, u8, &mut &'b [u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut field = 0;
    loop {
        let head = byte(rest)?;
        let (step, kind) = (head >> 4, head & 15);
        if kind == 0 {
            return Ok(());
        }
        field = match step {
            0 => zigzag(varint::read(rest)?).ok_or(NEGATIVE)?,
            step => field.saturating_add(step.into()),
        };
        take(field, kind, rest)?;
    }
}

/// Skips a value of a type.
pub(super) fn skip(kind: u8, rest: &mut &[u8]) -> Result<(), Fault> {
    skip_within(DEPTH, kind, rest)
}

fn skip_within(depth: usize, kind: u8, rest: &mut &[u8]) -> Result<(), Fault> {
    let inside = depth.checked_sub(1).ok_or("a header that is too deep")?;
    match kind {
        TRUE | FALSE => {}
        3 => drop(byte(rest)?),
        4..=6 => drop(varint::read(rest)?),
        7 => take(rest, 8)?,
        BINARY => drop(binary(rest)?),
        LIST | 10 => {
            let (kind, n) = list(rest)?;
            for _ in 0..n {
                skip_element(inside, kind, rest)?;
            }
        }
        11 => {
            let n = bounded(varint::read(rest)?)?;
            let kinds = if n == 0 { 0 } else { byte(rest)? };
            for _ in 0..n {
                skip_element(inside, kinds >> 4, rest)?;
                skip_element(inside, kinds & 15, rest)?;
            }
        }
        STRUCT => fields(rest, |_, kind, rest| skip_within(inside, kind, rest))?,
        _ => return Err("a header of another protocol"),
    }
    Ok(())
}

/// Reads the type of a list's elements, and their number.
pub(super) fn list(rest: &mut &[u8]) -> Result<(u8, u64), Fault> {
    let head = byte(rest)?;
    let n = if head >> 4 == 15 { varint::read(rest)? } else { (head >> 4).into() };
    bounded(n).map(|n| (head & 15, n))
}

fn bounded(n: u64) -> Result<u64, Fault> {
    if n > MOST_ELEMENTS { Err("a list that is too long") } else { Ok(n) }
}

/// In lists a boolean takes a byte.
fn skip_element(depth: usize, kind: u8, rest: &mut &[u8]) -> Result<(), Fault> {
    if let TRUE | FALSE = kind { byte(rest).map(drop) } else { skip_within(depth, kind, rest) }
}

const BREAKS_OFF: Fault = "a header that breaks off";
const NEGATIVE: Fault = "a header with a negative size";

fn byte(rest: &mut &[u8]) -> Result<u8, Fault> {
    rest.split_off_first().copied().ok_or(BREAKS_OFF)
}

/// Skips `length` bytes.
fn take(rest: &mut &[u8], length: usize) -> Result<(), Fault> {
    rest.split_off(..length).map(drop).ok_or(BREAKS_OFF)
}

/// Reads a number that is a size.
pub(super) fn size(rest: &mut &[u8]) -> Result<usize, Fault> {
    let number = zigzag(varint::read(rest)?).ok_or(NEGATIVE)?;
    u32::try_from(number).map(|number| number as usize).map_err(|_| "a page that is too large")
}

/// Decodes a zigzag number; `None` if it is negative.
fn zigzag(number: u64) -> Option<u64> {
    (number & 1 == 0).then_some(number >> 1)
}

/// Reads a byte string.
pub(super) fn binary<'b>(rest: &mut &'b [u8]) -> Result<&'b [u8], Fault> {
    let length = usize::try_from(varint::read(rest)?).map_err(|_| BREAKS_OFF)?;
    rest.split_off(..length).ok_or(BREAKS_OFF)
}
