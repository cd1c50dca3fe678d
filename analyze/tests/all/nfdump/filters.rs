//! Filters that match the same flows in nfdump and here.

use super::{sets, summary, total};

/// Filters that mean the same to both.
const FILTERS: &[&str] = &[
    "any",
    "ipv4",
    "ipv6",
    "not any",
    "proto tcp",
    "proto udp",
    "proto icmp",
    "proto 6",
    "proto 17",
    "proto gre",
    "not proto tcp",
    "proto tcp and dst port 443",
    "proto udp and port 53",
    "proto tcp and not port 80",
    "proto udp or proto tcp and port 80",
    "proto tcp and port 80 or proto udp",
    "(proto udp or proto tcp) and port 443",
    "not (proto udp or proto tcp)",
    "proto tcp or proto udp and not proto tcp",
    "src port 443",
    "dst port 80",
    "port 53",
    "not port 80",
    "src or dst port 443",
    "src and dst port 53",
    "src and dst port 0",
    "port > 1023",
    "dst port < 1024",
    "dst port >= 1024",
    "dst port <= 1024",
    "src port > 1000",
    "dst port = 443",
    "dst port == 443",
    "port eq 80",
    "dst port gt 1024",
    "dst port lt 1024",
    "port in [80 443]",
    "dst port in [80, 443]",
    "src port in [53 123 443]",
    "proto tcp and dst port > 1023 and src port > 1023",
    "ip 172.16.0.8",
    "host 10.0.2.15",
    "src ip 172.16.0.8",
    "dst ip 64.13.134.52",
    "src or dst ip 10.0.2.15",
    "src and dst ip 127.0.0.1",
    "src host 192.168.1.29",
    "not host 10.0.2.15",
    "host 10.0.2.15 or host 10.0.0.1 and proto tcp",
    "ip in [10.0.2.15 172.16.0.8]",
    "src ip in [10.0.2.15, 192.168.1.29]",
    "net 10.0.0.0/8",
    "net 172.16/12",
    "net 10.0.0.0 255.0.0.0",
    "src net 192.168.0.0/16",
    "dst net 64.13.134.0/24",
    "ip in [10.0.0.0/8]",
    "not (src net 10.0.0.0/8 or src net 172.16.0.0/12 or src net 192.168.0.0/16)",
    "bytes > 10k",
    "bytes > 10240",
    "bytes < 100",
    "bytes = 53",
    "bytes >= 1500 and bytes <= 3000",
    "packets > 100",
    "packets 1",
    "packets < 3",
    "bytes > 1m",
    "src net 192.168.0.0/16 and bytes > 10000",
    "proto udp and bytes < 100",
    "bpp > 500",
    "bpp < 60",
    "tos 192",
    "tos 0xc0",
    "src tos 0",
    "flags S",
    "flags SA",
    "flags 2",
    "flags X",
    "not flags S",
    "not flags SA",
    "not (flags SA)",
    "flags S and not flags AFRPU",
    "not (proto tcp and flags SA)",
    "not (proto tcp and not flags SA)",
    "not (flags S and not flags AF)",
    "not (flags S or flags AF)",
    "proto tcp and flags R and not flags S",
    "in if 3",
    "out if 0",
    "if 3",
    "not in if 3",
    "next ip 198.51.100.2",
    "next ip 0.0.0.0",
    "router ip 127.0.0.10",
    "not router ip 127.0.0.10",
    "engine-id 7",
    "engine-type 1",
    "icmp-type 3",
    "icmp-type 8",
    "icmp-code 0",
    "any # with a comment",
    "flows > 0",
    "flows 1",
    "flows > 1",
    "not flows 1",
];

/// Filters on times, which are the same but where they are ahead.
const TIMED: &[&str] = &[
    "duration = 0",
    "duration > 1000",
    "duration < 100",
    "bps = 0",
    "bps > 0",
    "bps < 1",
    "bps > 1m",
    "bps > 100k and bps < 1m",
    "pps > 0",
    "pps > 10",
    "pps = 0",
    "duration > 60000 and proto tcp",
];

#[test]
fn filters_mean_the_same() {
    assert!(FILTERS.len() + TIMED.len() >= 60);
    for set in sets() {
        let timed = if set.name == "years" { &[][..] } else { TIMED };
        let mut with_flows = 0;
        for filter in FILTERS.iter().chain(timed) {
            let wanted = summary(&set, filter).unwrap_or_else(|| panic!("{filter}"));
            let found = total(&set, filter);
            assert_eq!(found, wanted, "{}: {filter} (flows, packets, bytes)", set.name);
            with_flows += u32::from(found[0] > 0);
        }
        println!(
            "{}: {} filters, {with_flows} of them match",
            set.name,
            FILTERS.len() + timed.len()
        );
    }
}
