//! Records: values that can be written to a temporary file and read back.

/// A value that can be written to a temporary file and read back.
pub(crate) trait Record: Sized {
    /// Appends its bytes.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads it from the front of `bytes`, which then begins after it; `None` if they
    /// are too short.
    fn read(bytes: &mut &[u8]) -> Option<Self>;

    /// Bytes that it owns on the heap.
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Record for () {
    fn write(&self, _: &mut Vec<u8>) {}

    fn read(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl Record for u8 {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        bytes.split_off_first().copied()
    }
}

impl Record for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self::from_le_bytes(*first))
    }
}

impl Record for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self::from_le_bytes(*first))
    }
}

impl Record for u128 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self::from_le_bytes(*first))
    }
}

impl Record for Option<u64> {
    fn write(&self, out: &mut Vec<u8>) {
        u8::from(self.is_some()).write(out);
        self.unwrap_or(0).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let is_known = u8::read(bytes)? == 1;
        let value = u64::read(bytes)?;
        Some(is_known.then_some(value))
    }
}

impl Record for Vec<(bool, u64)> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        for (unknown, value) in self {
            u8::from(*unknown).write(out);
            value.write(out);
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let n = u64::read(bytes)?;
        (0..n).map(|_| Some((u8::read(bytes)? == 1, u64::read(bytes)?))).collect()
    }

    fn heap_bytes(&self) -> usize {
        self.capacity() * size_of::<(bool, u64)>()
    }
}

impl<A: Record, B: Record> Record for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::read(bytes)?, B::read(bytes)?))
    }

    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes() + self.1.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        fn check<R: Record + PartialEq + std::fmt::Debug>(record: &R) {
            let mut bytes = Vec::new();
            record.write(&mut bytes);
            record.write(&mut bytes);
            let mut left = bytes.as_slice();
            assert_eq!(R::read(&mut left).as_ref(), Some(record));
            assert_eq!(R::read(&mut left).as_ref(), Some(record));
            assert!(left.is_empty());
            let mut short = &bytes[..bytes.len() / 2 - 1];
            assert_eq!(R::read(&mut short), None, "{record:?}");
        }
        check(&7_u8);
        check(&u32::MAX);
        check(&(u64::MAX - 1));
        check(&(u128::MAX - 1));
        check(&Some(5_u64));
        check(&(None, 7_u64));
        check(&(vec![(true, 0), (false, u64::MAX)], 9_u32));
    }
}
