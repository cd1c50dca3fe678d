//! IP packets, by etherparse, and what their protocol numbers say.

use etherparse::{Ipv6ExtensionSlice, LaxIpSlice};
use flowkit_model::names::protocol_name;

use super::{Fragment, Next, Route, Step, Stop, after};

/// What an IP packet carries.
pub(super) enum Content<'b> {
    /// A protocol and its bytes.
    Whole(u8, &'b [u8]),
    Fragment(Fragment<'b>),
}

/// Reads an IP packet within those of `outer`.
pub(super) fn packet(bytes: &[u8], outer: Option<Route>) -> Result<(Route, Content<'_>), Stop> {
    match bytes.first().map(|first| first >> 4) {
        None => return Err(Stop::Ends("IP")),
        Some(4 | 6) => {}
        Some(other) => return Err(Stop::Aside(format!("IP version {other}").into())),
    }
    let Ok((packet, _)) = LaxIpSlice::from_slice(bytes) else { return Err(Stop::Ends("IP")) };
    let route = Route {
        source: packet.source_addr(),
        destination: packet.destination_addr(),
        depth: outer.map_or(0, |outer| outer.depth.saturating_add(1)),
    };
    let payload = packet.payload();
    let protocol = payload.ip_number.0;
    if !payload.fragmented {
        return Ok((route, Content::Whole(protocol, payload.payload)));
    }
    let (id, offset, more) = place(&packet);
    let fragment = Fragment {
        route,
        id,
        protocol,
        offset,
        more,
        is_cut: payload.incomplete,
        bytes: payload.payload,
    };
    Ok((route, Content::Fragment(fragment)))
}

/// Identification of a fragmented packet, and where in it a fragment stands.
fn place(packet: &LaxIpSlice<'_>) -> (u32, usize, bool) {
    match packet {
        LaxIpSlice::Ipv4(packet) => {
            let header = packet.header();
            let offset = usize::from(header.fragments_offset().value()) * 8;
            (header.identification().into(), offset, header.more_fragments())
        }
        LaxIpSlice::Ipv6(packet) => {
            let fragment =
                packet.extensions().clone().into_iter().find_map(|header| match header {
                    Ipv6ExtensionSlice::Fragment(fragment) => Some(fragment),
                    _ => None,
                });
            fragment.map_or((0, 0, false), |fragment| {
                let offset = usize::from(fragment.fragment_offset().value()) * 8;
                (fragment.identification(), offset, fragment.more_fragments())
            })
        }
    }
}

/// What a protocol other than UDP leads to; the numbers are IANA's.
pub(super) fn protocol(protocol: u8, bytes: &[u8]) -> Step<'_> {
    match protocol {
        // IPv4, IPv6, and an old number for IP in IP.
        4 | 41 | 94 => Ok((Next::Ip, bytes)),
        47 => Ok((Next::Gre, bytes)),
        // EtherIP.
        97 => Ok((Next::Ethernet, after(bytes, 2, "EtherIP")?)),
        137 => Ok((Next::Mpls, bytes)),
        // Ethernet behind a segment routing header.
        143 => Ok((Next::Ethernet, bytes)),
        50 => Err(Stop::Unread("ESP".into())),
        55 => Err(Stop::Unread("IP minimal encapsulation".into())),
        98 => Err(Stop::Unread("IP encapsulation (98)".into())),
        108 => Err(Stop::Unread("IPComp".into())),
        115 => Err(Stop::Unread("L2TPv3".into())),
        142 => Err(Stop::Unread("ROHC".into())),
        145 => Ok((Next::Type(0x894f), bytes)),
        other => Err(Stop::Aside(match protocol_name(other) {
            Some(name) => name.into(),
            None => format!("IP protocol {other}").into(),
        })),
    }
}
