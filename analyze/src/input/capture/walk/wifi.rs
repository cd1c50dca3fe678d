//! IEEE 802.11: data frames that are not encrypted carry LLC.

use super::{Next, Step, Stop, after, byte};

/// A frame of 802.11, which may be of any type.
pub(super) fn frame(bytes: &[u8]) -> Step<'_> {
    let layer = "802.11";
    let (control, flags) = (byte(bytes, 0, layer)?, byte(bytes, 1, layer)?);
    // Type 2 is data; bit 6 is a frame without data.
    if control & 0x0c != 0x08 || control & 0x40 != 0 {
        return Err(Stop::Aside("802.11 management and control".into()));
    }
    if flags & 0x40 != 0 {
        return Err(Stop::Unread("encrypted 802.11".into()));
    }
    let mut length = 24;
    // Between two access points there is a fourth address.
    length += if flags & 3 == 3 { 6 } else { 0 };
    let mut is_aggregate = false;
    if control & 0x80 != 0 {
        is_aggregate = byte(bytes, length, layer)? & 0x80 != 0;
        length += 2;
        // High throughput control, if the order bit is set.
        length += if flags & 0x80 == 0 { 0 } else { 4 };
    }
    if is_aggregate {
        return Err(Stop::Unread("an 802.11 A-MSDU".into()));
    }
    let rest = after(bytes, length, layer)?;
    // Some drivers pad the header to whole words.
    let is_padded = !rest.starts_with(&[0xaa, 0xaa]) && rest.get(2..4) == Some(&[0xaa, 0xaa]);
    Ok((Next::Llc, if is_padded { &rest[2..] } else { rest }))
}
