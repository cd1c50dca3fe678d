//! The open file of columns, or how it is opened again each time that it is read: a dump
//! of thousands of parts then takes no more descriptors than there are threads.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Deref;
use std::os::unix::fs::MetadataExt;

/// A file, open or to be opened.
pub(super) enum Handle {
    /// It stays open.
    Open(File),
    /// It is opened when it is read; it must be the file that it was.
    Closed(Box<Opener>, FileId),
}

type Opener = dyn Fn() -> io::Result<File> + Send + Sync;

/// Device, number, size and time of a file.
type FileId = (u64, u64, u64, (i64, i64));

fn id(metadata: &Metadata) -> FileId {
    let changed = (metadata.mtime(), metadata.mtime_nsec());
    (metadata.dev(), metadata.ino(), metadata.len(), changed)
}

/// A file while it is read.
pub(super) enum Opened<'h> {
    Held(&'h File),
    New(File),
}

impl Deref for Opened<'_> {
    type Target = File;

    fn deref(&self) -> &File {
        match self {
            Self::Held(file) => file,
            Self::New(file) => file,
        }
    }
}

impl Handle {
    /// Closes the file; `open` opens it again.
    pub(super) fn closed(
        self,
        open: impl Fn() -> io::Result<File> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let id = id(&self.file()?.metadata()?);
        Ok(Self::Closed(Box::new(open), id))
    }

    /// The file.
    pub(super) fn file(&self) -> io::Result<Opened<'_>> {
        match self {
            Self::Open(file) => Ok(Opened::Held(file)),
            Self::Closed(open, known) => {
                let file = open()?;
                if id(&file.metadata()?) != *known {
                    return Err(io::Error::other("it was replaced while it was read; ask again"));
                }
                Ok(Opened::New(file))
            }
        }
    }
}
