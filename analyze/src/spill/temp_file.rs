//! Unlinked temporary files: nothing is left behind, however the program ends. All of
//! a process together take nine tenths of what was free at most, so that a question
//! does not fill the disk that others need.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use flowkit_dump::disk::free_bytes;

/// A file that only its owner may read and that is gone when it is closed.
#[derive(Debug)]
pub(crate) struct TempFile {
    file: File,
    bytes: u64,
    bound: &'static Bound,
}

impl TempFile {
    /// Makes one.
    ///
    /// # Errors
    /// If the folder for temporary files (`TMPDIR`) cannot be written to.
    pub(crate) fn new() -> io::Result<Self> {
        static BOUND: OnceLock<Bound> = OnceLock::new();
        let bound = BOUND.get_or_init(|| Bound::of(&std::env::temp_dir()));
        Ok(Self { file: tempfile::tempfile()?, bytes: 0, bound })
    }

    /// How many bytes were written.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads bytes at a place.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn read_exact_at(&self, bytes: &mut [u8], start: u64) -> io::Result<()> {
        self.file.read_exact_at(bytes, start)
    }
}

impl Write for TempFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let asked = bytes.len() as u64;
        self.bound.take(asked)?;
        let written = self.file.write(bytes);
        // The disk may take fewer, or none.
        let taken = written.as_ref().map_or(0, |taken| *taken as u64);
        self.bound.give_back(asked - taken);
        self.bytes += taken;
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        self.bound.give_back(self.bytes);
    }
}

/// How many bytes temporary files may take together.
#[derive(Debug)]
struct Bound {
    most: u64,
    used: AtomicU64,
}

impl Bound {
    /// That of a folder; none where the system does not say what is free.
    fn of(folder: &Path) -> Self {
        let most = free_bytes(folder).map_or(u64::MAX, most_of);
        Self { most, used: AtomicU64::new(0) }
    }

    /// Takes so many bytes.
    fn take(&self, bytes: u64) -> io::Result<()> {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.most {
            return Ok(());
        }
        self.give_back(bytes);
        let why = format!(
            "they would take more than {} bytes, nine tenths of what was free; a shorter window, \
             a filter or more --memory needs less",
            self.most
        );
        Err(io::Error::new(io::ErrorKind::StorageFull, why))
    }

    fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// What they may take of so many bytes that are free.
fn most_of(free: u64) -> u64 {
    free / 10 * 9
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn temporary_files_have_a_bound_together_and_give_back_what_they_took() {
        static BOUND: Bound = Bound { most: 10, used: AtomicU64::new(0) };
        let file = || TempFile { file: tempfile::tempfile().unwrap(), bytes: 0, bound: &BOUND };
        let (mut first, mut second) = (file(), file());
        first.write_all(b"123456").unwrap();
        second.write_all(b"1234").unwrap();
        let told = second.write_all(b"5").unwrap_err().to_string();
        assert!(told.starts_with("they would take more than 10 bytes, nine tenths"), "{told}");
        drop(first);
        second.write_all(b"56").unwrap();
        let mut bytes = [0; 6];
        second.read_exact_at(&mut bytes, 0).unwrap();
        assert_eq!(&bytes, b"123456");
    }

    /// A socket stands for the disk: it takes what its buffer holds, and then nothing.
    #[test]
    fn only_what_the_disk_took_counts() {
        static BOUND: Bound = Bound { most: u64::MAX, used: AtomicU64::new(0) };
        let used = || BOUND.used.load(Ordering::Relaxed);
        let (disk, _other_end) = UnixStream::pair().unwrap();
        disk.set_nonblocking(true).unwrap();
        let mut file = TempFile { file: OwnedFd::from(disk).into(), bytes: 0, bound: &BOUND };
        let bytes = vec![0; 16 << 20];
        let taken = file.write(&bytes).unwrap() as u64;
        assert!(taken < bytes.len() as u64 && used() == taken, "{taken} {}", used());
        assert!(file.write(&bytes).is_err());
        assert_eq!(used(), taken);
        drop(file);
        assert_eq!(used(), 0);
    }

    #[test]
    fn the_bound_is_nine_tenths_of_what_is_free() {
        assert_eq!((most_of(1000), most_of(0)), (900, 0));
        assert!(Bound::of(&std::env::temp_dir()).most < u64::MAX / 10 * 9);
        assert_eq!(Bound::of(Path::new("/no such folder")).most, u64::MAX);
    }
}
