//! The practice day, 2018-09-21 UTC: some 5,000 flows that tell a story.
//!
//! | part | when | what to find | where |
//! | --- | --- | --- | --- |
//! | backup | 01:00–03:10 | one pair of hosts with seven tenths of all bytes, TCP 873 | [`office`] |
//! | web server | all day, most at noon | 192.0.2.80: many clients, TCP 443 and 80 | [`internet`] |
//! | browsing | office hours | TCP 443 and 80, UDP 443 | [`office`] |
//! | video call | 10:00–11:00 | UDP both ways in pieces of five minutes, ToS 184 | [`office`] |
//! | DNS | all day | UDP 53, small | [`office`] |
//! | NTP | every hour | UDP 123, one packet each way | [`office`] |
//! | pings | every half hour | ICMP, `dst_port` 2048 out and 0 back | [`office`] |
//! | files and printer | office hours | TCP 445, TCP 9100 | [`office`] |
//! | mail | office hours | TCP 587 and 993 from the office, 25 from outside | [`office`] |
//! | tunnel | 13:00–14:00 | ESP, no ports | [`office`] |
//! | administrator | 08:15, 16:40 | SSH from home, long | [`office`] |
//! | database copy | 23:30–24:00 | TCP 5432; its end is exported after midnight | [`office`] |
//! | port scan | 03:41 | 198.51.100.66: 600 ports of 192.0.2.10, SYN only, few answers | [`hostile`] |
//! | password guessing | 04:10–05:10 | 198.51.100.77: SSH again and again | [`hostile`] |
//! | amplification | 19:02–19:08 | UDP from port 53, large, to 192.0.2.44 | [`hostile`] |
//! | beacon | every 300 s | 192.168.100.66 to 203.0.113.99, TCP 8443, small | [`hostile`] |
//! | border router | all day | a second exporter that samples 1:100, with AS numbers | [`internet`] |
//! | export gap | 15:20–15:23 | packets of the office router are lost: `flow_seq_num` jumps | [`practice_packets`] |
//!
//! What is exported after midnight lies in the index of the next day. The sequence number of the border router wraps
//! around 2³² in the morning.

pub mod hostile;
pub mod internet;
pub mod office;

use crate::document::{Document, documents};
use crate::exporter::OFFICE;
use crate::flow::Flow;
use crate::packet::{Packet, export};
use crate::random::Random;

/// 2018-09-21T00:00:00Z, in milliseconds since 1970-01-01.
pub const DAY_START_MS: i64 = 1_537_488_000_000;

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
const SECOND_MS: i64 = 1000;

/// Export times of the office router at which its packets were lost.
pub const GAP_MS: std::ops::Range<i64> =
    DAY_START_MS + 15 * HOUR_MS + 20 * MINUTE_MS..DAY_START_MS + 15 * HOUR_MS + 23 * MINUTE_MS;

/// All flows of the day with their true times, by first packet; also those
/// whose export was lost.
#[must_use]
pub fn practice_flows() -> Vec<Flow> {
    let mut flows = office::flows();
    flows.extend(internet::flows());
    flows.extend(hostile::flows());
    flows.sort_by_key(|flow| {
        (flow.first_ms, flow.src_addr, flow.dst_addr, flow.src_port, flow.dst_port)
    });
    flows
}

/// The packets that arrived at the collector, by time of export.
#[must_use]
pub fn practice_packets() -> Vec<Packet> {
    let mut packets = export(&practice_flows());
    packets.retain(|packet| packet.exporter != &OFFICE || !GAP_MS.contains(&packet.export_ms));
    packets
}

/// The documents of the day, by `@timestamp`.
#[must_use]
pub fn practice_day() -> Vec<Document> {
    documents(&practice_packets())
}

/// Milliseconds since 1970 of a time of the practice day.
fn at(hour: i64, minute: i64, second: i64) -> i64 {
    DAY_START_MS + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS
}

/// A random time of the day, where an hour with twice the weight is hit twice
/// as often.
fn some_time(random: &mut Random, weights: &[u64; 24]) -> i64 {
    let mut left = random.below(weights.iter().sum());
    let mut hour = 0;
    for weight in weights {
        if left < *weight {
            break;
        }
        left -= weight;
        hour += 1;
    }
    at(hour, 0, 0) + random.below(HOUR_MS.unsigned_abs()).cast_signed()
}

/// How busy an office is, hour by hour.
const OFFICE_HOURS: [u64; 24] =
    [1, 1, 1, 1, 1, 2, 5, 12, 22, 24, 22, 18, 12, 20, 22, 20, 18, 12, 6, 4, 3, 2, 2, 1];

/// How busy a web server is, hour by hour.
const PUBLIC_HOURS: [u64; 24] =
    [4, 3, 2, 2, 2, 3, 6, 10, 14, 16, 18, 20, 20, 18, 17, 16, 15, 15, 16, 17, 16, 13, 9, 6];

/// `low..=high` as a length of time.
fn some_ms(random: &mut Random, low: u64, high: u64) -> i64 {
    random.between(low, high).cast_signed()
}

#[cfg(test)]
mod tests;
