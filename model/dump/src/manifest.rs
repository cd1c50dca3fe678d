//! The manifest of a dump: read, and replaced as a whole.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use flowkit_model::dump::{FORMAT, MANIFEST, Manifest};

use crate::error::DumpError;
use crate::place::Place;
use crate::unfinished::replace;

/// A manifest is no larger: with a kilobyte for each part, that is a quarter of a
/// million parts.
const MOST_BYTES: u64 = 256 << 20;

/// Most characters of what is wrong with a manifest.
const MOST_WORDS: usize = 300;

/// Reads the manifest of a dump.
///
/// # Errors
/// If there is none, it is damaged, or this version cannot read it.
pub fn read(dump: &Path) -> Result<Manifest, DumpError> {
    match Place::open(dump) {
        Ok(place) => read_in(&place),
        Err(DumpError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Err(DumpError::NoManifest { path: dump.to_owned() })
        }
        Err(error) => Err(error),
    }
}

/// Like [`read`], in a folder that is open.
///
/// # Errors
/// As [`read`].
pub fn read_in(dump: &Place) -> Result<Manifest, DumpError> {
    let path = dump.path().join(MANIFEST);
    let json = dump.read(MANIFEST).and_then(up_to_limit).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => DumpError::NoManifest { path: dump.path().to_owned() },
        _ => DumpError::io("read", &path)(source),
    })?;
    match Manifest::from_json(&json) {
        Ok(manifest) if manifest.is_readable() => Ok(manifest),
        _ if layout(&json) > FORMAT => Err(DumpError::LaterManifest { path }),
        Ok(_) => Err(DumpError::OtherManifest { path }),
        Err(source) => Err(DumpError::DamagedManifest { path, source: shortened(source) }),
    }
}

/// The layout that a manifest states, whatever else is in it; 0 if none.
fn layout(json: &[u8]) -> u32 {
    #[derive(serde::Deserialize)]
    struct Stated {
        flowkit_dump: u32,
    }
    serde_json::from_slice(json).map_or(0, |stated: Stated| stated.flowkit_dump)
}

/// Most of what an error says is the text that it met, which may be as long as the file.
fn shortened(error: serde_json::Error) -> serde_json::Error {
    let text = error.to_string();
    let n = text.chars().count();
    if n <= MOST_WORDS {
        return error;
    }
    // What was expected, and where, stands at the end.
    let start: String = text.chars().take(MOST_WORDS / 3).collect();
    let end: String = text.chars().skip(n - MOST_WORDS * 2 / 3).collect();
    serde::de::Error::custom(format!("{start} … {end}"))
}

fn up_to_limit(file: impl Read) -> io::Result<Vec<u8>> {
    let mut json = Vec::new();
    if file.take(MOST_BYTES + 1).read_to_end(&mut json)? as u64 > MOST_BYTES {
        let what = format!("it has more than {} MB", MOST_BYTES >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(json)
}

/// Replaces the manifest of a dump: after a crash the old or the new one is there.
///
/// # Errors
/// If it cannot be written.
pub fn write(dump: &Arc<Place>, manifest: &Manifest) -> Result<(), DumpError> {
    let mut json = Vec::new();
    manifest.write(&mut json).map_err(DumpError::io("write", &dump.path().join(MANIFEST)))?;
    replace(dump, MANIFEST, &json)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_manifest_is_read_as_it_was_written_and_else_it_is_said_why_not() {
        let place = tempfile::tempdir().unwrap();
        let dump = place.path();
        assert!(matches!(read(dump), Err(DumpError::NoManifest { .. })));
        let manifest = Manifest { flowkit_dump: FORMAT, ..Manifest::default() };
        write(&Arc::new(Place::open(dump).unwrap()), &manifest).unwrap();
        assert_eq!(read(dump).unwrap(), manifest);
        for (json, expected) in [
            ("no json", "damaged"),
            (r#"{"flowkit_dump": 1, "qarts": []}"#, "damaged"),
            (r#"{"flowkit_dump": 1, "parts": [{"name": "../../x"}]}"#, "damaged"),
            ("{}", "not one this version"),
            (r#"{"flowkit_dump": 99}"#, "a later flowkit"),
            // Whatever that says.
            (r#"{"flowkit_dump": 2, "parts": {"0001-n": 7}, "state": 3}"#, "a later flowkit"),
        ] {
            fs::write(dump.join(MANIFEST), json).unwrap();
            let error = read(dump).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }
}
