//! The first header of a frame, by its link type; the numbers are those of
//! tcpdump.org/linktypes.

use super::{Next, Step, Stop, after, byte, number};

/// What a frame of a link type begins with.
pub(super) fn link(link: u32, bytes: &[u8]) -> Step<'_> {
    match link {
        1 => Ok((Next::Ethernet, bytes)),
        // BSD loopback: an address family in either byte order, then IP.
        0 | 108 => Ok((Next::Ip, after(bytes, 4, "BSD loopback")?)),
        12 | 14 | 101 | 228 | 229 => Ok((Next::Ip, raw(bytes))),
        6 => token_ring(bytes),
        10 => Ok((Next::Llc, after(bytes, 13, "FDDI")?)),
        9 => Ok((Next::Ppp, bytes)),
        50 => match byte(bytes, 0, "PPP")? {
            0x0f | 0x8f => cisco_hdlc(bytes),
            _ => Ok((Next::Ppp, bytes)),
        },
        51 => Ok((Next::Type(0x8864), bytes)),
        // With the direction in place of PPP's address, or before it.
        166 => Ok((Next::Ppp, after(bytes, 2, "PPP")?)),
        204 => Ok((Next::Ppp, after(bytes, 1, "PPP")?)),
        104 => cisco_hdlc(bytes),
        205 => cisco_hdlc(after(bytes, 1, "Cisco HDLC")?),
        107 => frame_relay(bytes),
        // ATM with LLC, and behind four bytes of SunATM.
        100 => Ok((Next::Llc, bytes)),
        123 => Ok((Next::Llc, after(bytes, 4, "SunATM")?)),
        105 => Ok((Next::Wifi, bytes)),
        // Prism and AVS state their length in network order, radiotap in the other.
        119 => prism(bytes),
        163 => Ok((Next::Wifi, after(bytes, number(bytes, 6, "AVS")?.into(), "AVS")?)),
        127 => radiotap(bytes),
        113 => cooked(bytes, 14, 16),
        276 => cooked(bytes, 0, 20),
        117 => {
            // A length without its padding to whole words.
            let length = usize::from(byte(bytes, 0, "pflog")?).next_multiple_of(4);
            Ok((Next::Ip, after(bytes, length, "pflog")?))
        }
        239 => nflog(bytes),
        178 => juniper(bytes),
        192 => {
            let inner = u32::from(little(bytes, 4, "PPI")?);
            Ok((Next::Link(inner), after(bytes, little(bytes, 2, "PPI")?.into(), "PPI")?))
        }
        219 => Ok((Next::Mpls, bytes)),
        226 => Ok((Next::Ip, after(bytes, 24, "Solaris ipnet")?)),
        240 => Ok((Next::Ethernet, after(bytes, 4, "netANALYZER")?)),
        258 => {
            let inner = u32::from(little(bytes, 8, "PKTAP")?);
            Ok((Next::Link(inner), after(bytes, little(bytes, 0, "PKTAP")?.into(), "PKTAP")?))
        }
        253 => Err(Stop::Aside("netlink".into())),
        other => Err(Stop::Unread(format!("link type {other}").into())),
    }
}

/// The number in two bytes, lower one first.
fn little(bytes: &[u8], at: usize, layer: &'static str) -> Result<u16, Stop> {
    number(bytes, at, layer).map(u16::swap_bytes)
}

/// An IP packet; on OpenBSD one of the numbers is that of its loopback.
fn raw(bytes: &[u8]) -> &[u8] {
    let is_ip = |byte: Option<&u8>| matches!(byte.map(|byte| byte >> 4), Some(4 | 6));
    let is_loopback = !is_ip(bytes.first()) && bytes.starts_with(&[0, 0, 0]) && is_ip(bytes.get(4));
    if is_loopback { &bytes[4..] } else { bytes }
}

/// Source routes follow the addresses if the first bit of the source says so.
fn token_ring(bytes: &[u8]) -> Step<'_> {
    let is_routed = byte(bytes, 8, "token ring")? & 0x80 != 0;
    let routes = if is_routed { byte(bytes, 14, "token ring")? & 0x1f } else { 0 };
    Ok((Next::Llc, after(bytes, 14 + usize::from(routes), "token ring")?))
}

/// Address and control, then an ether type.
fn cisco_hdlc(bytes: &[u8]) -> Step<'_> {
    match number(bytes, 2, "Cisco HDLC")? {
        0x8035 => Err(Stop::Aside("SLARP".into())),
        // OSI, with a byte of padding.
        0xfefe => Err(Stop::Aside("IS-IS".into())),
        kind => Ok((Next::Type(kind), after(bytes, 4, "Cisco HDLC")?)),
    }
}

