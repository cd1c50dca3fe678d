//! One UDP payload: whether it is version 5, its whole records, and what is
//! wrong with it.
//!
//! What is whole is kept, the rest is reported as data. Only a count that
//! cannot be (0, or more than 30) makes every record doubtful: then none is
//! read, as Logstash's codec does (`netflow/util.rb`, `Netflow5PDU`).

use super::{HEADER_LENGTH, Header, MOST_RECORDS, RECORD_LENGTH, Record, VERSION};
use crate::record::FlowRecord;

/// Why some bytes are no datagram of version 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NotV5 {
    /// No bytes, or one: not even a version.
    #[error("a datagram of {length} bytes has no version")]
    NoVersion {
        /// Bytes there are.
        length: usize,
    },
    /// Another format: 9 is NetFlow v9, 10 is IPFIX, 1280 is 5 in the wrong
    /// byte order.
    #[error("version {version}, not 5")]
    OtherVersion {
        /// The first two bytes.
        version: u16,
    },
    /// Version 5, but fewer bytes than a header.
    #[error("cut short in the header: {length} of 24 bytes")]
    CutInHeader {
        /// Bytes there are.
        length: usize,
    },
}

impl NotV5 {
    /// Name in json.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoVersion { .. } => "no_version",
            Self::OtherVersion { .. } => "other_version",
            Self::CutInHeader { .. } => "cut_in_header",
        }
    }
}

/// What is odd about a datagram of version 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The count is 0 or above 30: no record is read.
    #[error("count {count}, but 1 to 30 can be: no record is read")]
    ImpossibleCount {
        /// As the header states it.
        count: u16,
    },
    /// Fewer bytes than the count needs: the whole records are kept.
    #[error("cut short: {whole} of {count} records are whole")]
    CutShort {
        /// As the header states it.
        count: u16,
        /// Records that are there.
        whole: u16,
    },
    /// Bytes after the last record; they are not read.
    #[error("{bytes} bytes follow the last record")]
    BytesFollow {
        /// How many.
        bytes: usize,
    },
    /// `unix_nsecs` is a second or more; it is carried into the seconds.
    #[error("{unix_nsecs} nanoseconds are more than a second")]
    NanosecondsOverflow {
        /// As the header states it.
        unix_nsecs: u32,
    },
}

impl Fault {
    /// Name in json.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ImpossibleCount { .. } => "impossible_count",
            Self::CutShort { .. } => "cut_short",
            Self::BytesFollow { .. } => "bytes_follow",
            Self::NanosecondsOverflow { .. } => "nanoseconds_overflow",
        }
    }
}

/// A datagram of version 5 over the bytes it came in; nothing is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    header: Header,
    bytes: &'a [u8],
}

/// Reads one datagram, the payload of one UDP packet.
///
/// # Errors
/// If it is not version 5, or too short for a header. What else can be wrong
/// is told by [`Datagram::faults`].
pub fn decode(bytes: &[u8]) -> Result<Datagram<'_>, NotV5> {
    let Some((version, _)) = bytes.split_first_chunk() else {
        return Err(NotV5::NoVersion { length: bytes.len() });
    };
    let version = u16::from_be_bytes(*version);
    if version != VERSION {
        return Err(NotV5::OtherVersion { version });
    }
    let Some((header, _)) = bytes.split_first_chunk() else {
        return Err(NotV5::CutInHeader { length: bytes.len() });
    };
    Ok(Datagram { header: Header::from_bytes(header), bytes })
}

impl<'a> Datagram<'a> {
    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// All bytes, what follows the last record too.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many records can be read: those the count promises and that are
    /// whole; none for an impossible count.
    #[must_use]
    pub fn n_records(&self) -> usize {
        let count = usize::from(self.header.count);
        if count > MOST_RECORDS {
            return 0;
        }
        count.min((self.bytes.len() - HEADER_LENGTH) / RECORD_LENGTH)
    }

    /// The bytes of one record, counted from 0.
    #[must_use]
    pub fn record_bytes(&self, index: usize) -> Option<&'a [u8; RECORD_LENGTH]> {
        let bytes = self.bytes.get(HEADER_LENGTH + index * RECORD_LENGTH..)?;
        (index < self.n_records()).then(|| bytes.first_chunk()).flatten()
    }

    /// The records.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record> + use<'a> {
        let (records, _) = self.bytes[HEADER_LENGTH..].as_chunks();
        records[..self.n_records()].iter().map(Record::from_bytes)
    }

    /// The flows, with who exported them if that is known.
    pub fn flows(
        &self,
        exporter: Option<&str>,
    ) -> impl ExactSizeIterator<Item = FlowRecord> + use<'a, '_> {
        let header = self.header;
        let exporter = exporter.map(str::to_owned);
        self.records().map(move |record| record.flow(&header, exporter.as_deref()))
    }

    /// What is odd, in the order of the bytes; mostly nothing.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let Header { count, unix_nsecs, .. } = self.header;
        let records = self.bytes.len() - HEADER_LENGTH;
        let read = self.n_records();
        if !(1..=MOST_RECORDS).contains(&usize::from(count)) {
            faults.push(Fault::ImpossibleCount { count });
        } else if let Ok(whole) = u16::try_from(read)
            && whole < count
        {
            faults.push(Fault::CutShort { count, whole });
        }
        if self.header.nanoseconds_overflow() {
            faults.push(Fault::NanosecondsOverflow { unix_nsecs });
        }
        let follow = records.saturating_sub(usize::from(count) * RECORD_LENGTH);
        if follow > 0 {
            faults.push(Fault::BytesFollow { bytes: follow });
        }
        faults
    }
}

