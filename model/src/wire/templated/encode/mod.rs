//! Flows as datagrams of version 9 or IPFIX, as a router sends them.
//!
//! What is unknown of a flow is not sent: each set of fields that flows have gets a
//! template of its own, so that a reader finds again what is known, and nothing else.
//! A template stands in front of the first record that needs it, and again before
//! its next one when [`AGAIN_DATAGRAMS`] were sent since or [`AGAIN_MS`] have passed, for
//! collectors that came late or lost it. Sampling is told by options in the like way.
//!
//! Version 9 counts datagrams, IPFIX data records, those of options too.
//!
//! | to learn | read |
//! | --- | --- |
//! | which element says which field | `fields` |
//! | how values are written | `record` |
//! | how sampling is told | `sampling` |
//! | how a datagram is filled | `open` |
//!
//! ```
//! use flowkit_model::FlowRecord;
//! use flowkit_model::wire::packets::BootTimes;
//! use flowkit_model::wire::templated::encode::Packetizer;
//! use flowkit_model::wire::templated::{Part, Templates, Version};
//!
//! let flow = FlowRecord {
//!     timestamp_ms: Some(1_557_820_800_000),
//!     src_addr: "2001:db8::1".parse().ok(),
//!     bytes: Some(1500),
//!     ..FlowRecord::default()
//! };
//! let mut packetizer = Packetizer::new(Version::Ipfix, BootTimes::default());
//! packetizer.push(&flow)?;
//! let packets = packetizer.finish();
//!
//! // A header, a template of two elements, and a record of 16 + 8 bytes.
//! assert_eq!(packets[0].bytes.len(), 16 + (4 + 4 + 2 * 4) + (4 + 24));
//! let mut templates = Templates::new();
//! let data = templates.read(None, &packets[0].bytes)?.find_map(|part| match part {
//!     Part::Data(data) => Some(data),
//!     _ => None,
//! });
//! let exported = data.unwrap().records().next().unwrap().exported();
//! assert_eq!(exported.src_addr, "2001:db8::1".parse().ok());
//! assert_eq!((exported.bytes, exported.packets), (Some(1500), None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sources: RFC 3954, sections 5 to 7 and 9; RFC 7011, sections 3 and 8.

mod fields;
mod open;
mod packetizer;
mod record;
mod sampling;

pub use packetizer::{AGAIN_DATAGRAMS, AGAIN_MS, MOST_BYTES, Packetizer};
