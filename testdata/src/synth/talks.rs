//! The kinds of talk that make up ordinary traffic, drawn at random.

use std::net::Ipv4Addr;

use crate::exporter::{BORDER, OFFICE};
use crate::random::Random;
use crate::talk::{ACK, ICMP, RST, SYN, TCP, Talk, UDP, Volume, WHOLE};

const ESP: u8 = 50;
const RESOLVER: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 53);
const WEB_SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 80);
const MAIL_SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 25);

/// One talk that ends at a time.
pub(super) fn talk(random: &mut Random, end_ms: i64) -> Talk {
    let mut talk = match random.below(100) {
        0..=39 => browsing(random),
        40..=61 => dns(random),
        62..=75 => visitor(random),
        76..=80 => files(random),
        81..=85 => mail(random),
        86..=88 => voice(random),
        89..=90 => ping(random),
        91..=92 => ntp(random),
        93 => shell(random),
        94..=97 => probe(random),
        98 => tunnel(random),
        _ => border(random),
    };
    talk.start_ms = end_ms - talk.duration_ms.max(talk.latency_ms);
    talk
}

fn blank(client: (Ipv4Addr, u16), server: (Ipv4Addr, u16)) -> Talk {
    Talk {
        exporter: &OFFICE,
        protocol: TCP,
        client,
        server,
        tos: 0,
        start_ms: 0,
        duration_ms: 0,
        latency_ms: 1,
        sent: Volume::default(),
        received: Volume::default(),
    }
}

/// A number below `limit`, small ones far more often: few hosts are busy.
fn skewed(random: &mut Random, limit: u64) -> u32 {
    let square = random.below(limit) * random.below(limit) / limit.max(1);
    u32::try_from(square * random.below(limit) / limit.max(1)).unwrap_or_default()
}

/// One of 2,000 hosts inside.
fn inside(random: &mut Random) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 20, 0, 10).to_bits() + skewed(random, 2000))
}

/// One of some 130,000 addresses outside, 198.18.0.0/15.
fn outside(random: &mut Random) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 1).to_bits() + skewed(random, 131_000))
}

fn ms(random: &mut Random, low: u64, high: u64) -> i64 {
    random.between(low, high).cast_signed()
}

fn browsing(random: &mut Random) -> Talk {
    let quic = random.one_in(5);
    let flags = if quic { 0 } else { WHOLE };
    let port = if quic || !random.one_in(9) { 443 } else { 80 };
    Talk {
        protocol: if quic { UDP } else { TCP },
        duration_ms: ms(random, 120, 60_000),
        latency_ms: ms(random, 5, 90),
        sent: Volume::of_packets(random.between(5, 70), random.between(60, 500), flags),
        received: Volume::of_bytes(random.heavy(2_000, 14), flags),
        ..blank((inside(random), random.ephemeral_port()), (outside(random), port))
    }
}

fn dns(random: &mut Random) -> Talk {
    let client = if random.one_in(3) { RESOLVER } else { inside(random) };
    let server = if client == RESOLVER { outside(random) } else { RESOLVER };
    Talk {
        protocol: UDP,
        latency_ms: ms(random, 1, 60),
        sent: Volume::of_packets(1, random.between(56, 90), 0),
        received: Volume::of_packets(1, random.between(80, 512), 0),
        ..blank((client, random.ephemeral_port()), (server, 53))
    }
}

fn visitor(random: &mut Random) -> Talk {
    let port = if random.one_in(8) { 80 } else { 443 };
    Talk {
        duration_ms: ms(random, 60, 25_000),
        latency_ms: ms(random, 1, 15),
        sent: Volume::of_packets(random.between(5, 50), random.between(60, 320), WHOLE),
        received: Volume::of_bytes(random.heavy(2_500, 11), WHOLE),
        ..blank((outside(random), random.ephemeral_port()), (WEB_SERVER, port))
    }
}

