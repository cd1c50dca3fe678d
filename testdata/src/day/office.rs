//! The office's own traffic, as the office router sees it.

use std::net::Ipv4Addr;

use super::{HOUR_MS, MINUTE_MS, OFFICE_HOURS, PUBLIC_HOURS, at, some_ms, some_time};
use crate::exporter::OFFICE;
use crate::flow::Flow;
use crate::random::Random;
use crate::talk::{ACK, ICMP, PSH, SYN, TCP, Talk, UDP, Volume, WHOLE};

const RESOLVER: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 53);
const FILE_SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 20);
const MAIL_SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 25);
const PRINTER: Ipv4Addr = Ipv4Addr::new(192, 168, 200, 91);
const ESP: u8 = 50;

/// All parts of this file.
pub(super) fn flows() -> Vec<Flow> {
    let parts = [
        backup(),
        browsing(),
        video_call(),
        dns(),
        ntp(),
        pings(),
        files(),
        printer(),
        mail(),
        tunnel(),
        administrator(),
        database_copy(),
    ];
    parts.iter().flatten().flat_map(Talk::flows).collect()
}

/// A quiet talk through the office router; each part fills in what it needs.
fn blank() -> Talk {
    Talk {
        exporter: &OFFICE,
        protocol: TCP,
        client: (Ipv4Addr::UNSPECIFIED, 0),
        server: (Ipv4Addr::UNSPECIFIED, 0),
        tos: 0,
        start_ms: 0,
        duration_ms: 0,
        latency_ms: 0,
        sent: Volume::default(),
        received: Volume::default(),
    }
}

/// One of the 40 desks.
fn desk(random: &mut Random) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 100, host(random, 20, 59))
}

fn host(random: &mut Random, low: u64, high: u64) -> u8 {
    u8::try_from(random.between(low, high)).unwrap_or(u8::MAX)
}

/// The file server copies itself to the second site, at some 0.9 MB/s.
fn backup() -> Vec<Talk> {
    vec![Talk {
        client: (FILE_SERVER, 41_873),
        server: (Ipv4Addr::new(192, 168, 200, 30), 873),
        start_ms: at(1, 0, 4) + 117,
        duration_ms: 130 * MINUTE_MS + 2_345,
        latency_ms: 3,
        sent: Volume::of_bytes(7_031_245_118, WHOLE),
        received: Volume::of_packets(2_510_830, 52, WHOLE),
        ..blank()
    }]
}

/// Desks read the web; one in eight by QUIC.
fn browsing() -> Vec<Talk> {
    let mut random = Random::named("browsing");
    let talk = |_| {
        let quic = random.one_in(8);
        let flags = if quic { 0 } else { WHOLE };
        let port = if quic || !random.one_in(6) { 443 } else { 80 };
        Talk {
            protocol: if quic { UDP } else { TCP },
            client: (desk(&mut random), random.ephemeral_port()),
            server: (Ipv4Addr::new(203, 0, 113, host(&mut random, 65, 126)), port),
            start_ms: some_time(&mut random, &OFFICE_HOURS),
            duration_ms: some_ms(&mut random, 180, 45_000),
            latency_ms: some_ms(&mut random, 8, 60),
            sent: Volume::of_packets(random.between(6, 60), random.between(60, 400), flags),
            received: Volume::of_bytes(random.heavy(3_000, 13), flags),
            ..blank()
        }
    };
    (0..400).map(talk).collect()
}

/// One hour of voice and picture, marked for expedited forwarding.
fn video_call() -> Vec<Talk> {
    vec![Talk {
        protocol: UDP,
        client: (Ipv4Addr::new(192, 168, 100, 23), 50_012),
        server: (Ipv4Addr::new(203, 0, 113, 140), 3478),
        tos: 184,
        start_ms: at(10, 0, 12) + 480,
        duration_ms: HOUR_MS - 20_000,
        latency_ms: 31,
        sent: Volume::of_packets(402_518, 1_012, 0),
        received: Volume::of_packets(431_077, 1_089, 0),
        ..blank()
    }]
}

/// Desks ask the resolver, and the resolver asks outside for one in three.
fn dns() -> Vec<Talk> {
    let mut random = Random::named("dns");
    let mut talks = Vec::new();
    for _ in 0..260 {
        let question = Talk {
            protocol: UDP,
            client: (desk(&mut random), random.ephemeral_port()),
            server: (RESOLVER, 53),
            start_ms: some_time(&mut random, &OFFICE_HOURS),
            latency_ms: some_ms(&mut random, 1, 45),
            sent: Volume::of_packets(1, random.between(57, 82), 0),
            received: Volume::of_packets(1, random.between(90, 420), 0),
            ..blank()
        };
        if random.one_in(3) {
            talks.push(Talk {
                client: (RESOLVER, random.ephemeral_port()),
                server: (Ipv4Addr::new(203, 0, 113, 193), 53),
                start_ms: question.start_ms + 1,
                latency_ms: 12,
                ..question.clone()
            });
        }
        talks.push(question);
    }
    talks
}

/// Four servers set their clocks once an hour.
fn ntp() -> Vec<Talk> {
    let mut random = Random::named("ntp");
    let mut talks = Vec::new();
    for hour in 0..24 {
        for last in [10, 20, 53, 80] {
            talks.push(Talk {
                protocol: UDP,
                client: (Ipv4Addr::new(192, 168, 10, last), 123),
                server: (Ipv4Addr::new(203, 0, 113, 200), 123),
                start_ms: at(hour, i64::from(last) % 60, 0) + some_ms(&mut random, 0, 900),
                latency_ms: some_ms(&mut random, 9, 30),
                sent: Volume::of_packets(1, 76, 0),
                received: Volume::of_packets(1, 76, 0),
                ..blank()
            });
        }
    }
    talks
}

