//! GRE and what is sent in it, and tunnels over UDP.

use super::ether::{is_ethernet, nsh};
use super::{Datagram, Next, Route, Step, Stop, after, byte, number};

/// GRE (RFC 2784, 2890, 2637), and `MikroTik`'s Ethernet over IP, which uses its number.
pub(super) fn gre(bytes: &[u8]) -> Step<'_> {
    let layer = "GRE";
    let (flags, kind) = (number(bytes, 0, layer)?, number(bytes, 2, layer)?);
    let has = |bit: u16| usize::from(flags & bit != 0);
    let length = match flags & 7 {
        0 => 4 + 4 * (has(0xc000) + has(0x2000) + has(0x1000)),
        // EoIP: length and number of the tunnel.
        1 if kind == 0x6400 => return Ok((Next::Ethernet, after(bytes, 8, "EoIP")?)),
        1 => 8 + 4 * (has(0x1000) + has(0x0080)),
        other => return Err(Stop::Unread(format!("GRE version {other}").into())),
    };
    let mut rest = after(bytes, length, layer)?;
    if flags & 0x4000 != 0 {
        rest = behind_routes(rest)?;
    }
    match kind {
        // ERSPAN: the first type has no header, the second comes with a sequence
        // number, the third has a type of its own.
        0x88be if flags & 0x1000 == 0 => Ok((Next::Ethernet, rest)),
        0x88be => Ok((Next::Ethernet, after(rest, 8, "ERSPAN II")?)),
        0x22eb => {
            let has_more = byte(rest, 11, "ERSPAN III")? & 1 == 1;
            Ok((Next::Ethernet, after(rest, if has_more { 20 } else { 12 }, "ERSPAN III")?))
        }
        // WCCP: version 2 has a header of four bytes.
        0x883e if byte(rest, 0, "WCCP")? >> 4 == 4 => Ok((Next::Ip, rest)),
        0x883e => Ok((Next::Ip, after(rest, 4, "WCCP")?)),
        0 => Err(Stop::Aside("GRE keepalive".into())),
        0x2001 => Err(Stop::Aside("NHRP".into())),
        0x00fe => Err(Stop::Aside("IS-IS".into())),
        // In other ranges than Ethernet's: Aruba's 802.11 and the like.
        0x8200..=0x83ff | 0..0x600 => {
            Err(Stop::Unread(format!("GRE protocol 0x{kind:04x}").into()))
        }
        kind => Ok((Next::Type(kind), rest)),
    }
}

/// Source routes (RFC 1701): family, offset, length, until one of no length.
fn behind_routes(mut rest: &[u8]) -> Result<&[u8], Stop> {
    loop {
        let length = usize::from(byte(rest, 3, "GRE")?);
        rest = after(rest, 4 + length, "GRE")?;
        if length == 0 {
            return Ok(rest);
        }
    }
}

/// What a UDP packet carries.
pub(super) enum Udp<'b> {
    Payload(Datagram<'b>),
    Tunnel(Next, &'b [u8]),
}

/// A UDP packet: a datagram of version 5 at any port, else a tunnel by its port.
pub(super) fn udp(bytes: &[u8], route: Route) -> Result<Udp<'_>, Stop> {
    let layer = "UDP";
    let ports = (number(bytes, 0, layer)?, number(bytes, 2, layer)?);
    let length = usize::from(number(bytes, 4, layer)?);
    let payload = after(bytes, 8, layer)?;
    // A length of 0 stands for the rest of the packet (RFC 2675, and offloading).
    let payload = length.checked_sub(8).and_then(|length| payload.get(..length)).unwrap_or(payload);
    if payload.is_empty() {
        let is_cut = length > 8;
        return Err(if is_cut { Stop::Ends(layer) } else { Stop::Aside("empty UDP".into()) });
    }
    if !payload.starts_with(&[0, 5])
        && let Some((next, inner)) = by_port(ports.1, payload)?
    {
        return Ok(Udp::Tunnel(next, inner));
    }
    Ok(Udp::Payload(Datagram { route, ports, payload }))
}

/// A tunnel to a port, if there is one in the payload.
fn by_port(port: u16, payload: &[u8]) -> Result<Option<(Next, &[u8])>, Stop> {
    let first = payload[0];
    Ok(match port {
        // VXLAN, as it was numbered before, and with a generic protocol.
        4789 | 8472 | 4790 if first & 0x08 != 0 => Some(vxlan(payload)?),
        _ if is_vxlan(payload) => Some((Next::Ethernet, &payload[8..])),
        6081 if first >> 6 == 0 => Some(geneve(payload)?),
        37008 if first == 1 => Some(tzsp(payload)?),
        2152 if first & 0xf0 == 0x30 => Some(gtp(payload)?),
        1701 => Some(l2tp(payload)?),
        3544 => Some(teredo(payload)?),
        6635 => Some((Next::Mpls, payload)),
        4754 => Some((Next::Gre, payload)),
        4341 => Some((Next::Ip, after(payload, 8, "LISP")?)),
        4500 if !payload.starts_with(&[0; 4]) && payload.len() > 8 => {
            return Err(Stop::Unread("ESP".into()));
        }
        5247 => return Err(Stop::Unread("CAPWAP".into())),
        12222 => return Err(Stop::Unread("LWAPP".into())),
        _ => None,
    })
}

