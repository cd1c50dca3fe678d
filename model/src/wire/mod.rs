//! NetFlow version 5 as it crosses the network: bytes ↔ header and records ↔
//! [`FlowRecord`].
//!
//! A datagram is a header of 24 bytes and 1 to 30 records of 48 bytes, all
//! numbers big endian, sent by UDP. It does not name its exporter (that is the
//! source address of the UDP packet) and gives no absolute time of a flow, only the router's
//! uptime at its first and last packet; [`Header::time_ms`] works the time out.
//!
//! | to learn | read |
//! | --- | --- |
//! | what the header says, and how uptime becomes a time | [`header`] |
//! | what the 48 bytes of a record are | [`record`] |
//! | what a datagram can have wrong with it | [`datagram`] |
//! | where each member stands, as a table | [`layout`] |
//! | how a flow becomes bytes again, and what is lost | [`encode`] |
//! | how a router cuts flows into packets | [`packets`] |
//! | what version 9 and IPFIX send instead | [`templated`] |
//!
//! ```
//! use flowkit_model::wire::{self, HEADER_LENGTH, RECORD_LENGTH};
//!
//! // One record: 10.0.2.2 sends 5 packets to the SSH server 10.0.2.15.
//! let mut bytes = [0; HEADER_LENGTH + RECORD_LENGTH];
//! bytes[0..4].copy_from_slice(&[0, 5, 0, 1]); // version, count
//! bytes[4..8].copy_from_slice(&3381_u32.to_be_bytes()); // SysUptime
//! bytes[8..12].copy_from_slice(&1_430_591_888_u32.to_be_bytes()); // unix_secs
//! bytes[24..28].copy_from_slice(&[10, 0, 2, 2]); // srcaddr
//! bytes[28..32].copy_from_slice(&[10, 0, 2, 15]); // dstaddr
//! bytes[40..44].copy_from_slice(&5_u32.to_be_bytes()); // dPkts
//! bytes[48..52].copy_from_slice(&u32::MAX.to_be_bytes()); // First: before a wrap
//! bytes[52..56].copy_from_slice(&2577_u32.to_be_bytes()); // Last: 804 ms ago
//! bytes[58..60].copy_from_slice(&22_u16.to_be_bytes()); // dstport
//!
//! let datagram = wire::decode(&bytes)?;
//! assert!(datagram.faults().is_empty());
//! let flow = datagram.flows(Some("10.0.2.1")).next().unwrap();
//! assert_eq!((flow.packets, flow.dst_port), (Some(5), Some(22)));
//! // The uptime wrapped between First and the export: 3382 ms ago, not 49 days.
//! assert_eq!(flow.first_switched_ms, Some(1_430_591_888_000 - 3382));
//! assert_eq!(flow.last_switched_ms, Some(1_430_591_888_000 - 804));
//! # Ok::<(), wire::NotV5>(())
//! ```
//!
//! There is no RFC for version 5. Sources: Cisco, *NetFlow Export Datagram
//! Format*, tables B-3 and B-4
//! (<https://www.cisco.com/c/en/us/td/docs/net_mgmt/netflow_collection_engine/3-6/user/guide/format.html>);
//! the same tables at <https://www.ibm.com/docs/en/npi/1.3.0?topic=versions-netflow-v5-formats>.
//!
//! [`FlowRecord`]: crate::FlowRecord

pub mod datagram;
pub mod encode;
pub mod header;
pub mod layout;
mod misfit;
pub mod packets;
pub mod record;
pub mod templated;

pub use datagram::{Datagram, Fault, NotV5, decode, split};
pub use encode::Uptime;
pub use header::Header;
pub use misfit::Misfit;
pub use packets::Packetizer;
pub use record::Record;

/// Bytes of the header.
pub const HEADER_LENGTH: usize = 24;

/// Bytes of one record.
pub const RECORD_LENGTH: usize = 48;

/// Most records a datagram may hold: 24 + 30 × 48 = 1464 bytes fit in an
/// Ethernet frame.
pub const MOST_RECORDS: usize = 30;

/// The version that this module speaks.
pub const VERSION: u16 = 5;

/// The bytes from `offset` on, as an array for `from_be_bytes`.
fn bytes_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[offset..offset + N]);
    part
}
