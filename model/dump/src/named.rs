//! Files that a person named: pipes and terminals are read as files are, devices
//! that never end are refused, and what has to be small is read up to a bound.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// A filter, a question, a key or a certificate has no more bytes than this.
const MOST_BYTES: u64 = 64 << 20;

/// Refuses a device, which is not opened, unless it is a terminal or holds nothing;
/// and a socket, which cannot be opened.
///
/// # Errors
/// If it is one.
pub fn refuse_devices(path: &Path, found: &Metadata) -> io::Result<()> {
    if is_device(path, found) {
        let what = "it is a device or a socket; name a file or a pipe";
        return Err(io::Error::new(ErrorKind::InvalidInput, what));
    }
    Ok(())
}

/// All bytes of a small file.
///
/// # Errors
/// If it cannot be read, is a device, or is not small.
pub fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    refuse_devices(path, &fs::metadata(path)?)?;
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        let what = "it has more than 64 MiB, and a file of this kind is small";
        return Err(io::Error::new(ErrorKind::InvalidData, what));
    }
    Ok(bytes)
}

/// All text of a small file.
///
/// # Errors
/// As [`read_small`], and if it is no text.
pub fn read_small_text(path: &Path) -> io::Result<String> {
    let no_text = |_| io::Error::new(ErrorKind::InvalidData, "it is not text in UTF-8");
    String::from_utf8(read_small(path)?).map_err(no_text)
}

/// Whether two paths are one pipe, whatever it is called; `-` is standard input.
#[must_use]
pub fn is_same_pipe(a: &Path, b: &Path) -> bool {
    let is_stdin = |path: &Path| path.as_os_str() == "-";
    (is_stdin(a) && is_stdin(b)) || identity(a).is_some_and(|a| Some(a) == identity(b))
}

/// Which pipe it is; of other files, none.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let path = if path.as_os_str() == "-" { Path::new("/dev/stdin") } else { path };
    let found = fs::metadata(path).ok().filter(|found| !found.is_file() && !found.is_dir())?;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

#[cfg(unix)]
fn is_device(path: &Path, found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = found.file_type();
    if !kind.is_char_device() {
        return kind.is_block_device() || kind.is_socket();
    }
    // By its name: some devices do something when they are opened.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let is_terminal = ["/dev/tty", "/dev/pts/", "/dev/console", "/dev/ttys"]
        .iter()
        .any(|start| place.as_os_str().as_encoded_bytes().starts_with(start.as_bytes()));
    !is_terminal && place != Path::new("/dev/null")
}

#[cfg(not(unix))]
fn is_device(_: &Path, _: &Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn devices_are_refused_and_small_files_are_small() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let _socket = UnixListener::bind(path("socket")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path("link")).unwrap();
        for name in ["/dev/zero", "/dev/urandom", "socket", "link"] {
            let told = read_small(&path(name)).unwrap_err().to_string();
            assert_eq!(told, "it is a device or a socket; name a file or a pipe", "{name}");
        }
        assert_eq!(read_small(Path::new("/dev/null")).unwrap(), b"");
        File::create(path("large")).unwrap().set_len(MOST_BYTES + 1).unwrap();
        assert!(read_small(&path("large")).unwrap_err().to_string().contains("64 MiB"));
        fs::write(path("small"), "x\u{e9}").unwrap();
        assert_eq!(read_small_text(&path("small")).unwrap(), "x\u{e9}");
        fs::write(path("bytes"), b"\xff").unwrap();
        assert!(read_small_text(&path("bytes")).unwrap_err().to_string().contains("UTF-8"));
    }
}
