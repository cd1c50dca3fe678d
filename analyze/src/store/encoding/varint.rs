//! Little-endian base-128 numbers, in headers of runs, blocks and pages.
//!
//! Source: Apache Parquet, *Encodings* (ULEB-128); Apache Thrift, *Thrift compact
//! protocol encoding*.

use super::Fault;

/// Appends a number.
#[inline]
pub(crate) fn write(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Reads a number and advances `bytes`.
#[inline]
pub(crate) fn read(bytes: &mut &[u8]) -> Result<u64, Fault> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or("a number that breaks off")?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a number of over 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_are_read_again() {
        for shift in 0..64 {
            for number in [1 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                let mut bytes = Vec::new();
                write(number, &mut bytes);
                let mut rest = &bytes[..];
                assert_eq!((read(&mut rest), rest.len()), (Ok(number), 0));
                assert!(read(&mut &bytes[..bytes.len() - 1]).is_err());
            }
        }
    }
}
