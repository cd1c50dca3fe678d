//! From a frame to the UDP payload in it, layer by layer, through any number of
//! tags, labels and tunnels.
//!
//! Each step takes the header of one layer and says what follows it. A walk ends
//! at a UDP payload that is no tunnel, at a fragment of an IP packet, or at a
//! layer with its name.

mod ether;
mod ip;
mod link;
mod tunnel;
mod wifi;

use std::borrow::Cow;
use std::net::IpAddr;

/// What a layer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A frame of this link type, as registered at tcpdump.org/linktypes.
    Link(u32),
    Ethernet,
    /// What this ether type says.
    Type(u16),
    /// An IEEE 802.2 header.
    Llc,
    /// PPP, from its protocol number.
    Ppp,
    Mpls,
    /// IPv4 or IPv6, by the first four bits.
    Ip,
    /// The payload of an IP packet of this protocol.
    Protocol(u8),
    Gre,
    /// An IEEE 802.11 frame.
    Wifi,
}

/// Why a walk ends without a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// This layer carries no UDP packet.
    Aside(Cow<'static, str>),
    /// This layer is not walked, and a UDP packet may be in it.
    Unread(Cow<'static, str>),
    /// The bytes end within this layer.
    Ends(&'static str),
}

/// A step from one layer to the next, with the bytes of that.
type Step<'b> = Result<(Next, &'b [u8]), Stop>;

/// Where a frame leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Walked<'b> {
    Datagram(Datagram<'b>),
    Fragment(Fragment<'b>),
    Stopped(Stop),
}

/// Addresses of the innermost IP packet, and how many such packets were unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) depth: u8,
}

/// A UDP payload.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Datagram<'b> {
    pub(super) route: Route,
    /// Source and destination port.
    pub(super) ports: (u16, u16),
    pub(super) payload: &'b [u8],
}

/// A part of the payload of an IP packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fragment<'b> {
    pub(super) route: Route,
    pub(super) id: u32,
    pub(super) protocol: u8,
    /// Where it begins in the payload, in bytes.
    pub(super) offset: usize,
    /// Others follow.
    pub(super) more: bool,
    /// The capture lacks its end.
    pub(super) is_cut: bool,
    pub(super) bytes: &'b [u8],
}

/// More layers than this are no frame that anything sends.
const MOST_STEPS: usize = 64;

/// Walks from a layer on; `route` is known where the walk begins within an IP
/// packet.
pub(super) fn walk(mut next: Next, mut bytes: &[u8], mut route: Option<Route>) -> Walked<'_> {
    for _ in 0..MOST_STEPS {
        let step = match (next, route) {
            (Next::Link(link), _) => link::link(link, bytes),
            (Next::Ethernet, _) => ether::ethernet(bytes),
            (Next::Type(kind), _) => ether::typed(kind, bytes),
            (Next::Llc, _) => ether::llc(bytes),
            (Next::Ppp, _) => ether::ppp(bytes),
            (Next::Mpls, _) => ether::mpls(bytes),
            (Next::Wifi, _) => wifi::frame(bytes),
            (Next::Gre, _) => tunnel::gre(bytes),
            (Next::Ip, _) => match ip::packet(bytes, route) {
                Ok((packet, ip::Content::Whole(protocol, payload))) => {
                    route = Some(packet);
                    Ok((Next::Protocol(protocol), payload))
                }
                Ok((_, ip::Content::Fragment(fragment))) => return Walked::Fragment(fragment),
                Err(stop) => Err(stop),
            },
            (Next::Protocol(17), Some(route)) => match tunnel::udp(bytes, route) {
                Ok(tunnel::Udp::Tunnel(next, bytes)) => Ok((next, bytes)),
                Ok(tunnel::Udp::Payload(datagram)) => return Walked::Datagram(datagram),
                Err(stop) => Err(stop),
            },
            (Next::Protocol(protocol), _) => ip::protocol(protocol, bytes),
        };
        match step {
            Ok(step) => (next, bytes) = step,
            Err(why) => return Walked::Stopped(why),
        }
    }
    Walked::Stopped(Stop::Unread("more than 64 layers".into()))
}

/// The bytes behind the first `n`.
fn after<'b>(bytes: &'b [u8], n: usize, layer: &'static str) -> Result<&'b [u8], Stop> {
    bytes.get(n..).ok_or(Stop::Ends(layer))
}

/// The number in two bytes, in network order.
fn number(bytes: &[u8], at: usize, layer: &'static str) -> Result<u16, Stop> {
    let number = bytes.get(at..).and_then(<[u8]>::first_chunk);
    number.map(|number| u16::from_be_bytes(*number)).ok_or(Stop::Ends(layer))
}

/// One byte.
fn byte(bytes: &[u8], at: usize, layer: &'static str) -> Result<u8, Stop> {
    bytes.get(at).copied().ok_or(Stop::Ends(layer))
}
