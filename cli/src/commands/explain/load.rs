//! Where the bytes come from: datagrams of a file, one document of a source.

use std::path::Path;

use anyhow::{Context, bail};
use flowkit_analyze::documents::packets;
use flowkit_analyze::{ReadOptions, documents};
use flowkit_model::harmless;
use flowkit_model::wire;

use crate::args::sources::InputFormat;

/// One datagram, and where it came from.
#[derive(Debug)]
pub(super) struct Piece {
    /// Address of the sender, if the file says so.
    pub(super) exporter: Option<String>,
    /// The UDP payload.
    pub(super) payload: Vec<u8>,
}

/// The datagrams of a file.
#[derive(Debug)]
pub(super) struct PacketFile {
    /// Its name.
    pub(super) name: String,
    /// Every UDP payload, including those that are not version 5.
    pub(super) pieces: Vec<Piece>,
    /// How the file is truncated or damaged.
    pub(super) damage: Option<String>,
}

impl PacketFile {
    /// Records that can be read.
    pub(super) fn n_records(&self) -> u64 {
        let count = |piece: &Piece| {
            wire::decode(&piece.payload).map_or(0, |datagram| datagram.n_records() as u64)
        };
        self.pieces.iter().map(count).sum()
    }

    /// Faults of its datagrams, one per line.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (piece, number) in self.pieces.iter().zip(1..) {
            let told: Vec<String> = match wire::decode(&piece.payload) {
                Ok(datagram) => datagram.faults().iter().map(ToString::to_string).collect(),
                Err(error) => vec![error.to_string()],
            };
            faults.extend(told.iter().map(|fault| format!("datagram {number}: {fault}")));
        }
        faults
    }

    /// Whether the file is known to be incomplete.
    pub(super) fn is_incomplete(&self) -> bool {
        let cut_short = |piece: &Piece| match wire::decode(&piece.payload) {
            Ok(datagram) => {
                datagram.faults().iter().any(|fault| matches!(fault, wire::Fault::CutShort { .. }))
            }
            Err(error) => matches!(error, wire::NotV5::CutInHeader { .. }),
        };
        self.damage.is_some() || self.pieces.iter().any(cut_short)
    }
}

/// Reads a file of datagrams.
pub(super) fn datagrams(path: &Path, format: &InputFormat) -> anyhow::Result<PacketFile> {
    let source = format.open(path)?;
    let mut pieces = Vec::new();
    let tally = packets::each(&source, |found| {
        pieces.push(Piece {
            exporter: found.exporter.map(|exporter| exporter.to_string()),
            payload: found.bytes.to_vec(),
        });
        true
    })?;
    if pieces.is_empty() {
        bail!("{} holds no datagram", source.name());
    }
    let damage = tally.incomplete.first().cloned();
    Ok(PacketFile { name: source.name().to_owned(), pieces, damage })
}

/// The `number`-th document of a source, as it is stored.
pub(super) fn document(path: &Path, number: u64, format: &InputFormat) -> anyhow::Result<String> {
    let source = format.open(path)?;
    let (mut seen, mut wanted) = (0, None);
    documents::each(&[source], ReadOptions::default(), |found| {
        seen += 1;
        wanted = (seen == number).then(|| found.whole.to_owned());
        wanted.is_none()
    })?;
    wanted.with_context(|| match seen {
        0 => format!("{} holds no document", harmless::path(path)),
        _ => format!("{}: no document {number}; the last is {seen}", harmless::path(path)),
    })
}
