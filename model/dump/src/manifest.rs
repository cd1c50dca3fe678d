//! The manifest of a dump: read, and replaced as a whole.

use std::fs;
use std::io;
use std::path::Path;

use flowkit_model::dump::{MANIFEST, Manifest};

use crate::error::DumpError;
use crate::files::replace;

/// Reads the manifest of a dump.
///
/// # Errors
/// If there is none, it is damaged, or this version cannot read it.
pub fn read(dump: &Path) -> Result<Manifest, DumpError> {
    let path = dump.join(MANIFEST);
    let json = fs::read(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => DumpError::NoManifest { path: dump.to_owned() },
        _ => DumpError::io("read", &path)(source),
    })?;
    match Manifest::from_json(&json) {
        Ok(manifest) if manifest.is_readable() => Ok(manifest),
        Ok(Manifest { flowkit_dump: layout, .. }) => Err(DumpError::OtherManifest { path, layout }),
        Err(source) => Err(DumpError::DamagedManifest { path, source }),
    }
}

/// Replaces the manifest of a dump: after a crash the old or the new one is there.
///
/// # Errors
/// If it cannot be written.
pub fn write(dump: &Path, manifest: &Manifest) -> Result<(), DumpError> {
    let path = dump.join(MANIFEST);
    let mut json = Vec::new();
    manifest.write(&mut json).map_err(DumpError::io("write", &path))?;
    replace(&path, &json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowkit_model::dump::FORMAT;

    #[test]
    fn a_manifest_is_read_as_it_was_written_and_else_it_is_said_why_not() {
        let place = tempfile::tempdir().unwrap();
        let dump = place.path();
        assert!(matches!(read(dump), Err(DumpError::NoManifest { .. })));
        let manifest = Manifest { flowkit_dump: FORMAT, ..Manifest::default() };
        write(dump, &manifest).unwrap();
        assert_eq!(read(dump).unwrap(), manifest);
        for (json, expected) in [
            ("no json", "damaged"),
            (r#"{"flowkit_dump": 1, "qarts": []}"#, "damaged"),
            ("{}", "not one this version"),
            (r#"{"flowkit_dump": 99}"#, "not one this version"),
        ] {
            fs::write(dump.join(MANIFEST), json).unwrap();
            let error = read(dump).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }
}
