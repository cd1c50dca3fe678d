//! Visitors of the web server, and the border router that samples.

use std::net::Ipv4Addr;

use super::{PUBLIC_HOURS, some_ms, some_time};
use crate::exporter::{BORDER, OFFICE};
use crate::flow::Flow;
use crate::random::Random;
use crate::talk::{ACK, PSH, TCP, Talk, UDP, Volume, WHOLE};

const WEB_SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 80);

/// All parts of this file.
pub(super) fn flows() -> Vec<Flow> {
    let parts = [web_server(), border()];
    parts.iter().flatten().flat_map(Talk::flows).collect()
}

/// An address outside.
fn visitor(random: &mut Random) -> Ipv4Addr {
    let last = u8::try_from(random.between(1, 62)).unwrap_or(1);
    match random.below(5) {
        0 | 1 => Ipv4Addr::new(198, 51, 100, last),
        2 => Ipv4Addr::new(198, 51, 100, last | 128),
        _ => Ipv4Addr::new(203, 0, 113, last),
    }
}

/// Many clients, short requests, long answers; one in seven still without TLS.
fn web_server() -> Vec<Talk> {
    let mut random = Random::named("web server");
    let talk = |_| Talk {
        exporter: &OFFICE,
        protocol: TCP,
        client: (visitor(&mut random), random.ephemeral_port()),
        server: (WEB_SERVER, if random.one_in(7) { 80 } else { 443 }),
        tos: 0,
        start_ms: some_time(&mut random, &PUBLIC_HOURS),
        duration_ms: some_ms(&mut random, 90, 20_000),
        latency_ms: some_ms(&mut random, 1, 12),
        sent: Volume::of_packets(random.between(5, 40), random.between(60, 300), WHOLE),
        received: Volume::of_bytes(random.heavy(2_500, 11), WHOLE),
    };
    (0..520).map(talk).collect()
}

/// One packet in a hundred of what crosses the border: most flows are a single
/// packet, and most flows of the network are not seen at all.
fn border() -> Vec<Talk> {
    let mut random = Random::named("border");
    let talk = |_| {
        let quic = random.one_in(5);
        let (packets, size) = (random.heavy(1, 5), random.between(900, 1_500));
        let answered = random.one_in(3);
        Talk {
            exporter: &BORDER,
            protocol: if quic { UDP } else { TCP },
            client: (visitor(&mut random), random.ephemeral_port()),
            server: (Ipv4Addr::new(203, 0, 113, if quic { 150 } else { 90 }), 443),
            tos: 0,
            start_ms: some_time(&mut random, &PUBLIC_HOURS),
            duration_ms: some_ms(&mut random, 200, 90_000),
            latency_ms: some_ms(&mut random, 5, 80),
            sent: Volume::of_packets(
                random.between(1, 2),
                random.between(52, 240),
                if quic { 0 } else { ACK },
            ),
            received: Volume::of_packets(
                if answered { packets } else { 0 },
                size,
                if quic { 0 } else { PSH | ACK },
            ),
        }
    };
    (0..300).map(talk).collect()
}
