//! Cuts a stream of concatenated NetFlow v5 datagrams into datagrams.

use std::io::{self, Read};

use flowkit_model::wire::{self, HEADER_LENGTH, MOST_RECORDS, RECORD_LENGTH};

use super::{Captured, Datagrams};

/// Bytes per read.
const CHUNK_BYTES: usize = 1 << 20;

/// Reads concatenated datagrams and passes them to `take`, until that returns
/// false.
///
/// A datagram's length follows from its record count. If that is invalid, the
/// rest of the stream is one last, invalid datagram.
///
/// # Errors
/// If the stream fails.
pub(in crate::input) fn read(
    mut stream: impl Read,
    mut take: impl FnMut(Datagrams) -> bool,
) -> io::Result<()> {
    let (mut rest, mut number, mut at_end) = (Vec::new(), 0, false);
    while !at_end {
        let before = rest.len();
        stream.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut rest)?;
        at_end = rest.len() == before;
        let mut found = Datagrams::default();
        let mut used = 0;
        while used < rest.len() {
            let Some(length) = whole(&rest[used..]) else {
                let is_long = rest.len() - used >= HEADER_LENGTH + MOST_RECORDS * RECORD_LENGTH;
                if !at_end && !is_long {
                    break;
                }
                at_end = true;
                number += 1;
                found.list.push(Captured {
                    number,
                    exporter: None,
                    port: None,
                    bytes: rest.split_off(used),
                });
                break;
            };
            number += 1;
            let bytes = rest[used..used + length].to_vec();
            found.list.push(Captured { number, exporter: None, port: None, bytes });
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

/// Length of the datagram that begins here, if all of it is in `bytes`.
fn whole(bytes: &[u8]) -> Option<usize> {
    let count = usize::from(wire::decode(bytes).ok()?.header().count);
    let length = HEADER_LENGTH + count * RECORD_LENGTH;
    ((1..=MOST_RECORDS).contains(&count) && length <= bytes.len()).then_some(length)
}
