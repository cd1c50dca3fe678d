//! Where the sets of a datagram begin and end. A set (flowset in version 9) is
//! a number, a length, and then templates, or records of one template.
//!
//! Sources: RFC 3954, section 5; RFC 7011, section 3.3.

use super::fault::Fault;
use super::header::{Header, Version};
use crate::wire::bytes_at;

/// Bytes of a set's number and length.
const SET_HEADER: usize = 4;

/// The least number of a template, and of a set of its records.
pub(super) const LEAST_TEMPLATE: u16 = 256;

/// What a set holds, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// Templates of data records.
    Templates,
    /// Templates of options records.
    OptionsTemplates,
    /// Records of the template of this number.
    Records(u16),
    /// Nothing that this version knows.
    Unknown,
}

/// One set over the bytes it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set<'a> {
    /// Its number.
    pub number: u16,
    /// What it holds.
    pub content: Content,
    /// Where its header begins in the datagram.
    pub offset: usize,
    /// The bytes after its header that are there, padding too.
    pub bytes: &'a [u8],
    /// Whether it states more bytes than are there.
    pub is_cut: bool,
}

/// The sets of a datagram, and what is wrong with their borders.
///
/// Zeros up to the end are padding (Palo Alto fills datagrams up with them).
#[derive(Clone, Debug)]
pub struct Sets<'a> {
    version: Version,
    offset: usize,
    rest: &'a [u8],
    fault: Option<Fault>,
    last_fault: Option<Fault>,
}

impl<'a> Sets<'a> {
    /// The sets of a datagram whose header was read.
    #[must_use]
    pub fn new(header: &Header, datagram: &'a [u8]) -> Self {
        let start = header.version.header_length().min(datagram.len());
        let (mut end, mut fault, mut last_fault) = (datagram.len(), None, None);
        if let Some(length) = header.length {
            let stated = usize::from(length);
            if stated < start {
                end = start;
                fault = Some(Fault::ImpossibleLength { length });
            } else if stated > end {
                fault = Some(Fault::CutShort { length, there: end });
            } else if stated < end {
                let is_told = !is_padding(&datagram[stated..]);
                last_fault = is_told.then_some(Fault::BytesFollow { bytes: end - stated });
                end = stated;
            }
        }
        let (version, rest) = (header.version, &datagram[start..end]);
        Self { version, offset: start, rest, fault, last_fault }
    }

    fn content(&self, number: u16) -> Content {
        match (self.version, number) {
            (Version::V9, 0) | (Version::Ipfix, 2) => Content::Templates,
            (Version::V9, 1) | (Version::Ipfix, 3) => Content::OptionsTemplates,
            (_, LEAST_TEMPLATE..) => Content::Records(number),
            _ => Content::Unknown,
        }
    }
}

impl<'a> Iterator for Sets<'a> {
    type Item = Result<Set<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(fault) = self.fault.take() {
            return Some(Err(fault));
        }
        if is_padding(self.rest) {
            self.rest = &[];
            return self.last_fault.take().map(Err);
        }
        let bytes = std::mem::take(&mut self.rest);
        if bytes.len() < SET_HEADER {
            return Some(Err(Fault::BytesFollow { bytes: bytes.len() }));
        }
        let number = u16::from_be_bytes(bytes_at(bytes, 0));
        let length = u16::from_be_bytes(bytes_at(bytes, 2));
        let stated = usize::from(length);
        if stated < SET_HEADER {
            return Some(Err(Fault::ImpossibleSetLength { set: number, length }));
        }
        let there = stated.min(bytes.len());
        let is_cut = there < stated;
        self.fault = is_cut.then_some(Fault::SetCut { set: number, length, there });
        self.rest = &bytes[there..];
        let offset = self.offset;
        self.offset += there;
        let bytes = &bytes[SET_HEADER..there];
        Some(Ok(Set { number, content: self.content(number), offset, bytes, is_cut }))
    }
}

