//! The files of a dump: opened, locked, named, replaced, read and verified.
//!
//! What is in them is [`flowkit_model::dump`]'s: plain data, no files. Whoever
//! writes a dump (a fetch, an import) and whoever reads one (a question, a
//! verification) does it through here, so that a dump looks the same and is
//! private to its owner whoever made it.
//!
//! | floor | module | what it does |
//! | --- | --- | --- |
//! | 6 | [`verify()`], [`DumpFolder`] | is a dump what its manifest says; its folder, locked for one writer |
//! | 5 | [`Folders`] | where its parts and columns are |
//! | 4 | [`manifest`], [`PartFile`] | the manifest, read and replaced; a part that grows frame by frame |
//! | 3 | [`NewFile`], [`NewFolder`], [`NewNamed`] | what is not whole yet |
//! | 2 | [`place`], [`files`], [`frames`] | files of a folder, by plain names and never through a link; private folders; zstd frames with checksums |
//! | 1 | [`checksum`], [`disk`], [`lines`], [`named`], [`DocumentHasher`], [`DumpError`] | SHA-256; what is free; lines of a part; files that a person named; documents told apart; what goes wrong |
//!
//! ```
//! use flowkit_dump::frames::FrameWriter;
//! use flowkit_dump::{Folders, NewFolder};
//! use flowkit_model::dump::{FORMAT, Manifest, Part, State, part_name};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let place = tempfile::tempdir()?;
//! let dump = place.path().join("dump");
//! let new = NewFolder::create(&dump)?;
//! let folders = Folders::open(new.path())?;
//! let mut part = Part { name: part_name(1, "netflow-a"), ..Part::default() };
//! let mut frames = FrameWriter::new(folders.make_parts()?.create_new(&part.file_name())?)?;
//! let line = br#"{"_index":"netflow-a","_id":"1","_source":{"netflow":{"version":5}}}"#;
//! part.file_bytes = frames.append(&[&line[..], b"\n"].concat())?;
//! part.sha256 = frames.sha256();
//! (part.received, part.expected, part.bytes) = (1, 1, line.len() as u64 + 1);
//! let parts = vec![part];
//! let manifest = Manifest {
//!     flowkit_dump: FORMAT,
//!     state: State::Complete,
//!     parts,
//!     ..Manifest::default()
//! };
//! flowkit_dump::manifest::write(folders.root(), &manifest)?;
//! new.finish()?;
//!
//! let (read, findings) = flowkit_dump::verify(&dump)?;
//! assert_eq!(read, manifest);
//! assert_eq!(findings, []);
//! # Ok(())
//! # }
//! ```

pub mod checksum;
pub mod disk;
mod document_hash;
mod error;
pub mod files;
mod folder;
mod folders;
pub mod frames;
pub mod lines;
pub mod manifest;
pub mod named;
mod part_file;
pub mod place;
mod unfinished;
mod verify;

pub use document_hash::DocumentHasher;
pub use error::DumpError;
pub use folder::{DumpFolder, Existing};
pub use folders::Folders;
pub use part_file::{Mark, PartFile};
pub use unfinished::{NewFile, NewFolder, NewNamed, abandon};
pub use verify::{Finding, contradictions, other_size, verify};
