//! Bytes and packets of one flow in 8 bytes.

use crate::spill::record::Record;

/// Bytes, packets and a mark of two bits, whose meaning is the caller's.
///
/// NetFlow v5 counts both in 32 bits, documents and scaled samples may hold
/// more: up to 64 GB and 67 M packets fit here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedFlow(u64);

const BYTES_BITS: u32 = 36;
const PACKETS_BITS: u32 = 26;

impl PackedFlow {
    /// Packs a flow; `None` if it does not fit. The mark is below 4.
    #[must_use]
    #[inline]
    pub(crate) fn new(bytes: u64, packets: u64, mark: u8) -> Option<Self> {
        let fits = bytes >> BYTES_BITS == 0 && packets >> PACKETS_BITS == 0;
        let packed = u64::from(mark) << (BYTES_BITS + PACKETS_BITS) | packets << BYTES_BITS | bytes;
        fits.then_some(Self(packed))
    }

    /// Its bytes.
    #[must_use]
    #[inline]
    pub(crate) fn bytes(self) -> u64 {
        self.0 & ((1 << BYTES_BITS) - 1)
    }

    /// Its packets.
    #[must_use]
    #[inline]
    pub(crate) fn packets(self) -> u64 {
        self.0 >> BYTES_BITS & ((1 << PACKETS_BITS) - 1)
    }

    /// Its mark.
    ///
    /// # Panics
    /// Never: two bits are left.
    #[must_use]
    #[inline]
    pub(crate) fn mark(self) -> u8 {
        u8::try_from(self.0 >> (BYTES_BITS + PACKETS_BITS)).expect("2 bits are left")
    }
}

impl Record for PackedFlow {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_flow_gives_its_parts_back() {
        for (bytes, packets, mark) in
            [(0, 0, 0), (u64::from(u32::MAX), 1, 3), ((1 << 36) - 1, (1 << 26) - 1, 2)]
        {
            let volume = PackedFlow::new(bytes, packets, mark).unwrap();
            assert_eq!((volume.bytes(), volume.packets(), volume.mark()), (bytes, packets, mark));
        }
        assert_eq!(PackedFlow::new(1 << 36, 0, 0), None);
        assert_eq!(PackedFlow::new(0, 1 << 26, 0), None);
    }
}
