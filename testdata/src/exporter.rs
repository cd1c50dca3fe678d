//! The two routers of the practice day and how each exports.

use std::net::Ipv4Addr;

/// A router that sends NetFlow v5.
#[derive(Debug, PartialEq, Eq)]
pub struct Exporter {
    /// Address the datagrams come from.
    pub addr: Ipv4Addr,
    /// Kind of the exporting engine.
    pub engine_type: u8,
    /// Number of the exporting engine.
    pub engine_id: u8,
    /// 0 none, 1 one packet in N in turn, 2 one in N at random.
    pub sampling_algorithm: u8,
    /// N of the sampling; 0 and 1 are unsampled: every packet counts.
    pub sampling_interval: u16,
    /// Time of the last boot, milliseconds since 1970-01-01 UTC.
    pub boot_ms: i64,
    /// Flows exported since boot before the day begins.
    pub flows_before: u32,
    /// Whether the router has routes from BGP and so fills in AS numbers.
    pub knows_as: bool,
    /// Offset of its export scan within the half minute, milliseconds.
    pub phase_ms: i64,
}

/// The office router: every packet counts, no AS numbers, as in the example
/// that flowkit started from.
pub static OFFICE: Exporter = Exporter {
    addr: Ipv4Addr::new(192, 168, 10, 254),
    engine_type: 0,
    engine_id: 0,
    sampling_algorithm: 1,
    sampling_interval: 1,
    boot_ms: 1_535_948_725_118, // 2018-09-03T04:25:25.118Z
    flows_before: 81_204,
    knows_as: false,
    phase_ms: 11_231,
};

/// The border router: one packet in 100 at random, AS numbers from BGP.
pub static BORDER: Exporter = Exporter {
    addr: Ipv4Addr::new(192, 168, 20, 254),
    engine_type: 1,
    engine_id: 2,
    sampling_algorithm: 2,
    sampling_interval: 100,
    boot_ms: 1_534_900_011_640,  // 2018-08-22T01:06:51.640Z
    flows_before: 4_294_967_000, // the 32-bit sequence wraps during the day
    knows_as: true,
    phase_ms: 25_877,
};