/// VXLAN at another port: its flag alone, the reserved bytes 0, then Ethernet.
fn is_vxlan(payload: &[u8]) -> bool {
    payload.starts_with(&[8, 0, 0, 0]) && payload.get(7) == Some(&0) && is_ethernet(&payload[8..])
}

/// Eight bytes; with the generic protocol extension the fourth says what follows.
fn vxlan(payload: &[u8]) -> Step<'_> {
    let rest = after(payload, 8, "VXLAN")?;
    match (payload[0] & 0x04 != 0, payload[3]) {
        (true, 1 | 2) => Ok((Next::Ip, rest)),
        (true, 4) => nsh(rest),
        (true, 5) => Ok((Next::Mpls, rest)),
        _ => Ok((Next::Ethernet, rest)),
    }
}

/// Options by their length in words, and an ether type (RFC 8926).
fn geneve(payload: &[u8]) -> Step<'_> {
    let options = usize::from(payload[0] & 0x3f) * 4;
    let kind = number(payload, 2, "Geneve")?;
    Ok((Next::Type(kind), after(payload, 8 + options, "Geneve")?))
}

/// TZSP: what is in it, then tags until one of number 1; 0 is padding.
fn tzsp(payload: &[u8]) -> Step<'_> {
    let layer = "TZSP";
    let inside = number(payload, 2, layer)?;
    let mut rest = after(payload, 4, layer)?;
    loop {
        match byte(rest, 0, layer)? {
            1 => break,
            0 => rest = &rest[1..],
            _ => rest = after(rest, 2 + usize::from(byte(rest, 1, layer)?), layer)?,
        }
    }
    let next = match inside {
        1 => Next::Ethernet,
        18 => Next::Wifi,
        119 => Next::Link(119),
        127 => Next::Link(163),
        other => return Err(Stop::Unread(format!("TZSP of protocol {other}").into())),
    };
    Ok((next, &rest[1..]))
}

/// GTP-U: user data behind extension headers of stated length.
fn gtp(payload: &[u8]) -> Step<'_> {
    let layer = "GTP-U";
    if byte(payload, 1, layer)? != 255 {
        return Err(Stop::Aside("GTP-U control".into()));
    }
    let flags = payload[0];
    if flags.trailing_zeros() >= 3 {
        return Ok((Next::Ip, after(payload, 8, layer)?));
    }
    let mut kind = if flags & 4 == 0 { 0 } else { byte(payload, 11, layer)? };
    let mut rest = after(payload, 12, layer)?;
    while kind != 0 {
        let length = usize::from(byte(rest, 0, layer)?.max(1)) * 4;
        kind = byte(rest, length - 1, layer)?;
        rest = after(rest, length, layer)?;
    }
    Ok((Next::Ip, rest))
}

/// L2TP version 2 (RFC 2661): PPP behind optional fields.
fn l2tp(payload: &[u8]) -> Step<'_> {
    let layer = "L2TP";
    let flags = number(payload, 0, layer)?;
    let has = |bit: u16| usize::from(flags & bit != 0);
    match flags & 0x800f {
        2 => {}
        0x8002 | 0x8003 => return Err(Stop::Aside("L2TP control".into())),
        other => return Err(Stop::Unread(format!("L2TPv{}", other & 0xf).into())),
    }
    let mut length = 6 + 2 * has(0x4000) + 4 * has(0x0800);
    if flags & 0x0200 != 0 {
        length += 2 + usize::from(number(payload, length, layer)?);
    }
    Ok((Next::Ppp, after(payload, length, layer)?))
}

/// Teredo (RFC 4380): IPv6 behind an authentication and an origin.
fn teredo(mut payload: &[u8]) -> Step<'_> {
    let layer = "Teredo";
    if payload.starts_with(&[0, 1]) {
        let of_both = usize::from(byte(payload, 2, layer)?) + usize::from(byte(payload, 3, layer)?);
        payload = after(payload, 13 + of_both, layer)?;
    }
    if payload.starts_with(&[0, 0]) {
        payload = after(payload, 8, layer)?;
    }
    Ok((Next::Ip, payload))
}
