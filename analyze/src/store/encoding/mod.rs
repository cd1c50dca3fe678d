//! The encodings of data pages, each in a file that writes it and reads it.
//!
//! | encoding | which columns have it | file |
//! | --- | --- | --- |
//! | [`Encoding::Dictionary`] | most | `dictionary`, over `dictionary_index` and `rle` |
//! | [`Encoding::Delta`] | times, and counters that hardly repeat | `delta` |
//! | [`Encoding::Plain`] | dictionaries, and what is too much for one | `plain` |
//!
//! `levels` says which rows of a page are null; it and the dictionary codes are
//! in the RLE/bit-packed hybrid of `rle`, over `bit_packed`.
//!
//! To add an encoding, add a variant to [`Encoding`] and its file. The compiler
//! then asks for its number, its column in `writer` and its values in `reader`,
//! and a test that walks [`Encoding::ALL`] writes and reads columns of every kind
//! with it. Which field is written with it is in `tuning`.
//!
//! The crate's readers decode value by value through an iterator of definition
//! levels; here a page is decoded into a vector at once, and a page without nulls
//! skips the levels. Measured over 10 M flows: `benches/README.md`. Every length
//! in a page is checked when it is read; an invalid one is a [`Fault`].
//!
//! Source: Apache Parquet, *Encodings*.

pub(crate) mod bit_packed;
pub(crate) mod delta;
pub(crate) mod dictionary;
mod dictionary_index;
pub(crate) mod levels;
pub(crate) mod plain;
pub(crate) mod rle;
pub(crate) mod varint;

use flowkit_model::Field;
use parquet::basic::Encoding as Parquet;

pub(crate) use self::dictionary_index::Indexed;

/// What is wrong with a page.
pub(crate) type Fault = &'static str;

/// How the values of a data page are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Each value as its code, the index in the dictionary of the column chunk.
    Dictionary,
    /// Each value as its difference from the one before, bit-packed.
    Delta,
    /// The values themselves, concatenated.
    Plain,
}

impl Encoding {
    /// Every encoding that flowkit writes and reads.
    pub(crate) const ALL: [Self; 3] = [Self::Dictionary, Self::Delta, Self::Plain];

    /// Whether columns of a field can be written with it: Parquet has delta
    /// encoding for numbers of 32 and 64 bits.
    pub(crate) fn fits(self, field: &Field) -> bool {
        match self {
            Self::Dictionary | Self::Plain => true,
            Self::Delta => field.bits_of_version_5().is_some_and(|bits| bits > 16),
        }
    }

    /// The encoding in Parquet's enumeration.
    pub(crate) fn parquet(self) -> Parquet {
        match self {
            Self::Dictionary => Parquet::RLE_DICTIONARY,
            Self::Delta => Parquet::DELTA_BINARY_PACKED,
            Self::Plain => Parquet::PLAIN,
        }
    }

    /// Its number in page headers.
    pub(crate) fn number(self) -> i32 {
        self.parquet() as i32
    }

    /// From Parquet's enumeration.
    pub(crate) fn of_parquet(encoding: Parquet) -> Result<Self, Fault> {
        Self::find(|known| known.parquet() == encoding)
    }

    /// From the number in page headers.
    pub(crate) fn of_number(number: i32) -> Result<Self, Fault> {
        Self::find(|known| known.number() == number)
    }

    fn find(is_it: impl Fn(Self) -> bool) -> Result<Self, Fault> {
        let found = Self::ALL.into_iter().find(|known| is_it(*known));
        found.ok_or("an encoding that flowkit does not use")
    }
}

/// A value that its field cannot have.
pub(crate) const BEYOND: Fault = "a value that is too large";

/// A type that the values of a column have in memory.
pub(crate) trait Value: Copy + Default {
    /// From the 64 bits of a stored value, truncated.
    fn cut(value: u64) -> Self;
}

#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
mod values {
    use super::Value;

    impl Value for u8 {
        fn cut(value: u64) -> Self {
            value as Self
        }
    }
    impl Value for u16 {
        fn cut(value: u64) -> Self {
            value as Self
        }
    }
    impl Value for u32 {
        fn cut(value: u64) -> Self {
            value as Self
        }
    }
    impl Value for u64 {
        fn cut(value: u64) -> Self {
            value
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any bytes give a result or an error, never a panic.
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), count in 0_usize..500) {
            let _ = levels::read(&bytes, count);
            let _ = dictionary::constant(&bytes, count, 3);
            let _ = dictionary::read_codes(&bytes, 3, &mut vec![0; count]);
            let _ = dictionary::read_values(&bytes, &[1_u16, 2, 3], &mut vec![0; count]);
            let _ = delta::read(&bytes, &mut vec![0_u64; count]);
            let _ = delta::read(&bytes, &mut vec![0_u32; count]);
            let _ = plain::read(&bytes, 4, 300, &mut vec![0_u32; count]);
            let _ = plain::read_texts(&bytes, count);
        }
    }
}
