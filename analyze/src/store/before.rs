//! The parts of a dump to which a Parquet file is bound beside its own, in a text of
//! constant length.

use xxhash_rust::xxh3::Xxh3;

/// Parts by their SHA-256, in order.
#[derive(Clone, Default)]
pub(crate) struct Before {
    n: usize,
    /// The SHA-256 of the first.
    first: String,
    hash: Xxh3,
}

impl Before {
    /// Of parts with these SHA-256.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut before = Self::default();
        parts.into_iter().for_each(|sha256| before.push(sha256));
        before
    }

    pub(crate) fn push(&mut self, sha256: &str) {
        if self.n == 0 {
            sha256.clone_into(&mut self.first);
        }
        self.n += 1;
        self.hash.update(sha256.as_bytes());
        self.hash.update(b"\n");
    }

    /// Their names in the footer of a Parquet file: the SHA-256 of one, a digest over
    /// those of several.
    pub(crate) fn names(&self) -> Vec<String> {
        match self.n {
            0 => Vec::new(),
            1 => vec![self.first.clone()],
            n => vec![format!("{n} parts, XXH3 {:032x}", self.hash.digest128())],
        }
    }
}