/// Whether nothing but zeros is there.
pub(super) fn is_padding(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::made_up::{ipfix, set, v9};

    /// Numbers and lengths of the sets, and the faults.
    fn walk(datagram: &[u8]) -> (Vec<(u16, usize)>, Vec<Fault>) {
        let header = Header::decode(datagram).unwrap();
        let (mut sets, mut faults) = (Vec::new(), Vec::new());
        for set in Sets::new(&header, datagram) {
            match set {
                Ok(set) => sets.push((set.number, set.bytes.len())),
                Err(fault) => faults.push(fault),
            }
        }
        (sets, faults)
    }

    #[test]
    fn zeros_at_the_end_are_padding() {
        for zeros in [0, 1, 3, 4, 66] {
            let bytes = [set(256, &[7; 6]), vec![0; zeros]].concat();
            assert_eq!(walk(&v9(&bytes)), (vec![(256, 6)], vec![]));
            assert_eq!(walk(&ipfix(&bytes)), (vec![(256, 6)], vec![]));
        }
        assert_eq!(walk(&v9(&[])), (vec![], vec![]));
    }

    #[test]
    fn sets_know_where_they_begin() {
        let sets = [set(256, &[7; 6]), set(257, &[])].concat();
        for datagram in [v9(&sets), ipfix(&sets)] {
            let header = Header::decode(&datagram).unwrap();
            for set in Sets::new(&header, &datagram).map(Result::unwrap) {
                assert_eq!(datagram[set.offset..set.offset + 2], set.number.to_be_bytes());
                assert_eq!(datagram[set.offset + 4..][..set.bytes.len()], *set.bytes);
            }
        }
    }

    #[test]
    fn lengths_below_the_header_end_the_reading() {
        for length in 0..4 {
            let bytes = [set(256, &[7; 4]), vec![1, 1, 0, length], set(258, &[7; 4])].concat();
            let fault = Fault::ImpossibleSetLength { set: 257, length: length.into() };
            assert_eq!(walk(&v9(&bytes)), (vec![(256, 4)], vec![fault]));
        }
        let zero = [set(256, &[7; 4]), vec![0; 8], vec![1]].concat();
        let fault = Fault::ImpossibleSetLength { set: 0, length: 0 };
        assert_eq!(walk(&v9(&zero)), (vec![(256, 4)], vec![fault]));
        let few = [set(256, &[7; 4]), vec![1, 0]].concat();
        assert_eq!(walk(&v9(&few)), (vec![(256, 4)], vec![Fault::BytesFollow { bytes: 2 }]));
    }

    #[test]
    fn what_is_cut_keeps_its_bytes() {
        let datagram = v9(&[set(0, &[7; 4]), set(300, &[7; 40])].concat());
        let (sets, faults) = walk(&datagram[..datagram.len() - 10]);
        assert_eq!(sets, [(0, 4), (300, 30)]);
        assert_eq!(faults, [Fault::SetCut { set: 300, length: 44, there: 34 }]);
    }

    #[test]
    fn ipfix_states_its_length() {
        let mut datagram = ipfix(&set(300, &[7; 12]));
        assert_eq!(datagram.len(), 32);
        let sets = vec![(300, 12)];
        datagram[3] = 50;
        let cut = Fault::CutShort { length: 50, there: 32 };
        assert_eq!(walk(&datagram), (sets.clone(), vec![cut]));
        datagram[3] = 15;
        assert_eq!(walk(&datagram), (vec![], vec![Fault::ImpossibleLength { length: 15 }]));
        datagram[3] = 32;
        datagram.extend([0xde, 0xad]);
        assert_eq!(walk(&datagram), (sets, vec![Fault::BytesFollow { bytes: 2 }]));
    }

    #[test]
    fn a_number_means_another_thing_in_each_version() {
        let content = |datagram: &[u8]| {
            let header = Header::decode(datagram).unwrap();
            Sets::new(&header, datagram).next().unwrap().unwrap().content
        };
        for (number, v9_content, ipfix_content) in [
            (0, Content::Templates, Content::Unknown),
            (1, Content::OptionsTemplates, Content::Unknown),
            (2, Content::Unknown, Content::Templates),
            (3, Content::Unknown, Content::OptionsTemplates),
            (4, Content::Unknown, Content::Unknown),
            (255, Content::Unknown, Content::Unknown),
            (256, Content::Records(256), Content::Records(256)),
            (65_535, Content::Records(65_535), Content::Records(65_535)),
        ] {
            assert_eq!(content(&v9(&set(number, &[7; 4]))), v9_content, "{number}");
            assert_eq!(content(&ipfix(&set(number, &[7; 4]))), ipfix_content, "{number}");
        }
    }
}
