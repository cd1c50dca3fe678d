//! The datagrams of a capture or of a file of payloads, one by one and in order,
//! for showing their bytes.

use std::net::IpAddr;

use flowkit_model::answer::Tally;

use crate::error::ReadError;
use crate::input::packets::frames::Frames;
use crate::input::{self, Piece, Source};
use crate::scan::ingest::known_before;
use crate::store::StoredPart;

/// A UDP payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// Number of its frame in a capture, or of the payload in a file, from 1.
    pub number: u64,
    /// Address of the exporter, if the file has it.
    pub exporter: Option<IpAddr>,
    /// Its bytes, which need not be valid NetFlow.
    pub bytes: &'a [u8],
}

/// Passes every payload of a source to `take` until that returns false; the tally
/// says if the source is truncated or damaged.
///
/// # Errors
/// If the source cannot be read, or holds documents.
pub fn each(
    source: &Source,
    mut take: impl FnMut(Payload<'_>) -> bool,
) -> Result<Tally, ReadError> {
    for (name, path) in source.column_files().flatten() {
        StoredPart::of_file(name, path)?;
    }
    let sources = std::slice::from_ref(source);
    let mut tally = known_before(sources);
    let (mut refused, mut frames) = (None, Frames::default());
    input::read(
        sources,
        |_| false,
        |_, piece| match piece {
            Piece::Datagrams(datagrams) => {
                frames.merge(&datagrams.frames);
                datagrams.list.iter().all(|captured| {
                    let bytes = captured.bytes.as_slice();
                    take(Payload { number: captured.number, exporter: captured.exporter, bytes })
                })
            }
            Piece::End { damage } => {
                let name = source.name();
                let sentences = std::mem::take(&mut frames).sentences(name);
                let missing = sentences.into_iter().filter(|(_, is_missing)| *is_missing);
                tally.incomplete.extend(missing.map(|(sentence, _)| sentence));
                tally.incomplete.extend(damage.map(|damage| format!("{name} {damage}")));
                true
            }
            Piece::Refused(why) => {
                tally.incomplete.push(format!("{} {why}", source.name()));
                true
            }
            Piece::Member(_) | Piece::Stored | Piece::Bytes(..) => true,
            Piece::Block(_) => {
                refused = Some(ReadError::NoPackets { name: source.name().to_owned() });
                false
            }
        },
    )?;
    refused.map_or(Ok(tally), Err)
}