/// Cuts datagrams that stand one after the other without framing, as in a file
/// of captured payloads: each is as long as its count says.
///
/// Where that cannot be told (no version 5, an impossible count, too few
/// bytes) all that is left comes as one last piece, for [`decode`] to judge. A
/// file of one datagram with bytes after its last record is therefore the
/// datagram, then the bytes.
pub fn split(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let whole = decode(bytes).ok().filter(|datagram| datagram.n_records() > 0);
        let length = whole.map_or(bytes.len(), |datagram| {
            HEADER_LENGTH + usize::from(datagram.header.count) * RECORD_LENGTH
        });
        let (datagram, rest) = bytes.split_at(length.min(bytes.len()));
        bytes = rest;
        Some(datagram)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A datagram that states `count` and has room for `records` and `more` bytes.
    fn datagram(count: u16, records: usize, more: usize) -> Vec<u8> {
        let mut bytes = Header { count, ..Header::default() }.to_bytes().to_vec();
        bytes.resize(HEADER_LENGTH + records * RECORD_LENGTH + more, 7);
        bytes
    }

    #[test]
    fn what_is_whole_is_kept_and_the_rest_is_told() {
        for (count, records, more, kept, faults) in [
            (5, 5, 0, 5, vec![]),
            (30, 30, 0, 30, vec![]),
            (5, 3, 20, 3, vec![Fault::CutShort { count: 5, whole: 3 }]),
            (5, 0, 0, 0, vec![Fault::CutShort { count: 5, whole: 0 }]),
            (5, 5, 3, 5, vec![Fault::BytesFollow { bytes: 3 }]),
            (2, 5, 0, 2, vec![Fault::BytesFollow { bytes: 144 }]),
            (0, 0, 0, 0, vec![Fault::ImpossibleCount { count: 0 }]),
            (
                0,
                5,
                0,
                0,
                vec![Fault::ImpossibleCount { count: 0 }, Fault::BytesFollow { bytes: 240 }],
            ),
            (31, 31, 0, 0, vec![Fault::ImpossibleCount { count: 31 }]),
            (31, 30, 0, 0, vec![Fault::ImpossibleCount { count: 31 }]),
            (65_535, 30, 0, 0, vec![Fault::ImpossibleCount { count: 65_535 }]),
        ] {
            let bytes = datagram(count, records, more);
            let datagram = decode(&bytes).unwrap();
            assert_eq!(datagram.records().len(), kept, "{count} stated, {records} there");
            assert_eq!(datagram.flows(None).count(), kept);
            assert_eq!(datagram.faults(), faults, "{count} stated, {records} there");
            assert_eq!(datagram.record_bytes(kept), None);
        }
    }

    #[test]
    fn what_is_not_version_5_says_why() {
        let cut = [0, 5, 0, 1, 0, 0, 0, 0, 0, 0];
        assert_eq!(decode(&[]), Err(NotV5::NoVersion { length: 0 }));
        assert_eq!(decode(&[0]), Err(NotV5::NoVersion { length: 1 }));
        assert_eq!(decode(&cut), Err(NotV5::CutInHeader { length: 10 }));
        assert_eq!(decode(&[0, 9]), Err(NotV5::OtherVersion { version: 9 }));
        assert_eq!(decode(&[5, 0]), Err(NotV5::OtherVersion { version: 1280 }));
    }

    #[test]
    fn payloads_in_a_row_are_cut_by_their_counts() {
        let lengths = |bytes: &[u8]| split(bytes).map(<[u8]>::len).collect::<Vec<_>>();
        let two = [datagram(2, 2, 0), datagram(1, 1, 0)].concat();
        assert_eq!(lengths(&two), [120, 72]);
        assert_eq!(lengths(&two[..150]), [120, 30]);
        assert_eq!(lengths(&datagram(2, 5, 0)), [120, 144]);
        assert_eq!(lengths(&datagram(31, 31, 0)), [1512]);
        assert_eq!(lengths(&datagram(5, 3, 7)), [175]);
        assert_eq!(lengths(&[]), [0; 0]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            mut bytes in prop::collection::vec(any::<u8>(), 0..2000),
            version in 4_u16..7,
            count in any::<u16>(),
            small in any::<bool>(),
        ) {
            if bytes.len() >= 4 {
                bytes[..2].copy_from_slice(&version.to_be_bytes());
                let count = if small { count % 40 } else { count };
                bytes[2..4].copy_from_slice(&count.to_be_bytes());
            }
            prop_assert_eq!(split(&bytes).map(<[u8]>::len).sum::<usize>(), bytes.len());
            if let Ok(datagram) = decode(&bytes) {
                prop_assert!(datagram.flows(None).len() <= MOST_RECORDS);
                let _ = datagram.faults();
            }
        }
    }
}