/// An address of two to four bytes, then IETF's protocol byte or Cisco's ether
/// type.
fn frame_relay(bytes: &[u8]) -> Step<'_> {
    let address = bytes.iter().take(4).position(|byte| byte & 1 == 1);
    let rest = after(bytes, address.ok_or(Stop::Ends("frame relay"))? + 1, "frame relay")?;
    if byte(rest, 0, "frame relay")? != 3 {
        let kind = number(rest, 0, "frame relay")?;
        return Ok((Next::Type(kind), after(rest, 2, "frame relay")?));
    }
    let rest = after(rest, 1, "frame relay")?;
    let rest = rest.strip_prefix(&[0]).unwrap_or(rest);
    match byte(rest, 0, "frame relay")? {
        0xcc | 0x8e => Ok((Next::Ip, &rest[1..])),
        // SNAP, without the two bytes that say so.
        0x80 => {
            let kind = number(rest, 4, "frame relay")?;
            Ok((Next::Type(kind), after(rest, 6, "frame relay")?))
        }
        0xcf => Ok((Next::Ppp, &rest[1..])),
        other => Err(Stop::Unread(format!("frame relay protocol 0x{other:02x}").into())),
    }
}

/// Prism's header, or an AVS header under its number, as some drivers write.
fn prism(bytes: &[u8]) -> Step<'_> {
    if bytes.starts_with(&[0x80, 0x21, 0x10]) {
        return link(163, bytes);
    }
    let length = little(bytes, 4, "Prism")?;
    Ok((Next::Wifi, after(bytes, length.into(), "Prism")?))
}

/// A header of stated length; its flags say whether the 802.11 header is padded.
fn radiotap(bytes: &[u8]) -> Step<'_> {
    let rest = after(bytes, little(bytes, 2, "radiotap")?.into(), "radiotap")?;
    Ok((Next::Wifi, rest))
}

/// Linux cooked capture: an ether type, or a small number of Linux's own.
fn cooked(bytes: &[u8], kind_at: usize, length: usize) -> Step<'_> {
    let layer = "Linux cooked capture";
    let rest = after(bytes, length, layer)?;
    match number(bytes, kind_at, layer)? {
        // ETH_P_802_2, and 802.3 without LLC, which is IPX.
        4 => Ok((Next::Llc, rest)),
        1 => Err(Stop::Aside("IPX".into())),
        kind @ 0x600.. => Ok((Next::Type(kind), rest)),
        // PPP, and CAN.
        8 => Ok((Next::Ppp, rest)),
        0x0c..=0x0e => Err(Stop::Aside("CAN".into())),
        // Devices without Ethernet state no type: the packet itself does.
        0 if matches!(rest.first().map(|first| first >> 4), Some(4 | 6)) => Ok((Next::Ip, rest)),
        other => Err(Stop::Unread(format!("cooked protocol 0x{other:04x}").into())),
    }
}

/// Netfilter's log: attributes of stated length, in the byte order of the machine;
/// number 9 is the packet.
fn nflog(bytes: &[u8]) -> Step<'_> {
    let layer = "NFLOG";
    let attributes = after(bytes, 4, layer)?;
    let find = |read: fn(&[u8], usize, &'static str) -> Result<u16, Stop>| {
        let mut rest = attributes;
        loop {
            let length = usize::from(read(rest, 0, layer).ok()?);
            let value = rest.get(4..length.min(rest.len()))?;
            if read(rest, 2, layer).ok()? & 0x3fff == 9 {
                return Some(value);
            }
            rest = rest.get(length.next_multiple_of(4)..)?;
        }
    };
    let packet = find(little).or_else(|| find(number)).ok_or(Stop::Ends(layer))?;
    Ok((Next::Ip, packet))
}

/// Juniper's `monitor traffic write-file`: a magic number, flags, perhaps
/// extensions, then Ethernet or, without that, a family and IP.
fn juniper(bytes: &[u8]) -> Step<'_> {
    let layer = "Juniper Ethernet";
    if !bytes.starts_with(b"MGC") {
        return Err(Stop::Unread("Juniper Ethernet without its magic number".into()));
    }
    let flags = byte(bytes, 3, layer)?;
    let extensions = if flags & 0x80 == 0 { 4 } else { 6 + usize::from(number(bytes, 4, layer)?) };
    let rest = after(bytes, extensions, layer)?;
    if flags & 2 == 0 { Ok((Next::Ethernet, rest)) } else { Ok((Next::Ip, after(rest, 4, layer)?)) }
}
