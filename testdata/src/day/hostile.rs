//! What does not belong in a network: a scan, guessing, a flood, a beacon.

use std::net::Ipv4Addr;

use super::{at, some_ms};
use crate::exporter::OFFICE;
use crate::flow::Flow;
use crate::random::Random;
use crate::talk::{ACK, ICMP, RST, SYN, TCP, Talk, UDP, Volume, WHOLE};

const SCANNED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const VICTIM: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 44);

/// All parts of this file.
pub(super) fn flows() -> Vec<Flow> {
    let parts = [port_scan(), password_guessing(), amplification(), beacon()];
    parts.iter().flatten().flat_map(Talk::flows).collect()
}

fn blank(client: (Ipv4Addr, u16), server: (Ipv4Addr, u16), start_ms: i64) -> Talk {
    Talk {
        exporter: &OFFICE,
        protocol: TCP,
        client,
        server,
        tos: 0,
        start_ms,
        duration_ms: 0,
        latency_ms: 0,
        sent: Volume::default(),
        received: Volume::default(),
    }
}

/// Six hundred ports within a minute and a half: SYN only. Most probes are
/// dropped; one closed port in 24 answers RST, and SSH alone is open.
fn port_scan() -> Vec<Talk> {
    let mut random = Random::named("port scan");
    let talk = |probe: u16| {
        // 7 has no factor in common with 600, so each port comes once, in disorder.
        let port = probe * 7 % 600 + 1;
        let start_ms = at(3, 41, 2) + i64::from(probe) * 150 + some_ms(&mut random, 0, 90);
        let received = match port {
            22 => Volume::of_packets(1, 44, SYN | ACK),
            _ if random.one_in(24) => Volume::of_packets(1, 40, RST | ACK),
            _ => Volume::default(),
        };
        Talk {
            latency_ms: 1,
            sent: Volume::of_packets(1, 44, SYN),
            received,
            ..blank((Ipv4Addr::new(198, 51, 100, 66), 61_234), (SCANNED, port), start_ms)
        }
    };
    (0..600).map(talk).collect()
}

/// One log-in a minute, each refused after a few seconds.
fn password_guessing() -> Vec<Talk> {
    let mut random = Random::named("password guessing");
    let talk = |minute: i64| {
        let client = (Ipv4Addr::new(198, 51, 100, 77), random.ephemeral_port());
        Talk {
            duration_ms: some_ms(&mut random, 1_900, 3_200),
            latency_ms: 2,
            sent: Volume::of_packets(random.between(14, 17), 118, WHOLE),
            received: Volume::of_packets(random.between(15, 19), 131, WHOLE),
            ..blank(client, (SCANNED, 22), at(4, 10 + minute, 5) + some_ms(&mut random, 0, 9_000))
        }
    };
    (0..60).map(talk).collect()
}

/// Forty open resolvers answer questions the victim never asked. The victim
/// complains to some of them: port unreachable is type 3, code 3.
fn amplification() -> Vec<Talk> {
    let mut random = Random::named("amplification");
    let mut talks = Vec::new();
    for minute in 0..4 {
        for resolver in 0..40 {
            let client = (Ipv4Addr::new(198, 51, 100, 129 + resolver), 53);
            let start_ms = at(19, 2 + minute, 0) + some_ms(&mut random, 0, 30_000);
            talks.push(Talk {
                protocol: UDP,
                duration_ms: some_ms(&mut random, 20_000, 35_000),
                sent: Volume::of_packets(random.between(900, 4_000), 1_472, 0),
                ..blank(client, (VICTIM, 47_114), start_ms)
            });
            if minute == 0 && resolver % 4 == 0 {
                talks.push(Talk {
                    protocol: ICMP,
                    duration_ms: 5_000,
                    sent: Volume::of_packets(random.between(3, 9), 576, 0),
                    ..blank((VICTIM, 0), (client.0, 3 * 256 + 3), start_ms + 40)
                });
            }
        }
    }
    talks
}

/// A host that calls home every 300 s, give or take two.
fn beacon() -> Vec<Talk> {
    let mut random = Random::named("beacon");
    let talk = |call: i64| {
        let client = (Ipv4Addr::new(192, 168, 100, 66), random.ephemeral_port());
        let server = (Ipv4Addr::new(203, 0, 113, 99), 8443);
        Talk {
            duration_ms: some_ms(&mut random, 350, 900),
            latency_ms: 35,
            sent: Volume::of_packets(7, random.between(70, 74), WHOLE),
            received: Volume::of_packets(6, random.between(80, 84), WHOLE),
            ..blank(client, server, at(0, call * 5, 1) + some_ms(&mut random, 0, 4_000))
        }
    };
    (0..288).map(talk).collect()
}
