//! What stands between a link and IP: Ethernet, ether types, tags, labels, LLC
//! and PPP.

use super::{Next, Step, Stop, after, byte, number};

/// Two addresses, then an ether type, or below 0x600 the length of an LLC frame.
pub(super) fn ethernet(bytes: &[u8]) -> Step<'_> {
    let kind = number(bytes, 12, "Ethernet")?;
    Ok(typed_or_llc(kind, after(bytes, 14, "Ethernet")?))
}

fn typed_or_llc(kind: u16, bytes: &[u8]) -> (Next, &[u8]) {
    if kind >= 0x600 {
        return (Next::Type(kind), bytes);
    }
    // Padding follows a short LLC frame.
    (Next::Llc, bytes.get(..usize::from(kind)).filter(|_| kind > 0).unwrap_or(bytes))
}

/// What follows an ether type; the numbers are IEEE's and IANA's.
pub(super) fn typed(kind: u16, bytes: &[u8]) -> Step<'_> {
    match kind {
        0x0800 | 0x86dd => Ok((Next::Ip, bytes)),
        // 802.1Q, 802.1ad, and three that were in use before it.
        0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => {
            let kind = number(bytes, 2, "a VLAN tag")?;
            Ok(typed_or_llc(kind, after(bytes, 4, "a VLAN tag")?))
        }
        0x8847 | 0x8848 => Ok((Next::Mpls, bytes)),
        0x8864 => pppoe(bytes),
        0x880b => Ok((Next::Ppp, bytes)),
        0x6558 => Ok((Next::Ethernet, bytes)),
        // Jumbo frames with LLC.
        0x8870 => Ok((Next::Llc, bytes)),
        // 802.1ah: an Ethernet frame behind four bytes.
        0x88e7 => Ok((Next::Ethernet, after(bytes, 4, "802.1ah")?)),
        // Cisco's VN tag, and its metadata (802.1AE CMD), before an ether type.
        0x8926 => next_type(bytes, 4, "a VN tag"),
        0x8909 => next_type(bytes, 6, "Cisco metadata"),
        // Cisco FabricPath: the type is that of its outer addresses.
        0x8903 => Ok((Next::Ethernet, after(bytes, 2, "FabricPath")?)),
        0x22f3 => trill(bytes),
        0x88e5 => macsec(bytes),
        0x894f => nsh(bytes),
        // B.A.T.M.A.N. wraps Ethernet in headers that differ by version.
        0x4305 => Err(Stop::Unread("B.A.T.M.A.N.".into())),
        _ => Err(other(kind)),
    }
}

fn next_type<'b>(bytes: &'b [u8], at: usize, layer: &'static str) -> Step<'b> {
    Ok(typed_or_llc(number(bytes, at, layer)?, after(bytes, at + 2, layer)?))
}

/// Ether types that carry no IP packet, by name; any other may carry one.
fn other(kind: u16) -> Stop {
    let name = match kind {
        0x0806 => "ARP",
        0x8035 => "RARP",
        0x88cc => "LLDP",
        0x888e => "EAPOL",
        0x88f7 => "PTP",
        0x8809 => "slow protocols (LACP)",
        0x8902 => "CFM",
        0x8808 => "Ethernet flow control",
        0x8863 => "PPPoE discovery",
        0x9000 => "Ethernet loopback",
        0x0842 => "Wake-on-LAN",
        0x8137 | 0x8138 => "IPX",
        0x809b | 0x80f3 => "AppleTalk",
        0x6000..=0x6009 => "DECnet",
        0x8906 | 0x8914 => "FCoE",
        0x8915 => "RoCE",
        0x887b | 0x88e1 | 0x8912 => "HomePlug",
        0x8892 => "PROFINET",
        0x88a4 => "EtherCAT",
        0x88b8 => "GOOSE",
        0x88ca => "TIPC",
        0x88a2 => "ATA over Ethernet",
        0x88d9 => "LLTD",
        0x8899 => "Realtek remote control",
        0x22f4 => "TRILL IS-IS",
        0x2000 => "CDP",
        0x2003 | 0x2004 => "Cisco VTP or DTP",
        _ => return Stop::Unread(format!("ether type 0x{kind:04x}").into()),
    };
    Stop::Aside(name.into())
}

/// Session data of PPP over Ethernet: six bytes, then PPP.
fn pppoe(bytes: &[u8]) -> Step<'_> {
    match byte(bytes, 1, "PPPoE")? {
        0 => Ok((Next::Ppp, after(bytes, 6, "PPPoE")?)),
        _ => Err(Stop::Aside("PPPoE discovery".into())),
    }
}

/// TRILL: options by their length in words, then Ethernet.
fn trill(bytes: &[u8]) -> Step<'_> {
    let options = usize::from(number(bytes, 0, "TRILL")? >> 6 & 0x1f) * 4;
    Ok((Next::Ethernet, after(bytes, 6 + options, "TRILL")?))
}

/// IEEE 802.1AE: read where it only protects integrity.
fn macsec(bytes: &[u8]) -> Step<'_> {
    let control = byte(bytes, 0, "MACsec")?;
    if control & 0x0c != 0 {
        return Err(Stop::Unread("encrypted MACsec".into()));
    }
    next_type(bytes, if control & 0x20 == 0 { 6 } else { 14 }, "MACsec")
}

/// A network service header: its length in words, and what follows it (RFC 8300).
pub(super) fn nsh(bytes: &[u8]) -> Step<'_> {
    let length = usize::from(byte(bytes, 1, "NSH")? & 0x3f) * 4;
    let rest = after(bytes, length.max(8), "NSH")?;
    match byte(bytes, 3, "NSH")? {
        1 | 2 => Ok((Next::Ip, rest)),
        3 => Ok((Next::Ethernet, rest)),
        5 => Ok((Next::Mpls, rest)),
        other => Err(Stop::Unread(format!("NSH protocol {other}").into())),
    }
}

