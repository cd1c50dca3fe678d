//! The folders of a dump, each opened once: files of parts and of columns are
//! reached through them by name.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use flowkit_model::dump::{COLUMNS, Manifest, PARTS, Part};

use crate::error::DumpError;
use crate::manifest;
use crate::place::Place;

/// The folders of a dump.
#[derive(Debug)]
pub struct Folders {
    root: Arc<Place>,
    /// Opened when they are first needed.
    parts: OnceLock<Arc<Place>>,
    columns: OnceLock<Arc<Place>>,
}

impl Folders {
    /// Those of a dump.
    ///
    /// # Errors
    /// If it is no folder, or cannot be read.
    pub fn open(dump: &Path) -> Result<Self, DumpError> {
        let root = Arc::new(Place::open(dump)?);
        Ok(Self { root, parts: OnceLock::new(), columns: OnceLock::new() })
    }

    /// The dump itself.
    #[must_use]
    pub fn root(&self) -> &Arc<Place> {
        &self.root
    }

    /// Reads the manifest.
    ///
    /// # Errors
    /// If there is none, it is damaged, or this version cannot read it.
    pub fn manifest(&self) -> Result<Manifest, DumpError> {
        manifest::read_in(&self.root)
    }

    /// Where the parts are, if there are some.
    ///
    /// # Errors
    /// If something else is there.
    pub fn parts(&self) -> Result<Option<&Arc<Place>>, DumpError> {
        self.inner(&self.parts, PARTS)
    }

    /// Where the columns are, if there are some.
    ///
    /// # Errors
    /// If something else is there.
    pub fn columns(&self) -> Result<Option<&Arc<Place>>, DumpError> {
        self.inner(&self.columns, COLUMNS)
    }

    /// Where the parts are; made if that is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make_parts(&self) -> Result<&Arc<Place>, DumpError> {
        self.made(&self.parts, PARTS)
    }

    /// Where the columns are; made if that is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make_columns(&self) -> Result<&Arc<Place>, DumpError> {
        self.made(&self.columns, COLUMNS)
    }

    /// The file of a part.
    ///
    /// # Errors
    /// If it is not there or no file, or cannot be read.
    pub fn part(&self, part: &Part) -> io::Result<File> {
        self.file_of_parts(&part.file_name())
    }

    /// A file among the parts.
    ///
    /// # Errors
    /// If it is not there or no file, or cannot be read.
    pub fn file_of_parts(&self, name: &str) -> io::Result<File> {
        there(self.parts())?.read(name)
    }

    /// The columns of a part.
    ///
    /// # Errors
    /// If they are not there or no file, or cannot be read.
    pub fn columns_of(&self, part: &Part) -> io::Result<File> {
        there(self.columns())?.read(&part.columns_name())
    }

    /// Removes the columns of a part, if they are there.
    ///
    /// # Errors
    /// If they are there and cannot be removed.
    pub fn forget_columns_of(&self, part: &Part) -> io::Result<()> {
        match self.columns() {
            Ok(Some(columns)) => columns.forget(&part.columns_name()),
            _ => Ok(()),
        }
    }

    fn inner<'f>(
        &'f self,
        known: &'f OnceLock<Arc<Place>>,
        name: &str,
    ) -> Result<Option<&'f Arc<Place>>, DumpError> {
        if let Some(place) = known.get() {
            return Ok(Some(place));
        }
        let found = self.root.folder(name)?;
        Ok(found.map(|place| known.get_or_init(|| Arc::new(place))))
    }

    fn made<'f>(
        &'f self,
        known: &'f OnceLock<Arc<Place>>,
        name: &str,
    ) -> Result<&'f Arc<Place>, DumpError> {
        if let Some(place) = known.get() {
            return Ok(place);
        }
        let place = Arc::new(self.root.make_folder(name)?);
        Ok(known.get_or_init(|| place))
    }
}

fn there(found: Result<Option<&Arc<Place>>, DumpError>) -> io::Result<&Arc<Place>> {
    match found {
        Ok(Some(place)) => Ok(place),
        Ok(None) => Err(io::ErrorKind::NotFound.into()),
        Err(DumpError::Io { source, .. }) => Err(source),
        Err(error) => Err(io::Error::other(error)),
    }
}