fn files(random: &mut Random) -> Talk {
    let server = Ipv4Addr::new(192, 168, 10, 20 + u8::from(random.one_in(3)));
    let port = if random.one_in(4) { 2049 } else { 445 };
    Talk {
        duration_ms: ms(random, 1_000, 240_000),
        sent: Volume::of_bytes(random.heavy(8_000, 11), WHOLE),
        received: Volume::of_bytes(random.heavy(20_000, 12), WHOLE),
        ..blank((inside(random), random.ephemeral_port()), (server, port))
    }
}

fn mail(random: &mut Random) -> Talk {
    let port = [25, 587, 993, 993][usize::try_from(random.below(4)).unwrap_or_default()];
    let client = if port == 25 { outside(random) } else { inside(random) };
    Talk {
        duration_ms: ms(random, 200, 30_000),
        latency_ms: ms(random, 1, 30),
        sent: Volume::of_bytes(random.heavy(900, 9), WHOLE),
        received: Volume::of_bytes(random.heavy(900, 10), WHOLE),
        ..blank((client, random.ephemeral_port()), (MAIL_SERVER, port))
    }
}

fn voice(random: &mut Random) -> Talk {
    let packets = random.between(500, 14_000);
    Talk {
        protocol: UDP,
        tos: 184,
        duration_ms: packets.cast_signed() * 20,
        latency_ms: ms(random, 10, 60),
        sent: Volume::of_packets(packets, 200, 0),
        received: Volume::of_packets(packets, 200, 0),
        ..blank((inside(random), random.ephemeral_port()), (outside(random), 3478))
    }
}

fn ping(random: &mut Random) -> Talk {
    Talk {
        protocol: ICMP,
        duration_ms: 4_000,
        latency_ms: ms(random, 1, 80),
        sent: Volume::of_packets(5, 84, 0),
        received: Volume::of_packets(5, 84, 0),
        ..blank((inside(random), 0), (outside(random), 8 * 256))
    }
}

fn ntp(random: &mut Random) -> Talk {
    Talk {
        protocol: UDP,
        latency_ms: ms(random, 5, 50),
        sent: Volume::of_packets(1, 76, 0),
        received: Volume::of_packets(1, 76, 0),
        ..blank((inside(random), 123), (outside(random), 123))
    }
}

fn shell(random: &mut Random) -> Talk {
    Talk {
        tos: 16,
        duration_ms: ms(random, 2_000, 280_000),
        sent: Volume::of_packets(random.between(20, 2_000), 90, WHOLE),
        received: Volume::of_packets(random.between(20, 2_500), 190, WHOLE),
        ..blank((inside(random), random.ephemeral_port()), (outside(random), 22))
    }
}

/// One SYN to any port; seldom an answer.
fn probe(random: &mut Random) -> Talk {
    let port = u16::try_from(random.heavy(1, 14)).unwrap_or(u16::MAX);
    let target = Ipv4Addr::new(192, 0, 2, u8::try_from(random.between(1, 254)).unwrap_or(1));
    let answered = u64::from(random.one_in(30));
    Talk {
        sent: Volume::of_packets(1, 44, SYN),
        received: Volume::of_packets(answered, 40, RST | ACK),
        ..blank((outside(random), random.ephemeral_port()), (target, port))
    }
}

fn tunnel(random: &mut Random) -> Talk {
    Talk {
        protocol: ESP,
        duration_ms: ms(random, 60_000, 290_000),
        sent: Volume::of_packets(random.between(100, 9_000), 612, 0),
        received: Volume::of_packets(random.between(100, 9_000), 1_104, 0),
        ..blank((Ipv4Addr::new(192, 0, 2, 1), 0), (Ipv4Addr::new(198, 51, 100, 200), 0))
    }
}

/// What the border router saw of a transfer: one packet in a hundred.
fn border(random: &mut Random) -> Talk {
    Talk {
        exporter: &BORDER,
        duration_ms: ms(random, 100, 120_000),
        latency_ms: ms(random, 5, 80),
        sent: Volume::of_packets(random.between(1, 3), random.between(52, 300), ACK),
        received: Volume::of_packets(random.heavy(1, 5), random.between(900, 1_500), ACK),
        ..blank((outside(random), random.ephemeral_port()), (WEB_SERVER, 443))
    }
}
