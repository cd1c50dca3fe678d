//! Datagrams of any version that stand one after the other without framing, as
//! in a file of captured payloads.

use super::header::{Header, Version};
use crate::wire;
use crate::wire::bytes_at;

/// Bytes of a set's number and length.
const SET_HEADER: usize = 4;

/// Cuts datagrams of version 5, 9 and IPFIX.
///
/// Version 5 is as long as its count says, IPFIX as its header says. Version 9
/// says nothing, but no set of it has the number 5, 9 or 10: where a set would
/// begin with one, the next datagram does. Where none of it can be told, all
/// that is left comes as one last piece.
pub fn split(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let (datagram, rest) = bytes.split_at(length(bytes).min(bytes.len()));
        bytes = rest;
        Some(datagram)
    })
}

/// The messages of one payload. IPFIX says how long it is, so that several may stand in
/// one; what follows the last of them, and any payload of version 9, is no message of its
/// own.
pub fn messages(mut payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if payload.is_empty() {
            return None;
        }
        let whole = whole_ipfix(payload).filter(|(_, rest)| whole_ipfix(rest).is_some());
        let length = whole.map_or(payload.len(), |(message, _)| message.len());
        let (message, rest) = payload.split_at(length);
        payload = rest;
        Some(message)
    })
}

/// A message of IPFIX that is there to its stated end, and what follows it.
fn whole_ipfix(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let header = Header::decode(bytes).ok().filter(|header| header.version == Version::Ipfix)?;
    let length = header.length.map(usize::from)?;
    bytes.split_at_checked(length).filter(|_| length >= header.version.header_length())
}

/// Bytes of the first datagram; never 0.
fn length(bytes: &[u8]) -> usize {
    match Header::decode(bytes) {
        Ok(header) if header.version == Version::V9 => v9_length(bytes),
        Ok(header) => {
            let stated = header.length.map_or(0, usize::from);
            if stated < header.version.header_length() { bytes.len() } else { stated }
        }
        Err(_) => wire::split(bytes).next().map_or(bytes.len(), <[u8]>::len),
    }
}

/// Goes from set to set, over the zeros after the last one.
fn v9_length(bytes: &[u8]) -> usize {
    let mut end = Version::V9.header_length();
    while let Some(rest) = bytes.get(end..).filter(|rest| rest.len() >= SET_HEADER) {
        if begins_a_datagram(rest) {
            return end;
        }
        let length = usize::from(u16::from_be_bytes(bytes_at(rest, 2)));
        if length >= SET_HEADER {
            end += length;
            continue;
        }
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        let is_next = zeros >= SET_HEADER && begins_a_datagram(&rest[zeros - 1..]);
        return if is_next { end + zeros - 1 } else { bytes.len() };
    }
    bytes.len()
}

/// Whether the first two bytes are the version of a datagram.
fn begins_a_datagram(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 5 | 9 | 10, ..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::made_up::{ipfix, set, v9};

    fn lengths(bytes: &[u8]) -> Vec<usize> {
        split(bytes).map(<[u8]>::len).collect()
    }

    #[test]
    fn versions_may_follow_each_other() {
        let v5 = [&[0, 5, 0, 1][..], &[7; 68]].concat();
        let nine = v9(&[set(0, &[7; 8]), set(256, &[0; 9])].concat());
        let ten = ipfix(&set(256, &[7; 20]));
        for (order, expected) in [
            (vec![&v5, &nine, &ten], vec![72, 45, 40]),
            (vec![&nine, &nine, &v5], vec![45, 45, 72]),
            (vec![&ten, &nine, &ten], vec![40, 45, 40]),
        ] {
            let parts: Vec<&[u8]> = order.into_iter().map(Vec::as_slice).collect();
            assert_eq!(lengths(&parts.concat()), expected);
        }
    }

    #[test]
    fn zeros_belong_to_the_datagram_before_them() {
        for zeros in [4, 5, 6, 70] {
            let filled = [v9(&set(256, &[7; 4])), vec![0; zeros]].concat();
            let two = [filled.clone(), v9(&[]), filled.clone()].concat();
            assert_eq!(lengths(&two), [28 + zeros, 20, 28 + zeros]);
        }
    }

    #[test]
    fn messages_of_ipfix_follow_each_other_in_one_payload() {
        let ten = ipfix(&set(256, &[7; 20]));
        let lengths = |payload: &[u8]| messages(payload).map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(&[&ten[..], &ten, &ten].concat()), [40, 40, 40]);
        // What is no whole message stays with the one before.
        assert_eq!(lengths(&[&ten[..], &ten[..39]].concat()), [79]);
        assert_eq!(lengths(&[&ten[..], &ten, &[0; 5]].concat()), [40, 45]);
        assert_eq!(lengths(&[&ten[..], &v9(&[])].concat()), [60]);
        assert_eq!(lengths(&v9(&ten)), [60]);
        assert_eq!(lengths(&[]), [0; 0]);
    }

    #[test]
    fn what_cannot_be_told_is_one_piece() {
        let odd = v9(&[set(256, &[7; 4]), vec![1, 0, 0, 3], set(257, &[7; 4])].concat());
        assert_eq!(lengths(&odd), [odd.len()]);
        let ahead = ipfix(&set(256, &[7; 20]));
        assert_eq!(lengths(&ahead[..30]), [30]);
        assert_eq!(lengths(&[ahead.clone(), vec![0xde, 0xad]].concat()), [40, 2]);
        assert_eq!(lengths(&[7; 9]), [9]);
        assert_eq!(lengths(&[]), [0; 0]);
    }
}