/// Labels up to the bottom of the stack. What follows is not stated: IP by its
/// version, a pseudowire's control word before Ethernet, or Ethernet.
pub(super) fn mpls(mut bytes: &[u8]) -> Step<'_> {
    loop {
        let is_last = byte(bytes, 2, "MPLS")? & 1 == 1;
        bytes = after(bytes, 4, "MPLS")?;
        if is_last {
            break;
        }
    }
    match byte(bytes, 0, "MPLS")? >> 4 {
        4 | 6 if is_ip(bytes) || !is_ethernet(bytes) => Ok((Next::Ip, bytes)),
        0 if bytes.get(4..).is_some_and(is_ethernet) => Ok((Next::Ethernet, &bytes[4..])),
        _ if is_ethernet(bytes) => Ok((Next::Ethernet, bytes)),
        1 => Err(Stop::Aside("MPLS OAM".into())),
        _ => Err(Stop::Unread("an MPLS pseudowire".into())),
    }
}

/// Whether the lengths of an IP header fit the bytes.
fn is_ip(bytes: &[u8]) -> bool {
    let length = |at: usize| {
        bytes.get(at..).and_then(<[u8]>::first_chunk).map(|two| u16::from_be_bytes(*two))
    };
    match bytes.first() {
        Some(0x45..=0x4f) => length(2).is_some_and(|length| length >= 20),
        // Version and class; a next header that is one of few.
        Some(0x60..=0x6f) => {
            matches!(bytes.get(6), Some(0 | 4 | 6 | 17 | 41 | 43 | 44 | 47 | 50 | 51 | 58 | 60))
        }
        _ => false,
    }
}

/// Whether an Ethernet header with a common type begins here.
pub(super) fn is_ethernet(bytes: &[u8]) -> bool {
    let kind = bytes.get(12..).and_then(<[u8]>::first_chunk).map(|two| u16::from_be_bytes(*two));
    matches!(
        kind,
        Some(
            0x0800
                | 0x0806
                | 0x86dd
                | 0x8100
                | 0x88a8
                | 0x9100
                | 0x8847
                | 0x8848
                | 0x8863
                | 0x8864
                | 0x88cc
        )
    )
}

/// IEEE 802.2: SNAP with an ether type, or IP by its own service access point.
pub(super) fn llc(bytes: &[u8]) -> Step<'_> {
    match (byte(bytes, 0, "LLC")?, byte(bytes, 2, "LLC")? & !0x10) {
        (0xaa, 0x03) => snap(after(bytes, 3, "LLC")?),
        (0x06, 0x03) => Ok((Next::Ip, after(bytes, 3, "LLC")?)),
        (0x42, _) => Err(Stop::Aside("STP".into())),
        (0xfe, _) => Err(Stop::Aside("IS-IS".into())),
        (0xe0 | 0xff, _) => Err(Stop::Aside("IPX".into())),
        (0xf0 | 0xf4, _) => Err(Stop::Aside("NetBIOS".into())),
        (0x00, _) | (_, 0xaf | 0xe3) => Err(Stop::Aside("LLC control".into())),
        (point, _) => Err(Stop::Unread(format!("LLC 0x{point:02x}").into())),
    }
}

/// An organisation, and its type.
fn snap(bytes: &[u8]) -> Step<'_> {
    let kind = number(bytes, 3, "SNAP")?;
    let rest = after(bytes, 5, "SNAP")?;
    match (bytes[0], bytes[1], bytes[2]) {
        (0, 0, 0 | 0xf8) => Ok((Next::Type(kind), rest)),
        // Bridged frames (RFC 2684); two bytes of padding precede them on ATM.
        (0, 0x80, 0xc2) if matches!(kind, 1 | 7) => {
            let is_padded = !is_ethernet(rest) && rest.get(2..).is_some_and(is_ethernet);
            Ok((Next::Ethernet, if is_padded { &rest[2..] } else { rest }))
        }
        (0, 0x80, 0xc2) => Err(Stop::Aside("bridge control".into())),
        (0, 0, 0x0c) => Err(Stop::Aside("a Cisco protocol (CDP, VTP, STP)".into())),
        (a, b, c) => Err(Stop::Unread(format!("SNAP {a:02x}{b:02x}{c:02x} 0x{kind:04x}").into())),
    }
}

/// PPP: HDLC's address and control may precede the protocol, which may be one
/// byte.
pub(super) fn ppp(bytes: &[u8]) -> Step<'_> {
    let bytes = if bytes.starts_with(&[0xff, 3]) { &bytes[2..] } else { bytes };
    let first = byte(bytes, 0, "PPP")?;
    let (protocol, rest) = if first & 1 == 1 {
        (u16::from(first), after(bytes, 1, "PPP")?)
    } else {
        (number(bytes, 0, "PPP")?, after(bytes, 2, "PPP")?)
    };
    match protocol {
        0x0021 | 0x0057 => Ok((Next::Ip, rest)),
        0x0281 | 0x0283 => Ok((Next::Mpls, rest)),
        // Multilink: a packet that was not cut is both first and last piece.
        0x003d if byte(rest, 0, "PPP multilink")? & 0xc0 == 0xc0 => {
            Ok((Next::Ppp, after(rest, 4, "PPP multilink")?))
        }
        0x003d => Err(Stop::Unread("PPP multilink fragments".into())),
        0x8000.. => Err(Stop::Aside("PPP control".into())),
        other => Err(Stop::Unread(format!("PPP protocol 0x{other:04x}").into())),
    }
}
