//! Cuts a stream of concatenated NetFlow datagrams into datagrams.

use std::io::{self, Read};

use flowkit_model::wire::templated::split;
use flowkit_model::wire::{self, HEADER_LENGTH, MOST_RECORDS, RECORD_LENGTH};

use super::templated::{Learning, may_be_templated};
use super::{Captured, Datagrams};

/// Bytes per read.
const CHUNK_BYTES: usize = 1 << 20;

/// The most bytes of a UDP payload.
const MOST_BYTES: usize = 1 << 16;

/// Reads concatenated datagrams and passes them to `take`, until that returns
/// false.
///
/// A datagram's length follows from its record count, from its header, or, of v9, from
/// where the next begins. If none of it is valid, the rest of the stream is one last,
/// invalid datagram.
///
/// # Errors
/// If the stream fails.
pub(in crate::input) fn read(
    mut stream: impl Read,
    mut take: impl FnMut(Datagrams) -> bool,
) -> io::Result<()> {
    let (mut rest, mut number, mut at_end) = (Vec::new(), 0, false);
    let mut learning = Learning::default();
    while !at_end {
        let before = rest.len();
        stream.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut rest)?;
        at_end = rest.len() == before;
        let mut found = Datagrams::default();
        let mut used = 0;
        while used < rest.len() {
            let Some(length) = whole(&rest[used..], at_end) else {
                if !at_end && rest.len() - used < longest(&rest[used..]) {
                    break;
                }
                at_end = true;
                number += 1;
                found.list.push(Captured {
                    number,
                    exporter: None,
                    port: None,
                    bytes: rest.split_off(used),
                    walked: None,
                });
                break;
            };
            number += 1;
            let bytes = rest[used..used + length].to_vec();
            let walked = learning.walk(None, &bytes);
            found.list.push(Captured { number, exporter: None, port: None, bytes, walked });
            used += length;
        }
        found.frames.n += found.list.len() as u64;
        rest.drain(..used);
        if !take(found) {
            return Ok(());
        }
    }
    Ok(())
}

/// The most bytes that a datagram takes that begins so.
fn longest(bytes: &[u8]) -> usize {
    if may_be_templated(bytes) { MOST_BYTES } else { HEADER_LENGTH + MOST_RECORDS * RECORD_LENGTH }
}

/// Length of the datagram that begins here, if all of it is in `bytes`.
fn whole(bytes: &[u8], at_end: bool) -> Option<usize> {
    if may_be_templated(bytes) {
        let length = split(bytes).next()?.len();
        // What ends with the bytes that were read may go on.
        let is_whole = length < bytes.len() || at_end;
        return (is_whole && length <= MOST_BYTES).then_some(length);
    }
    let count = usize::from(wire::decode(bytes).ok()?.header().count);
    let length = HEADER_LENGTH + count * RECORD_LENGTH;
    ((1..=MOST_RECORDS).contains(&count) && length <= bytes.len()).then_some(length)
}
