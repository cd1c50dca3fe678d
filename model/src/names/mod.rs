//! Names for numbers: IP protocols, transport ports, TCP flags, directions and Ethernet
//! addresses, both ways.
//!
//! The tables are for reading and typing only; a flow itself holds numbers.
//!
//! | to learn | read |
//! | --- | --- |
//! | which pipeline changed a flow, and how | [`adaptation`] |
//! | what protocol 47 is | [`protocol`] |
//! | what a port is in flows without ports | [`PortKind`] |
//! | what listens on port 445 | [`service`] |
//! | what `.AP.SF` means | [`tcp_flags`](mod@tcp_flags) |
//!
//! ```
//! use flowkit_model::names::{protocol_name, service_name, tcp_flags};
//!
//! assert_eq!(protocol_name(6), Some("tcp"));
//! assert_eq!(service_name(6, 443), Some("https"));
//! assert_eq!(tcp_flags(27), ".AP.SF"); // opened, used and closed
//! ```
//!
//! Sources: the IANA registries *Assigned Internet Protocol Numbers* and
//! *Service Name and Transport Protocol Port Number Registry*.

pub mod adaptation;
mod link;
mod port_kind;
pub mod protocol;
pub mod service;
pub mod tcp_flags;

pub use adaptation::Adaptation;
pub use link::{direction_name, direction_number, family_number, mac_text, parse_mac};
pub use port_kind::PortKind;
pub use protocol::{icmp_of_port, is_icmp, protocol_name, protocol_number};
pub use service::{has_ports, service_name, service_name_any, service_port};
pub use tcp_flags::{TcpFlags, parse_tcp_flag_names, parse_tcp_flags, tcp_flags};
