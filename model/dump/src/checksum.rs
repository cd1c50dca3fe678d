//! SHA-256 of files, as `sha256sum` prints it.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Bytes of a file, and its checksum in hexadecimal.
///
/// # Errors
/// If it cannot be read.
pub fn sha256(file: &mut impl Read) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let bytes = digest(file, &mut hash)?;
    Ok((bytes, hexadecimal(&hash.finalize())))
}

/// Adds all of a reader to a checksum; how many bytes that were.
///
/// # Errors
/// If the reader fails.
pub fn digest(reader: &mut impl Read, hash: &mut Sha256) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(bytes),
            n => {
                bytes += n as u64;
                hash.update(&buffer[..n]);
            }
        }
    }
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
