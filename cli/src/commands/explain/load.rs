//! Where the bytes come from: datagrams of a file, one document of a source.

use std::path::Path;

use anyhow::{Context, bail};
use flowkit_analyze::documents::packets;
use flowkit_analyze::{ReadOptions, documents};
use flowkit_model::harmless;
use flowkit_model::wire;

use super::walked::{Read, Reader};
use crate::args::sources::InputFormat;

/// One datagram, and where it came from.
#[derive(Debug)]
pub(super) struct Piece {
    /// Address of the sender, if the file says so.
    pub(super) exporter: Option<String>,
    /// The UDP payload.
    pub(super) payload: Vec<u8>,
    /// What it is, after those before it.
    pub(super) read: Read,
}

impl Piece {
    /// A datagram by itself, as a collector sees it that knows no template yet.
    pub(super) fn alone(payload: Vec<u8>) -> Self {
        let read = Reader::default().read(None, &payload);
        Self { exporter: None, payload, read }
    }

    /// Records that can be read.
    pub(super) fn n_records(&self) -> u64 {
        match &self.read {
            Read::V5 => {
                wire::decode(&self.payload).map_or(0, |datagram| datagram.n_records() as u64)
            }
            Read::Templated(read) => read.n_records(&self.payload),
            Read::Other { .. } => 0,
        }
    }

    /// What is wrong with it, and whether something is missing.
    fn faults(&self) -> Vec<(String, bool)> {
        match &self.read {
            Read::V5 => {
                let datagram = wire::decode(&self.payload);
                let faults = datagram.map_or_else(|_| Vec::new(), |datagram| datagram.faults());
                let is_cut = |fault: &wire::Fault| matches!(fault, wire::Fault::CutShort { .. });
                faults.iter().map(|fault| (fault.to_string(), is_cut(fault))).collect()
            }
            Read::Templated(read) => {
                read.faults().map(|fault| (fault.to_string(), fault.is_loss())).collect()
            }
            Read::Other { why, is_cut } => vec![(why.clone(), *is_cut)],
        }
    }
}

/// The datagrams of a file.
#[derive(Debug)]
pub(super) struct PacketFile {
    /// Its name.
    pub(super) name: String,
    /// Every UDP payload, including those that are not NetFlow.
    pub(super) pieces: Vec<Piece>,
    /// How the file is truncated or damaged.
    pub(super) damage: Option<String>,
}

impl PacketFile {
    /// Records that can be read.
    pub(super) fn n_records(&self) -> u64 {
        self.pieces.iter().map(Piece::n_records).sum()
    }

    /// Faults of its datagrams, one per line.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (piece, number) in self.pieces.iter().zip(1..) {
            let told = piece.faults();
            faults.extend(told.iter().map(|(fault, _)| format!("datagram {number}: {fault}")));
        }
        faults
    }

    /// Whether the file is known to be incomplete.
    pub(super) fn is_incomplete(&self) -> bool {
        let is_missing = |piece: &Piece| piece.faults().iter().any(|(_, is_missing)| *is_missing);
        self.damage.is_some() || self.pieces.iter().any(is_missing)
    }
}

/// Reads a file of datagrams.
pub(super) fn datagrams(path: &Path, format: &InputFormat) -> anyhow::Result<PacketFile> {
    let source = format.open(path)?;
    let (mut pieces, mut reader) = (Vec::new(), Reader::default());
    let tally = packets::each(&source, |found| {
        pieces.push(Piece {
            exporter: found.exporter.map(|exporter| exporter.to_string()),
            read: reader.read(found.exporter, found.bytes),
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