/// The monitor pings two hosts; echo request is type 8, code 0.
fn pings() -> Vec<Talk> {
    let mut random = Random::named("pings");
    let mut talks = Vec::new();
    for half_hour in 0..48 {
        for target in [Ipv4Addr::new(203, 0, 113, 1), Ipv4Addr::new(192, 168, 200, 1)] {
            talks.push(Talk {
                protocol: ICMP,
                client: (Ipv4Addr::new(192, 168, 10, 10), 0),
                server: (target, 8 * 256),
                start_ms: at(0, half_hour * 30, 20) + some_ms(&mut random, 0, 400),
                duration_ms: 4_006,
                latency_ms: some_ms(&mut random, 2, 20),
                sent: Volume::of_packets(5, 84, 0),
                received: Volume::of_packets(5, 84, 0),
                ..blank()
            });
        }
    }
    talks
}

/// Desks open and save files.
fn files() -> Vec<Talk> {
    let mut random = Random::named("files");
    let talk = |_| Talk {
        client: (desk(&mut random), random.ephemeral_port()),
        server: (FILE_SERVER, 445),
        start_ms: some_time(&mut random, &OFFICE_HOURS),
        duration_ms: some_ms(&mut random, 2_000, 500_000),
        latency_ms: 1,
        sent: Volume::of_bytes(random.heavy(9_000, 10), SYN | PSH | ACK),
        received: Volume::of_bytes(random.heavy(30_000, 11), SYN | PSH | ACK),
        ..blank()
    };
    (0..70).map(talk).collect()
}

/// Pages sent to the printer at the second site.
fn printer() -> Vec<Talk> {
    let mut random = Random::named("printer");
    let talk = |_| Talk {
        client: (desk(&mut random), random.ephemeral_port()),
        server: (PRINTER, 9100),
        start_ms: some_time(&mut random, &OFFICE_HOURS),
        duration_ms: some_ms(&mut random, 3_000, 40_000),
        latency_ms: 2,
        sent: Volume::of_bytes(random.heavy(60_000, 6), WHOLE),
        received: Volume::of_packets(random.between(20, 300), 52, WHOLE),
        ..blank()
    };
    (0..25).map(talk).collect()
}

/// Mail is fetched, sent, and comes in from outside.
fn mail() -> Vec<Talk> {
    let mut random = Random::named("mail");
    let talk = |_| {
        let way = random.below(6);
        let outside = Ipv4Addr::new(198, 51, 100, host(&mut random, 70, 120));
        let inside = desk(&mut random);
        let (client, port) = match way {
            0 => (outside, 25),
            1 => (inside, 587),
            _ => (inside, 993),
        };
        let hours = if way == 0 { &PUBLIC_HOURS } else { &OFFICE_HOURS };
        let (small, large) = (random.heavy(700, 3), random.heavy(2_000, 10));
        let (up, down) = if way < 2 { (large, small) } else { (small, large) };
        Talk {
            client: (client, random.ephemeral_port()),
            server: (MAIL_SERVER, port),
            start_ms: some_time(&mut random, hours),
            duration_ms: some_ms(&mut random, 300, 20_000),
            latency_ms: some_ms(&mut random, 1, 40),
            sent: Volume::of_bytes(up, WHOLE),
            received: Volume::of_bytes(down, WHOLE),
            ..blank()
        }
    };
    (0..140).map(talk).collect()
}

/// An encrypted tunnel to a partner: a protocol without ports.
fn tunnel() -> Vec<Talk> {
    vec![Talk {
        protocol: ESP,
        client: (Ipv4Addr::new(192, 0, 2, 1), 0),
        server: (Ipv4Addr::new(198, 51, 100, 200), 0),
        start_ms: at(13, 0, 1) + 9,
        duration_ms: HOUR_MS - 1_000,
        latency_ms: 18,
        sent: Volume::of_packets(18_400, 612, 0),
        received: Volume::of_packets(31_250, 1_104, 0),
        ..blank()
    }]
}

/// The administrator logs in from home.
fn administrator() -> Vec<Talk> {
    [(8, 15, 38_000, 41_402), (16, 40, 95_000, 41_977)]
        .into_iter()
        .map(|(hour, minute, packets, port)| Talk {
            client: (Ipv4Addr::new(10, 20, 0, 7), port),
            server: (Ipv4Addr::new(192, 168, 10, 80), 22),
            tos: 16,
            start_ms: at(hour, minute, 31) + 640,
            duration_ms: 47 * MINUTE_MS,
            latency_ms: 22,
            sent: Volume::of_packets(packets, 88, WHOLE),
            received: Volume::of_packets(packets + 2_100, 190, WHOLE),
            ..blank()
        })
        .collect()
}

/// A database is copied until shortly before midnight, so that the last pieces
/// are exported on the next day.
fn database_copy() -> Vec<Talk> {
    vec![Talk {
        client: (Ipv4Addr::new(192, 168, 200, 31), 40_118),
        server: (Ipv4Addr::new(192, 168, 10, 31), 5432),
        start_ms: at(23, 30, 2) + 318,
        duration_ms: 30 * MINUTE_MS - 4_250,
        latency_ms: 3,
        sent: Volume::of_packets(61_440, 61, WHOLE),
        received: Volume::of_bytes(166_204_117, WHOLE),
        ..blank()
    }]
}
